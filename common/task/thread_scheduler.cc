#include "common/task/thread_scheduler.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "common/base/check.h"

namespace weir::task {
namespace {

using Clock = std::chrono::steady_clock;

// Longer delays would leave the range of the clock's type.
constexpr int64_t kDelayMsMax = int64_t{1000} * 60 * 60 * 24 * 365 * 10;

}  // namespace

class ThreadScheduler::Impl {
 public:
  Impl() : thread_([this] { Loop(); }) {}

  bool Post(Task task) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) {
        return false;
      }
      posted_.push_back(std::move(task));
    }
    wake_.notify_one();
    return true;
  }

  TimerId PostAfter(int64_t delay_ms, Task task) {
    const Clock::time_point due =
        Clock::now() + std::chrono::milliseconds(std::clamp(delay_ms, int64_t{0}, kDelayMsMax));
    TimerId id = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) {
        return 0;
      }
      id = next_++;
      timers_.emplace(std::pair(due, id), std::move(task));
      due_.emplace(id, due);
    }
    wake_.notify_one();
    return id;
  }

  void Cancel(TimerId id) {
    Task dropped;   // destroyed without the lock: what it holds may call back
    const std::lock_guard lock(mutex_);
    const auto position = due_.find(id);
    if (position != due_.end()) {
      auto node = timers_.extract({position->second, id});
      dropped = std::move(node.mapped());
      due_.erase(position);
    }
  }

  void Stop() {
    std::thread thread;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      thread = std::move(thread_);
    }
    if (!thread.joinable()) {
      return;
    }
    WEIR_CHECK(thread.get_id() != std::this_thread::get_id());
    wake_.notify_one();
    thread.join();
    std::map<std::pair<Clock::time_point, TimerId>, Task> dropped;   // destroyed without the lock
    const std::lock_guard lock(mutex_);
    dropped.swap(timers_);
    due_.clear();
  }

  bool OnThread() const { return std::this_thread::get_id() == id_.load(); }

 private:
  void Loop() {
    id_ = std::this_thread::get_id();
    std::deque<Task> batch;
    std::unique_lock lock(mutex_);
    while (true) {
      batch.swap(posted_);
      lock.unlock();
      const bool ran = !batch.empty();
      while (!batch.empty()) {
        batch.front()();
        batch.pop_front();
      }
      lock.lock();
      if (stopped_) {
        if (posted_.empty()) {
          return;
        }
        continue;
      }
      if (!RunDue(&lock) && !ran && posted_.empty() && !stopped_) {
        Wait(&lock);
      }
    }
  }

  // Runs the timers that are due now, one at a time: each may cancel the next. False when none is.
  bool RunDue(std::unique_lock<std::mutex>* lock) {
    const Clock::time_point now = Clock::now();
    bool ran = false;
    while (!stopped_ && !timers_.empty() && timers_.begin()->first.first <= now) {
      auto node = timers_.extract(timers_.begin());
      due_.erase(node.key().second);
      lock->unlock();
      node.mapped()();
      node = {};   // what the task holds is destroyed without the lock
      ran = true;
      lock->lock();
    }
    return ran;
  }

  void Wait(std::unique_lock<std::mutex>* lock) {
    if (timers_.empty()) {
      wake_.wait(*lock);
    } else {
      const Clock::time_point due = timers_.begin()->first.first;
      wake_.wait_until(*lock, due);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  TimerId next_ = 1;
  std::deque<Task> posted_;
  std::map<std::pair<Clock::time_point, TimerId>, Task> timers_;
  std::unordered_map<TimerId, Clock::time_point> due_;
  std::atomic<std::thread::id> id_;
  std::thread thread_;   // last: it uses the rest
};

ThreadScheduler::ThreadScheduler() : impl_(std::make_unique<Impl>()) {}

ThreadScheduler::~ThreadScheduler() {
  Stop();
}

void ThreadScheduler::Post(Task task) {
  impl_->Post(std::move(task));
}

Scheduler::TimerId ThreadScheduler::PostAfter(int64_t delay_ms, Task task) {
  return impl_->PostAfter(delay_ms, std::move(task));
}

void ThreadScheduler::Cancel(TimerId timer) {
  impl_->Cancel(timer);
}

int64_t ThreadScheduler::NowMonotonicMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
      .count();
}

void ThreadScheduler::Run(const Task& task) {
  WEIR_CHECK(!impl_->OnThread());
  // Shared: set_value may still be at work in it when the wait is over.
  const auto done = std::make_shared<std::promise<void>>();
  const bool posted = impl_->Post([&task, done] {
    task();
    done->set_value();
  });
  WEIR_CHECK(posted);
  done->get_future().wait();
}

void ThreadScheduler::Stop() {
  impl_->Stop();
}

}  // namespace weir::task
