#include "common/task/thread_scheduler.h"

#include <chrono>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace weir::task {

class ThreadScheduler::Impl {
 public:
  Impl() : work_(boost::asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}

  void Post(Task task) { boost::asio::post(context_, std::move(task)); }

  TimerId PostAfter(int64_t delay_ms, Task task) {
    auto timer = std::make_shared<boost::asio::steady_timer>(context_);
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return 0;
    }
    const TimerId id = next_++;
    timer->expires_after(std::chrono::milliseconds(delay_ms));
    timer->async_wait([this, id, timer, task = std::move(task)](const boost::system::error_code&) {
      // Cancelled when the entry is gone, whatever the timer says: it may have run out meanwhile.
      if (Take(id)) {
        task();
      }
    });
    timers_.emplace(id, std::move(timer));
    return id;
  }

  void Cancel(TimerId id) {
    const std::lock_guard lock(mutex_);
    const auto position = timers_.find(id);
    if (position != timers_.end()) {
      position->second->cancel();
      timers_.erase(position);
    }
  }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) {
        return;
      }
      stopped_ = true;
      for (const auto& [id, timer] : timers_) {
        timer->cancel();
      }
      timers_.clear();
    }
    work_.reset();
    thread_.join();
  }

 private:
  bool Take(TimerId id) {
    const std::lock_guard lock(mutex_);
    return timers_.erase(id) != 0;
  }

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::mutex mutex_;
  bool stopped_ = false;
  TimerId next_ = 1;
  std::unordered_map<TimerId, std::shared_ptr<boost::asio::steady_timer>> timers_;
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
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}
void ThreadScheduler::Run(const Task& task) {
  std::promise<void> done;
  Post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}
void ThreadScheduler::Stop() {
  impl_->Stop();
}

}  // namespace weir::task
