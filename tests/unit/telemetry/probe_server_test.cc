#include "common/telemetry/probe_server.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/http_get.h"

namespace weir::probe {
namespace {

using testing::HttpGet;
using testing::HttpSend;

class ProbeServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Server::Handlers handlers;
    handlers.not_live = [] { return std::vector<std::string>(); };
    handlers.not_ready = [] { return std::vector<std::string>{"one reason", "another"}; };
    handlers.metrics = [this] {
      while (held_) {
        std::this_thread::yield();
      }
      return std::string("weir_x 1\n");
    };
    auto server = Server::Start("127.0.0.1:0", std::move(handlers));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::atomic<bool> held_ = false;
  std::unique_ptr<Server> server_;
};

TEST_F(ProbeServerTest, Answers) {
  const auto live = HttpGet(server_->address(), "/livez");
  EXPECT_EQ(live.status, 200);
  EXPECT_EQ(live.body, "ok\n");
  const auto ready = HttpGet(server_->address(), "/readyz?verbose");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body, "one reason\nanother\n");
  const auto metrics = HttpGet(server_->address(), "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.body, "weir_x 1\n");
  EXPECT_EQ(HttpGet(server_->address(), "/").status, 404);
  EXPECT_EQ(HttpSend(server_->address(), "POST /livez HTTP/1.1\r\nConnection: close\r\n\r\n").status,
            405);
}

TEST_F(ProbeServerTest, HeadHasNoBody) {
  const auto answer =
      HttpSend(server_->address(), "HEAD /livez HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
}

TEST_F(ProbeServerTest, GarbageAndLargeRequestsEndTheConnectionOnly) {
  EXPECT_EQ(HttpSend(server_->address(), "\x16\x03\x01 garbage\r\n\r\n").status, 0);
  EXPECT_EQ(HttpSend(server_->address(), "GET /livez HTTP/1.1\r\nX: " +
                                             std::string(100 * 1024, 'x') + "\r\n\r\n")
                .status,
            0);
  EXPECT_EQ(HttpGet(server_->address(), "/livez").status, 200);
}

// A scrape that waits for a busy process leaves room for probes.
TEST_F(ProbeServerTest, ScrapesThatHangLeaveThreadsToProbes) {
  held_ = true;
  std::vector<std::thread> scrapes;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 6; ++i) {
    scrapes.emplace_back([&] {
      refused += HttpGet(server_->address(), "/metrics").status == 503 ? 1 : 0;
    });
  }
  while (refused < 4) {
    std::this_thread::yield();
  }
  EXPECT_EQ(HttpGet(server_->address(), "/livez").status, 200);
  held_ = false;
  for (std::thread& scrape : scrapes) {
    scrape.join();
  }
  EXPECT_EQ(refused, 4);
}

TEST_F(ProbeServerTest, AnAddressInUseIsAnError) {
  const auto second = Server::Start(server_->address(), {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(second.status())), ::testing::HasSubstr(server_->address()));
}

}  // namespace
}  // namespace weir::probe
