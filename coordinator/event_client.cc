#include "coordinator/event_client.h"

#include "common/wire/alert.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::worker::v1;

shard::Timeliness TimelinessOf(pb::EventVerdict verdict) {
  return verdict == pb::EVENT_VERDICT_LATE     ? shard::Timeliness::kLate
         : verdict == pb::EVENT_VERDICT_FUTURE ? shard::Timeliness::kAhead
                                               : shard::Timeliness::kInTime;
}

StatusOr<shard::RowFate> FromProto(const pb::RowFate& message) {
  shard::RowFate row;
  row.rule_id = message.rule_id();
  row.key = message.key();
  row.timeliness = TimelinessOf(message.verdict());
  row.limit_ms = message.limit_unix_millis();
  row.hits_known = message.hits_known();
  for (const pb::EventHit& hit : message.hits()) {
    if (hit.alert_id().size() != 16) {
      return DataLoss("an alert id of {} bytes, not 16", hit.alert_id().size());
    }
    shard::EventHit& added = row.hits.emplace_back();
    added.alert = Hash128::FromBytes(hit.alert_id());
    added.folded = hit.folded();
    if (const auto status = wire::FromProto(hit.status()); status.has_value()) {
      added.known = true;
      added.status = *status;
      added.flags = hit.flags();
      added.fired_at_ms = hit.fired_unix_millis();
    }
  }
  return row;
}

}  // namespace

pb::FindEventsRequest ToProto(const worker::EventQuery& query) {
  pb::FindEventsRequest request;
  request.set_rule_set_version(query.version.value);
  request.set_explicit_ingested(query.explicit_ingested);
  for (const exec::FramePart& part : query.parts) {
    pb::FeedPart* added = request.add_parts();
    added->set_shard(part.shard.value);
    added->set_rows(part.bytes);
    added->set_entries(part.entries);
  }
  return request;
}

Status AddFound(const pb::FindEventsResponse& message, worker::EventsFound* found) {
  for (const pb::EventFate& event : message.events()) {
    shard::EventFate& fate = found->fates.emplace_back();
    fate.shard = ShardId(static_cast<uint16_t>(event.shard()));
    fate.event_index = event.event();
    fate.known = event.known();
    for (const pb::RowFate& row : event.rows()) {
      WEIR_ASSIGN_OR_RETURN(fate.rows.emplace_back(), FromProto(row));
    }
  }
  for (const uint32_t shard : message.shards()) {
    found->shards.emplace_back(static_cast<uint16_t>(shard));
  }
  return OkStatus();
}

}  // namespace weir::coordinator
