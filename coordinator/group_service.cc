#include "coordinator/group_service.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/exec/shown_value.h"
#include "common/rpc/status.h"
#include "common/shard/window_state.h"
#include "common/types/coding.h"
#include "common/wire/alert.h"
#include "common/wire/text.h"
#include "common/wire/time.h"
#include "coordinator/audit.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::group::v1;

constexpr int kTopDefault = 20;
constexpr int kTopMax = 1000;
constexpr int kExplainDefault = 5;
constexpr int kExplainMax = 100;
constexpr int64_t kRetryDelayMs = 1000;

grpc::Status Answer(const Status& status) {
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      return rpc::ToGrpcArgument(status);
    case StatusCode::kFailedPrecondition:
      return rpc::ToGrpcReason(status, "NO_GROUPS");
    case StatusCode::kUnavailable:
      return rpc::ToGrpc(status, kRetryDelayMs);
    default:
      return rpc::ToGrpc(status);
  }
}

StatusOr<std::size_t> LimitOf(int asked, int otherwise, int most) {
  if (asked < 0 || asked > most) {
    return InvalidArgument("limit: expected 0 to {}, got {}", most, asked);
  }
  return static_cast<std::size_t>(asked == 0 ? otherwise : asked);
}

void Fill(const GroupRule& about, pb::GroupRule* message) {
  const plan::CompiledRule& rule = *about.rule;
  message->set_rule_id(wire::ValidUtf8(rule.source.id));
  message->set_rule_name(wire::ValidUtf8(rule.source.name));
  message->set_mode(std::string(plan::JudgeModeName(rule.judge.mode)));
  message->set_mode_reason(wire::ValidUtf8(rule.judge.reason));
  message->set_lookback_millis(rule.judge.lookback_ms);
  message->set_pane_millis(about.window->pane_ms);
  message->set_rule_set_version(about.rules->version.value);
  if (about.warming_until_ms != 0) {
    wire::TimeToProto(about.warming_until_ms, message->mutable_warming_until());
  }
  if (about.closed_ms > 0 && about.closed_ms < shard::kTimeMax) {
    wire::TimeToProto(about.closed_ms, message->mutable_closed());
  }
  message->set_rows(about.counters.rows);
  message->set_late(about.counters.late);
  message->set_future(about.counters.future);
  message->set_alerts(about.counters.alerts);
  message->set_suppressed(about.counters.suppressed);
}

// Cells, but of prompts and completions only the length.
void FillKey(const plan::Window& window, const std::vector<alert::NamedCell>& key, pb::Group* message) {
  std::vector<alert::NamedCell> shown = key;
  Arena arena;
  for (std::size_t i = 0; i < std::min(shown.size(), window.keys.size()); ++i) {
    if (!exec::MayHoldPrivateText(window.keys[i].text)) {
      continue;
    }
    ByteReader reader(key[i].encoded);
    const std::string text = exec::ShowValue(DecodeValue(&reader, &arena), true);
    shown[i].encoded.clear();
    EncodeValue(Value::Keyword(text), &shown[i].encoded);
  }
  wire::CellsToProto(shown, message->mutable_key());
}

void Fill(const GroupRule& about, const shard::GroupView& view, pb::Group* message) {
  FillKey(*about.window, view.key, message);
  wire::TimeToProto(view.window_end_ms - about.rule->judge.lookback_ms,
                    message->mutable_window_start());
  wire::TimeToProto(view.window_end_ms, message->mutable_window_end());
  message->set_rows(view.rows);
  if (view.first_event_ms != 0) {
    wire::TimeToProto(view.first_event_ms, message->mutable_first_event());
    wire::TimeToProto(view.last_event_ms, message->mutable_last_event());
  }
  message->set_share(view.share);
  Arena arena;
  for (const shard::ConditionView& condition : view.conditions) {
    pb::GroupCondition* out = message->add_conditions();
    out->set_aggregate(wire::ValidUtf8(condition.aggregate));
    ByteReader reader(condition.encoded);
    out->set_value(wire::ValidUtf8(exec::ShowValue(DecodeValue(&reader, &arena), false)));
    out->set_minimum(condition.minimum);
    out->set_strict(condition.strict);
    out->set_holds(condition.holds);
    out->set_share(condition.share);
  }
}

void Fill(const exec::SeenValue& value, pb::PredicateValue* message) {
  message->set_name(wire::ValidUtf8(value.name));
  message->set_text(wire::ValidUtf8(value.text));
}

void Fill(const GroupRule& about, const GroupExplanation& explanation, pb::GroupExplanation* message) {
  Fill(about, explanation.view, message->mutable_group());
  for (const shard::PaneView& pane : explanation.view.panes) {
    pb::GroupPane* out = message->add_panes();
    wire::TimeToProto(pane.end_ms, out->mutable_end());
    out->set_rows(pane.rows);
  }
  message->set_rows_outside(explanation.rows_outside);
  for (const exec::SeenValue& column : explanation.columns) {
    Fill(column, message->add_columns());
  }
  message->set_fires(explanation.trace.passes && explanation.trace.together.empty());
  message->set_together(wire::ValidUtf8(explanation.trace.together));
  for (const exec::TracedPredicate& predicate : explanation.trace.predicates) {
    pb::GroupPredicate* out = message->add_predicates();
    out->set_text(wire::ValidUtf8(predicate.text));
    out->set_depth(predicate.depth);
    out->set_verdict(std::string(predicate.verdict));
    out->set_wanted(std::string(predicate.wanted));
    for (const exec::SeenValue& value : predicate.values) {
      Fill(value, out->add_values());
    }
  }
  for (const shard::Episode& episode : explanation.episodes) {
    pb::GroupEpisode* out = message->add_episodes();
    wire::TimeToProto(episode.start_ms, out->mutable_start());
    wire::TimeToProto(episode.end_ms, out->mutable_end());
    out->set_alert_id(episode.alert == Hash128{} ? "" : episode.alert.ToHex());
    out->set_suppressed(!episode.owns_alert && episode.alert != Hash128{});
    out->set_recovered(episode.recovered);
  }
  if (explanation.covering.has_value()) {
    message->set_suppressed_by(explanation.covering->alert.ToHex());
    wire::TimeToProto(explanation.covering->until_ms, message->mutable_suppressed_until());
  }
}

}  // namespace

// One search at a time: it takes its turns with rows.
class GroupService::Threads {
 public:
  ~Threads() { pool_.join(); }
  boost::asio::thread_pool pool_{1};
};

GroupService::GroupService(std::unique_ptr<GroupBackend> backend)
    : backend_(std::move(backend)),
      explainer_(backend_.get()),
      threads_(std::make_unique<Threads>()) {}

GroupService::~GroupService() = default;

grpc::ServerUnaryReactor* GroupService::Run(grpc::CallbackServerContext* context,
                                            std::string_view method, std::string what,
                                            std::function<Status()> call) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(threads_->pool_, [actor = ActorOf(*context), method, what = std::move(what),
                                      call = std::move(call), reactor] {
    const Status status = call();
    Audit({actor, method, what, status, 0});
    reactor->Finish(Answer(status));
  });
  return reactor;
}

grpc::ServerUnaryReactor* GroupService::ListTopGroups(grpc::CallbackServerContext* context,
                                                      const pb::ListTopGroupsRequest* request,
                                                      pb::ListTopGroupsResponse* response) {
  return Run(context, "ListTopGroups", request->rule().substr(0, 200),
             [this, request, response]() -> Status {
               WEIR_ASSIGN_OR_RETURN(const std::size_t limit,
                                     LimitOf(request->limit(), kTopDefault, kTopMax));
               GroupRule about;
               WEIR_ASSIGN_OR_RETURN(const std::vector<shard::GroupView> groups,
                                     explainer_.Top(request->rule(), limit, &about));
               Fill(about, response->mutable_rule());
               for (const shard::GroupView& group : groups) {
                 Fill(about, group, response->add_groups());
               }
               response->set_total(about.matched);
               return OkStatus();
             });
}

grpc::ServerUnaryReactor* GroupService::ExplainGroups(grpc::CallbackServerContext* context,
                                                      const pb::ExplainGroupsRequest* request,
                                                      pb::ExplainGroupsResponse* response) {
  return Run(context, "ExplainGroups", request->rule().substr(0, 200),
             [this, request, response]() -> Status {
               WEIR_ASSIGN_OR_RETURN(const std::size_t limit,
                                     LimitOf(request->limit(), kExplainDefault, kExplainMax));
               std::vector<shard::KeyText> keys;
               for (const pb::GroupKey& key : request->keys()) {
                 keys.emplace_back(key.name(), key.value());
               }
               GroupRule about;
               WEIR_ASSIGN_OR_RETURN(const std::vector<GroupExplanation> groups,
                                     explainer_.Explain(request->rule(), keys, limit, &about));
               Fill(about, response->mutable_rule());
               for (const GroupExplanation& group : groups) {
                 Fill(about, group, response->add_groups());
               }
               response->set_total(about.matched);
               return OkStatus();
             });
}

}  // namespace weir::coordinator
