// The alerts of a worker's shards: found by id or by a filter, changed by people, forgotten when they are
// old. Thread safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/alert/details.h"
#include "common/alert/query.h"
#include "common/plan/plan.h"
#include "common/shard/shard.h"
#include "common/task/scheduler.h"
#include "worker/executor.h"
#include "worker/log_writer.h"
#include "worker/stream_watermarks.h"
#include "worker/worker.h"

namespace weir::worker {

class AlertShards {
 public:
  using Rules = std::function<plan::RuleSetPtr()>;

  // All outlive it; rules gives the newest rule set, may give null.
  AlertShards(const std::vector<std::unique_ptr<Executor>>* executors, LogWriter* writer,
              const StreamWatermarks* watermarks, task::Scheduler* log, Rules rules)
      : executors_(executors),
        writer_(writer),
        watermarks_(watermarks),
        log_(log),
        rules_(std::move(rules)) {}

  // As Worker's. They block.
  StatusOr<alert::AlertDetails> Show(const Hash128& id);
  StatusOr<AlertsFound> Find(const AlertQuery& query);

  // Looks for alerts to forget every look_ms from now on. Runs on the log's scheduler, to which it belongs.
  void KeepFor(int64_t retention_ms, int64_t look_ms);
  // Alerts of the shard that are overdue, as of the last look.
  uint64_t OverdueOf(ShardId shard) const;

 private:
  void Look(UnixMillis before_ms);
  // The shards that are held; Unavailable when one is not served.
  StatusOr<std::vector<ShardId>> Held() const;

  const std::vector<std::unique_ptr<Executor>>* const executors_;
  LogWriter* const writer_;
  const StreamWatermarks* const watermarks_;
  task::Scheduler* const log_;
  const Rules rules_;
  mutable std::mutex mutex_;
  std::map<ShardId, uint64_t> overdue_;
};

}  // namespace weir::worker
