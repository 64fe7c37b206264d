// A pipeline without threads, over workers that the test plays: what becomes of batches that must be sent
// again.
#include "ingest/pipeline.h"

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/state/state_store.h"
#include "common/task/manual_scheduler.h"
#include "worker/worker.h"

namespace weir::ingest {
namespace {

using ::testing::HasSubstr;
using worker::FrameResult;
using worker::Verdict;
using Reason = FrameResult::Reason;

constexpr UnixMillis kNowMs = 1770000000000;

class NoAlerts final : public worker::AlertSink {
 public:
  void OnAlert(const alert::Alert&) override {}
};

// Compiles rules as a worker does; each call is a version of its own.
class RuleMaker {
 public:
  RuleMaker() : store_(state::MakeMemoryStore()) {
    worker::WorkerOptions options;
    options.shard_count = 2;
    worker_ = std::make_unique<worker::Worker>(options, store_.get(), &clock_, &alerts_);
    EXPECT_TRUE(worker_->Start().ok());
    EXPECT_TRUE(worker_->HoldAllShards(Epoch(1)).ok());
  }
  ~RuleMaker() { worker_->Stop(); }

  plan::RuleSetPtr Make(int threshold) {
    const std::string text = fmt::format(R"toml(
[rule]
name = "Many calls"
rule_id = "many-calls"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "high"
risk_score = 50
query = '''
FROM logs-aws.cloudtrail-*
| STATS calls = COUNT(*) BY user.name
| WHERE calls >= {}
'''
)toml",
                                         threshold);
    return Activate("rule.toml", text);
  }

  plan::RuleSetPtr Activate(const std::string& path, const std::string& text) {
    std::vector<std::vector<rule::Finding>> findings;
    const auto rules = worker_->ActivateRules({{path, text}}, plan::CompileOptions(), &findings);
    EXPECT_TRUE(rules.ok()) << rules.status();
    return *rules;
  }

 private:
  SystemClock clock_;
  NoAlerts alerts_;
  std::unique_ptr<state::StateStore> store_;
  std::unique_ptr<worker::Worker> worker_;
};

struct Sent {
  UnixMillis stamp_ms = 0;
  exec::Frame frame;
  WorkerLink::Done done;
};

class QueueLink final : public WorkerLink {
 public:
  QueueLink(std::vector<Sent>* sent, Promise* promise) : sent_(sent), promise_(promise) {}
  void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) override {
    sent_->push_back({stamp_ms, std::move(frame), std::move(done)});
  }
  void SetPromise(const Promise& promise) override { *promise_ = promise; }

 private:
  std::vector<Sent>* const sent_;
  Promise* const promise_;
};

std::string Event(int i) {
  return fmt::format(
      R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
      R"("eventID":"e{}","eventTime":"{}","awsRegion":"us-east-1","recipientAccountId":"111122223333",)"
      R"("userIdentity":{{"type":"IAMUser","userName":"user{}","accountId":"111122223333"}}}})",
      i, FormatTime(kNowMs).substr(0, 19) + "Z", i);
}

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() {
    cluster::ShardTable table;
    table.revision = 1;
    table.entries.resize(2);
    table.entries[0].worker = "w0";
    table.entries[1].worker = "w1";
    dispatcher_.SetTable(table);
    PipelineOptions options;
    options.shard_count = 2;
    options.threads = 0;
    pipeline_ = std::make_unique<Pipeline>(options, &dispatcher_, &rules_, &scheduler_, &clock_);
    pipeline_->Start();
    first_ = maker_.Make(3);
    rules_.Add(first_, 0);
  }
  ~PipelineTest() override {
    dispatcher_.Stop();
    pipeline_->Stop();
  }

  // Events of as many users, so that both shards get some.
  void Push() {
    Batch batch;
    batch.producer_id = "p";
    batch.collector = "p";
    batch.sequence = ++sequence_;
    for (int i = 0; i < 16; ++i) {
      const std::string event = Event(i);
      batch.payload += event;
      batch.record_sizes.push_back(static_cast<uint32_t>(event.size()));
    }
    pipeline_->Submit(std::move(batch),
                      [this](BatchResult result) { result_ = std::move(result); });
    scheduler_.RunPosted();
  }

  // Answers the oldest message to a worker.
  exec::Frame Answer(int worker, FrameResult answer) {
    std::vector<Sent>& waiting = sent_[worker];
    EXPECT_FALSE(waiting.empty());
    Sent sent = std::move(waiting.front());
    waiting.erase(waiting.begin());
    stamp_ms_ = sent.stamp_ms;
    exec::Frame frame = sent.frame;
    if (!answer.status.ok()) {
      answer.frame = std::move(sent.frame);
    }
    sent.done(std::move(answer));
    scheduler_.RunPosted();
    return frame;
  }
  static FrameResult Ok(std::vector<FrameResult::Exception> exceptions = {}) {
    FrameResult result;
    result.exceptions = std::move(exceptions);
    return result;
  }
  static FrameResult Refused(Reason reason, UnixMillis closed_ms, uint64_t version = 0) {
    FrameResult result;
    result.status = Aborted("refused");
    result.reason = reason;
    result.closed_ms = closed_ms;
    result.version = RuleSetVersion(version);
    return result;
  }

  ManualClock clock_{kNowMs};
  RuleMaker maker_;
  plan::RuleSetPtr first_;
  task::ManualScheduler scheduler_;
  std::vector<Sent> sent_[2];
  Promise promise_[2];
  CompiledRuleFeed rules_{false};
  Dispatcher dispatcher_{DispatcherOptions(), &scheduler_, [this](const std::string& worker) {
                           const int i = worker == "w1" ? 1 : 0;
                           return std::make_unique<QueueLink>(&sent_[i], &promise_[i]);
                         }};
  std::unique_ptr<Pipeline> pipeline_;
  uint64_t sequence_ = 0;
  UnixMillis stamp_ms_ = 0;   // of the message answered last
  std::optional<BatchResult> result_;
};

TEST_F(PipelineTest, OnlyWhatIsLeftIsStampedAnewAndSentAgain) {
  Push();
  Answer(0, Ok({{0, Verdict::kLate}}));
  const UnixMillis before_ms = stamp_ms_;
  const exec::Frame refused = Answer(1, Refused(Reason::kClosed, kNowMs + 500));
  ASSERT_FALSE(result_.has_value());
  EXPECT_TRUE(sent_[0].empty());
  // Repeats of the parts that nobody took before are the producer's.
  const exec::Frame again = Answer(1, Ok({{1, Verdict::kRepeat}}));
  EXPECT_EQ(again.parts[0].bytes, refused.parts[0].bytes);
  EXPECT_EQ(before_ms, kNowMs);
  EXPECT_EQ(stamp_ms_, kNowMs + 501);
  ASSERT_TRUE(result_.has_value());
  EXPECT_TRUE(result_->status.ok());
  EXPECT_EQ(result_->matched, 16);
  EXPECT_EQ(result_->late, 1);
  EXPECT_EQ(result_->repeated, 1);
  EXPECT_EQ(pipeline_->GetStatus().batches_restamped, 1);
}

TEST_F(PipelineTest, RowsAreMadeAgainForNewRulesAndOwnRepeatsAreNotReported) {
  Push();
  Answer(0, Ok());
  const plan::RuleSetPtr second = maker_.Make(4);
  ASSERT_GT(second->version, first_->version);
  rules_.Add(second, kNowMs - 1);
  const exec::Frame old = Answer(1, Refused(Reason::kVersion, 0, second->version.value));
  EXPECT_EQ(old.version, first_->version);
  // Both workers get rows again; the first one knows all of its events.
  const exec::Frame again = Answer(0, Ok({{0, Verdict::kRepeat}, {2, Verdict::kRepeat}}));
  EXPECT_EQ(again.version, second->version);
  Answer(1, Ok());
  ASSERT_TRUE(result_.has_value());
  EXPECT_TRUE(result_->status.ok());
  EXPECT_EQ(result_->repeated, 0);
  EXPECT_EQ(result_->accepted, 16);
}

TEST_F(PipelineTest, RowsWithoutAFieldOfTheirGroupAreCountedByRule) {
  rules_.Add(maker_.Activate("d.yml", "name: D\nid: d\nsearch: '`cloudtrail` | stats count by user_name "
                                      "sharedEventID'\n"),
             kNowMs - 1);
  Push();
  Push();
  EXPECT_TRUE(result_.has_value());
  const PipelineStatus status = pipeline_->GetStatus();
  ASSERT_EQ(status.without_group.size(), 1U);
  EXPECT_EQ(status.without_group.at("d"), 32U);
}

TEST_F(PipelineTest, SourcesAreListedOnceTheirEventsAreSafe) {
  Push();
  Answer(0, Ok());
  EXPECT_TRUE(pipeline_->Sources().sources.empty());
  Answer(1, Ok({{1, Verdict::kRepeat}}));
  Batch batch;
  batch.collector = "p";
  batch.producer_id = "p";
  batch.sequence = ++sequence_;
  batch.Add("no JSON");
  pipeline_->Submit(std::move(batch), [](const BatchResult&) {});
  scheduler_.RunPosted();
  const SourcesStatus status = pipeline_->Sources();
  ASSERT_EQ(status.sources.size(), 2U);
  const SourceUse& unread = status.sources[0];
  EXPECT_FALSE(unread.key.kind.has_value());
  EXPECT_EQ(unread.key.collector, "p");
  EXPECT_EQ(unread.last_arrival_ms, 0);
  EXPECT_EQ(unread.rejects[static_cast<std::size_t>(source::RejectReason::kMalformedJson)], 1U);
  const SourceUse& sent = status.sources[1];
  EXPECT_EQ(sent.key, (SourceKey{"111122223333", "us-east-1", source::SourceKind::kCloudTrail, "p"}));
  EXPECT_EQ(sent.events, 16U);
  EXPECT_EQ(sent.repeats, 1U);
  EXPECT_EQ(sent.last_arrival_ms, kNowMs);
}

TEST_F(PipelineTest, WaitsForRulesThatAWorkerHasAndThisNodeHasNot) {
  Push();
  const plan::RuleSetPtr second = maker_.Make(4);
  Answer(0, Refused(Reason::kVersion, 0, second->version.value));
  Answer(1, Refused(Reason::kVersion, 0, second->version.value));
  EXPECT_TRUE(sent_[0].empty());
  rules_.Add(second, kNowMs - 1);
  scheduler_.Advance(50);
  EXPECT_EQ(Answer(0, Ok()).version, second->version);
  Answer(1, Ok({{1, Verdict::kRepeat}}));
  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ(result_->repeated, 1);   // nothing had been taken: it is the producer's
}

// Its clock lags: by it, the rules that the workers have are not due for a minute.
TEST_F(PipelineTest, StampsPastAnActivationThatTheWorkersHaveReached) {
  const plan::RuleSetPtr second = maker_.Make(4);
  rules_.Add(second, kNowMs + 60'000);
  Push();
  EXPECT_EQ(Answer(0, Refused(Reason::kVersion, 0, second->version.value)).version, first_->version);
  Answer(1, Refused(Reason::kVersion, 0, second->version.value));
  EXPECT_EQ(Answer(0, Ok()).version, second->version);
  EXPECT_EQ(stamp_ms_, kNowMs + 60'001);
  Answer(1, Ok());
  ASSERT_TRUE(result_.has_value());
  EXPECT_TRUE(result_->status.ok());
  // What comes later is not refused first.
  Push();
  EXPECT_EQ(Answer(0, Ok()).version, second->version);
  EXPECT_EQ(stamp_ms_, kNowMs + 60'001);
  Answer(1, Ok());
  EXPECT_EQ(pipeline_->GetStatus().batches_restamped, 1);
  // Nor does the node keep time from going on up to there.
  scheduler_.Advance(500);
  EXPECT_EQ(promise_[0].stamp_ms, kNowMs + 60'000);
  clock_.Set(kNowMs + 70'000);
  Push();
  Answer(0, Ok());
  EXPECT_EQ(stamp_ms_, kNowMs + 70'000);
  Answer(1, Ok());
}

TEST_F(PipelineTest, ABatchHoldsThePromiseDownUntilItIsAnswered) {
  Push();
  clock_.Set(kNowMs + 10000);
  scheduler_.Advance(1000);
  EXPECT_EQ(promise_[0].stamp_ms, kNowMs - 1);
  Answer(0, Ok());
  Answer(1, Ok());
  scheduler_.Advance(500);
  EXPECT_EQ(promise_[0].stamp_ms, kNowMs + 9999);
  EXPECT_EQ(promise_[1].stamp_ms, kNowMs + 9999);
}

TEST_F(PipelineTest, WithoutActiveRulesBatchesAreRefusedForNow) {
  CompiledRuleFeed none(false);
  none.Add(first_, kNowMs + 1000);
  PipelineOptions options;
  options.threads = 0;
  Pipeline pipeline(options, &dispatcher_, &none, &scheduler_, &clock_);
  pipeline.Start();
  Batch batch;
  batch.sequence = 1;
  batch.payload = "{}";
  batch.record_sizes = {2};
  std::optional<BatchResult> result;
  pipeline.Submit(std::move(batch), [&](BatchResult given) { result = std::move(given); });
  scheduler_.RunPosted();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->status.code(), StatusCode::kUnavailable);
  EXPECT_TRUE(result->retry_delay_ms.has_value());
  EXPECT_THAT(std::string(Message(result->status)), HasSubstr("no rule set is active yet"));
}

// A pipeline of its own options over the same workers.
class AdmissionTest : public PipelineTest {
 protected:
  void Make(PipelineOptions options) {
    options.shard_count = 2;
    options.threads = 0;
    admitting_ = std::make_unique<Pipeline>(options, &dispatcher_, &rules_, &scheduler_, &clock_);
    admitting_->Start();
  }
  ~AdmissionTest() override {
    dispatcher_.Stop();
    if (admitting_ != nullptr) {
      admitting_->Stop();
    }
  }
  Batch MakeBatch(const std::string& tenant, int first, int events) {
    Batch batch;
    batch.tenant = tenant;
    batch.producer_id = "p";
    batch.sequence = ++sequence_;
    for (int i = first; i < first + events; ++i) {
      batch.Add(Event(i));
    }
    return batch;
  }
  // The status of a batch that was refused at once; OK of one that is under way.
  BatchResult Submit(Batch batch) {
    auto result = std::make_shared<BatchResult>();
    admitting_->Submit(std::move(batch),
                       [result](BatchResult given) { *result = std::move(given); });
    return *result;
  }
  void AnswerAll() {
    for (int worker = 0; worker < 2; ++worker) {
      while (!sent_[worker].empty()) {
        Answer(worker, Ok());
      }
    }
  }

  std::unique_ptr<Pipeline> admitting_;
};

TEST_F(AdmissionTest, ATenantOverItsQuotaDoesNotStopAnother) {
  PipelineOptions options;
  options.quota.events_per_second = 10;
  Make(options);
  EXPECT_TRUE(Submit(MakeBatch("loud", 0, 50)).status.ok());
  scheduler_.RunPosted();
  const BatchResult refused = Submit(MakeBatch("loud", 50, 1));
  EXPECT_EQ(refused.status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.retry_delay_ms, 4001);
  EXPECT_THAT(std::string(Message(refused.status)), HasSubstr("tenant 'loud'"));
  EXPECT_TRUE(Submit(MakeBatch("quiet", 100, 5)).status.ok());
  scheduler_.Advance(4001);
  EXPECT_TRUE(Submit(MakeBatch("loud", 50, 1)).status.ok());
  scheduler_.RunPosted();
  AnswerAll();
  const std::vector<TenantUse> tenants = admitting_->GetStatus().tenants;
  ASSERT_EQ(tenants.size(), 2);
  EXPECT_EQ(tenants[0].tenant, "loud");
  EXPECT_EQ(tenants[0].events, 51);
  EXPECT_EQ(tenants[0].refused_events, 1);
  EXPECT_EQ(tenants[1].events, 5);
  EXPECT_EQ(tenants[1].refused_events, 0);
}

TEST_F(AdmissionTest, ATenantThatFillsTheServerLeavesAnotherItsShare) {
  PipelineOptions options;
  options.inflight_bytes_max = 20000;
  Make(options);
  while (Submit(MakeBatch("loud", 0, 10)).status.ok()) {
  }
  EXPECT_LE(admitting_->GetStatus().inflight_bytes, 20000);
  int taken = 0;
  BatchResult last;
  while ((last = Submit(MakeBatch("quiet", 0, 10))).status.ok()) {
    ++taken;
  }
  EXPECT_GE(taken, 2);
  EXPECT_EQ(last.status.code(), StatusCode::kUnavailable);
  EXPECT_TRUE(last.retry_delay_ms.has_value());
  EXPECT_LE(admitting_->GetStatus().inflight_bytes, 30000);
}

TEST_F(AdmissionTest, WhatItsSenderHasGivenUpIsNotBegun) {
  Make({});
  Batch batch = MakeBatch("", 0, 1);
  scheduler_.Advance(1000);
  batch.give_up_ms = scheduler_.NowMonotonicMs();
  std::optional<BatchResult> result;
  admitting_->Submit(std::move(batch), [&](BatchResult given) { result = std::move(given); });
  scheduler_.RunPosted();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->status.code(), StatusCode::kUnavailable);
  EXPECT_TRUE(sent_[0].empty() && sent_[1].empty());
  EXPECT_EQ(admitting_->GetStatus().abandoned, 1);
}

TEST_F(AdmissionTest, RecordsFoundUnusableAreReportedByTheirIndex) {
  Make({});
  Batch batch;
  batch.request_hash = HashBytes128("request");
  batch.Refuse(source::RejectReason::kNotAnObject, "no record");
  batch.Add(Event(1));
  batch.Refuse(source::RejectReason::kTooDeep, "too deep");
  std::optional<BatchResult> result;
  admitting_->Submit(std::move(batch), [&](BatchResult given) { result = std::move(given); });
  scheduler_.RunPosted();
  AnswerAll();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->accepted, 1);
  EXPECT_EQ(result->rejected_records, 2);
  ASSERT_EQ(result->rejections.size(), 2);
  EXPECT_EQ(result->rejections[0].record_index, 0);
  EXPECT_EQ(result->rejections[1].record_index, 2);
  EXPECT_EQ(result->rejections[1].message, "too deep");
}

TEST_F(AdmissionTest, DrainingRefusesForNowAndFinishesTheRest) {
  Make({});
  EXPECT_TRUE(Submit(MakeBatch("", 0, 4)).status.ok());
  admitting_->Drain();
  const BatchResult refused = Submit(MakeBatch("", 4, 1));
  EXPECT_EQ(refused.status.code(), StatusCode::kUnavailable);
  EXPECT_TRUE(refused.retry_delay_ms.has_value());
  std::optional<int64_t> delay_ms;
  EXPECT_EQ(admitting_->MayBegin("", &delay_ms).code(), StatusCode::kUnavailable);
  scheduler_.RunPosted();
  AnswerAll();
  EXPECT_EQ(admitting_->GetStatus().events, 4);
}

}  // namespace
}  // namespace weir::ingest
