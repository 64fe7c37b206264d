// The calls of a worker's service about groups and events.
#include <utility>

#include <boost/asio/post.hpp>

#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "worker/worker_calls.h"

namespace weir::worker {
namespace {

v1::EventVerdict VerdictOf(shard::Timeliness timeliness) {
  switch (timeliness) {
    case shard::Timeliness::kLate:
      return v1::EVENT_VERDICT_LATE;
    case shard::Timeliness::kAhead:
      return v1::EVENT_VERDICT_FUTURE;
    case shard::Timeliness::kInTime:
      break;
  }
  return v1::EVENT_VERDICT_UNSPECIFIED;
}

void Fill(const shard::RowFate& row, v1::RowFate* message) {
  message->set_rule_id(row.rule_id);
  message->set_key(row.key);
  message->set_verdict(VerdictOf(row.timeliness));
  message->set_limit_unix_millis(row.limit_ms);
  message->set_hits_known(row.hits_known);
  for (const shard::EventHit& hit : row.hits) {
    v1::EventHit* out = message->add_hits();
    out->set_alert_id(hit.alert.ToBytes());
    out->set_folded(hit.folded);
    if (hit.known) {
      out->set_status(wire::ToProto(hit.status));
      out->set_flags(hit.flags);
      out->set_fired_unix_millis(hit.fired_at_ms);
    }
  }
}

}  // namespace

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

grpc::ServerUnaryReactor* WorkerService::FindEvents(grpc::CallbackServerContext* context,
                                                    const v1::FindEventsRequest* request,
                                                    v1::FindEventsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const Status target = CheckTarget(request->target()); !target.ok()) {
    reactor->Finish(rpc::ToGrpc(target));
    return reactor;
  }
  EventQuery query;
  query.version = RuleSetVersion(request->rule_set_version());
  query.explicit_ingested = request->explicit_ingested();
  for (const v1::FeedPart& part : request->parts()) {
    if (part.shard() > UINT16_MAX) {
      reactor->Finish(rpc::ToGrpc(InvalidArgument("parts: no shard {}", part.shard())));
      return reactor;
    }
    query.parts.push_back(
        {ShardId(static_cast<uint16_t>(part.shard())), Epoch(part.epoch()), part.rows(), part.entries()});
  }
  boost::asio::post(calls_->searches_, [this, query = std::move(query), response, reactor] {
    const StatusOr<EventsFound> found = worker_->FindEvents(query);
    if (found.ok()) {
      for (const shard::EventFate& fate : found->fates) {
        v1::EventFate* event = response->add_events();
        event->set_shard(fate.shard.value);
        event->set_event(fate.event_index);
        event->set_known(fate.known);
        for (const shard::RowFate& row : fate.rows) {
          Fill(row, event->add_rows());
        }
      }
      for (const ShardId& shard : found->shards) {
        response->add_shards(shard.value);
      }
    }
    reactor->Finish(found.status().code() == StatusCode::kDataLoss
                        ? rpc::ToGrpc(InvalidArgument("parts: {}", Message(found.status())))
                        : rpc::ToGrpc(found.status()));
  });
  return reactor;
}

}  // namespace weir::worker
