// When a process is live and ready, and what becomes of an address that is taken.
#include "cli/node_probes.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/task/thread_scheduler.h"
#include "tests/testing/http_get.h"

namespace weir::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::HttpGet;

config::Config ConfigOf(const std::vector<std::pair<std::string, std::string>>& flags) {
  config::Sources sources;
  sources.flags = flags;
  return config::Load(sources).config;
}

TEST(HeartbeatTest, CountsSchedulersThatRunNothing) {
  task::ThreadScheduler good;
  task::ThreadScheduler stuck;
  std::atomic<bool> held = true;
  stuck.Post([&held] {
    while (held) {
      std::this_thread::yield();
    }
  });
  Heartbeat heartbeat({&good, &stuck});
  constexpr auto kLimit = std::chrono::milliseconds(50);
  EXPECT_EQ(heartbeat.CountSilent(kLimit), 0);
  std::this_thread::sleep_for(2 * kLimit);
  EXPECT_EQ(heartbeat.CountSilent(kLimit), 1);
  held = false;
  stuck.Run([] {});
  EXPECT_EQ(heartbeat.CountSilent(kLimit), 0);
}

TEST(ProbesTest, AWorkerSaysWhyItIsNotReady) {
  worker::WorkerStatus status;
  status.shards.resize(3);
  EXPECT_THAT(WorkerNotReady(status), IsEmpty());
  // A shard that is damaged does not come back by waiting; the others go on.
  status.shards[0].state = worker::ShardState::kFailed;
  EXPECT_THAT(WorkerNotReady(status), IsEmpty());
  status.shards[1].state = worker::ShardState::kRecovering;
  status.failure = "disk full";
  EXPECT_THAT(WorkerNotReady(status),
              ElementsAre("the worker accepts nothing: disk full", "1 of 3 shards are recovering"));
}

TEST(ProbesTest, OnlyAnAddressThatWasAskedForHasToBeFree) {
  const auto first = Probes::Start(ConfigOf({{"health.listen", "127.0.0.1:0"}}));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(HttpGet((*first)->address(), "/livez").status, 200);
  EXPECT_EQ(HttpGet((*first)->address(), "/readyz").body, "starting\n");
  const auto second = Probes::Start(ConfigOf({{"health.listen", (*first)->address()}}));
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(Message(second.status())), HasSubstr("health.listen"));
  config::Config by_default = ConfigOf({});
  by_default.health_listen = (*first)->address();
  const auto third = Probes::Start(by_default);
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ((*third)->address(), "");
  const auto none = Probes::Start(ConfigOf({{"health.listen", "0"}}));
  ASSERT_TRUE(none.ok());
  EXPECT_EQ((*none)->address(), "");
}

}  // namespace
}  // namespace weir::cli
