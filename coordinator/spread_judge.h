// Judges spread rules: at each tick it collects the groups of all shards, merges them, evaluates the tail
// and has the rule's home shard commit the rows. Has no state that it cannot read back: the home shard
// knows what is judged, and takes a tick only once, so that a coordinator may die anywhere in between, or
// two may lead for a moment.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/plan/plan.h"
#include "common/task/scheduler.h"
#include "worker/worker.h"

namespace weir::coordinator {

// The workers, taken together. Called on the judge's scheduler; callbacks come as later tasks of it, each
// once, unless the cluster or the scheduler ends before.
class SpreadCluster {
 public:
  virtual ~SpreadCluster() = default;
  // Of all workers that are reached. An error when any is not.
  virtual void View(const std::string& rule_id, RuleSetVersion version,
                    const worker::SpreadHint& hint,
                    std::function<void(StatusOr<worker::SpreadReport>)> done) = 0;
  virtual void Collect(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
                       std::function<void(StatusOr<worker::SpreadParts>)> done) = 0;
  // Sends it to the worker of tick.home, whose epoch it fills in.
  virtual void Commit(worker::JudgedTick tick, std::function<void(Status)> done) = 0;
};

// All shards in one worker of this process, which outlives the cluster.
std::unique_ptr<SpreadCluster> MakeLocalSpreadCluster(worker::Worker* worker, Epoch epoch,
                                                      task::Scheduler* scheduler);

// Keeps nothing that matters: what is judged is in the logs of the home shards, so that another judge may
// go on where this one ended, and two at once only repeat each other's work.
class SpreadJudge {
 public:
  struct Options {
    std::string tenant = "default";
    uint16_t shard_count = 256;
    int64_t poll_ms = 500;    // how often a rule is looked at that has nothing to judge
    int64_t retry_ms = 200;   // after a failure
  };

  // cluster and scheduler outlive it.
  SpreadJudge(Options options, SpreadCluster* cluster, task::Scheduler* scheduler);
  // Stop it before, or the scheduler.
  ~SpreadJudge();

  // The active rules; called again when they change. Thread safe, as are the rest.
  void SetRules(plan::RuleSetPtr rules);
  // Only a leader judges.
  void SetLeading(bool leading);
  // done is called, on the scheduler, when no spread rule has anything to judge that is closed now; at once
  // when it does not lead. Never, if it is stopped before.
  void Drain(std::function<void()> done);
  // Asks nothing of the cluster any more. Idempotent. REQUIRES: the scheduler is not stopped, and this is
  // none of its tasks.
  void Stop();

  // The shard that commits the ticks of a rule.
  static ShardId HomeOf(const std::string& tenant, const std::string& rule_id,
                        uint16_t shard_count);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
  task::Scheduler* const scheduler_;
};

}  // namespace weir::coordinator
