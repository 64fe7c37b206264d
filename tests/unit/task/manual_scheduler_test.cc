#include "common/task/manual_scheduler.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::task {
namespace {

TEST(ManualSchedulerTest, RunsPostedTasksInOrderAndNeverWithinTheCall) {
  ManualScheduler scheduler;
  std::string log;
  scheduler.Post([&] {
    log += 'a';
    scheduler.Post([&] { log += 'c'; });
  });
  scheduler.Post([&] { log += 'b'; });
  EXPECT_EQ(log, "");
  EXPECT_FALSE(scheduler.idle());
  scheduler.RunPosted();
  EXPECT_EQ(log, "abc");
  EXPECT_TRUE(scheduler.idle());
  EXPECT_FALSE(scheduler.RunOne());
}

TEST(ManualSchedulerTest, RunsTimersWhenDueInOrderOfTimeThenOfCalls) {
  ManualScheduler scheduler;
  std::string log;
  scheduler.PostAfter(20, [&] { log += fmt::format("c{} ", scheduler.NowMonotonicMs()); });
  scheduler.PostAfter(10, [&] { log += fmt::format("a{} ", scheduler.NowMonotonicMs()); });
  scheduler.PostAfter(10, [&] { log += fmt::format("b{} ", scheduler.NowMonotonicMs()); });
  EXPECT_EQ(scheduler.NextTimerMs(), 10);
  scheduler.Advance(9);
  EXPECT_EQ(log, "");
  scheduler.Advance(1);
  EXPECT_EQ(log, "a10 b10 ");
  scheduler.Advance(100);
  EXPECT_EQ(log, "a10 b10 c20 ");
  EXPECT_EQ(scheduler.NowMonotonicMs(), 110);
  EXPECT_EQ(scheduler.NextTimerMs(), -1);
}

TEST(ManualSchedulerTest, RunsTimersThatTimersAddWithinTheSameAdvance) {
  ManualScheduler scheduler;
  int ticks = 0;
  std::function<void()> tick = [&] {
    ++ticks;
    scheduler.PostAfter(10, tick);
  };
  scheduler.PostAfter(10, tick);
  scheduler.Advance(100);
  EXPECT_EQ(ticks, 10);
}

TEST(ManualSchedulerTest, CancelsATimerThatIsDueAtTheSameTime) {
  ManualScheduler scheduler;
  Scheduler::TimerId second = 0;
  bool ran = false;
  scheduler.PostAfter(10, [&] { scheduler.Cancel(second); });
  second = scheduler.PostAfter(10, [&] { ran = true; });
  scheduler.Advance(20);
  EXPECT_FALSE(ran);
  scheduler.Cancel(second);
  scheduler.Cancel(0);
}

TEST(ManualSchedulerTest, PausesWithoutRunningAndThenRunsWhatIsOverdue) {
  ManualScheduler scheduler;
  int64_t ran_at = -1;
  scheduler.PostAfter(10, [&] { ran_at = scheduler.NowMonotonicMs(); });
  scheduler.Pause(50);
  EXPECT_EQ(ran_at, -1);
  scheduler.Advance(0);
  EXPECT_EQ(ran_at, 50);
}

TEST(ManualSchedulerTest, TakesDelaysOutOfRange) {
  ManualScheduler scheduler;
  bool ran = false;
  scheduler.PostAfter(-5, [&] { ran = true; });
  scheduler.PostAfter(INT64_MAX, [] { FAIL(); });
  scheduler.Advance(1000);
  EXPECT_TRUE(ran);
}

struct CancelsWhenDestroyed {
  ManualScheduler* scheduler;
  Scheduler::TimerId* timer;
  ~CancelsWhenDestroyed() { scheduler->Cancel(*timer); }
};

TEST(ManualSchedulerTest, DropsTasksWhoseContentsCallBack) {
  Scheduler::TimerId timer = 0;
  std::weak_ptr<CancelsWhenDestroyed> watched;
  {
    ManualScheduler scheduler;
    const auto held = std::make_shared<CancelsWhenDestroyed>(CancelsWhenDestroyed{&scheduler, &timer});
    watched = held;
    timer = scheduler.PostAfter(10, [held] {});
    scheduler.Post([held] {});
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace weir::task
