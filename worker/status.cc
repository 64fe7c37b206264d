#include "worker/status.h"

#include <algorithm>

namespace weir::worker {

namespace {

constexpr std::size_t kDeadLettersShown = 64;

}  // namespace

void FillShard(const shard::Shard& shard, UnixMillis closed_ms, UnixMillis now_ms, ShardStatus* row) {
  row->log_checkpointed = shard.checkpointed().value;
  row->log_bytes = shard.log_bytes();
  // A shard logs a closing only when something depends on it. Where nothing does, time has come as far as
  // for the worker.
  closed_ms = std::min(closed_ms, shard::kTimeMax);
  const UnixMillis reached_ms =
      shard.WantsClosing(closed_ms) ? shard.closed_ms() : std::max(closed_ms, shard.closed_ms());
  row->closed_ms = reached_ms <= shard::kTimeMin ? 0 : reached_ms;
  row->lag_ms = now_ms == 0 || row->closed_ms == 0 ? 0
                                                   : std::max<int64_t>(0, now_ms - row->closed_ms);
  row->groups_in_memory = shard.groups_in_memory();
  row->groups_spilled = shard.groups_evicted();
  row->table_bytes = shard.table_bytes();
  row->identities = shard.identities();
  row->alerts_open = shard.alerts_open();
}

void AddShard(const shard::Shard& shard, WorkerStatus* status,
              std::map<std::string, RuleStatus>* rules) {
  const shard::ShardMeta& meta = shard.meta();
  status->events_applied += meta.entries;
  status->repeats += meta.repeats;
  status->late += meta.late;
  status->future += meta.future;
  status->table_bytes += shard.table_bytes();
  for (const auto& [hash, rule] : shard.rule_states()) {
    RuleStatus& sum = (*rules)[rule.rule->source.id];
    // Only the home shard of a spread rule judges; all are told.
    const UnixMillis judged_ms = rule.rule->spread             ? rule.told_judged_ms
                                 : shard::AtTicks(*rule.rule) ? rule.judged_ms
                                                              : shard.closed_ms();
    sum.judged_ms = sum.rule_id.empty() ? judged_ms : std::min(sum.judged_ms, judged_ms);
    sum.rule_id = rule.rule->source.id;
    sum.rows += rule.rows;
    sum.late += rule.late;
    sum.future += rule.future;
    sum.alerts += rule.alerts;
    sum.suppressed += rule.suppressed;
  }
  for (const shard::DeadLetter& letter : meta.dead_letters) {
    status->dead_letters.push_back(
        {letter.timestamp_ms, letter.arrived_ms,
         letter.refusal == shard::Refusal::kLate ? Verdict::kLate : Verdict::kFuture,
         letter.event_id, letter.rule_id});
  }
}

void FinishStatus(const std::map<std::string, RuleStatus>& rules, WorkerStatus* status) {
  for (const auto& [id, counted] : rules) {
    RuleStatus rule = counted;
    rule.judged_ms = rule.judged_ms <= shard::kTimeMin ? 0 : rule.judged_ms;
    status->rules.push_back(rule);
  }
  std::sort(status->dead_letters.begin(), status->dead_letters.end(),
            [](const DeadLetter& a, const DeadLetter& b) { return a.arrived_ms < b.arrived_ms; });
  if (status->dead_letters.size() > kDeadLettersShown) {
    status->dead_letters.erase(status->dead_letters.begin(),
                              status->dead_letters.end() - kDeadLettersShown);
  }
}

}  // namespace weir::worker
