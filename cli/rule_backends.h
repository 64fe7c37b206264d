// Where the rule sets of this process are: in the store of a process that is the whole cluster, or in
// the metadata store of one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "common/base/clock.h"
#include "common/cluster/rule_feed.h"
#include "common/task/thread_scheduler.h"
#include "coordinator/leader.h"
#include "coordinator/rule_backend.h"
#include "worker/rule_store.h"
#include "worker/worker.h"

namespace weir::cli {

// The newest set in the store; version 0 when there is none.
StatusOr<cluster::RuleSetTexts> NewestStored(state::StateStore* store);

struct LocalRules {
  state::StateStore* store = nullptr;
  worker::Worker* worker = nullptr;
  const Clock* clock = nullptr;
  // Told of every set that was activated.
  std::function<void(plan::RuleSetPtr)> on_rules;
};
// All outlive the backend.
std::unique_ptr<coordinator::RuleBackend> MakeLocalRuleBackend(LocalRules rules);

// The newest versions of the rule set that a coordinator was told of. Thread safe.
class RuleHistory {
 public:
  void Add(const cluster::RuleSetTexts& rules);
  // Version 0: the newest. NotFound.
  StatusOr<cluster::RuleSetTexts> Get(RuleSetVersion version) const;
  std::vector<RuleSetVersion> Versions() const;

 private:
  mutable std::mutex mutex_;
  std::map<RuleSetVersion, cluster::RuleSetTexts> versions_;
};

struct ClusterRules {
  const RuleHistory* history = nullptr;
  task::ThreadScheduler* scheduler = nullptr;   // of the leader
  // On the scheduler; null while there is none.
  std::function<coordinator::Leader*()> leader;
  std::function<coordinator::WorkersStatus()> workers;
  const Clock* clock = nullptr;
  int64_t activation_delay_ms = 0;
  cluster::RuleSetTexts empty;                  // options of a first set
};
std::unique_ptr<coordinator::RuleBackend> MakeClusterRuleBackend(ClusterRules rules);

}  // namespace weir::cli
