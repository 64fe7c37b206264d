#include "coordinator/source_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/task/manual_scheduler.h"
#include "common/wire/time.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::cluster::v1;

constexpr UnixMillis kNow = 1'730'000'000'000;
constexpr int64_t kLimit = 15 * kMillisPerMinute;

void AddSource(const std::string& account, const std::string& collector, UnixMillis arrival_ms,
               int64_t limit_ms, pb::GetIngestSourcesResponse* node) {
  pb::SourceStatus* source = node->add_sources();
  source->set_account(account);
  source->set_region("us-east-1");
  source->set_source("cloudtrail");
  source->set_collector(collector);
  wire::TimeToProto(arrival_ms, source->mutable_last_arrival());
  wire::TimeToProto(arrival_ms - 1000, source->mutable_last_event());
  source->set_lag_ms(1000);
  source->set_events(10);
  source->set_repeated(1);
  source->set_events_per_second_1m(2);
  source->set_silence_limit_ms(limit_ms);
  pb::RejectedCount* rejected = source->add_rejected();
  rejected->set_reason("too_deep");
  rejected->set_count(3);
}

pb::ListSourcesResponse Sum(const std::vector<pb::GetIngestSourcesResponse>& nodes) {
  pb::ListSourcesResponse sum;
  for (const pb::GetIngestSourcesResponse& node : nodes) {
    AddSources(node, &sum);
  }
  return sum;
}

TEST(AddSourcesTest, OneCollectorOnSeveralNodesIsOneSource) {
  pb::GetIngestSourcesResponse one;
  pb::GetIngestSourcesResponse two;
  AddSource("2", "c", kNow, 0, &one);
  AddSource("1", "c", kNow + 5000, 2 * kLimit, &one);
  AddSource("1", "c", kNow, kLimit, &two);
  AddSource("1", "d", kNow, kLimit, &two);
  one.set_forgotten(1);
  two.set_forgotten(2);
  const pb::ListSourcesResponse sum = Sum({one, two});
  ASSERT_EQ(sum.sources_size(), 3);
  const pb::SourceStatus& first = sum.sources(0);
  EXPECT_EQ(first.account(), "1");
  EXPECT_EQ(first.collector(), "c");
  EXPECT_EQ(first.events(), 20);
  EXPECT_EQ(first.repeated(), 2);
  EXPECT_EQ(first.events_per_second_1m(), 4);
  EXPECT_EQ(wire::TimeFromProto(first.last_arrival()), kNow + 5000);
  EXPECT_EQ(wire::TimeFromProto(first.last_event()), kNow + 4000);
  EXPECT_EQ(first.silence_limit_ms(), kLimit);
  ASSERT_EQ(first.rejected_size(), 1);
  EXPECT_EQ(first.rejected(0).count(), 6);
  EXPECT_EQ(sum.sources(1).collector(), "d");
  EXPECT_EQ(sum.sources(2).account(), "2");
  EXPECT_EQ(sum.forgotten(), 3);
}

TEST(SilenceTrackerTest, ASourceIsSilentWhenAllItsCollectorsAre) {
  pb::GetIngestSourcesResponse node;
  AddSource("1", "c", kNow, kLimit, &node);
  AddSource("1", "d", kNow - kMillisPerHour, kLimit, &node);
  AddSource("2", "c", kNow - kMillisPerHour, kLimit, &node);
  AddSource("3", "c", kNow - kMillisPerHour, 0, &node);   // heard too little
  SilenceTracker tracker;
  tracker.Update(Sum({node}), kNow);
  EXPECT_EQ(tracker.watched(), 2U);
  ASSERT_EQ(tracker.Silent(kNow).size(), 1U);
  EXPECT_EQ(tracker.Silent(kNow)[0].account(), "2");
  EXPECT_EQ(wire::TimeFromProto(tracker.Silent(kNow)[0].last_arrival()), kNow - kMillisPerHour);
  EXPECT_EQ(tracker.Silent(kNow + kLimit).size(), 1U);
  EXPECT_EQ(tracker.Silent(kNow + kLimit + 1).size(), 2U);
}

TEST(SilenceTrackerTest, RemembersWhatNodesForgotForAWeek) {
  pb::GetIngestSourcesResponse node;
  AddSource("1", "c", kNow, kLimit, &node);
  SilenceTracker tracker;
  tracker.Update(Sum({node}), kNow);
  // All nodes were restarted.
  tracker.Update({}, kNow + kMillisPerHour);
  EXPECT_EQ(tracker.Silent(kNow + kMillisPerHour).size(), 1U);
  // It is back; its new life is too short for a limit of its own.
  pb::GetIngestSourcesResponse back;
  AddSource("1", "c", kNow + kMillisPerHour, 0, &back);
  tracker.Update(Sum({back}), kNow + kMillisPerHour);
  EXPECT_TRUE(tracker.Silent(kNow + kMillisPerHour).empty());
  EXPECT_EQ(tracker.Silent(kNow + 2 * kMillisPerHour).size(), 1U);
  tracker.Update({}, kNow + 8 * kMillisPerDay);
  EXPECT_TRUE(tracker.Silent(kNow + 8 * kMillisPerDay).empty());
}

class SourceWatchTest : public ::testing::Test {
 protected:
  SourceWatchTest() {
    AddSource("1", "c", kNow - kMillisPerHour, kLimit, &node_);
    SourceWatch::Options options;
    options.interval_ms = 1000;
    options.leading = [this] { return leading_; };
    options.sources = [this] {
      pb::ListSourcesResponse sources = Sum({node_});
      if (!unreached_.empty()) {
        sources.add_unreached(unreached_);
      }
      return sources;
    };
    options.report = [this](const pb::ReportSilenceRequest& request) {
      reports_.push_back(request);
      return OkStatus();
    };
    watch_ = std::make_unique<SourceWatch>(std::move(options), &scheduler_, &clock_);
    watch_->Start();
  }
  ~SourceWatchTest() override { scheduler_.Stop(); }

  ManualClock clock_{kNow};
  task::ManualScheduler scheduler_;
  pb::GetIngestSourcesResponse node_;
  std::string unreached_;
  bool leading_ = true;
  std::vector<pb::ReportSilenceRequest> reports_;
  std::unique_ptr<SourceWatch> watch_;
};

TEST_F(SourceWatchTest, ReportsSilenceForAsLongAsItLasts) {
  scheduler_.Advance(1000);
  scheduler_.Advance(1000);
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[0].sources(0).account(), "1");
  EXPECT_EQ(reports_[0].interval_ms(), 1000);
  EXPECT_EQ(watch_->silent(), 1U);
  AddSource("1", "d", kNow, 0, &node_);
  scheduler_.Advance(1000);
  EXPECT_EQ(reports_.size(), 2U);
  EXPECT_EQ(watch_->silent(), 0U);
  EXPECT_EQ(watch_->watched(), 1U);
}

TEST_F(SourceWatchTest, OnlyWhoLeadsAndHearsAllNodesJudges) {
  unreached_ = "ingest node i2 does not answer";
  scheduler_.Advance(1000);
  unreached_.clear();
  leading_ = false;
  scheduler_.Advance(1000);
  EXPECT_TRUE(reports_.empty());
  leading_ = true;
  scheduler_.Advance(1000);
  EXPECT_EQ(reports_.size(), 1U);
}

}  // namespace
}  // namespace weir::coordinator
