// Group commit: frames that arrive while a write is under way share the next one. One thread makes one
// log record per touched shard of all waiting frames, writes them in one synced batch, and hands them
// to the shards' executors; a frame is answered when the last of its parts is applied.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/shard/shard.h"
#include "common/state/state_store.h"
#include "worker/executor.h"
#include "worker/stream_watermarks.h"
#include "worker/worker.h"

namespace weir::worker {

class LogWriter {
 public:
  struct Options {
    ClockMode clock = ClockMode::kWall;
    uint64_t queue_bytes_max = 0;
  };
  // Where a shard lives.
  struct Target {
    shard::Shard* shard = nullptr;
    Executor* executor = nullptr;
  };

  LogWriter(Options options, state::StateStore* store, const Clock* clock,
            StreamWatermarks* watermarks, std::vector<Target> targets, WorkerShared* shared);
  ~LogWriter();

  // last: each shard's last log number; version: of all shards.
  void Start(std::vector<uint64_t> last, RuleSetVersion version);
  // Answers everything queued, then joins.
  void Stop();

  void Submit(UnixMillis stamp_ms, exec::Frame frame, std::function<void(FrameResult)> done);
  // Activates a version in all shards; done runs when all have applied it.
  void Activate(RuleSetVersion version, std::function<void(Status)> done);
  // Logs the closed stamp in these shards.
  void Close(std::vector<ShardId> shards, std::function<void(Status)> done);

  // From then on everything is refused with this reason.
  void Fail(const Status& reason);
  Status failure() const;

  uint64_t records() const { return records_; }
  uint64_t syncs() const { return syncs_; }
  uint64_t last_of(ShardId shard) const;

 private:
  struct Pending;
  struct Item;

  void Loop();
  void Process(std::vector<Item> items);
  void Dispatch(Target target, LogNumber number, std::string record,
                std::vector<std::shared_ptr<Pending>> frames);

  Options options_;
  state::StateStore* store_;
  const Clock* clock_;
  StreamWatermarks* watermarks_;
  std::vector<Target> targets_;
  WorkerShared* shared_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  uint64_t queued_bytes_ = 0;
  bool stopping_ = false;
  Status failure_;
  std::thread thread_;

  // Of the writer's thread.
  std::vector<std::atomic<uint64_t>> last_;
  RuleSetVersion version_;
  std::atomic<uint64_t> records_{0};
  std::atomic<uint64_t> syncs_{0};
  std::atomic<uint64_t> unapplied_bytes_{0};
};

}  // namespace weir::worker
