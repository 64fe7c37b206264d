// Which rule sets a worker keeps: in its store, and compiled in memory.
#include "worker/rule_store.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/cluster/rule_feed.h"
#include "common/shard/keys.h"
#include "common/shard/shard_meta.h"

namespace weir::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<RuleFile> Files(uint64_t number) {
  return {{"r.toml", fmt::format(R"toml([rule]
name = "Calls {0}"
rule_id = "calls"
type = "esql"
language = "esql"
severity = "low"
risk_score = 10
query = '''
FROM logs-x.y-*
| STATS n = COUNT(*) BY user.name
| WHERE n >= {0}
'''
)toml",
                                 number)}};
}

class RuleStoreTest : public ::testing::Test {
 protected:
  void Put(RuleStore* rules, uint64_t from, uint64_t to) {
    for (uint64_t version = from; version <= to; ++version) {
      ASSERT_TRUE(rules->Put(RuleSetVersion(version), Files(version), plan::CompileOptions()).ok());
    }
  }
  std::vector<uint64_t> Stored() {
    std::vector<uint64_t> stored;
    const StatusOr<std::vector<RuleSetVersion>> versions = RuleStore(store_.get()).Versions();
    for (const RuleSetVersion& version : *versions) {
      stored.push_back(version.value);
    }
    return stored;
  }
  // As a shard's checkpoint does.
  void Checkpoint(uint16_t shard, uint64_t version) {
    shard::ShardMeta meta;
    meta.version = RuleSetVersion(version);
    const auto batch = store_->NewBatch();
    batch->Put(state::Family::kState, shard::MetaKey(ShardId(shard)), shard::EncodeMeta(meta));
    ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  }

  std::unique_ptr<state::StateStore> store_ = state::MakeMemoryStore();
};

TEST_F(RuleStoreTest, ForgetsWhatIsOldAndNotNeeded) {
  RuleStore rules(store_.get());
  Put(&rules, 1, 8);
  ASSERT_TRUE(rules.Forget(RuleSetVersion(3), 4).ok());
  EXPECT_THAT(Stored(), ElementsAre(3, 4, 5, 6, 7, 8));
  ASSERT_TRUE(rules.Forget(RuleSetVersion(8), 4).ok());
  EXPECT_THAT(Stored(), ElementsAre(5, 6, 7, 8));
  ASSERT_TRUE(rules.Forget(RuleSetVersion(0), 1).ok());   // it cannot be told what is needed
  EXPECT_THAT(Stored(), ElementsAre(5, 6, 7, 8));
  RuleStore again(store_.get());
  EXPECT_TRUE(again.Get(RuleSetVersion(5)).ok());
  const Status gone = again.Get(RuleSetVersion(4)).status();
  EXPECT_EQ(gone.code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(Message(gone)), HasSubstr("rule set 4 is not known, or older"));
}

TEST_F(RuleStoreTest, WhatAShardMayReplayIsNeeded) {
  EXPECT_EQ(*LeastNeededRules(store_.get(), 4), RuleSetVersion(UINT64_MAX));   // no shard was ever here
  Checkpoint(1, 7);
  Checkpoint(3, 5);
  EXPECT_EQ(*LeastNeededRules(store_.get(), 4), RuleSetVersion(5));
  // A shard whose log begins before any checkpoint.
  const auto batch = store_->NewBatch();
  batch->Put(state::Family::kLog, shard::LogKey(ShardId(2), LogNumber(1)), "record");
  ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  EXPECT_EQ(*LeastNeededRules(store_.get(), 4), RuleSetVersion(0));
}

TEST_F(RuleStoreTest, CompiledSetsGoWithTheLastWhoHasThem) {
  RuleStore rules(store_.get());
  Put(&rules, 1, 1);
  plan::RuleSetPtr first = *rules.Get(RuleSetVersion(1));
  const std::weak_ptr<const plan::RuleSet> watched = first;
  Put(&rules, 2, 20);
  EXPECT_EQ(*rules.Get(RuleSetVersion(1)), first);   // one for all, as long as one has it
  Put(&rules, 21, 40);
  first.reset();
  EXPECT_TRUE(watched.expired());
  ASSERT_TRUE(rules.Get(RuleSetVersion(1)).ok());    // compiled again
  EXPECT_EQ((*rules.Get(RuleSetVersion(1)))->rules.front().source.name, "Calls 1");
}

class NoAlerts final : public AlertSink {
 public:
  void OnAlert(const alert::Alert& /*alert*/) override {}
};

TEST_F(RuleStoreTest, AWorkerKeepsTheNewestAndWhatItsShardsNeed) {
  WorkerOptions options;
  options.shard_count = 2;
  options.executors = 1;
  SystemClock clock;
  NoAlerts sink;
  std::vector<std::vector<rule::Finding>> findings;
  const uint64_t many = cluster::kRuleSetsKept + 8;
  {
    Worker worker(options, store_.get(), &clock, &sink);
    ASSERT_TRUE(worker.Start().ok());
    ASSERT_TRUE(worker.HoldAllShards(Epoch(0)).ok());
    for (uint64_t number = 1; number <= many; ++number) {
      ASSERT_TRUE(worker.ActivateRules(Files(number), plan::CompileOptions(), &findings).ok());
    }
    worker.Stop();   // checkpoints
  }
  Worker worker(options, store_.get(), &clock, &sink);
  ASSERT_TRUE(worker.Start().ok());
  ASSERT_TRUE(worker.HoldAllShards(Epoch(1)).ok());
  EXPECT_EQ(worker.rules()->version, RuleSetVersion(many));
  ASSERT_TRUE(worker.ActivateRules(Files(many + 1), plan::CompileOptions(), &findings).ok());
  EXPECT_EQ(Stored().front(), many + 2 - cluster::kRuleSetsKept);
  EXPECT_EQ(Stored().size(), cluster::kRuleSetsKept);
  worker.Kill();
  // What is left is enough to recover.
  Worker third(options, store_.get(), &clock, &sink);
  ASSERT_TRUE(third.Start().ok());
  ASSERT_TRUE(third.HoldAllShards(Epoch(2)).ok());
  EXPECT_EQ(third.rules()->version, RuleSetVersion(many + 1));
  third.Stop();
}

}  // namespace
}  // namespace weir::worker
