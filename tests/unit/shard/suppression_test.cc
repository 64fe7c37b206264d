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
  again.Expire(12 * kHour);
  EXPECT_FALSE(again.Find(kKey, 10 * kHour, kHour).has_value());
  const auto batch = store->NewBatch();
  again.Checkpoint(batch.get());
  ASSERT_TRUE(store->Write(batch.get(), true).ok());
  Suppression third(ShardId(3), store.get());
  ASSERT_TRUE(third.Load().ok());
  EXPECT_FALSE(third.Find(kKey, 10 * kHour, kHour).has_value());
}

}  // namespace
}  // namespace weir::shard
