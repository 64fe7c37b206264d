// The calls of a worker's service about its alerts.
#include <utility>

#include <boost/asio/post.hpp>

#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "common/wire/alert_query.h"
#include "common/wire/text.h"
#include "worker/worker_calls.h"

namespace weir::worker {
namespace {

StatusOr<AlertQuery> QueryFromProto(const v1::FindAlertsRequest& request) {
  AlertQuery query;
  WEIR_ASSIGN_OR_RETURN(query.filter, wire::FromProto(request.filter()));
  for (const std::string& id : request.ids()) {
    if (id.size() != 16) {
      return InvalidArgument("ids: an id of {} bytes, not 16", id.size());
    }
    query.filter.ids.insert(Hash128::FromBytes(id));
  }
  WEIR_ASSIGN_OR_RETURN(query.order, alert::ParseOrder(request.order_by()));
  if (!request.after().empty()) {
    WEIR_ASSIGN_OR_RETURN(query.after, alert::DecodePosition(request.after()));
  }
  query.limit = request.limit();
  return query;
}

StatusOr<std::vector<AlertUpdate>> UpdatesFromProto(const v1::UpdateAlertsRequest& request) {
  WEIR_ASSIGN_OR_RETURN(alert::Action action, wire::ActionFromProto(request.update()));
  action.actor = request.actor();
  WEIR_RETURN_IF_ERROR(alert::CheckAction(action));
  std::vector<AlertUpdate> updates;
  for (const v1::PlacedAlert& placed : request.alerts()) {
    AlertUpdate& update = updates.emplace_back();
    WEIR_ASSIGN_OR_RETURN(update.alert, wire::ParseAlertId(placed.alert_id()));
    if (placed.shard() > UINT16_MAX) {
      return InvalidArgument("alerts: shard {}", placed.shard());
    }
    update.shard = ShardId(static_cast<uint16_t>(placed.shard()));
    update.epoch = Epoch(placed.epoch());
    update.action = action;
    update.action.expected_revision = placed.expected_lifecycle_revision();
  }
  return updates;
}

void FillResult(const AlertUpdateResult& result, weir::alert::v1::AlertUpdateResult* message) {
  if (!result.status.ok()) {
    message->set_code(static_cast<int32_t>(result.status.code()));
    message->set_message(wire::ValidUtf8(Message(result.status)));
  }
  message->set_unchanged(result.unchanged);
  if (result.alert.id != Hash128{}) {
    message->set_alert_id(result.alert.id.ToHex());
    wire::ToProto(result.alert, message->mutable_alert());
  }
}

}  // namespace

grpc::ServerUnaryReactor* WorkerService::GetAlert(grpc::CallbackServerContext* context,
                                                  const v1::GetAlertRequest* request,
                                                  v1::GetAlertResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const StatusOr<Hash128> id = wire::ParseAlertId(request->alert_id());
  const Status target = CheckTarget(request->target());
  if (!target.ok() || !id.ok()) {
    reactor->Finish(rpc::ToGrpc(target.ok() ? id.status() : target));
    return reactor;
  }
  boost::asio::post(calls_->reads_, [this, id = *id, response, reactor] {
    const StatusOr<alert::AlertDetails> details = worker_->ShowAlert(id);
    if (details.ok()) {
      wire::ToProto(details->alert, response->mutable_alert());
      if (details->series.has_value()) {
        wire::ToProto(*details->series, response->mutable_series());
      }
      if (details->suppression.has_value()) {
        wire::ToProto(*details->suppression, response->mutable_suppression());
      }
    }
    reactor->Finish(rpc::ToGrpc(details.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* WorkerService::FindAlerts(grpc::CallbackServerContext* context,
                                                    const v1::FindAlertsRequest* request,
                                                    v1::FindAlertsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const StatusOr<AlertQuery> query = QueryFromProto(*request);
  const Status target = CheckTarget(request->target());
  if (!target.ok() || !query.ok()) {
    reactor->Finish(rpc::ToGrpc(target.ok() ? query.status() : target));
    return reactor;
  }
  boost::asio::post(calls_->searches_, [this, query = *query, request, response, reactor] {
    StatusOr<AlertsFound> found = worker_->FindAlerts(query);
    if (found.ok()) {
      response->set_total(found->total);
      response->set_shards(static_cast<uint32_t>(found->shards));
      for (alert::Alert& alert : found->alerts) {
        if (request->keys_only()) {
          alert::Alert keys;
          keys.id = alert.id;
          keys.fired_at_ms = alert.fired_at_ms;
          keys.changed_at_ms = alert.changed_at_ms;
          keys.severity = alert.severity;
          keys.risk_score = alert.risk_score;
          keys.suppressed_count = alert.suppressed_count;
          wire::ToProto(keys, response->add_alerts());
        } else {
          wire::StripForLists(&alert);
          wire::ToProto(alert, response->add_alerts());
        }
      }
    }
    reactor->Finish(rpc::ToGrpc(found.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* WorkerService::UpdateAlerts(grpc::CallbackServerContext* context,
                                                      const v1::UpdateAlertsRequest* request,
                                                      v1::UpdateAlertsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  StatusOr<std::vector<AlertUpdate>> updates = UpdatesFromProto(*request);
  const Status target = CheckTarget(request->target());
  if (!target.ok() || !updates.ok()) {
    reactor->Finish(rpc::ToGrpc(target.ok() ? updates.status() : target));
    return reactor;
  }
  worker_->UpdateAlerts(std::move(*updates),
                        [request, response, reactor](const std::vector<AlertUpdateResult>& results) {
                          for (std::size_t i = 0; i < results.size(); ++i) {
                            auto* message = response->add_results();
                            message->set_alert_id(request->alerts(static_cast<int>(i)).alert_id());
                            FillResult(results[i], message);
                          }
                          reactor->Finish(grpc::Status::OK);
                        });
  return reactor;
}

}  // namespace weir::worker
