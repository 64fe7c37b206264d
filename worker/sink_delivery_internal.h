// What one sink lacks, and the thread that delivers it. Keys in the meta family: see
// docs/formats.md.
#pragma once

#include <chrono>
#include <random>

#include "worker/alert_outbox.h"

namespace weir::worker {

class AlertOutbox::Delivery {
 public:
  Delivery(SinkSettings settings, std::unique_ptr<sink::Sink> sink, state::StateStore* store,
           const Clock* clock);

  const std::string& name() const { return settings_.name; }
  Status Load();
  void Start(Read read);
  void BeginStop();
  void Join();

  // Thread safe.
  void OnAlert(const alert::Alert& alert);
  void OnForgotten(const Hash128& id);
  SinkStatus GetStatus() const;
  StatusOr<std::vector<SinkDeadLetter>> DeadLetters() const;
  uint64_t RetryDeadLetters();

 private:
  // An alert that waits: where it stands in its shard's order, and the last change known. It keeps
  // its place when it changes again, so that one that always changes is delivered all the same.
  struct Waiting {
    uint16_t shard = 0;
    uint64_t position = 0;
    uint64_t latest = 0;
    UnixMillis since_ms = 0;
  };
  struct ShardQueue {
    std::map<uint64_t, Hash128> waiting;  // by position
    uint64_t seen = 0;                    // greatest change known
    uint64_t stored = 0;  // everything up to here is delivered, as the store knows it
  };
  // What is sent together: alerts, and where they came from.
  struct Batch {
    std::vector<alert::Alert> alerts;
    std::vector<Hash128> settled;         // those that need not be sent
    std::map<Hash128, uint64_t> changes;  // that were read, by alert
    Status status;                        // not OK: why some could not be read; they go on waiting
  };

  void Run();
  bool WaitForWork(std::unique_lock<std::mutex>* lock);
  std::vector<Hash128> Choose() const;
  Batch ReadAlerts(const std::vector<Hash128>& ids);
  bool IsAskedFor(const alert::Alert& alert) const;
  void Settle(const Batch& batch, const sink::Outcome& outcome);
  void Done(const Hash128& id, uint64_t change);
  // REQUIRES mutex_.
  void SavePositions(state::WriteBatch* write);
  void Write(state::WriteBatch* write);
  void Fail(const Status& status, const sink::Outcome& outcome);

  const SinkSettings settings_;
  const std::unique_ptr<sink::Sink> sink_;
  state::StateStore* const store_;
  const Clock* const clock_;
  Read read_;
  UnixMillis first_ms_ = 0;  // when the sink was first there

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::map<uint16_t, ShardQueue> shards_;
  std::unordered_map<Hash128, Waiting> waiting_;
  std::set<Hash128> dead_;
  std::set<Hash128> retried_;  // of dead_: to be delivered once more
  SinkStatus counts_;
  int64_t backoff_ms_ = 0;  // 0: the last delivery did not fail
  std::chrono::steady_clock::time_point not_before_;
  std::minstd_rand random_{std::random_device()()};
  std::thread thread_;
};

}  // namespace weir::worker
