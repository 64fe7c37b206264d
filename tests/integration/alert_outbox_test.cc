// Delivery of alerts to sinks over what goes wrong: sinks that are down, slow, refuse or come back,
// and processes that die in between. The worker is played by a list of alerts with their changes.
#include "worker/alert_outbox.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/sink/webhook_sink.h"
#include "tests/testing/http_server.h"
#include "tests/unit/sink/alerts.h"

namespace weir::worker {
namespace {

using sink::MakeAlert;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

// Waits until it holds; false when it did not within a minute.
bool Eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 12'000; ++i) {
    if (holds()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

// The alerts of a store, and their changes as a log gives them.
class Alerts {
 public:
  void Change(const std::string& name, AlertSink* sink, uint16_t shard = 0, uint32_t flags = 0) {
    alert::Alert changed;
    {
      const std::lock_guard lock(mutex_);
      alert::Alert& alert =
          alerts_.try_emplace(HashBytes128(name), MakeAlert(name, 0)).first->second;
      ++alert.revision;
      alert.shard = shard;
      alert.flags = flags;
      alert.change = ++changes_[shard];
      changed = alert;
    }
    if (sink != nullptr) {
      sink->OnAlert(changed);
    }
  }
  // What a start does: every stored alert, in the order of the last changes.
  void TellAll(AlertSink* sink) const {
    std::map<std::pair<uint16_t, uint64_t>, alert::Alert> ordered;
    for (const auto& [id, alert] : alerts_) {
      ordered[{alert.shard, alert.change}] = alert;
    }
    for (const auto& [change, alert] : ordered) {
      sink->OnAlert(alert);
    }
  }
  void Forget(const std::string& name, AlertSink* sink) {
    const std::lock_guard lock(mutex_);
    alerts_.erase(HashBytes128(name));
    sink->OnAlertForgotten(HashBytes128(name));
  }
  AlertOutbox::Read Reader() {
    return [this](const Hash128& id) -> StatusOr<alert::Alert> {
      const std::lock_guard lock(mutex_);
      const auto found = alerts_.find(id);
      return found == alerts_.end() ? StatusOr<alert::Alert>(NotFound("no alert"))
                                    : StatusOr<alert::Alert>(found->second);
    };
  }

 private:
  std::mutex mutex_;
  std::map<Hash128, alert::Alert> alerts_;
  std::map<uint16_t, uint64_t> changes_;
};

// Takes everything unless told otherwise.
class FakeSink final : public sink::Sink {
 public:
  struct Log {
    std::mutex mutex;
    std::vector<std::pair<std::string, uint64_t>> taken;  // rule id, revision
    bool down = false;
    std::string refused;  // rule id
    std::size_t taken_max = SIZE_MAX;  // of a call; it is busy for the rest
    uint64_t calls = 0;
    std::size_t largest = 0;
  };
  explicit FakeSink(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  sink::Outcome Deliver(const std::vector<alert::Alert>& alerts) override {
    const std::lock_guard lock(log_->mutex);
    ++log_->calls;
    log_->largest = std::max(log_->largest, alerts.size());
    sink::Outcome outcome;
    outcome.taken.assign(alerts.size(), false);
    if (log_->down) {
      outcome.status = Unavailable("down");
      return outcome;
    }
    for (std::size_t i = 0; i < alerts.size(); ++i) {
      if (alerts[i].rule_id == log_->refused) {
        outcome.refused.push_back({i, 400, "bad"});
        continue;
      }
      if (i >= log_->taken_max) {
        outcome.status = Unavailable("busy");
        break;
      }
      outcome.taken[i] = true;
      log_->taken.emplace_back(alerts[i].rule_id, alerts[i].revision);
    }
    return outcome;
  }

 private:
  std::shared_ptr<Log> log_;
};

SinkSettings Quick() {
  SinkSettings settings;
  settings.name = "siem";
  settings.linger_ms = 0;
  settings.retry_ms_min = 1;
  settings.retry_ms_max = 10;
  return settings;
}

class AlertOutboxTest : public testing::Test {
 protected:
  // A process over the same store; the one before is gone.
  AlertOutbox* Open(SinkSettings settings = Quick()) {
    outbox_.reset();
    outbox_ = std::make_unique<AlertOutbox>(store_.get(), &clock_, nullptr);
    EXPECT_TRUE(outbox_->AddSink(std::move(settings), std::make_unique<FakeSink>(log_)).ok());
    alerts_.TellAll(outbox_.get());
    outbox_->Start(alerts_.Reader());
    return outbox_.get();
  }
  void SetDown(bool down) {
    const std::lock_guard lock(log_->mutex);
    log_->down = down;
  }
  std::vector<std::pair<std::string, uint64_t>> Taken() {
    const std::lock_guard lock(log_->mutex);
    return log_->taken;
  }
  bool Drained() {
    return Eventually([this] { return outbox_->GetStatus()[0].pending == 0; });
  }

  std::unique_ptr<state::StateStore> store_ = state::MakeMemoryStore();
  ManualClock clock_{1'700'000'000'000};
  Alerts alerts_;
  std::shared_ptr<FakeSink::Log> log_ = std::make_shared<FakeSink::Log>();
  std::unique_ptr<AlertOutbox> outbox_;
};

TEST_F(AlertOutboxTest, DeliversEveryChange) {
  AlertOutbox* outbox = Open();
  alerts_.Change("a", outbox);
  ASSERT_TRUE(Drained());
  alerts_.Change("a", outbox);
  alerts_.Change("b", outbox);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), ElementsAre(Pair("rule-a", 1U), Pair("rule-a", 2U), Pair("rule-b", 1U)));
}

TEST_F(AlertOutboxTest, AlertsAreNotDeliveredTwiceByARestart) {
  for (const std::string name : {"a", "b", "c"}) {
    alerts_.Change(name, Open());
    ASSERT_TRUE(Drained());
  }
  Open();
  alerts_.Change("d", outbox_.get(), 7);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), SizeIs(4));
}

TEST_F(AlertOutboxTest, NothingIsLostWhenTheProcessDiesWhileASinkIsDown) {
  SetDown(true);
  AlertOutbox* outbox = Open();
  for (int i = 0; i < 100; ++i) {
    alerts_.Change(std::to_string(i), outbox, static_cast<uint16_t>(i % 5));
  }
  outbox->Stop();
  // Changes whose owner died before anybody was told of them.
  alerts_.Change("3", nullptr, 3);
  alerts_.Change("late", nullptr, 3);
  SetDown(false);
  Open();
  ASSERT_TRUE(Drained());
  std::map<std::string, uint64_t> last;
  for (const auto& [rule, revision] : Taken()) {
    last[rule] = revision;
  }
  EXPECT_THAT(last, SizeIs(101));
  EXPECT_EQ(last["rule-3"], 2U);
}

TEST_F(AlertOutboxTest, WhatWaitsIsAnEntryForEachAlertHoweverOftenItChanges) {
  SetDown(true);
  AlertOutbox* outbox = Open();
  for (int i = 0; i < 10'000; ++i) {
    alerts_.Change(std::to_string(i % 10), outbox);
  }
  const SinkStatus status = outbox->GetStatus()[0];
  EXPECT_EQ(status.pending, 10U);
  EXPECT_EQ(status.oldest_ms, clock_.Now());
  EXPECT_TRUE(Eventually([&] { return outbox->GetStatus()[0].retries > 3; }));
  EXPECT_EQ(outbox->GetStatus()[0].last_error, "down");
  SetDown(false);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), SizeIs(10));
  EXPECT_EQ(Taken()[0].second, 1000U);
}

TEST_F(AlertOutboxTest, RevisionsOfAnAlertArriveInOrder) {
  AlertOutbox* outbox = Open();
  std::vector<std::thread> writers;
  for (uint16_t shard = 0; shard < 3; ++shard) {
    writers.emplace_back([this, outbox, shard] {
      for (int i = 0; i < 300; ++i) {
        alerts_.Change(std::to_string(shard) + "-" + std::to_string(i % 7), outbox, shard);
        SetDown(i % 50 == 10);
      }
    });
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  SetDown(false);
  ASSERT_TRUE(Drained());
  std::map<std::string, uint64_t> last;
  for (const auto& [rule, revision] : Taken()) {
    EXPECT_GE(revision, last[rule]) << rule;
    last[rule] = revision;
  }
  EXPECT_THAT(last, SizeIs(21));
  for (const auto& [rule, revision] : last) {
    EXPECT_GE(revision, 42U) << rule;
  }
}

TEST_F(AlertOutboxTest, BatchesAreBounded) {
  SinkSettings settings = Quick();
  settings.batch_max = 8;
  SetDown(true);
  AlertOutbox* outbox = Open(settings);
  for (int i = 0; i < 100; ++i) {
    alerts_.Change(std::to_string(i), outbox, static_cast<uint16_t>(i % 3));
  }
  SetDown(false);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), SizeIs(100));
  EXPECT_EQ(log_->largest, 8U);
}

TEST_F(AlertOutboxTest, WaitsGrowOnlyWhileNothingIsTaken) {
  for (int i = 0; i < 30; ++i) {
    alerts_.Change(std::to_string(i), nullptr);
  }
  log_->taken_max = 1;
  SinkSettings settings = Quick();
  settings.retry_ms_max = 60'000;  // doubled each time, the waits would be minutes
  Open(settings);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), SizeIs(30));
}

TEST_F(AlertOutboxTest, ShadowAndSilencedAlertsAreCountedNotDelivered) {
  AlertOutbox* outbox = Open();
  alerts_.Change("shadow", outbox, 0, alert::kShadow);
  alerts_.Change("silenced", outbox, 0, alert::kSilenced);
  alerts_.Change("late", outbox, 0, alert::kLate);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), ElementsAre(Pair("rule-late", 1U)));
  EXPECT_EQ(outbox->GetStatus()[0].withheld, 2U);
}

TEST_F(AlertOutboxTest, FiltersByRuleAndSeverity) {
  SinkSettings settings = Quick();
  settings.rules = {"rule-a*"};
  AlertOutbox* outbox = Open(settings);
  alerts_.Change("a1", outbox);
  alerts_.Change("b1", outbox);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), ElementsAre(std::pair("rule-a1", 1)));
  EXPECT_EQ(outbox->GetStatus()[0].filtered, 1U);
  settings.name = "critical";
  settings.severity_min = rule::Severity::kCritical;
  settings.rules = {};
  Open(settings);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), SizeIs(1));
}

TEST_F(AlertOutboxTest, RefusedAlertsAreKeptAsDeadLettersUntilTheyAreTaken) {
  log_->refused = "rule-bad";
  AlertOutbox* outbox = Open();
  alerts_.Change("bad", outbox);
  alerts_.Change("good", outbox);
  ASSERT_TRUE(Drained());
  outbox = Open();
  const auto letters = outbox->DeadLetters("siem");
  ASSERT_TRUE(letters.ok()) << letters.status();
  ASSERT_THAT(*letters, SizeIs(1));
  EXPECT_EQ((*letters)[0].alert, HashBytes128("bad"));
  EXPECT_EQ((*letters)[0].http_status, 400);
  EXPECT_EQ((*letters)[0].reason, "bad");
  EXPECT_EQ(outbox->GetStatus()[0].dead_letters, 1U);
  {
    const std::lock_guard lock(log_->mutex);
    log_->refused = "";
  }
  EXPECT_EQ(outbox->RetryDeadLetters("siem").value_or(0), 1U);
  EXPECT_TRUE(Eventually([&] { return outbox->GetStatus()[0].dead_letters == 0; }));
  EXPECT_THAT(Taken(), ElementsAre(Pair("rule-good", 1U), Pair("rule-bad", 1U)));
  EXPECT_THAT(*outbox->DeadLetters("siem"), IsEmpty());
  EXPECT_EQ(outbox->RetryDeadLetters("other").status().code(), StatusCode::kNotFound);
}

TEST_F(AlertOutboxTest, AlertsThatTheRetentionForgotAreCounted) {
  SetDown(true);
  AlertOutbox* outbox = Open();
  alerts_.Change("old", outbox);
  alerts_.Change("new", outbox);
  alerts_.Forget("old", outbox);
  SetDown(false);
  ASSERT_TRUE(Drained());
  EXPECT_THAT(Taken(), ElementsAre(Pair("rule-new", 1U)));
  EXPECT_EQ(outbox->GetStatus()[0].gone, 1U);
}

// A server that is away for long, answers with errors, hangs up after it took a batch, and is slow:
// every alert arrives, under one id, its revisions in order.
TEST(AlertOutboxHttpTest, EveryAlertArrivesWhateverTheServerDoes) {
  Alerts alerts;
  ManualClock clock(1'700'000'000'000);
  const auto store = state::MakeMemoryStore();
  std::mutex mutex;
  std::vector<std::string> lines;
  int calls = 0;
  const auto handle = [&](const testing_http::Request& request) {
    const std::lock_guard lock(mutex);
    testing_http::Reply reply;
    const int call = ++calls;
    // The server takes one after the other, so those that were given up while it was slow come first.
    if (call % 11 == 1) {
      reply.status = 500;
      return reply;
    }
    lines.push_back(request.body);
    reply.hang_up = call % 11 == 2;
    reply.delay_ms = call % 11 == 3 ? 300 : 0;  // longer than the sink waits
    return reply;
  };
  auto server = std::make_unique<testing_http::HttpServer>(handle);
  const uint16_t port = server->port();
  sink::WebhookOptions options;
  options.url = server->Url("/hook");
  options.timeout_ms = 100;
  SinkSettings settings = Quick();
  settings.batch_max = 5;
  for (int start = 0; start < 4; ++start) {
    if (start == 1) {
      server.reset();  // away for this whole process
    } else if (server == nullptr) {
      server = std::make_unique<testing_http::HttpServer>(handle, port);
    }
    auto webhook = sink::MakeWebhookSink(options, &clock);
    ASSERT_TRUE(webhook.ok()) << webhook.status();
    AlertOutbox outbox(store.get(), &clock, nullptr);
    ASSERT_TRUE(outbox.AddSink(settings, *std::move(webhook)).ok());
    alerts.TellAll(&outbox);
    outbox.Start(alerts.Reader());
    for (int i = 0; i < 30; ++i) {
      alerts.Change(std::to_string(i), &outbox, static_cast<uint16_t>(i % 4));
    }
    if (start == 3) {
      ASSERT_TRUE(Eventually([&] { return outbox.GetStatus()[0].pending == 0; }));
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  server.reset();
  std::string all;
  for (const std::string& body : lines) {
    all += body;
  }
  for (int i = 0; i < 30; ++i) {
    const alert::Alert alert = MakeAlert(std::to_string(i));
    EXPECT_NE(all.find("\"alert_id\":\"" + alert.id.ToHex()), std::string::npos) << i;
  }
  // The last revision of each is 4: every process changed it once.
  std::map<std::string, uint64_t> last;
  std::size_t at = 0;
  while (at < all.size()) {
    const std::size_t end = all.find('\n', at);
    const std::string line = all.substr(at, end - at);
    at = end + 1;
    const std::string id = line.substr(line.find("\"alert_id\":\"") + 12, 32);
    const std::size_t revision_at = line.find("\"revision\":") + 11;
    const uint64_t revision = std::stoull(line.substr(revision_at));
    EXPECT_GE(revision, last[id]);
    last[id] = revision;
  }
  EXPECT_THAT(last, SizeIs(30));
  for (const auto& [id, revision] : last) {
    EXPECT_EQ(revision, 4U) << id;
  }
}

}  // namespace
}  // namespace weir::worker
