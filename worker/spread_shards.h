// This worker's share in judging spread rules: what its shards know of a rule, their parts of a tick's
// groups, and the record of a judged tick in the rule's home shard. Thread safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/shard/shard.h"
#include "common/task/scheduler.h"
#include "worker/closing_rounds.h"
#include "worker/executor.h"
#include "worker/log_writer.h"
#include "worker/stream_watermarks.h"
#include "worker/worker.h"

namespace weir::worker {

class SpreadShards {
 public:
  // All outlive it.
  SpreadShards(const std::vector<std::unique_ptr<Executor>>* executors, LogWriter* writer,
               ClosingRounds* rounds, const StreamWatermarks* watermarks,
               shard::Environment* environment, task::Scheduler* log)
      : executors_(executors),
        writer_(writer),
        rounds_(rounds),
        watermarks_(watermarks),
        environment_(environment),
        log_(log) {}

  void View(const std::string& rule_id, RuleSetVersion version, const SpreadHint& hint,
            std::function<void(StatusOr<SpreadReport>)> done);
  void Collect(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
               std::function<void(StatusOr<SpreadParts>)> done);
  // Nothing malformed gets into a log, where it would keep the shard from being served for good.
  void Commit(JudgedTick tick, std::function<void(Status)> done);

 private:
  // The shards that are served now, by executor.
  std::vector<std::vector<ShardId>> Served() const;
  // Runs visit on the executor of every served shard, then finish once, on one of them.
  void ForEachServed(std::function<void(shard::Shard*)> visit, std::function<void()> finish);
  Status Check(const JudgedTick& tick) const;

  const std::vector<std::unique_ptr<Executor>>* const executors_;
  LogWriter* const writer_;
  ClosingRounds* const rounds_;
  const StreamWatermarks* const watermarks_;
  shard::Environment* const environment_;
  task::Scheduler* const log_;
};

}  // namespace weir::worker
