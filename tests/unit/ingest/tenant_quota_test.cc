#include "ingest/tenant_quota.h"

#include <string>

#include <gtest/gtest.h>

#include "ingest/fair_queue.h"

namespace weir::ingest {
namespace {

TEST(QuotaLedgerTest, WithoutAQuotaNothingIsRefused) {
  QuotaLedger ledger({});
  ledger.ChargeEvents("a", 1000000000);
  ledger.ChargeBatch("a", 1ULL << 40);
  EXPECT_FALSE(ledger.Check("a", 0).has_value());
}

TEST(QuotaLedgerTest, ALargeBatchPassesAndItsDebtIsWaitedOut) {
  QuotaLedger ledger({.events_per_second = 100, .bytes_per_second = 0});
  ASSERT_FALSE(ledger.Check("a", 1000).has_value());
  ledger.ChargeEvents("a", 350);
  const auto refusal = ledger.Check("a", 1000);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_STREQ(refusal->what, "events");
  EXPECT_EQ(refusal->retry_delay_ms, 2501);
  EXPECT_TRUE(ledger.Check("a", 3499).has_value());
  EXPECT_FALSE(ledger.Check("a", 3501).has_value());
  EXPECT_FALSE(ledger.Check("b", 1000).has_value());
  EXPECT_EQ(ledger.Snapshot()[0].refused_events, 2);
}

TEST(QuotaLedgerTest, TheRateHoldsOverTime) {
  QuotaLedger ledger({.events_per_second = 0, .bytes_per_second = 1000});
  uint64_t taken = 0;
  for (int64_t now_ms = 0; now_ms < 60000; now_ms += 7) {
    if (!ledger.Check("a", now_ms).has_value()) {
      ledger.ChargeBatch("a", 70);
      taken += 70;
    }
  }
  EXPECT_NEAR(static_cast<double>(taken), 61000, 150);   // a second's worth at the start
}

TEST(FairQueueTest, TenantsTakeTurnsByBytes) {
  FairQueue<std::string> queue;
  for (int i = 0; i < 100; ++i) {
    queue.Push("loud", 200 * 1024, "loud");
  }
  for (int i = 0; i < 4; ++i) {
    queue.Push("quiet", 50 * 1024, "quiet");
  }
  int loud_before = 0;
  int quiet = 0;
  while (quiet < 4) {
    ASSERT_FALSE(queue.empty());
    const bool is_quiet = queue.Pop() == "quiet";
    quiet += is_quiet ? 1 : 0;
    loud_before += is_quiet ? 0 : 1;
  }
  EXPECT_LE(loud_before, 3);
  int rest = 0;
  for (; !queue.empty(); ++rest) {
    EXPECT_EQ(queue.Pop(), "loud");
  }
  EXPECT_EQ(rest, 100 - loud_before);
}

TEST(FairQueueTest, OneTenantIsFirstInFirstOutAndAgainComesBeforeAll) {
  FairQueue<int> queue;
  queue.Push("a", 10 << 20, 1);
  queue.Push("a", 1, 2);
  queue.PushFront(3);
  EXPECT_EQ(queue.Pop(), 3);
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace weir::ingest
