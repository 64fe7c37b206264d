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

  // What was posted before the call runs; the thread is joined.
  void Stop() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::task
