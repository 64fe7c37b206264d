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
  EXPECT_EQ(first.silence_limit_ms, 0);   // heard for a second
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
  const auto limit = [&ledger](std::size_t source) {
    return ledger.GetStatus(kNow).sources[source].silence_limit_ms;
  };
  for (int i = 0; i < 60; ++i) {
    ledger.Add(Share("often", 1, kNow), kNow + i * kMillisPerMinute);
  }
  EXPECT_EQ(limit(0), 0);   // known for 59 minutes, four times 15 are wanted
  ledger.Add(Share("often", 1, kNow), kNow + kMillisPerHour);
  EXPECT_EQ(limit(0), 15 * kMillisPerMinute);
  for (int i = 0; i < 5; ++i) {
    ledger.Add(Share("rarely", 1, kNow), kNow + i * 20 * kMillisPerMinute);
  }
  EXPECT_EQ(limit(1), 80 * kMillisPerMinute);
}

TEST(SourceLedgerTest, AnOutageDoesNotMakeASourceDeafForLong) {
  SourceLedger ledger({});
  for (int i = 0; i <= 60; ++i) {
    ledger.Add(Share("1", 1, kNow), kNow + i * kMillisPerMinute);
  }
  UnixMillis now_ms = kNow + 24 * kMillisPerHour;
  ledger.Add(Share("1", 1, kNow), now_ms);
  // Twice the limit was learned, not the whole of it.
  EXPECT_EQ(ledger.GetStatus(now_ms).sources[0].silence_limit_ms, 4 * 30 * kMillisPerMinute);
  // After two weeks of better days it is forgotten.
  for (int hour = 0; hour < 15 * 24 * 2; ++hour) {
    now_ms += 30 * kMillisPerMinute / 10;
    for (int i = 0; i < 10; ++i) {
      now_ms += 3 * kMillisPerMinute;
      ledger.Add(Share("1", 1, kNow), now_ms);
    }
  }
  EXPECT_EQ(ledger.GetStatus(now_ms).sources[0].silence_limit_ms, 4 * 6 * kMillisPerMinute);
}

TEST(SourceLedgerTest, WithoutALimitNothingIsSilent) {
  SourceLedger::Options options;
  options.silence_ms_min = 0;
  SourceLedger ledger(options);
  ledger.Add(Share("1", 1, kNow), kNow);
  ledger.Add(Share("1", 1, kNow), kNow + kMillisPerDay);
  EXPECT_EQ(ledger.GetStatus(kNow).sources[0].silence_limit_ms, 0);
}

}  // namespace
}  // namespace weir::ingest
