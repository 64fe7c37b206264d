#include "common/task/thread_scheduler.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::task {
namespace {

class Latch {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool Wait(int64_t timeout_ms = 20000) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

TEST(ThreadSchedulerTest, LosesNoTaskOfManyThreadsAndKeepsEachThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 5000;
  ThreadScheduler scheduler;
  std::vector<std::vector<int>> seen(kThreads);   // touched by the scheduler only
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        scheduler.Post([&, t, i] { seen[static_cast<std::size_t>(t)].push_back(i); });
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  scheduler.Run([] {});
  for (const std::vector<int>& of_thread : seen) {
    ASSERT_EQ(of_thread.size(), kTasks);
    EXPECT_TRUE(std::is_sorted(of_thread.begin(), of_thread.end()));
  }
}

TEST(ThreadSchedulerTest, RunsATimerOnceAndNotEarly) {
  ThreadScheduler scheduler;
  Latch ran;
  std::atomic<int> runs = 0;
  int64_t ran_at = 0;
  const int64_t begin = scheduler.NowMonotonicMs();
  scheduler.PostAfter(30, [&] {
    ran_at = scheduler.NowMonotonicMs();
    ++runs;
    ran.Open();
  });
  ASSERT_TRUE(ran.Wait());
  scheduler.Stop();
  EXPECT_GE(ran_at - begin, 30);
  EXPECT_EQ(runs, 1);
}

TEST(ThreadSchedulerTest, WakesForATimerThatIsEarlierThanTheOneItWaitsFor) {
  ThreadScheduler scheduler;
  Latch ran;
  scheduler.PostAfter(INT64_MAX, [] { FAIL(); });
  scheduler.Run([] {});
  scheduler.PostAfter(5, [&] { ran.Open(); });
  EXPECT_TRUE(ran.Wait());
}

TEST(ThreadSchedulerTest, CancelWithinATaskIsExactEvenWhenTheTimerIsOverdue) {
  ThreadScheduler scheduler;
  std::atomic<bool> ran = false;
  for (int i = 0; i < 50; ++i) {
    scheduler.Run([&] {
      const Scheduler::TimerId timer = scheduler.PostAfter(0, [&] { ran = true; });
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      scheduler.Cancel(timer);
    });
  }
  scheduler.Run([] {});
  EXPECT_FALSE(ran);
}

TEST(ThreadSchedulerTest, TimersAndCancelsFromManyThreads) {
  ThreadScheduler scheduler;
  std::atomic<int> runs = 0;
  std::vector<std::thread> threads;
  constexpr int kTimers = 500;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTimers; ++i) {
        scheduler.PostAfter(i % 3, [&] { ++runs; });
        scheduler.Cancel(scheduler.PostAfter(60 * 1000, [] { FAIL(); }));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  Latch last;
  scheduler.PostAfter(10, [&] { last.Open(); });
  ASSERT_TRUE(last.Wait());
  EXPECT_EQ(runs, 4 * kTimers);
}

TEST(ThreadSchedulerTest, StopRunsWhatIsPostedAndDropsWhatIsDelayedOrLater) {
  ThreadScheduler scheduler;
  Latch gate;
  std::vector<std::string> log;
  scheduler.Post([&] {
    gate.Wait();
    // By now Stop has been called: see below.
    while (scheduler.PostAfter(60 * 1000, [] {}) != 0) {
      std::this_thread::yield();
    }
    log.emplace_back("first");
    scheduler.Post([&] { log.emplace_back("late"); });
  });
  scheduler.Post([&] { log.emplace_back("second"); });
  scheduler.PostAfter(1, [&] { log.emplace_back("delayed"); });
  std::thread stopper([&] { scheduler.Stop(); });
  gate.Open();
  stopper.join();
  scheduler.Post([&] { log.emplace_back("after"); });
  EXPECT_EQ(scheduler.PostAfter(0, [&] { log.emplace_back("after"); }), 0);
  scheduler.Stop();
  EXPECT_THAT(log, ::testing::ElementsAre("first", "second"));
}

struct CallsBack {
  ThreadScheduler* scheduler;
  ~CallsBack() {
    scheduler->Post([] {});
    scheduler->Cancel(1);
  }
};

TEST(ThreadSchedulerTest, DropsTasksWhoseContentsCallBack) {
  ThreadScheduler scheduler;
  auto held = std::make_shared<CallsBack>(CallsBack{&scheduler});
  const std::weak_ptr<CallsBack> watched = held;
  scheduler.PostAfter(60 * 1000, [held] {});
  const Scheduler::TimerId cancelled = scheduler.PostAfter(60 * 1000, [held] {});
  scheduler.Post([held] {});
  held.reset();
  scheduler.Cancel(cancelled);
  scheduler.Stop();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace weir::task
