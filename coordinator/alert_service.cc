#include "coordinator/alert_service.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "common/wire/alert_query.h"
#include "common/wire/text.h"
#include "coordinator/audit.h"
#include "coordinator/watch_reactor.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::alert::v1;

constexpr int kPageSizeDefault = 100;
constexpr int kPageSizeMax = 1000;
constexpr int kUpdatesMax = 1000;
constexpr std::size_t kRelatedMax = 50;
constexpr int64_t kRelatedWithinMs = 2 * kMillisPerDay;
constexpr int64_t kDrainRetryDelayMs = 1000;
constexpr std::size_t kAuditTextMax = 2000;

uint64_t RandomSeed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32 | device()) >> 1 | 1;
}

grpc::Status Stopping() {
  return rpc::ToGrpc(Unavailable("the server is stopping"), kDrainRetryDelayMs);
}

// What programs can tell apart.
grpc::Status ToGrpcAnswer(const Status& status) {
  if (status.code() == StatusCode::kInvalidArgument) {
    return rpc::ToGrpcArgument(status);
  }
  if (status.code() == StatusCode::kOutOfRange) {
    return rpc::ToGrpcReason(status, "TOO_OLD");
  }
  if (status.code() == StatusCode::kUnavailable) {
    return rpc::ToGrpc(status, kDrainRetryDelayMs);
  }
  return rpc::ToGrpc(status);
}

std::string AuditText(const google::protobuf::Message& message) {
  std::string text = message.ShortDebugString();
  text.resize(std::min(text.size(), kAuditTextMax));
  return text;
}

void FillTimings(const alert::Alert& alert, pb::AlertTimings* message) {
  // Behind events that came when the alert was there already, nothing can be told from the last one.
  if (alert.last_event_ms != 0 && alert.arrived_at_ms >= alert.last_event_ms) {
    message->set_event_to_arrival_millis(alert.arrived_at_ms - alert.last_event_ms);
  }
  if (alert.arrived_at_ms != 0 && alert.fired_at_ms != 0) {
    message->set_arrival_to_fired_millis(alert.fired_at_ms - alert.arrived_at_ms);
  }
  for (const alert::Change& change : alert.history) {
    if (change.field == alert::Change::Field::kStatus &&
        change.to == alert::AlertStatusName(alert::AlertStatus::kAcknowledged)) {
      message->set_fired_to_acknowledged_millis(change.time_ms - alert.fired_at_ms);
      break;
    }
  }
  if (alert.closed_at_ms != 0) {
    message->set_fired_to_closed_millis(alert.closed_at_ms - alert.fired_at_ms);
  }
}

}  // namespace

class AlertService::Threads {
 public:
  ~Threads() { pool_.join(); }
  boost::asio::thread_pool pool_{2};
};

AlertService::AlertService(AlertIndex* index, std::unique_ptr<AlertBackend> backend)
    : index_(index),
      backend_(std::move(backend)),
      lists_(AlertLists::Options(), index, backend_.get(), RandomSeed()),
      threads_(std::make_unique<Threads>()) {}

AlertService::~AlertService() = default;

Status AlertService::List(const pb::ListAlertsRequest& request, pb::ListAlertsResponse* response) {
  WEIR_ASSIGN_OR_RETURN(const alert::AlertFilter filter, wire::FromProto(request.filter()));
  WEIR_ASSIGN_OR_RETURN(const alert::AlertOrder order, alert::ParseOrder(request.order_by()));
  if (request.page_size() < 0) {
    return InvalidArgument("page_size: expected 0 to {}, got {}", kPageSizeMax,
                           request.page_size());
  }
  const int asked = request.page_size() > 0 ? request.page_size() : kPageSizeDefault;
  const auto page_size = static_cast<std::size_t>(std::min(asked, kPageSizeMax));
  WEIR_ASSIGN_OR_RETURN(const AlertLists::Page page,
                        lists_.List(filter, order, page_size, request.page_token()));
  for (const alert::Alert& alert : page.alerts) {
    wire::ToProto(alert, response->add_alerts());
  }
  response->set_next_page_token(page.next_token);
  response->set_total(page.total);
  response->set_from_stores(page.from_stores);
  return OkStatus();
}

grpc::ServerUnaryReactor* AlertService::ListAlerts(grpc::CallbackServerContext* context,
                                                   const pb::ListAlertsRequest* request,
                                                   pb::ListAlertsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(threads_->pool_, [this, actor = ActorOf(*context), request, response, reactor] {
    const Status status = List(*request, response);
    Audit({actor, "ListAlerts", AuditText(*request), status,
           static_cast<uint64_t>(response->alerts_size())});
    reactor->Finish(ToGrpcAnswer(status));
  });
  return reactor;
}

Status AlertService::Get(const Hash128& id, pb::GetAlertResponse* response) {
  WEIR_ASSIGN_OR_RETURN(const alert::AlertDetails details, backend_->Show(id));
  wire::ToProto(details.alert, response->mutable_alert());
  uint64_t total = 0;
  for (const AlertPtr& related :
       index_->Related(details.alert, kRelatedWithinMs, kRelatedMax, &total)) {
    wire::ToProto(related->Read(), response->add_related());
  }
  response->set_related_total(total);
  if (details.series.has_value()) {
    wire::ToProto(*details.series, response->mutable_series());
  }
  if (details.suppression.has_value()) {
    wire::ToProto(*details.suppression, response->mutable_suppression());
  }
  FillTimings(details.alert, response->mutable_timings());
  return OkStatus();
}

grpc::ServerUnaryReactor* AlertService::GetAlert(grpc::CallbackServerContext* context,
                                                 const pb::GetAlertRequest* request,
                                                 pb::GetAlertResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(threads_->pool_, [this, actor = ActorOf(*context), request, response, reactor] {
    const StatusOr<Hash128> id = wire::ParseAlertId(request->alert_id());
    const Status status = id.ok() ? Get(*id, response)
                                  : InvalidArgument("alert_id: {}", Message(id.status()));
    Audit({actor, "GetAlert", request->alert_id().substr(0, kAuditTextMax), status,
           status.ok() ? 1U : 0U});
    reactor->Finish(ToGrpcAnswer(status));
  });
  return reactor;
}

Status AlertService::StartWatch(const pb::WatchAlertsRequest& request, WatchReactor* reactor) {
  WEIR_ASSIGN_OR_RETURN(const alert::AlertFilter filter, wire::FromProto(request.filter()));
  AlertIndex::WatchStart start;
  start.existing = request.include_existing();
  if (!request.cursor().empty()) {
    if (start.existing) {
      return InvalidArgument("cursor: with include_existing it is not known where to begin");
    }
    WEIR_ASSIGN_OR_RETURN(start.cursor, WatchCursor::Parse(request.cursor()));
  }
  return reactor->Begin(index_, filter, start, lists_.NotesFor(filter));
}

grpc::ServerWriteReactor<pb::WatchAlertsResponse>* AlertService::WatchAlerts(
    grpc::CallbackServerContext* context, const pb::WatchAlertsRequest* request) {
  auto* reactor = new WatchReactor(this);   // deletes itself in OnDone
  bool draining = false;
  {
    const std::lock_guard lock(mutex_);
    reactors_.insert(reactor);
    draining = draining_;
  }
  const std::string actor = ActorOf(*context);
  const std::string what = AuditText(*request);
  if (draining) {
    reactor->End(Stopping());
    return reactor;
  }
  // The reactor may be gone when this returns.
  const Status status = StartWatch(*request, reactor);
  Audit({actor, "WatchAlerts", what, status, 0});
  if (!status.ok()) {
    reactor->End(ToGrpcAnswer(status));
  }
  return reactor;
}

StatusOr<std::vector<AlertCommand>> AlertService::ReadCommands(
    const pb::BatchUpdateAlertsRequest& request, const std::string& actor) const {
  WEIR_ASSIGN_OR_RETURN(alert::Action action, wire::ActionFromProto(request));
  action.actor = actor;
  WEIR_RETURN_IF_ERROR(alert::CheckAction(action));
  if (request.alerts().empty() || request.alerts_size() > kUpdatesMax) {
    return InvalidArgument("alerts: expected 1 to {}, got {}", kUpdatesMax, request.alerts_size());
  }
  std::vector<AlertCommand> commands;
  std::set<Hash128> seen;
  for (int i = 0; i < request.alerts_size(); ++i) {
    const StatusOr<Hash128> id = wire::ParseAlertId(request.alerts(i).alert_id());
    if (!id.ok()) {
      return InvalidArgument("alerts[{}].alert_id: {}", i, Message(id.status()));
    }
    if (!seen.insert(*id).second) {
      return InvalidArgument("alerts[{}].alert_id: {} is named twice", i, id->ToHex());
    }
    action.expected_revision = request.alerts(i).expected_lifecycle_revision();
    commands.push_back({*id, action});
  }
  return commands;
}

grpc::ServerUnaryReactor* AlertService::BatchUpdateAlerts(
    grpc::CallbackServerContext* context, const pb::BatchUpdateAlertsRequest* request,
    pb::BatchUpdateAlertsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(threads_->pool_, [this, actor = ActorOf(*context), request, response, reactor] {
    const StatusOr<std::vector<AlertCommand>> commands = ReadCommands(*request, actor);
    uint64_t changed = 0;
    if (commands.ok()) {
      const std::vector<worker::AlertUpdateResult> results = backend_->Update(*commands);
      for (std::size_t i = 0; i < results.size(); ++i) {
        const worker::AlertUpdateResult& result = results[i];
        pb::AlertUpdateResult* message = response->add_results();
        message->set_alert_id((*commands)[i].alert.ToHex());
        message->set_code(static_cast<int32_t>(result.status.code()));
        message->set_message(result.status.ok() ? "" : wire::ValidUtf8(Message(result.status)));
        message->set_unchanged(result.unchanged);
        if (result.alert.id != Hash128{}) {
          wire::ToProto(result.alert, message->mutable_alert());
        }
        changed += result.status.ok() && !result.unchanged ? 1 : 0;
      }
    }
    Audit({actor, "BatchUpdateAlerts", AuditText(*request), commands.status(), changed});
    reactor->Finish(ToGrpcAnswer(commands.status()));
  });
  return reactor;
}

void AlertService::Drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (WatchReactor* reactor : reactors_) {
    reactor->End(Stopping());
  }
}

void AlertService::Remove(WatchReactor* reactor) {
  const std::lock_guard lock(mutex_);
  reactors_.erase(reactor);
}

}  // namespace weir::coordinator
