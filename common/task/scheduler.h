// Where an owner's tasks run. Whatever has state takes a Scheduler and touches that state only in tasks
// of it, so that it needs no locks, and so that a test or simulation can run all of it on one thread, in
// an order it chooses.
#pragma once

#include <cstdint>
#include <functional>

namespace weir::task {

using Task = std::function<void()>;

class Scheduler {
 public:
  // Identifies a delayed task of one scheduler; 0 is none.
  using TimerId = uint64_t;

  virtual ~Scheduler() = default;

  // Runs the task later, never within the call. Tasks run one at a time, in the order of the calls.
  // Thread safe.
  virtual void Post(Task task) = 0;

  // Runs the task like Post and returns when it has run. REQUIRES: not from within a task of this
  // scheduler. One that runs everything on the caller's thread runs it at once.
  virtual void Run(const Task& task) = 0;

  // Runs what is posted, drops what is delayed; whatever comes later is dropped. Idempotent. REQUIRES: not
  // from within a task of this scheduler.
  virtual void Stop() = 0;

  // Runs the task once, at least delay_ms after the call by a clock that never goes back. Thread safe.
  virtual TimerId PostAfter(int64_t delay_ms, Task task) = 0;

  // The task will not start any more, unless it has. From within a task of this scheduler that is
  // exact: after it the task never runs. Unknown and past timers are ignored. Thread safe.
  virtual void Cancel(TimerId timer) = 0;

  // Milliseconds since some start; never goes back. What delays and leases are measured by.
  virtual int64_t NowMonotonicMs() const = 0;
};

}  // namespace weir::task
