// Elects one of several candidates: the leader is whoever put the key, with the lease of its session,
// while it was absent. A leader that is paused or cut off may believe for a moment that it still leads;
// so it acts only while leading() is true, and puts Fence() into each transaction that only a leader may
// do: that fails once another has been elected. All calls from tasks of the scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/meta/meta_store.h"
#include "common/meta/session.h"
#include "common/task/scheduler.h"

namespace weir::meta {

struct ElectionOptions {
  std::string key;
  std::string value;        // who the candidate is; for others to read
  int64_t retry_ms = 500;   // after the store was not reached
};

class Election final : private Session::Listener {
 public:
  // fence: the revision of the election; it grows from leader to leader.
  using OnElected = std::function<void(Revision fence)>;
  using OnDeposed = std::function<void(const Status&)>;

  // Candidate from Start on, whenever the session is open; by itself again after it was deposed. The
  // store, scheduler and session outlive the election.
  Election(MetaStore* store, task::Scheduler* scheduler, Session* session, ElectionOptions options,
           OnElected on_elected, OnDeposed on_deposed);
  ~Election() override;   // as Stop
  Election(const Election&) = delete;
  Election& operator=(const Election&) = delete;

  void Start();
  // Gives up the key, as far as the store is reached, and stands no more until Start; no callback
  // follows. If the store is not reached, closing the session, or its lease's end, frees the key.
  void Stop();

  // Elected, and the session's lease surely lives.
  bool leading() const { return fence_ != 0 && session_->alive(); }
  // 0 when not leading.
  Revision fence() const { return leading() ? fence_ : 0; }
  // Holds while this candidate is the leader that it was when elected. REQUIRES: leading().
  Compare Fence() const { return LeaderIs(options_.key, fence_); }

  // The condition that whoever was elected at that revision still is the leader.
  static Compare LeaderIs(std::string key, Revision fence) {
    return Compare::CreatedAt(std::move(key), fence);
  }

 private:
  void OnSessionOpen(LeaseId lease) override;
  void OnSessionLost(const Status& status) override;

  void Campaign();
  void Read();
  void TakeRead(const GetResult& result);
  void Follow(Revision from);
  void TakeEvents(const std::vector<Event>& events);
  // What is known of the key now; absent: null.
  void TakeKey(const KeyValue* kv);
  void Elect(Revision fence);
  void Depose(const Status& status);
  void RetryLater(void (Election::*step)());
  void Drop();
  // Calls f unless the candidacy has ended or begun anew.
  template <typename F>
  auto Guard(F f);

  MetaStore* store_;
  task::Scheduler* scheduler_;
  Session* session_;
  const ElectionOptions options_;
  const OnElected on_elected_;
  const OnDeposed on_deposed_;
  bool started_ = false;
  LeaseId lease_;          // of the candidacy; 0: there is none
  Revision fence_ = 0;     // not 0: elected
  std::unique_ptr<WatchHandle> watch_;
  std::shared_ptr<uint64_t> generation_ = std::make_shared<uint64_t>(0);
};

}  // namespace weir::meta
