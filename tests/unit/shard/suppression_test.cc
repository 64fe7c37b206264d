#include "common/shard/suppression.h"

#include <gtest/gtest.h>

namespace weir::shard {
namespace {

constexpr int64_t kHour = kMillisPerHour;
const Hash128 kKey = HashBytes128("key");
const Hash128 kAlert = HashBytes128("alert");

TEST(SuppressionTest, CoversTheDurationFromTheAlertBothEndsIncluded) {
  const auto store = state::MakeMemoryStore();
  Suppression suppression(ShardId(3), store.get());
  EXPECT_FALSE(suppression.Find(kKey, 0, kHour).has_value());
  suppression.Made(kKey, kAlert, 10 * kHour, kHour);
  EXPECT_EQ(suppression.Find(kKey, 10 * kHour, kHour), kAlert);
  EXPECT_EQ(suppression.Find(kKey, 11 * kHour, kHour), kAlert);
  EXPECT_FALSE(suppression.Find(kKey, 11 * kHour + 1, kHour).has_value());
  EXPECT_FALSE(suppression.Find(HashBytes128("other"), 10 * kHour, kHour).has_value());
}

TEST(SuppressionTest, CoversAHitThatLateRowsBroughtUpBeforeTheAlert) {
  const auto store = state::MakeMemoryStore();
  Suppression suppression(ShardId(3), store.get());
  suppression.Made(kKey, kAlert, 10 * kHour, kHour);
  EXPECT_EQ(suppression.Find(kKey, 9 * kHour, kHour), kAlert);
  EXPECT_FALSE(suppression.Find(kKey, 9 * kHour - 1, kHour).has_value());
}

TEST(SuppressionTest, SurvivesARestartAndExpires) {
  const auto store = state::MakeMemoryStore();
  {
    Suppression suppression(ShardId(3), store.get());
    suppression.Made(kKey, kAlert, 10 * kHour, kHour);
    const auto batch = store->NewBatch();
    suppression.Checkpoint(batch.get());
    ASSERT_TRUE(store->Write(batch.get(), true).ok());
  }
  Suppression again(ShardId(3), store.get());
  ASSERT_TRUE(again.Load().ok());
  EXPECT_EQ(again.Find(kKey, 10 * kHour, kHour), kAlert);
  // For a while the alert is remembered, should the duration be edited.
  again.Expire(12 * kHour);
  EXPECT_EQ(again.Find(kKey, 20 * kHour, 10 * kHour), kAlert);
  again.Expire(12 * kHour + Suppression::kKeepMs);
  EXPECT_FALSE(again.Find(kKey, 10 * kHour, kHour).has_value());
  const auto batch = store->NewBatch();
  again.Checkpoint(batch.get());
  ASSERT_TRUE(store->Write(batch.get(), true).ok());
  Suppression third(ShardId(3), store.get());
  ASSERT_TRUE(third.Load().ok());
  EXPECT_FALSE(third.Find(kKey, 10 * kHour, kHour).has_value());
}

// A late hit brings up an alert between others; those that are there go on.
TEST(SuppressionTest, AKeyHasSeveralAlerts) {
  const auto store = state::MakeMemoryStore();
  Suppression suppression(ShardId(3), store.get());
  const Hash128 first = HashBytes128("first");
  const Hash128 last = HashBytes128("last");
  suppression.Made(kKey, last, 10 * kHour, kHour);
  suppression.Made(kKey, first, 5 * kHour, kHour);
  const auto batch = store->NewBatch();
  suppression.Checkpoint(batch.get());
  ASSERT_TRUE(store->Write(batch.get(), true).ok());
  Suppression again(ShardId(3), store.get());
  ASSERT_TRUE(again.Load().ok());
  for (Suppression* one : {&suppression, &again}) {
    EXPECT_EQ(one->Find(kKey, 11 * kHour, kHour), last);
    EXPECT_EQ(one->Find(kKey, 6 * kHour, kHour), first);
    EXPECT_EQ(one->Find(kKey, 9 * kHour, kHour), last);
    EXPECT_EQ(one->Find(kKey, 4 * kHour, kHour), first);
    EXPECT_FALSE(one->Find(kKey, 7 * kHour, kHour).has_value());
    // The one before is nearer to the truth than one that came later.
    EXPECT_EQ(one->Find(kKey, 6 * kHour, 4 * kHour), first);
  }
  again.End(last);
  EXPECT_FALSE(again.Find(kKey, 11 * kHour, kHour).has_value());
  EXPECT_EQ(again.Find(kKey, 6 * kHour, kHour), first);
}

}  // namespace
}  // namespace weir::shard
