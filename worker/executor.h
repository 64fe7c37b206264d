// A thread that owns some of the worker's shards: applies their committed records, checkpoints them and
// answers questions about them. Everything about a shard runs here, so shards need no locks.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/status.h"
#include "common/shard/shard.h"
#include "common/state/state_store.h"

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
    std::chrono::milliseconds checkpoint_interval{10'000};
    uint64_t checkpoint_log_bytes = 64ULL << 20;
  };

  Executor(Options options, state::StateStore* store, WorkerShared* shared);
  ~Executor();

  // REQUIRES: before Start.
  void AddShard(std::unique_ptr<shard::Shard> shard);

  void Start();
  // Runs what is posted, checkpoints every shard, joins the thread.
  void Stop();

  // Runs on the executor's thread, in order of the calls. Thread safe.
  void Post(std::function<void()> task);
  // Post, and wait for it.
  void Run(const std::function<void()>& task);

  const std::vector<std::unique_ptr<shard::Shard>>& shards() const { return shards_; }

  // The following run on the executor's thread.
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
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
  uint64_t counted_table_bytes_ = 0;
  uint64_t log_bytes_ = 0;
  uint64_t records_since_count_ = 0;
  bool stopped_ = false;
};

}  // namespace weir::worker
