// A scheduler with a thread of its own.
#pragma once

#include <memory>
#include <string>

#include "common/task/scheduler.h"

namespace weir::task {

class ThreadScheduler final : public Scheduler {
 public:
  ThreadScheduler();
  ~ThreadScheduler() override;   // stops

  void Post(Task task) override;
  void Run(const Task& task) override;
  TimerId PostAfter(int64_t delay_ms, Task task) override;
  void Cancel(TimerId timer) override;
  int64_t NowMonotonicMs() const override;

  // Runs what was posted before the call, drops what is delayed, joins the thread. Whatever is posted
  // later, also by tasks that still run, is dropped. Idempotent; not from the scheduler's own thread.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::task
