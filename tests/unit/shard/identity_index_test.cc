#include "common/shard/identity_index.h"

#include <gtest/gtest.h>

namespace weir::shard {
namespace {

Hash128 Id(int number) {
  return HashBytes128(fmt::format("event {}", number));
}

class IdentityIndexTest : public ::testing::Test {
 protected:
  bool Insert(IdentityIndex* index, int number, UnixMillis time_ms = 1000) {
    const StatusOr<bool> fresh = index->Insert(Id(number), time_ms);
    EXPECT_TRUE(fresh.ok());
    return *fresh;
  }
  void Write(const std::function<void(state::WriteBatch*)>& fill) {
    const auto batch = store_->NewBatch();
    fill(batch.get());
    ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  }

  std::unique_ptr<state::StateStore> store_ = state::MakeMemoryStore();
};

TEST_F(IdentityIndexTest, TellsRepeats) {
  IdentityIndex index(ShardId(1), store_.get(), kMillisPerHour);
  EXPECT_TRUE(Insert(&index, 1));
  EXPECT_FALSE(Insert(&index, 1));
  EXPECT_FALSE(Insert(&index, 1, 30 * kMillisPerMinute));
  EXPECT_TRUE(Insert(&index, 2));
  EXPECT_EQ(index.size(), 2u);
}

TEST_F(IdentityIndexTest, ForgetsAfterTheHorizon) {
  IdentityIndex index(ShardId(1), store_.get(), kMillisPerHour);
  EXPECT_TRUE(Insert(&index, 1, 0));
  index.Expire(59 * kMillisPerMinute);
  EXPECT_FALSE(Insert(&index, 1, 59 * kMillisPerMinute));
  index.Expire(80 * kMillisPerMinute);
  EXPECT_TRUE(Insert(&index, 1, 80 * kMillisPerMinute));
}

TEST_F(IdentityIndexTest, RemembersAcrossRestartsAndSealing) {
  constexpr int kCount = 3000;
  {
    IdentityIndex index(ShardId(1), store_.get(), kMillisPerHour);
    for (int i = 0; i < kCount; ++i) {
      EXPECT_TRUE(Insert(&index, i));
      if (i % 700 == 699) {
        Write([&](state::WriteBatch* batch) { index.Checkpoint(batch); });
        Write([&](state::WriteBatch* batch) { index.Seal(0, batch); });
        EXPECT_LT(index.memory_bytes(), 64u * 1024);
      }
      EXPECT_FALSE(Insert(&index, i / 2));
    }
    Write([&](state::WriteBatch* batch) { index.Checkpoint(batch); });
  }
  IdentityIndex index(ShardId(1), store_.get(), kMillisPerHour);
  ASSERT_TRUE(index.Load().ok());
  EXPECT_EQ(index.size(), static_cast<std::size_t>(kCount));
  for (int i = 0; i < kCount; ++i) {
    ASSERT_FALSE(Insert(&index, i)) << i;
  }
  for (int i = kCount; i < 2 * kCount; ++i) {
    ASSERT_TRUE(Insert(&index, i)) << i;
  }
  index.Expire(3 * kMillisPerHour);
  Write([&](state::WriteBatch* batch) { index.Checkpoint(batch); });
  IdentityIndex empty(ShardId(1), store_.get(), kMillisPerHour);
  ASSERT_TRUE(empty.Load().ok());
  EXPECT_EQ(empty.size(), 0u);
}

TEST_F(IdentityIndexTest, SealingOftenWritesEachIdentityAFewTimes) {
  constexpr int kSealings = 64;
  constexpr int kEach = 100;
  IdentityIndex index(ShardId(1), store_.get(), kMillisPerHour);
  std::size_t written = 0;
  for (int sealing = 0; sealing < kSealings; ++sealing) {
    for (int i = 0; i < kEach; ++i) {
      ASSERT_TRUE(Insert(&index, sealing * kEach + i));
    }
    Write([&](state::WriteBatch* batch) { index.Checkpoint(batch); });
    Write([&](state::WriteBatch* batch) {
      index.Seal(0, batch);
      written += batch->ApproximateBytes();
    });
  }
  EXPECT_GE(written, 16u * kSealings * kEach);
  EXPECT_LE(written, 16u * kSealings * kEach * 10);
  for (int i = 0; i < kSealings * kEach; ++i) {
    ASSERT_FALSE(Insert(&index, i)) << i;
  }
  IdentityIndex again(ShardId(1), store_.get(), kMillisPerHour);
  ASSERT_TRUE(again.Load().ok());
  EXPECT_EQ(again.size(), static_cast<std::size_t>(kSealings * kEach));
}

TEST_F(IdentityIndexTest, ShardsAreApart) {
  IdentityIndex one(ShardId(1), store_.get(), kMillisPerHour);
  EXPECT_TRUE(Insert(&one, 1));
  Write([&](state::WriteBatch* batch) { one.Checkpoint(batch); });
  IdentityIndex two(ShardId(2), store_.get(), kMillisPerHour);
  ASSERT_TRUE(two.Load().ok());
  EXPECT_TRUE(Insert(&two, 1));
}

}  // namespace
}  // namespace weir::shard
