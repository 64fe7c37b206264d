// A worker on time that the test moves: which frames share a write of the log, and which wait for it.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/state/state_store.h"
#include "common/task/manual_scheduler.h"
#include "ingest/batch_decoder.h"
#include "worker/worker.h"

namespace weir::worker {
namespace {

constexpr UnixMillis kNowMs = 1770000000000;
constexpr int64_t kIntervalMs = 20;

class NoAlerts final : public AlertSink {
 public:
  void OnAlert(const alert::Alert&) override {}
};

// One of a worker's schedulers; all are the test's.
class SharedScheduler final : public task::Scheduler {
 public:
  explicit SharedScheduler(task::ManualScheduler* shared) : shared_(shared) {}

  void Post(task::Task task) override { shared_->Post(std::move(task)); }
  void Run(const task::Task& task) override { shared_->Run(task); }
  void Stop() override {}
  TimerId PostAfter(int64_t delay_ms, task::Task task) override {
    return shared_->PostAfter(delay_ms, std::move(task));
  }
  void Cancel(TimerId timer) override { shared_->Cancel(timer); }
  int64_t NowMonotonicMs() const override { return shared_->NowMonotonicMs(); }

 private:
  task::ManualScheduler* const shared_;
};

class CommitIntervalTest : public ::testing::Test {
 protected:
  CommitIntervalTest()
      : store_(state::MakeMemoryStore()), decoder_(SourceOptions(), RouterOptions()) {}
  ~CommitIntervalTest() override {
    worker_->Stop();
    scheduler_.Stop();
  }

  void Start(int64_t commit_interval_ms) {
    WorkerOptions options;
    options.shard_count = 2;
    options.clock = ClockMode::kReplay;
    options.commit_interval_ms = commit_interval_ms;
    worker_ = std::make_unique<Worker>(options, store_.get(), &clock_, &alerts_, [this] {
      return std::make_unique<SharedScheduler>(&scheduler_);
    });
    ASSERT_TRUE(worker_->Start().ok());
    worker_->SetShards({{ShardId(0), Epoch(1)}, {ShardId(1), Epoch(1)}}, 1);
    ASSERT_TRUE(Activate(1).ok());
    scheduler_.RunPosted();
    stream_ = worker_->OpenStream(kNowMs);
  }

  Status Activate(uint64_t version) {
    const std::string text = fmt::format(R"toml(
[rule]
name = "Calls"
rule_id = "calls"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "low"
risk_score = 10
query = "FROM logs-aws.cloudtrail-* | STATS calls = COUNT(*) BY user.name | WHERE calls > {}"
)toml",
                                         100 + version);
    return worker_->ActivateVersion(RuleSetVersion(version), {{"calls.toml", text}}, {}, 0);
  }

  // Sends a frame with one event; runs nothing.
  void Send() {
    ingest::Batch batch;
    batch.producer_id = "test";
    batch.sequence = ++sent_;
    batch.payload = fmt::format(
        R"({{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"ListBuckets",)"
        R"("eventID":"e{}","eventTime":"{}Z","awsRegion":"us-east-1","recipientAccountId":"111122223333",)"
        R"("userIdentity":{{"type":"IAMUser","userName":"ann","accountId":"111122223333"}}}})",
        sent_, FormatTime(kNowMs).substr(0, 19));
    batch.Close(0);
    ingest::DecodedBatch decoded = decoder_.Decode(batch, worker_->rules(), kNowMs);
    ASSERT_EQ(decoded.frame.rows, 1);
    for (exec::FramePart& part : decoded.frame.parts) {
      part.epoch = Epoch(1);
    }
    worker_->Submit(stream_, kNowMs, std::move(decoded.frame), [this](FrameResult result) {
      EXPECT_TRUE(result.status.ok()) << result.status;
      ++answered_;
    });
  }
  // Two frames in one write: from here on more are expected.
  void SendTwoAtOnce() {
    Send();
    Send();
    scheduler_.RunPosted();
    ASSERT_EQ(answered_, sent_);
  }
  uint64_t syncs() { return worker_->GetStatus().log_syncs; }

  task::ManualScheduler scheduler_;
  std::unique_ptr<Worker> worker_;
  StreamId stream_ = 0;
  uint64_t sent_ = 0;
  uint64_t answered_ = 0;

 private:
  static source::Options SourceOptions() {
    source::Options options;
    options.ingested = source::Options::Ingested::kTimestamp;
    return options;
  }
  static exec::RouterOptions RouterOptions() {
    exec::RouterOptions options;
    options.shard_count = 2;
    options.replay = true;
    return options;
  }

  SystemClock clock_;
  NoAlerts alerts_;
  std::unique_ptr<state::StateStore> store_;
  ingest::BatchDecoder decoder_;
};

TEST_F(CommitIntervalTest, AFrameThatComesAloneIsWrittenAtOnce) {
  Start(kIntervalMs);
  for (int i = 0; i < 3; ++i) {
    const uint64_t before = syncs();
    Send();
    scheduler_.RunPosted();
    EXPECT_EQ(answered_, sent_);
    EXPECT_EQ(syncs(), before + 1);
  }
}

TEST_F(CommitIntervalTest, FramesThatComeFastShareTheNextWrite) {
  Start(kIntervalMs);
  SendTwoAtOnce();
  const uint64_t before = syncs();
  for (int i = 0; i < 5; ++i) {
    Send();
    scheduler_.Advance(kIntervalMs / 5 - 1);
    EXPECT_EQ(answered_, 2);
  }
  scheduler_.Advance(5);
  EXPECT_EQ(answered_, sent_);
  EXPECT_EQ(syncs(), before + 1);
}

TEST_F(CommitIntervalTest, QuietEndsIt) {
  Start(kIntervalMs);
  SendTwoAtOnce();
  scheduler_.Advance(2000);
  Send();
  scheduler_.RunPosted();
  Send();
  scheduler_.RunPosted();
  EXPECT_EQ(answered_, sent_);
}

TEST_F(CommitIntervalTest, WhatIsNotAFrameWaitsForNothing) {
  Start(kIntervalMs);
  SendTwoAtOnce();
  Send();
  scheduler_.RunPosted();
  ASSERT_EQ(answered_, 2);
  ASSERT_TRUE(Activate(2).ok());
  scheduler_.RunPosted();
  EXPECT_EQ(answered_, sent_);
}

TEST_F(CommitIntervalTest, StoppingWaitsForNothing) {
  Start(kIntervalMs);
  SendTwoAtOnce();
  Send();
  scheduler_.RunPosted();
  ASSERT_EQ(answered_, 2);
  worker_->Stop();
  EXPECT_EQ(answered_, 2);   // applied, and told by the executor's task
  scheduler_.RunPosted();
  EXPECT_EQ(answered_, sent_);
}

TEST_F(CommitIntervalTest, ZeroHoldsUpNothing) {
  Start(0);
  SendTwoAtOnce();
  Send();
  scheduler_.RunPosted();
  EXPECT_EQ(answered_, sent_);
}

}  // namespace
}  // namespace weir::worker
