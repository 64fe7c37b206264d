// A scheduler that runs when told, on its own time: for tests and simulations. Not thread safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <unordered_map>

#include "common/task/scheduler.h"

namespace weir::task {

class ManualScheduler final : public Scheduler {
 public:
  ManualScheduler() = default;
  ~ManualScheduler() override;   // drops what has not run
  ManualScheduler(const ManualScheduler&) = delete;
  ManualScheduler& operator=(const ManualScheduler&) = delete;

  void Post(Task task) override;
  void Run(const Task& task) override { task(); }
  void Stop() override;
  TimerId PostAfter(int64_t delay_ms, Task task) override;
  void Cancel(TimerId timer) override;
  int64_t NowMonotonicMs() const override { return now_ms_; }

  // Runs the next posted task; false when there is none.
  bool RunOne();
  // Runs posted tasks, also those that they post, until none is left.
  void RunPosted();
  // Moves time on by delta_ms, running timers in the order in which they are due, and everything posted.
  void Advance(int64_t delta_ms);
  // Moves time on without running anything, as for a process that was stopped meanwhile.
  void Pause(int64_t delta_ms);
  // When the next timer is due; -1 when there is none.
  int64_t NextTimerMs() const;
  // Nothing is posted; timers may be waiting.
  bool idle() const { return posted_.empty(); }

 private:
  int64_t now_ms_ = 0;
  bool stopped_ = false;
  TimerId next_ = 1;
  std::deque<Task> posted_;
  std::map<std::pair<int64_t, TimerId>, Task> timers_;
  std::unordered_map<TimerId, int64_t> due_;
};

}  // namespace weir::task
