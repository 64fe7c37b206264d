// The owner of some of the worker's shards: applies their committed records, checkpoints them and answers
// questions about them. Everything about a shard runs on its executor's scheduler, so shards need no
// locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/status.h"
#include "common/shard/shard.h"
#include "common/state/state_store.h"
#include "common/task/scheduler.h"

namespace weir::worker {

// Shared by the executors and the log writer of one worker.
struct WorkerShared {
  // Sum of the executors' tables, against the limit.
  std::atomic<uint64_t> table_bytes{0};
  uint64_t table_limit_bytes = 0;
  std::atomic<uint64_t> checkpoints{0};
  // Bytes of records appended since the last checkpoint of all shards.
  std::atomic<uint64_t> log_bytes{0};
  // Called once, from any thread, when nothing more may be accepted; the reason is for the operator.
  std::function<void(const Status&)> fail;
};

class Executor {
 public:
  struct Options {
    int64_t checkpoint_interval_ms = 10'000;
    uint64_t checkpoint_log_bytes = 64ULL << 20;
  };

  Executor(Options options, state::StateStore* store, WorkerShared* shared,
           std::unique_ptr<task::Scheduler> scheduler);
  ~Executor();

  // Begins to checkpoint at intervals.
  void Start();
  // Runs what is posted, checkpoints every shard; nothing runs after it.
  void Stop();
  // Nothing runs after it, nothing more is written.
  void Kill();

  // Runs on the executor, in order of the calls. Thread safe.
  void Post(task::Task task) { scheduler_->Post(std::move(task)); }
  void Run(const task::Task& task) { scheduler_->Run(task); }

  // The following run on the executor.
  shard::Shard* AddShard(std::unique_ptr<shard::Shard> shard);
  // A shard whose recovery failed: it is no part of checkpoints, and nobody asks it anything.
  void RemoveShard(ShardId shard);
  const std::vector<std::unique_ptr<shard::Shard>>& shards() const { return shards_; }
  // Checkpoints now when memory or the log ask for it.
  void AfterApply(std::size_t record_bytes);
  Status Checkpoint();

 private:
  void ArmTimer();
  void UpdateTableBytes();

  Options options_;
  state::StateStore* store_;
  WorkerShared* shared_;
  std::vector<std::unique_ptr<shard::Shard>> shards_;
  task::Scheduler::TimerId timer_ = 0;
  uint64_t counted_table_bytes_ = 0;
  uint64_t log_bytes_ = 0;
  uint64_t records_since_count_ = 0;
  bool stopped_ = false;   // of the scheduler
  bool ended_ = false;     // of the owner
  std::unique_ptr<task::Scheduler> scheduler_;   // last: its tasks use the rest
};

}  // namespace weir::worker
