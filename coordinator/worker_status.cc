#include <algorithm>
#include <map>

#include "coordinator/worker_client.h"

namespace weir::coordinator {
namespace {

constexpr std::size_t kDeadLettersMax = 64;

void AddRule(const worker::RuleStatus& rule, std::map<std::string, worker::RuleStatus>* rules) {
  const auto [at, added] = rules->emplace(rule.rule_id, rule);
  if (added) {
    return;
  }
  worker::RuleStatus& sum = at->second;
  sum.rows += rule.rows;
  sum.late += rule.late;
  sum.future += rule.future;
  sum.alerts += rule.alerts;
  sum.suppressed += rule.suppressed;
  sum.judged_ms = std::min(sum.judged_ms, rule.judged_ms);
}

void AddCounters(const worker::WorkerStatus& status, worker::WorkerStatus* sum) {
  sum->version = std::max(sum->version, status.version);
  sum->events_applied += status.events_applied;
  sum->repeats += status.repeats;
  sum->late += status.late;
  sum->future += status.future;
  sum->log_records += status.log_records;
  sum->log_syncs += status.log_syncs;
  sum->checkpoints += status.checkpoints;
  sum->table_bytes += status.table_bytes;
  sum->table_limit_bytes += status.table_limit_bytes;
  sum->store.disk_bytes += status.store.disk_bytes;
  sum->store.memory_bytes += status.store.memory_bytes;
}

}  // namespace

worker::WorkerStatus MergeStatus(const std::vector<NamedWorkerStatus>& all) {
  worker::WorkerStatus sum;
  std::map<std::string, worker::RuleStatus> rules;
  for (const auto& [id, status] : all) {
    sum.clock = status.clock;   // all have the cluster's
    AddCounters(status, &sum);
    if (!status.failure.empty()) {
      sum.failure += fmt::format("{}{}: {}", sum.failure.empty() ? "" : "; ", id, status.failure);
    }
    sum.shards.insert(sum.shards.end(), status.shards.begin(), status.shards.end());
    for (const worker::RuleStatus& rule : status.rules) {
      AddRule(rule, &rules);
    }
    sum.dead_letters.insert(sum.dead_letters.end(), status.dead_letters.begin(),
                            status.dead_letters.end());
  }
  std::sort(sum.shards.begin(), sum.shards.end(),
            [](const auto& a, const auto& b) { return a.shard < b.shard; });
  for (auto& [id, rule] : rules) {
    sum.rules.push_back(std::move(rule));
  }
  std::stable_sort(sum.dead_letters.begin(), sum.dead_letters.end(),
                   [](const auto& a, const auto& b) { return a.arrived_ms < b.arrived_ms; });
  if (sum.dead_letters.size() > kDeadLettersMax) {
    sum.dead_letters.erase(sum.dead_letters.begin(), sum.dead_letters.end() - kDeadLettersMax);
  }
  return sum;
}

}  // namespace weir::coordinator
