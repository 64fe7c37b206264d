#include "ingest/source_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::ingest {
namespace {

using ::testing::SizeIs;

constexpr UnixMillis kNow = 1'730'000'000'000;

SourceShare Share(const std::string& account, uint64_t events, UnixMillis newest_ms) {
  SourceShare share;
  share.key.account = account;
  share.key.region = "us-east-1";
  share.key.kind = source::SourceKind::kCloudTrail;
  share.key.collector = "c";
  share.events = events;
  share.newest_event_ms = newest_ms;
  return share;
}

TEST(SourceLedgerTest, CountsBySource) {
  SourceLedger ledger({});
  SourceShare share = Share("1", 600, kNow - 2000);
  share.repeats = 3;
  share.rejects[1] = 2;
  ledger.Add(share, kNow);
  ledger.Add(Share("2", 60, kNow - 9000), kNow);
  ledger.Add(Share("1", 600, kNow - 5000), kNow + 1000);
  const SourcesStatus status = ledger.GetStatus(kNow + 2000);
  ASSERT_THAT(status.sources, SizeIs(2));
  const SourceUse& first = status.sources[0];
  EXPECT_EQ(first.key.account, "1");
  EXPECT_EQ(first.events, 1200);
  EXPECT_EQ(first.repeats, 3);
  EXPECT_EQ(first.rejects[1], 2);
  EXPECT_EQ(first.last_event_ms, kNow - 2000);
  EXPECT_EQ(first.last_arrival_ms, kNow + 1000);
  EXPECT_EQ(first.lag_ms, 6000);
  EXPECT_DOUBLE_EQ(first.events_per_second_1m, 20);
  EXPECT_DOUBLE_EQ(first.events_per_second_5m, 4);
  EXPECT_EQ(first.silent_ms, 1000);
  EXPECT_EQ(status.forgotten, 0);
}

TEST(SourceLedgerTest, RatesFade) {
  SourceLedger ledger({});
  ledger.Add(Share("1", 600, kNow), kNow);
  const auto rates = [&ledger](UnixMillis now_ms) {
    const SourceUse use = ledger.GetStatus(now_ms).sources.front();
    return std::pair(use.events_per_second_1m, use.events_per_second_5m);
  };
  EXPECT_EQ(rates(kNow), std::pair(10.0, 2.0));
  EXPECT_EQ(rates(kNow + 2 * kMillisPerMinute), std::pair(0.0, 2.0));
  EXPECT_EQ(rates(kNow + 6 * kMillisPerMinute), std::pair(0.0, 0.0));
  // Slots that lie behind a pause hold nothing of the round before.
  ledger.Add(Share("1", 60, kNow), kNow + 6 * kMillisPerMinute);
  EXPECT_EQ(rates(kNow + 6 * kMillisPerMinute), std::pair(1.0, 0.2));
}

TEST(SourceLedgerTest, TheOneSilentForLongestIsForgotten) {
  SourceLedger::Options options;
  options.sources_max = 2;
  SourceLedger ledger(options);
  ledger.Add(Share("1", 1, kNow), kNow);
  ledger.Add(Share("2", 1, kNow), kNow);
  ledger.Add(Share("1", 1, kNow), kNow);
  ledger.Add(Share("3", 1, kNow), kNow);
  const SourcesStatus status = ledger.GetStatus(kNow);
  ASSERT_THAT(status.sources, SizeIs(2));
  EXPECT_EQ(status.sources[0].key.account, "1");
  EXPECT_EQ(status.sources[1].key.account, "3");
  EXPECT_EQ(status.forgotten, 1);
}

TEST(SourceLedgerTest, SilenceIsMeasuredByTheSourcesOwnPauses) {
  SourceLedger ledger({});
  for (int i = 0; i < 5; ++i) {
    ledger.Add(Share("often", 1, kNow), kNow + i * kMillisPerMinute);
    ledger.Add(Share("rarely", 1, kNow), kNow + i * 20 * kMillisPerMinute);
  }
  const SourcesStatus status = ledger.GetStatus(kNow + 2 * kMillisPerHour);
  EXPECT_EQ(status.sources[0].silence_limit_ms, 15 * kMillisPerMinute);
  EXPECT_GT(status.sources[0].silent_ms, status.sources[0].silence_limit_ms);
  EXPECT_EQ(status.sources[1].silence_limit_ms, 80 * kMillisPerMinute);
  EXPECT_LT(status.sources[1].silent_ms, status.sources[1].silence_limit_ms);
}

}  // namespace
}  // namespace weir::ingest
