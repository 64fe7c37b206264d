// Keeps one lease alive and knows, without asking, whether it surely still lives: counting from before
// the request that last renewed it was sent, by the monotonic clock, less a share for clocks that run
// apart. So whoever acts only while alive() is true never acts after the store has given the lease's
// keys away, also when the process was paused. All calls from tasks of the scheduler.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/meta/meta_store.h"
#include "common/task/scheduler.h"

namespace weir::meta {

struct SessionOptions {
  int64_t ttl_ms = 10 * 1000;
  int64_t keep_alive_ms = 0;   // between renewals; 0: a fifth of the lease's time
  int64_t retry_ms = 500;      // between attempts to get a lease
};

class Session {
 public:
  // Told in the order in which they were added. May call the session back, and remove themselves.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnSessionOpen(LeaseId lease) = 0;
    // The lease is gone or may be; alive() is false. Open gets a new one.
    virtual void OnSessionLost(const Status& status) = 0;
  };

  // Both outlive the session.
  Session(MetaStore* store, task::Scheduler* scheduler, const SessionOptions& options);
  ~Session();   // tells nobody; the lease ends by itself
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void AddListener(Listener* listener);
  void RemoveListener(Listener* listener);

  // Gets a lease, trying until there is one, then tells the listeners. Nothing when open or opening.
  void Open();
  // Gives the lease back, as far as the store is reached; the listeners are not told. done may be null.
  void Close(MetaStore::Done done);

  bool alive() const;
  // 0 when not alive.
  LeaseId lease() const { return alive() ? lease_ : LeaseId(); }
  // By the scheduler's clock; what alive() compares with. 0 when closed.
  int64_t alive_until_ms() const { return alive_until_ms_; }

 private:
  enum class State { kClosed, kOpening, kOpen };

  void Grant();
  void TakeGrant(int64_t sent_ms, const StatusOr<Lease>& lease);
  void ScheduleTick();
  void Tick();
  void TakeKeepAlive(int64_t sent_ms, const Status& status);
  void ScheduleEnd();
  void Lose(const Status& status);
  void End();
  // Calls f unless the session is gone or has begun anew.
  template <typename F>
  auto Guard(F f);

  MetaStore* store_;
  task::Scheduler* scheduler_;
  const SessionOptions options_;
  std::vector<Listener*> listeners_;
  State state_ = State::kClosed;
  LeaseId lease_;
  int64_t ttl_ms_ = 0;
  int64_t alive_until_ms_ = 0;
  task::Scheduler::TimerId tick_ = 0;
  task::Scheduler::TimerId end_ = 0;
  std::shared_ptr<uint64_t> generation_ = std::make_shared<uint64_t>(0);
};

}  // namespace weir::meta
