#include "worker/shard_keeper.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cluster/worker_process.h"

namespace weir::worker {
namespace {

using cluster::ClusterWorld;
using cluster::kTtlMs;

constexpr uint16_t kShards = 4;

class ShardKeeperTest : public testing::Test {
 protected:
  std::unique_ptr<WorkerProcess> Start(const std::string& id, uint16_t shard_count = kShards) {
    auto process = std::make_unique<WorkerProcess>(&world_, id, shard_count, &holdings_, &data_[id]);
    world_.Advance(10);
    return process;
  }
  // Gives the shard to a worker as the leader does.
  void Give(uint16_t shard, const std::string& worker, uint64_t epoch = 1) {
    world_.PutEntry(shard, {Epoch(epoch), worker, "", 0});
  }
  void Ask(uint16_t shard, const std::string& worker, const std::string& successor, uint64_t epoch) {
    world_.PutEntry(shard, {Epoch(epoch), worker, successor, 0});
  }

  ClusterWorld world_;
  Holdings holdings_;
  std::map<std::string, std::set<ShardId>> data_;
};

TEST_F(ShardKeeperTest, HoldsWhatIsGivenToIt) {
  const auto w1 = Start("w1");
  EXPECT_EQ(w1->holder.Text(), "");
  Give(0, "w1");
  Give(1, "w2");
  Give(3, "w1");
  world_.Advance(10);
  EXPECT_EQ(w1->holder.Text(), "0@1 3@1");
  EXPECT_EQ(w1->holder.revision, w1->keeper.table().revision);
  EXPECT_EQ(w1->link.commits, 1);   // only its own key
}

TEST_F(ShardKeeperTest, ClaimsWithTheNextEpochAfterARestart) {
  auto w1 = Start("w1");
  Give(0, "w1");
  Give(2, "w1", 7);
  world_.Advance(10);
  w1.reset();   // as if killed: the lease ends by itself
  w1 = Start("w1");
  world_.Advance(kTtlMs / 2);
  EXPECT_EQ(w1->holder.Text(), "") << "the earlier process's lease still lives";
  world_.Advance(kTtlMs);
  EXPECT_EQ(w1->holder.Text(), "0@2 2@8");
  EXPECT_EQ(world_.Entries(3), (std::vector<std::string>{"w1@2", "", "w1@8"}));
}

TEST_F(ShardKeeperTest, ASecondProcessWithTheSameIdWaits) {
  const auto first = Start("w1");
  Give(0, "w1");
  const auto second = Start("w1");
  world_.Advance(10 * kTtlMs);
  EXPECT_EQ(first->holder.Text(), "0@1");
  EXPECT_EQ(second->holder.Text(), "");
  EXPECT_FALSE(second->keeper.registered());
}

TEST_F(ShardKeeperTest, WithoutALeaseItHoldsNothingUntilItHasClaimedAgain) {
  const auto w1 = Start("w1");
  Give(0, "w1");
  world_.Advance(10);
  w1->link.cut = true;
  world_.Advance(kTtlMs);
  EXPECT_EQ(w1->holder.Text(), "");
  EXPECT_EQ(world_.Entry(0), "w1@1");
  w1->link.Mend();
  world_.Advance(2 * kTtlMs);
  EXPECT_EQ(w1->holder.Text(), "0@2");
  EXPECT_EQ(world_.Entry(0), "w1@2");
}

TEST_F(ShardKeeperTest, AShortCutChangesNothing) {
  const auto w1 = Start("w1");
  Give(0, "w1");
  world_.Advance(10);
  w1->link.cut = true;
  world_.Advance(kTtlMs / 3);
  Give(1, "w1");
  w1->link.Mend();
  world_.Advance(kTtlMs);
  EXPECT_EQ(w1->holder.Text(), "0@1 1@1");
}

TEST_F(ShardKeeperTest, AWorkerWhoseKeyWasDeletedClaimsAgain) {
  const auto w1 = Start("w1");
  Give(0, "w1");
  world_.Advance(10);
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Delete(cluster::NodeKey("worker", "w1"))}}));
  EXPECT_EQ(w1->holder.Text(), "");
  world_.Advance(2000);
  EXPECT_EQ(w1->holder.Text(), "0@2");
}

TEST_F(ShardKeeperTest, ALostAnswerDoesNotClaimTwice) {
  Give(0, "w1");
  WorkerProcess w1(&world_, "w1", kShards, &holdings_, &data_["w1"]);
  w1.link.lose_answers = true;
  world_.Advance(5000);
  EXPECT_EQ(w1.holder.Text(), "0@2");
  EXPECT_EQ(world_.Entry(0), "w1@2");
}

TEST_F(ShardKeeperTest, LostWatchesAreReadAgain) {
  const auto w1 = Start("w1");
  Give(0, "w1");
  w1->link.LoseWatches();
  Give(1, "w1");
  world_.Advance(1000);
  EXPECT_EQ(w1->holder.Text(), "0@1 1@1");
}

TEST_F(ShardKeeperTest, ClaimsMoreThanATransactionTakes) {
  for (uint16_t shard = 0; shard < 256; ++shard) {
    Give(shard, "w1");
  }
  const auto w1 = Start("w1", 256);
  EXPECT_EQ(w1->holder.shards.size(), 256U);
  for (const HeldShard& shard : w1->holder.shards) {
    EXPECT_EQ(shard.epoch, Epoch(2));
  }
  EXPECT_EQ(w1->link.commits, 4);   // its key, and three claims
}

TEST_F(ShardKeeperTest, TheLeaderMayBeFaster) {
  const auto w1 = Start("w1");
  Give(0, "w1");
  data_["w1"].insert(ShardId(0));
  world_.Advance(10);
  w1->link.hold_commits = true;
  Ask(0, "w1", "w2", 1);
  world_.Advance(10);
  Give(0, "w1");   // takes it back, while its refusal is under way
  EXPECT_THAT(w1->link.Release(), testing::ElementsAre(false));
  world_.Advance(5000);
  EXPECT_EQ(w1->holder.Text(), "0@1");
  EXPECT_EQ(world_.Entry(0), "w1@1");
  EXPECT_EQ(w1->link.commits, 2);
}

TEST_F(ShardKeeperTest, HandsAnEmptyShardOver) {
  const auto w1 = Start("w1");
  const auto w2 = Start("w2");
  Give(0, "w1");
  Give(1, "w1");
  world_.Advance(10);
  Ask(1, "w1", "w2", 1);
  world_.Advance(10);
  EXPECT_EQ(w1->holder.Text(), "0@1");
  EXPECT_EQ(w2->holder.Text(), "1@2");
  EXPECT_EQ(world_.Entry(1), "w2@2");
}

TEST_F(ShardKeeperTest, RefusesToHandOverAShardWithData) {
  const auto w1 = Start("w1");
  const auto w2 = Start("w2");
  Give(0, "w1");
  data_["w1"].insert(ShardId(0));
  world_.Advance(10);
  Ask(0, "w1", "w2", 1);
  world_.Advance(10);
  EXPECT_EQ(w1->holder.Text(), "0@1");
  EXPECT_EQ(w2->holder.Text(), "");
  EXPECT_EQ(world_.Entry(0), "w1@1");
}

TEST_F(ShardKeeperTest, RefusesWhenDataCameWhileItAsked) {
  const auto w1 = Start("w1");
  const auto w2 = Start("w2");
  Give(0, "w1");
  world_.Advance(10);
  bool was_held = true;
  w1->holder.after_answer = [&](ShardId shard) {
    if (w1->holder.asked == 1) {
      data_["w1"].insert(shard);   // it is still held
    } else {
      was_held = w1->holder.Text() != "";
    }
  };
  Ask(0, "w1", "w2", 1);
  world_.Advance(10);
  EXPECT_EQ(w1->holder.asked, 2);
  EXPECT_FALSE(was_held);
  EXPECT_EQ(world_.Entry(0), "w1@1");
  EXPECT_EQ(w1->holder.Text(), "0@1");
}

TEST_F(ShardKeeperTest, ASlowAnswerOfAnEarlierQuestionIsIgnored) {
  const auto w1 = Start("w1");
  const auto w2 = Start("w2");
  Give(0, "w1");
  world_.Advance(10);
  w1->holder.answer_delay_ms = 500;
  Ask(0, "w1", "w2", 1);
  world_.Advance(10);
  Give(0, "w1");   // the leader takes it back
  world_.Advance(5000);
  EXPECT_EQ(w1->holder.asked, 1);
  EXPECT_EQ(w1->holder.Text(), "0@1");
  EXPECT_EQ(world_.Entry(0), "w1@1");
}

TEST_F(ShardKeeperTest, KeepsTheShardOfASuccessorThatIsGone) {
  const auto w1 = Start("w1");
  Give(0, "w1");
  world_.Advance(10);
  Ask(0, "w1", "w2", 1);
  world_.Advance(5000);
  EXPECT_EQ(w1->holder.Text(), "0@1");
  EXPECT_EQ(world_.Entry(0), "w1@1");
}

TEST_F(ShardKeeperTest, IsNoSuccessorOfItself) {
  const auto w1 = Start("w1");
  Ask(0, "w1", "w1", 1);
  world_.Advance(10);
  EXPECT_EQ(w1->holder.Text(), "0@1");
  EXPECT_EQ(world_.Entry(0), "w1@1");
}

TEST_F(ShardKeeperTest, ALostAnswerToAHandover) {
  const auto w1 = Start("w1");
  const auto w2 = Start("w2");
  Give(0, "w1");
  world_.Advance(10);
  w1->link.lose_answers = true;
  Ask(0, "w1", "w2", 1);
  world_.Advance(5000);
  EXPECT_EQ(w1->holder.Text(), "");
  EXPECT_EQ(w2->holder.Text(), "0@2");
}

TEST_F(ShardKeeperTest, AHandoverThatIsHeldUpUntilTheLeaseEndedDoesNothing) {
  const auto w1 = Start("w1");
  const auto w2 = Start("w2");
  Give(0, "w1");
  world_.Advance(10);
  w1->link.hold_commits = true;
  Ask(0, "w1", "w2", 1);
  world_.Advance(100);
  EXPECT_EQ(w1->holder.Text(), "");
  w1->link.cut = true;   // the lease ends
  world_.Advance(2 * kTtlMs);
  EXPECT_EQ(world_.Entry(0), "w1@1>w2");
  w1->link.cut = false;
  EXPECT_THAT(w1->link.Release(), testing::Each(false));
  w1->link.Mend();
  world_.Advance(2 * kTtlMs);
  // It registered anew, claimed, and was still asked.
  EXPECT_EQ(world_.Entry(0), "w2@3");
  EXPECT_EQ(w2->holder.Text(), "0@3");
}

TEST_F(ShardKeeperTest, LosingTheLeaseWhileItAsksKeepsTheShard) {
  const auto w1 = Start("w1");
  const auto w2 = Start("w2");
  Give(0, "w1");
  world_.Advance(10);
  w1->holder.answer_delay_ms = kTtlMs;
  Ask(0, "w1", "w2", 1);
  world_.Advance(10);
  w1->link.cut = true;
  data_["w1"].insert(ShardId(0));
  world_.Advance(kTtlMs);
  w1->link.Mend();
  world_.Advance(5 * kTtlMs);
  EXPECT_EQ(w1->holder.Text(), "0@2");
  EXPECT_EQ(world_.Entry(0), "w1@2");
}

TEST_F(ShardKeeperTest, ADamagedEntryIsNotServed) {
  const auto w1 = Start("w1");
  Give(0, "w1");
  Give(1, "w1");
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put(cluster::ShardKey(ShardId(0)), "\x01\x05")}}));
  world_.Advance(10);
  EXPECT_EQ(w1->holder.Text(), "1@1");
  EXPECT_EQ(w1->keeper.table().damaged.size(), 1U);
}

TEST_F(ShardKeeperTest, StoppedItHoldsNothing) {
  const auto w1 = Start("w1");
  Give(0, "w1");
  world_.Advance(10);
  w1->keeper.Stop();
  EXPECT_EQ(w1->holder.Text(), "");
  Give(1, "w1");
  world_.Advance(1000);
  EXPECT_EQ(w1->holder.Text(), "");
}

TEST_F(ShardKeeperTest, SaysWhichRulesItKnowsWithoutLosingItsKey) {
  const auto w1 = Start("w1");
  const std::string key = cluster::NodeKey("worker", "w1");
  const meta::Revision created = world_.List(key).at(key).created;
  w1->keeper.SetRules(RuleSetVersion(5));
  world_.Advance(10);
  const meta::KeyValue kv = world_.List(key).at(key);
  EXPECT_EQ(kv.created, created);
  EXPECT_EQ(cluster::DecodeNodeInfo(kv.value)->rules, RuleSetVersion(5));
  EXPECT_TRUE(w1->keeper.registered());
}

// Workers are cut off, lose answers and watches, die and start again, while shards are asked to go.
// Holdings checks throughout that no shard has two holders, and that epochs only grow.
class ShardKeeperChaos : public ShardKeeperTest, public testing::WithParamInterface<int> {};

TEST_P(ShardKeeperChaos, EndsWithEveryShardAtItsWorker) {
  std::mt19937 random(static_cast<uint32_t>(GetParam()));
  const auto below = [&random](int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random);
  };
  constexpr uint16_t kCount = 12;
  constexpr int kWorkers = 3;
  std::vector<std::unique_ptr<WorkerProcess>> workers;
  const auto id = [](int i) { return fmt::format("w{}", i); };
  for (int i = 0; i < kWorkers; ++i) {
    workers.push_back(Start(id(i), kCount));
  }
  for (uint16_t shard = 0; shard < kCount; ++shard) {
    Give(shard, id(below(kWorkers)));
  }
  for (int step = 0; step < 60; ++step) {
    const int i = below(kWorkers);
    auto& worker = workers[static_cast<std::size_t>(i)];
    switch (below(8)) {
      case 0: worker->link.cut = true; break;
      case 1: worker->link.Mend(); break;
      case 2: worker->link.lose_answers = !worker->link.lose_answers; break;
      case 3: worker->link.LoseWatches(); break;
      case 4: worker->holder.answer_delay_ms = below(2000); break;
      case 5:
        worker.reset();
        worker = Start(id(i), kCount);
        break;
      default: {
        const auto shard = static_cast<uint16_t>(below(kCount));
        const auto kv = world_.List(cluster::ShardKey(ShardId(shard))).begin()->second;
        cluster::ShardEntry entry = *cluster::DecodeShardEntry(kv.value);
        const auto owner = world_.List(cluster::NodeKey("worker", entry.worker));
        if (!owner.empty() && owner.begin()->second.created < kv.modified) {
          entry.successor = below(3) == 0 ? "" : id(i);
          world_.PutEntry(shard, entry);
        }
        // Events come to where it is held.
        const auto holder = holdings_.holders.find(ShardId(shard));
        if (below(3) == 0 && holder != holdings_.holders.end()) {
          data_[holder->second].insert(ShardId(shard));
        }
      }
    }
    world_.Advance(below(1500));
  }
  for (auto& worker : workers) {
    worker->link.lose_answers = false;
    worker->link.Mend();
  }
  world_.Advance(10 * kTtlMs);
  for (uint16_t shard = 0; shard < kCount; ++shard) {
    const auto holder = holdings_.holders.find(ShardId(shard));
    ASSERT_NE(holder, holdings_.holders.end()) << shard;
    EXPECT_EQ(world_.Entry(shard),
              fmt::format("{}@{}", holder->second, holdings_.epochs[ShardId(shard)].value));
    for (int i = 0; i < kWorkers; ++i) {
      EXPECT_TRUE(holder->second == id(i) || !data_[id(i)].contains(ShardId(shard)))
          << "shard " << shard << " left its data at " << id(i);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ShardKeeperChaos, testing::Range(0, 60));

}  // namespace
}  // namespace weir::worker
