// The calls of a worker's service about groups.
#include <utility>

#include <boost/asio/post.hpp>

#include "common/rpc/status.h"
#include "worker/worker_calls.h"

namespace weir::worker {

grpc::ServerUnaryReactor* WorkerService::FindGroups(grpc::CallbackServerContext* context,
                                                    const v1::FindGroupsRequest* request,
                                                    v1::FindGroupsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const Status target = CheckTarget(request->target()); !target.ok()) {
    reactor->Finish(rpc::ToGrpc(target));
    return reactor;
  }
  GroupQuery query;
  query.rule_id = request->rule_id();
  query.version = RuleSetVersion(request->rule_set_version());
  for (const v1::GroupKey& key : request->keys()) {
    query.keys.emplace_back(key.name(), key.text());
  }
  query.limit = request->limit();
  query.whole = request->whole();
  boost::asio::post(calls_->searches_, [this, query = std::move(query), response, reactor] {
    const StatusOr<GroupsFound> found = worker_->FindGroups(query);
    if (found.ok()) {
      response->set_window_end_unix_millis(found->window_end_ms);
      response->set_created_unix_millis(found->created_ms);
      response->set_closed_unix_millis(found->closed_ms);
      response->set_matched(found->matched);
      response->set_shards(static_cast<uint32_t>(found->shards));
      for (const std::string& group : found->groups) {
        response->add_groups(group);
      }
    }
    reactor->Finish(rpc::ToGrpc(found.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* WorkerService::FindCovering(grpc::CallbackServerContext* context,
                                                      const v1::FindCoveringRequest* request,
                                                      v1::FindCoveringResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  CoveringQuery query;
  query.rule_id = request->rule_id();
  query.judged_ms = request->judged_unix_millis();
  Status status = CheckTarget(request->target());
  for (const std::string& key : request->keys()) {
    if (key.size() != 16) {
      status = InvalidArgument("keys: a key of {} bytes, not 16", key.size());
      break;
    }
    query.keys.push_back(Hash128::FromBytes(key));
  }
  if (!status.ok()) {
    reactor->Finish(rpc::ToGrpc(status));
    return reactor;
  }
  boost::asio::post(calls_->searches_, [this, query = std::move(query), response, reactor] {
    const StatusOr<std::vector<CoveringAlert>> covering = worker_->FindCovering(query);
    if (covering.ok()) {
      for (const CoveringAlert& alert : *covering) {
        v1::CoveringAlert* message = response->add_alerts();
        if (alert.alert != Hash128{}) {
          message->set_alert_id(alert.alert.ToBytes());
          message->set_until_unix_millis(alert.until_ms);
        }
      }
    }
    reactor->Finish(rpc::ToGrpc(covering.status()));
  });
  return reactor;
}

}  // namespace weir::worker
