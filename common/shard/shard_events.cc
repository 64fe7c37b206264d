// What people ask a shard about events: whether one was taken, and which alerts it has a part in.
#include <algorithm>

#include "common/base/bytes.h"
#include "common/exec/row_format.h"
#include "common/shard/shard.h"

namespace weir::shard {

StatusOr<std::vector<EventFate>> Shard::FindEvents(RuleSetVersion version, bool explicit_ingested,
                                                   std::string_view entries, UnixMillis now_ms) {
  if (version != meta_.version) {
    return FailedPrecondition("shard {} has rule set {}, not {}", options_.id, meta_.version, version);
  }
  std::vector<EventFate> fates;
  ByteReader reader(entries);
  while (reader.ok() && !reader.done()) {
    const exec::EntryHeader entry = exec::ReadEntryHeader(&reader, explicit_ingested);
    if (!reader.ok() || entry.class_index >= rule_set_->classes.size()) {
      return DataLoss("malformed rows");
    }
    EventFate& fate = fates.emplace_back();
    fate.shard = options_.id;
    fate.event_index = entry.event_index;
    WEIR_ASSIGN_OR_RETURN(
        fate.known, identities_.Contains(IdentityIn(rule_set_->classes[entry.class_index], entry.identity)));
    for (uint32_t i = 0; i < entry.row_count; ++i) {
      const exec::RowView row = exec::ReadRow(&reader);
      if (!reader.ok() || row.window_index >= window_by_index_.size()) {
        return DataLoss("malformed rows");
      }
      for (RuleState* rule : rules_by_window_[row.window_index]) {
        WEIR_RETURN_IF_ERROR(
            FindRow(entry, row, explicit_ingested ? entry.ingested_ms : now_ms, now_ms, rule, &fate));
      }
    }
  }
  return fates;
}

Status Shard::FindRow(const exec::EntryHeader& entry, const exec::RowView& row, UnixMillis ingested_ms,
                      UnixMillis now_ms, RuleState* rule, EventFate* event) {
  RowFate& fate = event->rows.emplace_back();
  fate.rule_id = rule->rule->source.id;
  const plan::Window& window = *rule->window->window;
  if (window.is_events) {
    WEIR_RETURN_IF_ERROR(
        judge_.FindEvent(*rule, row.cells, entry.identity, entry.timestamp_ms, &fate.hits));
  } else {
    fate.key = std::string(row.key);
    const UnixMillis time_ms = window.by_ingested ? ingested_ms : entry.timestamp_ms;
    const int64_t lateness_ms = options_.replay ? 0 : options_.lateness_ms;
    if (time_ms <= meta_.closed_ms - lateness_ms) {
      fate.timeliness = Timeliness::kLate;
      fate.limit_ms = meta_.closed_ms - lateness_ms;
    } else if (!options_.replay && time_ms > now_ms + options_.future_ms) {
      fate.timeliness = Timeliness::kAhead;
      fate.limit_ms = now_ms + options_.future_ms;
    }
    fate.hits_known = !AtTicks(*rule->rule) && !JudgedElsewhere(*rule->rule);
    if (fate.hits_known) {
      WEIR_ASSIGN_OR_RETURN(Group * group,
                            rule->window->table.Open(GroupHash(window, row.key), row.key, false));
      const int64_t lookback_ms = rule->rule->judge.lookback_ms;
      for (const Episode& episode : group == nullptr ? std::vector<Episode>() : group->episodes()) {
        if (episode.rule == rule->hash && episode.alert != Hash128{} && time_ms <= episode.end_ms &&
            time_ms > episode.start_ms - lookback_ms) {
          fate.hits.push_back({episode.alert, !episode.owns_alert});
        }
      }
    }
  }
  for (EventHit& hit : fate.hits) {
    const StatusOr<alert::Alert> alert = alerts_.Get(hit.alert);
    if (alert.ok()) {
      hit.known = true;
      hit.status = alert->status;
      hit.flags = alert->flags;
      hit.fired_at_ms = alert->fired_at_ms;
    } else if (alert.status().code() != StatusCode::kNotFound) {
      return alert.status();
    }
  }
  return OkStatus();
}

}  // namespace weir::shard
