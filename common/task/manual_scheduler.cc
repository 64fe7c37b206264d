#include "common/task/manual_scheduler.h"

#include <algorithm>
#include <utility>

namespace weir::task {
namespace {

// Longer delays would leave the range of the time's type.
constexpr int64_t kDelayMsMax = int64_t{1000} * 60 * 60 * 24 * 365 * 10;

}  // namespace

ManualScheduler::~ManualScheduler() {
  // What tasks hold may call back while it is destroyed.
  while (!posted_.empty() || !timers_.empty()) {
    const auto posted = std::exchange(posted_, {});
    const auto timers = std::exchange(timers_, {});
    due_.clear();
  }
}

void ManualScheduler::Post(Task task) {
  if (!stopped_) {
    posted_.push_back(std::move(task));
  }
}

Scheduler::TimerId ManualScheduler::PostAfter(int64_t delay_ms, Task task) {
  if (stopped_) {
    return 0;
  }
  const TimerId id = next_++;
  const int64_t due_ms = now_ms_ + std::clamp(delay_ms, int64_t{0}, kDelayMsMax);
  timers_.emplace(std::pair(due_ms, id), std::move(task));
  due_.emplace(id, due_ms);
  return id;
}

void ManualScheduler::Cancel(TimerId timer) {
  const auto position = due_.find(timer);
  if (position != due_.end()) {
    timers_.erase({position->second, timer});
    due_.erase(position);
  }
}

void ManualScheduler::Stop() {
  RunPosted();
  stopped_ = true;
  posted_.clear();
  timers_.clear();
  due_.clear();
}

bool ManualScheduler::RunOne() {
  if (posted_.empty()) {
    return false;
  }
  const Task task = std::move(posted_.front());
  posted_.pop_front();
  task();
  return true;
}

void ManualScheduler::RunPosted() {
  while (RunOne()) {
  }
}

void ManualScheduler::Advance(int64_t delta_ms) {
  const int64_t end_ms = now_ms_ + delta_ms;
  RunPosted();
  while (!timers_.empty() && timers_.begin()->first.first <= end_ms) {
    auto node = timers_.extract(timers_.begin());
    due_.erase(node.key().second);
    now_ms_ = std::max(now_ms_, node.key().first);   // overdue after a pause
    node.mapped()();
    RunPosted();
  }
  now_ms_ = end_ms;
}

void ManualScheduler::Pause(int64_t delta_ms) {
  now_ms_ += delta_ms;
}

int64_t ManualScheduler::NextTimerMs() const {
  return timers_.empty() ? -1 : timers_.begin()->first.first;
}

}  // namespace weir::task
