// What must hold in a simulation, and finds out whether it does: while it runs, by what workers take and
// announce; at its end, by what is in their logs, and by comparing counts and alerts with one pass over
// the same events.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/cluster/table_watch.h"
#include "tests/sim/collector.h"
#include "tests/sim/nodes.h"

namespace weir::sim {

class Checker final : public Observer {
 public:
  Checker(World* world, bool replay) : world_(world), replay_(replay) {}

  // Follows the shard table as it is, without a network between.
  void Watch(meta::MetaStore* store, uint16_t shard_count);

  void OnAlert(const std::string& worker, const alert::Alert& alert) override;
  std::function<void(const worker::FrameResult&)> OnFrame(const std::string& worker,
                                                          const exec::Frame& frame) override;
  void Fail(const std::string& what) override;

  // When all is healed, acknowledged and judged. REQUIRES: all workers run.
  void CheckEnd(const Collectors& collectors, const std::vector<WorkerNode*>& workers,
                const CompileRules& rules_of);

  const std::vector<std::string>& violations() const { return violations_; }
  std::size_t alerts() const { return alerts_.size(); }

 private:
  // How an event got into the log, in one class.
  struct Logged {
    uint16_t shard = 0;
    UnixMillis stamp_ms = 0;
  };
  struct Announced {
    std::string identity;   // what of an alert never changes
    alert::Alert alert;
  };

  void OnTable(const cluster::ShardTable& table);
  void CheckTable(const std::vector<WorkerNode*>& workers);
  void ReadLogs(const std::vector<WorkerNode*>& workers);
  void ReadLog(const std::string& worker, const LogRecords& records);
  void TakeEntry(uint16_t shard, UnixMillis stamp_ms, const Hash128& class_id, UnixMillis time_ms);
  void CheckLogged(const Collectors& collectors, const plan::RuleSet& rules);
  void CheckCounts(const Collectors& collectors, const std::vector<WorkerNode*>& workers);
  void CheckAlerts(const Collectors& collectors, const std::vector<WorkerNode*>& workers,
                   const plan::RuleSet& rules);

  World* const world_;
  const bool replay_;
  std::unique_ptr<cluster::TableWatch> table_;
  std::vector<cluster::ShardEntry> entries_;   // as the history knows them
  std::map<Hash128, Announced> alerts_;
  std::map<std::pair<Hash128, UnixMillis>, Logged> logged_;   // by class and event
  std::map<uint16_t, std::string> rows_at_;                   // shard, worker with its rows
  std::map<uint64_t, plan::RuleSetPtr> rule_sets_;
  CompileRules rules_of_;
  std::vector<std::string> violations_;
};

}  // namespace weir::sim
