// Group commit: frames that arrive while a write is under way share the next one, and under load the next
// one waits for more of them. Makes one log record per
// touched shard of all waiting frames, writes them in one synced batch, and hands them to the shards'
// executors; a frame is answered when the last of its parts is applied. It also decides what is taken:
// which shards are held at which epoch, and under which rule set.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/shard/record.h"
#include "common/shard/shard.h"
#include "common/state/state_store.h"
#include "common/task/scheduler.h"
#include "worker/executor.h"
#include "worker/stream_watermarks.h"
#include "worker/worker.h"

namespace weir::worker {

class LogWriter {
 public:
  struct Options {
    ClockMode clock = ClockMode::kWall;
    uint16_t shard_count = 0;
    uint64_t queue_bytes_max = 0;
    int64_t commit_interval_ms = 0;   // between the starts of two writes under load
    bool streams_expire = false;   // frames of streams that are not open are refused
  };
  // A shard as the writer sees it. Of the writer's scheduler.
  struct Slot {
    shard::Shard* shard = nullptr;
    Executor* executor = nullptr;
    bool held = false;
    Epoch epoch;
    ShardState state = ShardState::kRecovering;
    Status failure;
    RuleSetVersion version;         // of its last record
    std::atomic<uint64_t> last{0};  // log number; read by anybody
  };

  LogWriter(Options options, state::StateStore* store, const Clock* clock,
            StreamWatermarks* watermarks, WorkerShared* shared, task::Scheduler* scheduler);
  ~LogWriter();

  // Writes and answers everything queued; later calls are refused.
  void Stop();

  // Thread safe.
  void Submit(StreamId stream, UnixMillis stamp_ms, exec::Frame frame,
              std::function<void(FrameResult)> done);
  // Logs the closed stamp in those of the shards that are served.
  void Close(std::vector<ShardId> shards, std::function<void(Status)> done);
  // Logs a judged tick in its home shard.
  void Commit(JudgedTick tick, std::function<void(Status)> done);
  // Logs actions in the shards of their alerts.
  void Update(std::vector<AlertUpdate> updates,
              std::function<void(std::vector<AlertUpdateResult>)> done);
  // Logs in those of the shards that are served that old alerts are forgotten.
  void Forget(std::vector<ShardId> shards, UnixMillis before_ms);
  // Activates a version in all served shards at once; done runs when all have applied it.
  void Activate(RuleSetVersion version, std::function<void(Status)> done);
  // Activates it when the clock reaches a time, or the first frame made under it comes.
  void ActivateFrom(RuleSetVersion version, UnixMillis active_from_ms);

  // From then on everything is refused with this reason.
  void Fail(const Status& reason);
  Status failure() const;

  // The following run on the scheduler.
  Slot& slot(ShardId shard) { return slots_[shard.value]; }
  std::size_t slot_count() const { return slots_.size(); }
  void set_table_revision(int64_t revision) { table_revision_ = revision; }
  RuleSetVersion version() const { return version_; }
  void set_version(RuleSetVersion version) { version_ = version; }
  // Brings shards that were away to the current rule set.
  void CatchUp(std::vector<ShardId> shards);

  uint64_t records() const { return records_; }
  uint64_t syncs() const { return syncs_; }
  // Rows that wait for the log or to be applied, and the frames refused because there were too many.
  uint64_t queue_bytes() const;
  uint64_t frames_refused() const { return frames_refused_; }

 private:
  struct Pending;
  struct Item;
  struct Written;
  class WriteSet;

  void Enqueue(Item item);
  void ActivateWhenDue(RuleSetVersion version, UnixMillis active_from_ms);
  void Wake();
  void Drain();
  bool Pause();
  int64_t PauseMs() const;
  bool NeedsWake(const Item& item) const;
  std::vector<Item> TakeItems();
  void ActivatePending(const Item& next);
  FrameResult Judge(const Item& item, UnixMillis closed_ms) const;
  FrameResult JudgePlace(ShardId shard, Epoch epoch) const;
  FrameResult JudgeTick(const JudgedTick& tick) const;
  void Process(std::vector<Item> items);
  void Dispatch(Executor* executor, std::vector<Written> records);
  void Apply(Executor* executor, Written written);

  const Options options_;
  state::StateStore* const store_;
  const Clock* const clock_;
  StreamWatermarks* const watermarks_;
  WorkerShared* const shared_;
  task::Scheduler* const scheduler_;

  mutable std::mutex mutex_;
  std::deque<Item> queue_;
  uint64_t queued_bytes_ = 0;
  std::size_t queued_others_ = 0;   // of queue_, those that are not frames
  bool woken_ = false;
  bool pausing_ = false;            // a delayed Drain will come; frames need no other
  bool stopping_ = false;
  Status failure_;

  // Of the scheduler.
  struct Upcoming {
    RuleSetVersion version;
    UnixMillis active_from_ms = 0;
  };
  std::vector<Slot> slots_;
  RuleSetVersion version_;
  std::deque<Upcoming> upcoming_;
  int64_t table_revision_ = 0;
  int64_t write_started_ms_ = 0;     // monotonic, the last one
  int64_t crowded_until_ms_ = 0;     // monotonic: until then frames count as coming faster than writes
  std::atomic<uint64_t> records_{0};
  std::atomic<uint64_t> syncs_{0};
  std::atomic<uint64_t> unapplied_bytes_{0};
  std::atomic<uint64_t> frames_refused_{0};
};

}  // namespace weir::worker
