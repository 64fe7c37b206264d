#include "coordinator/explain_service.h"

#include <string>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "common/wire/alert_query.h"
#include "common/wire/text.h"
#include "common/wire/time.h"
#include "coordinator/alert_explainer.h"
#include "coordinator/audit.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::explain::v1;

constexpr int64_t kRetryDelayMs = 1000;
constexpr int kRecordsMax = 1000;

void Fill(const AlertExplanation& explanation, pb::ExplainAlertResponse* message) {
  const alert::AlertDetails& details = explanation.details;
  wire::ToProto(details.alert, message->mutable_alert());
  if (details.series.has_value()) {
    wire::ToProto(*details.series, message->mutable_series());
  }
  if (details.suppression.has_value()) {
    wire::ToProto(*details.suppression, message->mutable_suppression());
  }
  message->set_rule_set_version(explanation.version.value);
  for (const std::string& step : explanation.head) {
    message->add_head(wire::ValidUtf8(step));
  }
  message->set_fold(wire::ValidUtf8(explanation.fold));
  for (const AlertExplanation::Condition& condition : explanation.tail) {
    pb::AlertCondition* out = message->add_tail();
    out->set_text(wire::ValidUtf8(condition.text));
    for (const exec::SeenValue& value : condition.values) {
      pb::PredicateValue* added = out->add_values();
      added->set_name(wire::ValidUtf8(value.name));
      added->set_text(wire::ValidUtf8(value.text));
    }
  }
  for (const std::string& exception : explanation.exceptions) {
    message->add_exceptions(wire::ValidUtf8(exception));
  }
}

StatusOr<uint64_t> Explain(AlertBackend* backend, const pb::ExplainAlertRequest& request,
                           pb::ExplainAlertResponse* response) {
  WEIR_ASSIGN_OR_RETURN(const Hash128 id, wire::ParseAlertId(request.alert_id()));
  WEIR_ASSIGN_OR_RETURN(const AlertExplanation explanation, ExplainAlert(backend, id));
  Fill(explanation, response);
  return uint64_t{1};
}

pb::RowTime TimeOf(shard::Timeliness timeliness) {
  switch (timeliness) {
    case shard::Timeliness::kLate:
      return pb::ROW_TIME_LATE;
    case shard::Timeliness::kAhead:
      return pb::ROW_TIME_AHEAD;
    case shard::Timeliness::kInTime:
      break;
  }
  return pb::ROW_TIME_IN_TIME;
}

void Fill(const ExplainedEvent::Row& row, pb::ExplainedRow* message) {
  message->set_rule_id(wire::ValidUtf8(row.fate.rule_id));
  message->set_shard(row.shard.value);
  for (const exec::SeenValue& value : row.group) {
    pb::PredicateValue* added = message->add_group();
    added->set_name(wire::ValidUtf8(value.name));
    added->set_text(wire::ValidUtf8(value.text));
  }
  message->set_known(row.known);
  message->set_time(TimeOf(row.fate.timeliness));
  if (row.fate.timeliness != shard::Timeliness::kInTime) {
    wire::TimeToProto(row.fate.limit_ms, message->mutable_limit());
  }
  for (const shard::EventHit& hit : row.fate.hits) {
    pb::RowAlert* added = message->add_alerts();
    added->set_alert_id(hit.alert.ToHex());
    added->set_folded(hit.folded);
    if (hit.known) {
      added->set_status(wire::ToProto(hit.status));
      for (const std::string_view flag : alert::AlertFlagNames(hit.flags)) {
        added->add_flags(std::string(flag));
      }
      wire::TimeToProto(hit.fired_at_ms, added->mutable_fired_at());
    }
  }
}

StatusOr<uint64_t> Explain(const EventExplainer& explainer, const pb::ExplainEventsRequest& request,
                           pb::ExplainEventsResponse* response) {
  if (request.records().empty() || request.records_size() > kRecordsMax) {
    return InvalidArgument("records: expected 1 to {}, got {}", kRecordsMax, request.records_size());
  }
  WEIR_ASSIGN_OR_RETURN(
      const ExplainedEvents explained,
      explainer.Explain({request.records().begin(), request.records().end()}, request.rule_id()));
  response->set_rule_set_version(explained.version.value);
  for (const std::string& reject : explained.rejected) {
    response->add_rejected(wire::ValidUtf8(reject));
  }
  uint64_t alerts = 0;
  for (const ExplainedEvent& event : explained.events) {
    pb::ExplainedEvent* added = response->add_events();
    added->set_record(static_cast<uint32_t>(event.record));
    added->set_event_id(wire::ValidUtf8(event.event_id));
    wire::TimeToProto(event.timestamp_ms, added->mutable_timestamp());
    added->set_has_identity(event.has_identity);
    for (const ExplainedEvent::Row& row : event.rows) {
      Fill(row, added->add_rows());
      alerts += row.fate.hits.size();
    }
  }
  return alerts;
}

}  // namespace

class ExplainService::Threads {
 public:
  ~Threads() { pool_.join(); }
  boost::asio::thread_pool pool_{1};
};

ExplainService::ExplainService(EventExplainer::Options options, std::unique_ptr<AlertBackend> alerts,
                               std::unique_ptr<GroupBackend> groups)
    : alerts_(std::move(alerts)),
      groups_(std::move(groups)),
      events_(std::move(options), groups_.get(), alerts_.get()),
      threads_(std::make_unique<Threads>()) {}

ExplainService::~ExplainService() = default;

grpc::ServerUnaryReactor* ExplainService::Run(grpc::CallbackServerContext* context,
                                              std::string_view method, std::string what,
                                              std::function<StatusOr<uint64_t>()> call) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(threads_->pool_, [actor = ActorOf(*context), method, what = std::move(what),
                                      call = std::move(call), reactor] {
    const StatusOr<uint64_t> alerts = call();
    const Status status = alerts.status();
    Audit({actor, method, what, status, alerts.ok() ? *alerts : 0});
    reactor->Finish(status.code() == StatusCode::kInvalidArgument ? rpc::ToGrpcArgument(status)
                    : status.code() == StatusCode::kUnavailable   ? rpc::ToGrpc(status, kRetryDelayMs)
                                                                  : rpc::ToGrpc(status));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ExplainService::ExplainAlert(grpc::CallbackServerContext* context,
                                                       const pb::ExplainAlertRequest* request,
                                                       pb::ExplainAlertResponse* response) {
  return Run(context, "ExplainAlert", request->alert_id().substr(0, 200),
             [this, request, response] { return Explain(alerts_.get(), *request, response); });
}

grpc::ServerUnaryReactor* ExplainService::ExplainEvents(grpc::CallbackServerContext* context,
                                                        const pb::ExplainEventsRequest* request,
                                                        pb::ExplainEventsResponse* response) {
  return Run(context, "ExplainEvents",
             fmt::format("{} records{}{}", request->records_size(),
                         request->rule_id().empty() ? "" : " of rule ", request->rule_id().substr(0, 200)),
             [this, request, response] { return Explain(events_, *request, response); });
}

}  // namespace weir::coordinator
