#include "ingest/dispatcher.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/task/manual_scheduler.h"

namespace weir::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using worker::FrameResult;
using worker::Verdict;
using Reason = FrameResult::Reason;

// What a link was given and has not answered.
struct Sent {
  UnixMillis stamp_ms = 0;
  exec::Frame frame;
  WorkerLink::Done done;
};

// Workers as the dispatcher sees them: messages wait until the test answers them.
struct FakeWorkers {
  std::map<std::string, std::vector<Sent>> waiting;
  std::map<std::string, int> links;     // open
  std::map<std::string, Promise> promises;
  int promises_heard = 0;
};

class FakeLink final : public WorkerLink {
 public:
  FakeLink(std::string worker, FakeWorkers* workers) : worker_(std::move(worker)), workers_(workers) {
    ++workers_->links[worker_];
  }
  ~FakeLink() override {
    if (--workers_->links[worker_] == 0) {
      workers_->links.erase(worker_);
    }
    std::vector<Sent> left = std::move(workers_->waiting[worker_]);
    workers_->waiting.erase(worker_);
    for (Sent& sent : left) {
      FrameResult result;
      result.status = Unavailable("the link is closed");
      result.frame = std::move(sent.frame);
      result.maybe_taken = true;
      sent.done(std::move(result));
    }
  }
  void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) override {
    workers_->waiting[worker_].push_back({stamp_ms, std::move(frame), std::move(done)});
  }
  void SetPromise(const Promise& promise) override {
    workers_->promises[worker_] = promise;
    ++workers_->promises_heard;
  }

 private:
  const std::string worker_;
  FakeWorkers* const workers_;
};

FrameResult Ok(std::vector<FrameResult::Exception> exceptions = {}) {
  FrameResult result;
  result.exceptions = std::move(exceptions);
  return result;
}

FrameResult Refused(Reason reason, UnixMillis closed_ms = 0, int64_t table_revision = 0) {
  FrameResult result;
  result.status = Aborted("refused");
  result.reason = reason;
  result.closed_ms = closed_ms;
  result.table_revision = table_revision;
  return result;
}

FrameResult Gone(bool maybe_taken) {
  FrameResult result;
  result.status = Unavailable("not now");
  result.maybe_taken = maybe_taken;
  return result;
}

std::vector<std::pair<int, std::string>> Parts(const exec::Frame& frame) {
  std::vector<std::pair<int, std::string>> parts;
  for (const exec::FramePart& part : frame.parts) {
    parts.emplace_back(part.shard.value, part.bytes);
  }
  return parts;
}

std::vector<std::pair<int, Verdict>> Exceptions(const FrameResult& result) {
  std::vector<std::pair<int, Verdict>> exceptions;
  for (const FrameResult::Exception& exception : result.exceptions) {
    exceptions.emplace_back(exception.event_index, exception.verdict);
  }
  return exceptions;
}

class DispatcherTest : public ::testing::Test {
 protected:
  // Which worker has each shard; empty: nobody.
  void SetTable(int64_t revision, const std::vector<std::string>& workers, uint64_t epoch = 1) {
    cluster::ShardTable table;
    table.revision = revision;
    for (const std::string& worker : workers) {
      cluster::ShardEntry entry;
      entry.worker = worker;
      entry.epoch = Epoch(epoch);
      table.entries.push_back(entry);
    }
    dispatcher_.SetTable(std::move(table));
  }

  void Submit(const std::vector<int>& shards, UnixMillis stamp_ms = 100) {
    exec::Frame frame;
    frame.version = RuleSetVersion(7);
    frame.events = 10;
    for (const int shard : shards) {
      frame.parts.push_back({ShardId(static_cast<uint16_t>(shard)), Epoch(),
                             "rows of " + std::to_string(shard), 1});
    }
    dispatcher_.Submit(stamp_ms, std::move(frame),
                       [this](Dispatcher::Result result) { results_.push_back(std::move(result)); });
  }

  bool HasMessage(const std::string& worker) {
    const auto found = workers_.waiting.find(worker);
    return found != workers_.waiting.end() && !found->second.empty();
  }

  // Answers the oldest message to a worker; refusals hand the frame back. Returns what was asked.
  exec::Frame Answer(const std::string& worker, FrameResult answer) {
    std::vector<Sent>& waiting = workers_.waiting.at(worker);
    Sent sent = std::move(waiting.front());
    waiting.erase(waiting.begin());
    exec::Frame frame = sent.frame;
    if (!answer.status.ok()) {
      answer.frame = std::move(sent.frame);
    }
    sent.done(std::move(answer));
    return frame;
  }

  FakeWorkers workers_;
  task::ManualScheduler scheduler_;
  std::vector<Dispatcher::Result> results_;
  Dispatcher dispatcher_{DispatcherOptions(), &scheduler_, [this](const std::string& worker) {
                           return std::make_unique<FakeLink>(worker, &workers_);
                         }};
};

TEST_F(DispatcherTest, OneWorkerGetsTheFrameAsItIs) {
  dispatcher_.SetTable(Dispatcher::SingleWorkerTable(4, "w1", Epoch(3)));
  Submit({0, 3}, 55);
  ASSERT_EQ(workers_.waiting["w1"].size(), 1);
  EXPECT_EQ(workers_.waiting["w1"][0].stamp_ms, 55);
  const exec::Frame frame = Answer("w1", Ok({{2, Verdict::kLate}}));
  EXPECT_THAT(Parts(frame), ElementsAre(std::pair(0, "rows of 0"), std::pair(3, "rows of 3")));
  EXPECT_EQ(frame.parts[1].epoch, Epoch(3));
  EXPECT_EQ(frame.version, RuleSetVersion(7));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].result.status.ok());
  EXPECT_FALSE(results_[0].partly_taken);
  EXPECT_THAT(Exceptions(results_[0].result), ElementsAre(std::pair(2, Verdict::kLate)));
}

TEST_F(DispatcherTest, SplitsByWorkerAndMergesTheAnswers) {
  SetTable(1, {"w1", "w2", "w1", "w2"});
  Submit({0, 1, 2, 3});
  const exec::Frame first =
      Answer("w1", Ok({{1, Verdict::kLate}, {5, Verdict::kFuture}, {6, Verdict::kLate}}));
  EXPECT_THAT(Parts(first), ElementsAre(std::pair(0, "rows of 0"), std::pair(2, "rows of 2")));
  EXPECT_EQ(first.events, 10);
  EXPECT_EQ(first.version, RuleSetVersion(7));
  EXPECT_THAT(results_, IsEmpty());
  const exec::Frame second = Answer("w2", Ok({{0, Verdict::kLate}, {1, Verdict::kRepeat}}));
  EXPECT_THAT(Parts(second), ElementsAre(std::pair(1, "rows of 1"), std::pair(3, "rows of 3")));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].result.status.ok());
  EXPECT_THAT(Exceptions(results_[0].result),
              ElementsAre(std::pair(0, Verdict::kLate), std::pair(1, Verdict::kRepeat),
                          std::pair(5, Verdict::kFuture), std::pair(6, Verdict::kLate)));
  EXPECT_EQ(dispatcher_.GetStatus().frames_split, 1);
}

TEST_F(DispatcherTest, WhatIsClosedComesBackAloneToBeRestamped) {
  SetTable(1, {"w1", "w2"});
  Submit({0, 1});
  Answer("w1", Ok({{4, Verdict::kRepeat}}));
  Answer("w2", Refused(Reason::kClosed, 170));
  ASSERT_EQ(results_.size(), 1);
  const Dispatcher::Result& result = results_[0];
  EXPECT_EQ(result.result.status.code(), StatusCode::kAborted);
  EXPECT_EQ(result.result.reason, Reason::kClosed);
  EXPECT_EQ(result.result.closed_ms, 170);
  EXPECT_THAT(Parts(result.parts_left), ElementsAre(std::pair(1, "rows of 1")));
  EXPECT_TRUE(result.partly_taken);
  EXPECT_FALSE(result.left_maybe_taken);
  EXPECT_THAT(Exceptions(result.result), ElementsAre(std::pair(4, Verdict::kRepeat)));
}

TEST_F(DispatcherTest, AFrameRefusedAsAWholeWasNotTaken) {
  SetTable(1, {"w1"});
  Submit({0});
  Answer("w1", Refused(Reason::kVersion));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_EQ(results_[0].result.reason, Reason::kVersion);
  EXPECT_FALSE(results_[0].partly_taken);
  EXPECT_THAT(Parts(results_[0].parts_left), ElementsAre(std::pair(0, "rows of 0")));
}

TEST_F(DispatcherTest, ANewRuleSetOutweighsAClosedStamp) {
  SetTable(1, {"w1", "w2", "w3"});
  Submit({0, 1, 2});
  FrameResult version = Refused(Reason::kVersion, 10);
  version.version = RuleSetVersion(8);
  Answer("w2", version);
  Answer("w1", Refused(Reason::kClosed, 170));
  Answer("w3", Ok());
  ASSERT_EQ(results_.size(), 1);
  EXPECT_EQ(results_[0].result.reason, Reason::kVersion);
  EXPECT_EQ(results_[0].result.version, RuleSetVersion(8));
  EXPECT_EQ(results_[0].result.closed_ms, 170);
  EXPECT_TRUE(results_[0].partly_taken);
  EXPECT_THAT(Parts(results_[0].parts_left),
              ElementsAre(std::pair(0, "rows of 0"), std::pair(1, "rows of 1")));
}

TEST_F(DispatcherTest, ABadFrameIsRefusedAtOnceWhateverElseHappens) {
  SetTable(1, {"w1", "w2"});
  Submit({0, 1});
  FrameResult bad;
  bad.status = InvalidArgument("no such shard");
  Answer("w1", bad);
  Answer("w2", Refused(Reason::kClosed, 170));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_EQ(results_[0].result.status.code(), StatusCode::kInvalidArgument);
}

TEST_F(DispatcherTest, AShardThatMovedIsSentToItsNewWorkerOnceTheTableSaysSo) {
  SetTable(5, {"w1", "w1"});
  Submit({0, 1});
  Answer("w1", Refused(Reason::kTable, 0, 6));   // the worker has seen revision 6
  scheduler_.Advance(1000);
  EXPECT_FALSE(HasMessage("w1"));                // pointless before we see it, too
  SetTable(6, {"w1", "w2"}, 2);
  scheduler_.RunPosted();
  const exec::Frame kept = Answer("w1", Ok());
  EXPECT_THAT(Parts(kept), ElementsAre(std::pair(0, "rows of 0")));
  EXPECT_EQ(kept.parts[0].epoch, Epoch(2));
  EXPECT_THAT(results_, IsEmpty());
  EXPECT_THAT(Parts(Answer("w2", Ok())), ElementsAre(std::pair(1, "rows of 1")));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].result.status.ok());
  EXPECT_EQ(dispatcher_.GetStatus().waiting, 0);
  EXPECT_EQ(scheduler_.NextTimerMs(), -1);
}

TEST_F(DispatcherTest, AWorkerBehindTheTableIsAskedAgain) {
  SetTable(5, {"w1"});
  Submit({0});
  Answer("w1", Refused(Reason::kTable, 0, 4));
  EXPECT_FALSE(HasMessage("w1"));
  scheduler_.Advance(49);
  EXPECT_FALSE(HasMessage("w1"));
  scheduler_.Advance(1);
  Answer("w1", Ok());
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].result.status.ok());
}

TEST_F(DispatcherTest, AShardOfNobodyWaitsForATable) {
  SetTable(1, {"", ""});
  Submit({1});
  scheduler_.Advance(2999);
  EXPECT_THAT(results_, IsEmpty());
  SetTable(2, {"w1", "w1"});
  scheduler_.RunPosted();
  Answer("w1", Ok());
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].result.status.ok());
}

TEST_F(DispatcherTest, WithoutAnyTableTheBatchIsRefusedInTheEnd) {
  Submit({1});
  scheduler_.Advance(3000);
  ASSERT_EQ(results_.size(), 1);
  EXPECT_EQ(results_[0].result.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(results_[0].result.status)), HasSubstr("shard 1 is not assigned"));
  EXPECT_EQ(dispatcher_.GetStatus().given_up, 1);
}

TEST_F(DispatcherTest, ResendsEndAfterTheLimit) {
  SetTable(1, {"w1"});
  Submit({0});
  int messages = 0;
  for (int i = 0; i < 1000 && results_.empty(); ++i) {
    if (HasMessage("w1")) {
      ++messages;
      Answer("w1", Gone(false));
    }
    scheduler_.Advance(10);
  }
  ASSERT_EQ(results_.size(), 1);
  EXPECT_EQ(results_[0].result.status.code(), StatusCode::kUnavailable);
  EXPECT_FALSE(results_[0].partly_taken);
  // One every 50 ms for 3 s, the first and the last.
  EXPECT_EQ(messages, 61);
  EXPECT_EQ(scheduler_.NowMonotonicMs(), 3010);
}

TEST_F(DispatcherTest, AClosedStreamMakesTheLinkPromiseAgain) {
  SetTable(1, {"w1"});
  Promise promise;
  promise.stamp_ms = 42;
  dispatcher_.SetPromise(promise);
  EXPECT_EQ(workers_.promises_heard, 1);
  Submit({0});
  Answer("w1", Refused(Reason::kStream));
  EXPECT_EQ(workers_.promises_heard, 2);
  EXPECT_EQ(workers_.promises["w1"].stamp_ms, 42);
  scheduler_.Advance(50);
  Answer("w1", Ok());
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].result.status.ok());
}

TEST_F(DispatcherTest, OwnRepeatsAfterALostAnswerAreNotTheProducers) {
  SetTable(1, {"w1", "w2"});
  Submit({0, 1});
  Answer("w1", Ok({{3, Verdict::kRepeat}}));
  Answer("w2", Gone(true));
  scheduler_.Advance(50);
  Answer("w2", Ok({{0, Verdict::kRepeat}, {1, Verdict::kLate}, {4, Verdict::kRepeat}}));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].result.status.ok());
  // What the worker refused before is the producer's, what may be ours is left out.
  EXPECT_THAT(Exceptions(results_[0].result),
              ElementsAre(std::pair(1, Verdict::kLate), std::pair(3, Verdict::kRepeat)));
}

TEST_F(DispatcherTest, RepeatsAfterARefusalAreTheProducers) {
  SetTable(1, {"w1"});
  Submit({0});
  Answer("w1", Gone(false));
  scheduler_.Advance(50);
  Answer("w1", Ok({{0, Verdict::kRepeat}}));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_THAT(Exceptions(results_[0].result), ElementsAre(std::pair(0, Verdict::kRepeat)));
}

TEST_F(DispatcherTest, AStampThatClosesAfterALostAnswerLeavesADoubt) {
  SetTable(1, {"w1"});
  Submit({0});
  Answer("w1", Gone(true));
  scheduler_.Advance(50);
  Answer("w1", Refused(Reason::kClosed, 170));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].partly_taken);
  EXPECT_TRUE(results_[0].left_maybe_taken);
}

TEST_F(DispatcherTest, AVanishedWorkersPartsGoToItsSuccessor) {
  SetTable(1, {"w1", "w2"});
  Submit({0, 1});
  Answer("w1", Ok());
  EXPECT_THAT(workers_.links, UnorderedElementsAre(std::pair("w1", 1), std::pair("w2", 1)));
  SetTable(2, {"w1", "w3"});   // drops the link to w2, which answers what was under way
  EXPECT_THAT(workers_.links, UnorderedElementsAre(std::pair("w1", 1), std::pair("w3", 1)));
  scheduler_.Advance(50);
  EXPECT_THAT(Parts(Answer("w3", Ok())), ElementsAre(std::pair(1, "rows of 1")));
  ASSERT_EQ(results_.size(), 1);
  EXPECT_TRUE(results_[0].result.status.ok());
}

TEST_F(DispatcherTest, OlderTablesAreIgnored) {
  SetTable(5, {"w1"});
  SetTable(4, {"w2"});
  EXPECT_THAT(workers_.links, UnorderedElementsAre(std::pair("w1", 1)));
}

TEST_F(DispatcherTest, LaterLinksBeginWithThePromise) {
  Promise promise;
  promise.stamp_ms = 42;
  promise.producers = {{"p", 7}};
  dispatcher_.SetPromise(promise);
  promise.stamp_ms = 40;   // never falls
  promise.producers = {{"p", 6}, {"q", 1}};
  dispatcher_.SetPromise(promise);
  SetTable(1, {"w1"});
  EXPECT_EQ(workers_.promises["w1"].stamp_ms, 42);
  EXPECT_THAT(workers_.promises["w1"].producers,
              ElementsAre(std::pair("p", 7), std::pair("q", 1)));
}

TEST_F(DispatcherTest, StoppingAnswersEverything) {
  SetTable(1, {"w1", "w2", ""});
  Submit({0, 1});
  Submit({2});
  Answer("w1", Gone(false));
  dispatcher_.Stop();
  ASSERT_EQ(results_.size(), 2);
  for (const Dispatcher::Result& result : results_) {
    EXPECT_EQ(result.result.status.code(), StatusCode::kUnavailable);
  }
  EXPECT_THAT(workers_.links, IsEmpty());
  Submit({0});
  EXPECT_EQ(results_.size(), 3);
  SetTable(9, {"w1"});
  EXPECT_THAT(workers_.links, IsEmpty());
}

}  // namespace
}  // namespace weir::ingest
