#include "coordinator/leader.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cluster/worker_process.h"

namespace weir::coordinator {
namespace {

using cluster::ClusterWorld;
using cluster::kTtlMs;
using testing::ElementsAre;
using testing::IsEmpty;
using worker::Holdings;
using worker::WorkerProcess;

constexpr uint16_t kShards = 8;

struct CoordinatorProcess {
  CoordinatorProcess(ClusterWorld* world, const std::string& id, const Clock* clock,
                     uint16_t shard_count)
      : link(world->store(), world->scheduler()),
        session(&link, world->scheduler(), {.ttl_ms = kTtlMs}),
        leader({.id = id, .info = {.address = id + ":1"}, .shard_count = shard_count}, &link,
               world->scheduler(), &session, clock) {
    leader.Start();
  }

  cluster::Link link;
  meta::Session session;
  Leader leader;
};

class LeaderTest : public testing::Test {
 protected:
  std::unique_ptr<CoordinatorProcess> Coordinate(const std::string& id, uint16_t shard_count = kShards) {
    auto process = std::make_unique<CoordinatorProcess>(&world_, id, &clock_, shard_count);
    world_.Advance(10);
    return process;
  }
  std::unique_ptr<WorkerProcess> Work(const std::string& id, uint16_t shard_count = kShards) {
    auto process = std::make_unique<WorkerProcess>(&world_, id, shard_count, &holdings_, &data_[id]);
    world_.Advance(10);
    return process;
  }
  static cluster::RuleSetTexts Rules(const std::string& text) {
    cluster::RuleSetTexts rules;
    rules.files = {{"a.toml", text}};
    return rules;
  }
  // The answer to a proposal, as text.
  Leader::Proposed Note(std::string* answer) {
    return [answer](const StatusOr<RuleSetVersion>& version) {
      *answer = version.ok() ? fmt::format("ok {}", *version) : std::string(Message(version.status()));
    };
  }
  std::size_t Held(const std::unique_ptr<WorkerProcess>& process) { return process->holder.shards.size(); }

  ClusterWorld world_;
  ManualClock clock_{1'000'000};
  Holdings holdings_;
  std::map<std::string, std::set<ShardId>> data_;
};

TEST_F(LeaderTest, WorkersThatStartTogetherShare) {
  const auto c1 = Coordinate("c1");
  const auto w1 = Work("w1");
  world_.Advance(1000);
  EXPECT_EQ(Held(w1), 0U) << "it waits for others";
  const auto w2 = Work("w2");
  world_.Advance(1000);
  EXPECT_EQ(Held(w1), 4U);
  EXPECT_EQ(Held(w2), 4U);
  for (const std::string& entry : world_.Entries(kShards)) {
    EXPECT_THAT(entry, testing::EndsWith("@1"));
  }
}

TEST_F(LeaderTest, PlacesMoreThanATransactionTakes) {
  const auto c1 = Coordinate("c1", 256);
  const auto w1 = Work("w1", 256);
  const auto w2 = Work("w2", 256);
  const auto w3 = Work("w3", 256);
  world_.Advance(2500);
  EXPECT_EQ(Held(w1) + Held(w2) + Held(w3), 256U);
  EXPECT_EQ(Held(w3), 85U);
}

TEST_F(LeaderTest, ALateWorkerGetsEmptyShards) {
  const auto c1 = Coordinate("c1");
  const auto w1 = Work("w1");
  world_.Advance(3000);
  EXPECT_EQ(Held(w1), 8U);
  data_["w1"] = {ShardId(7), ShardId(6), ShardId(0)};
  const auto w2 = Work("w2");
  world_.Advance(1500);
  EXPECT_EQ(Held(w2), 0U);
  world_.Advance(2000);
  EXPECT_EQ(Held(w1), 4U);
  EXPECT_EQ(w2->holder.Text(), "2@2 3@2 4@2 5@2");
}

TEST_F(LeaderTest, WhoRefusesIsNotAskedAgainInItsLife) {
  const auto c1 = Coordinate("c1");
  auto w1 = Work("w1");
  world_.Advance(3000);
  for (uint16_t shard = 0; shard < kShards; ++shard) {
    data_["w1"].insert(ShardId(shard));
  }
  const auto w2 = Work("w2");
  world_.Advance(60'000);
  EXPECT_EQ(Held(w1), 8U);
  EXPECT_EQ(w1->holder.asked, 8);   // every shard once
  const int commits = c1->link.commits;
  world_.Advance(60'000);
  EXPECT_EQ(c1->link.commits, commits);
  // A new life is asked, once.
  w1.reset();
  w1 = Work("w1");
  world_.Advance(60'000);
  EXPECT_EQ(w1->holder.asked, 8);
  EXPECT_EQ(Held(w1), 8U);
}

TEST_F(LeaderTest, ShardsOfADeadWorkerWaitForIt) {
  const auto c1 = Coordinate("c1");
  auto w1 = Work("w1");
  const auto w2 = Work("w2");
  world_.Advance(3000);
  w1.reset();
  world_.Advance(60'000);
  EXPECT_EQ(Held(w2), 4U);
  LeaderStatus status = c1->leader.GetStatus();
  EXPECT_EQ(status.shards_unserved, 4U);
  w1 = Work("w1");
  world_.Advance(60'000);
  EXPECT_EQ(Held(w1), 4U);
  EXPECT_THAT(world_.Entries(2), ElementsAre("w1@2", "w2@1"));
}

TEST_F(LeaderTest, AnotherTakesOverWhenTheLeaderIsGone) {
  auto c1 = Coordinate("c1");
  const auto c2 = Coordinate("c2");
  EXPECT_TRUE(c1->leader.leading());
  EXPECT_FALSE(c2->leader.leading());
  c1.reset();   // resigns
  world_.Advance(1000);
  EXPECT_TRUE(c2->leader.leading());
  const auto w1 = Work("w1");
  world_.Advance(3000);
  EXPECT_EQ(Held(w1), 8U);
}

TEST_F(LeaderTest, AnotherFinishesWhatTheLeaderBegan) {
  auto c1 = Coordinate("c1", 256);
  const auto c2 = Coordinate("c2", 256);
  const auto w1 = Work("w1", 256);
  c1->link.lose_answers = true;   // the first part is written, and nothing after it
  world_.Advance(2000 - 10);
  world_.Advance(100);
  const std::size_t begun = world_.List("shards/").size();
  EXPECT_GT(begun, 0U);
  EXPECT_LT(begun, 256U);
  c1->link.cut = true;
  world_.Advance(3 * kTtlMs);
  EXPECT_TRUE(c2->leader.leading());
  EXPECT_FALSE(c1->leader.leading());
  EXPECT_EQ(Held(w1), 256U);
}

TEST_F(LeaderTest, WhatAPausedLeaderSentDoesNothing) {
  const auto c1 = Coordinate("c1");
  const auto c2 = Coordinate("c2");
  c1->link.hold_commits = true;
  const auto w1 = Work("w1");
  world_.Advance(2500);   // its placement is on the way
  EXPECT_EQ(Held(w1), 0U);
  c1->link.cut = true;
  world_.Advance(3 * kTtlMs);
  EXPECT_TRUE(c2->leader.leading());
  EXPECT_EQ(Held(w1), 8U);
  const auto before = world_.List("shards/");
  c1->link.cut = false;
  const std::vector<bool> late = c1->link.Release();
  EXPECT_THAT(late, testing::Not(IsEmpty()));
  EXPECT_THAT(late, testing::Each(false));
  EXPECT_EQ(world_.List("shards/"), before);
}

TEST_F(LeaderTest, AHeldUpPlacementFailsOnceAnotherLeads) {
  const auto c1 = Coordinate("c1");
  const auto w1 = Work("w1");
  c1->link.hold_commits = true;
  world_.Advance(2500);
  // Nothing but the leader's key changes.
  const auto leader = world_.List("leader").at("leader");
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Delete("leader")}}));
  ASSERT_TRUE(world_.Commit({{}, {meta::Op::Put("leader", leader.value)}}));
  EXPECT_THAT(c1->link.Release(), testing::Each(false));
  EXPECT_THAT(world_.List("shards/"), IsEmpty());
}

TEST_F(LeaderTest, GivesNothingToALifeThatIsOver) {
  const auto c1 = Coordinate("c1");
  auto w1 = Work("w1");
  c1->link.hold_commits = true;
  world_.Advance(2100);
  w1->session.Close(nullptr);
  w1.reset();
  w1 = Work("w1");   // registers at once
  EXPECT_TRUE(w1->keeper.registered());
  EXPECT_THAT(c1->link.Release(), testing::Each(false));
  EXPECT_THAT(world_.List("shards/"), IsEmpty());
  world_.Advance(10'000);
  EXPECT_EQ(Held(w1), 8U);
  EXPECT_EQ(world_.Entry(0), "w1@1");
}

TEST_F(LeaderTest, AsksOnlyWhatItsWorkerHasClaimed) {
  const auto c1 = Coordinate("c1");
  auto w1 = Work("w1");
  world_.Advance(3000);
  w1.reset();
  world_.Advance(kTtlMs);
  const auto w2 = Work("w2");
  world_.Advance(3000);
  // It registers, but its claim does not get through.
  w1 = std::make_unique<WorkerProcess>(&world_, "w1", kShards, &holdings_, &data_["w1"]);
  while (w1->link.commits < 1 && world_.scheduler()->RunOne()) {
  }
  w1->link.hold_commits = true;
  world_.Advance(500);
  EXPECT_EQ(world_.Entry(7), "w1@1");
  world_.Advance(5000);
  EXPECT_EQ(world_.Entry(7), "w1@1") << "nor is it asked for it";
  w1->link.hold_commits = false;
  world_.Advance(5000);
  EXPECT_EQ(world_.Entry(7), "w2@3");
  EXPECT_EQ(world_.Entry(0), "w1@2");
}

TEST_F(LeaderTest, ASuccessorThatDiesIsStruckOut) {
  const auto c1 = Coordinate("c1");
  const auto w1 = Work("w1");
  world_.Advance(3000);
  w1->holder.answer_delay_ms = 60'000;
  auto w2 = Work("w2");
  world_.Advance(2500);
  EXPECT_EQ(world_.Entry(7), "w1@1>w2");
  w2.reset();
  world_.Advance(2 * kTtlMs);
  EXPECT_EQ(world_.Entry(7), "w1@1");
  EXPECT_EQ(Held(w1), 8U);
  // It was not the worker that refused: it is asked again.
  w1->holder.answer_delay_ms = 0;
  w2 = Work("w2");
  world_.Advance(2500);
  EXPECT_EQ(w2->holder.Text(), "4@2 5@2 6@2 7@2");
}

TEST_F(LeaderTest, PublishesRulesOnceAndChangesAhead) {
  const auto c1 = Coordinate("c1");
  const auto c2 = Coordinate("c2");
  std::vector<std::pair<uint64_t, UnixMillis>> told;
  cluster::RuleFeed feed(world_.store(), world_.scheduler(), [&](const cluster::RuleSetTexts& rules) {
    told.emplace_back(rules.version.value, rules.active_from_ms);
  });
  feed.Start();
  std::string first;
  std::string second;
  c2->leader.ProposeRules(Rules("one"), Note(&second));
  world_.Advance(5000);
  EXPECT_EQ(second, "") << "it does not lead";
  c1->leader.ProposeRules(Rules("one"), Note(&first));
  world_.Advance(1000);
  EXPECT_EQ(first, "ok 1");
  EXPECT_EQ(second, "ok 1");
  c1->leader.ProposeRules(Rules("one"), Note(&first));
  world_.Advance(1000);
  EXPECT_EQ(first, "ok 1");
  c1->leader.ProposeRules(Rules("two"), Note(&first));
  world_.Advance(1000);
  EXPECT_EQ(first, "ok 2");
  EXPECT_THAT(told, ElementsAre(std::pair(1, 0), std::pair(2, 1'002'000)));
  EXPECT_EQ(c2->leader.GetStatus().rules, RuleSetVersion(2));
}

TEST_F(LeaderTest, AChangeIsPublishedByTheLeaderAfterWhatItChanges) {
  const auto c1 = Coordinate("c1");
  const auto c2 = Coordinate("c2");
  world_.Advance(1000);
  std::string answer;
  c2->leader.PublishRules(Rules("one"), RuleSetVersion(), Note(&answer));
  world_.Advance(1000);
  EXPECT_THAT(answer, ::testing::HasSubstr("coordinator 'c2' does not lead: ask 'c1'"));
  c1->leader.PublishRules(Rules("one"), RuleSetVersion(), Note(&answer));
  world_.Advance(1000);
  EXPECT_EQ(answer, "ok 1");
  c1->leader.PublishRules(Rules("two"), RuleSetVersion(), Note(&answer));
  world_.Advance(1000);
  EXPECT_THAT(answer, ::testing::HasSubstr("another rule set is published meanwhile"));
  c1->leader.PublishRules(Rules("two"), RuleSetVersion(1), Note(&answer));
  world_.Advance(1000);
  EXPECT_EQ(answer, "ok 2");
  EXPECT_EQ(c2->leader.GetStatus().rules, RuleSetVersion(2));
}

TEST_F(LeaderTest, AProposalWaitsUntilItLeads) {
  auto c1 = Coordinate("c1");
  const auto c2 = Coordinate("c2");
  std::string first;
  std::string second;
  c2->leader.ProposeRules(Rules("one"), Note(&first));
  c2->leader.ProposeRules(Rules("two"), Note(&second));
  world_.Advance(100);
  EXPECT_EQ(first, "other rules were proposed meanwhile");
  c1.reset();
  world_.Advance(2000);
  EXPECT_EQ(second, "ok 1");
}

TEST_F(LeaderTest, ALostAnswerDoesNotPublishTwice) {
  const auto c1 = Coordinate("c1");
  c1->link.lose_answers = true;
  std::string answer;
  c1->leader.ProposeRules(Rules("one"), Note(&answer));
  world_.Advance(10'000);
  EXPECT_EQ(answer, "ok 1");
  EXPECT_EQ(world_.List("rules/").size(), 1U);
}

TEST_F(LeaderTest, SaysWhoIsThere) {
  const auto c1 = Coordinate("c1");
  const auto c2 = Coordinate("c2");
  auto w1 = Work("w1");
  const auto w2 = Work("w2");
  world_.Advance(3000);
  w1.reset();
  world_.Advance(2 * kTtlMs);
  for (const auto* coordinator : {&c1, &c2}) {
    const LeaderStatus status = (*coordinator)->leader.GetStatus();
    EXPECT_EQ(status.leading, coordinator == &c1);
    EXPECT_EQ(status.leader, (cluster::LeaderInfo{"c1", "c1:1"}));
    EXPECT_EQ(status.leader_since_ms, 1'000'000);
    EXPECT_EQ(status.shards_served, 4U);
    EXPECT_EQ(status.shards_unserved, 4U);
    std::string nodes;
    for (const NodeStatus& node : status.nodes) {
      nodes += fmt::format("{}{}{}{} {}; ", node.name.id, node.alive ? "" : " gone",
                           node.leader ? " leader" : "", " " + node.info.address, node.shards);
    }
    EXPECT_EQ(nodes, "c1 leader c1:1 0; c2 c2:1 0; w1 gone w1:1 4; w2 w2:1 4; ");
  }
}

// Coordinators and workers are cut off, held up, lose answers and watches, die and start again, and
// events come. Holdings checks throughout that no shard has two holders, and that epochs only grow.
class LeaderChaos : public LeaderTest, public testing::WithParamInterface<int> {
 protected:
  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  void Trouble(cluster::Link* link) {
    switch (Below(5)) {
      case 0: link->cut = true; break;
      case 1: link->Mend(); break;
      case 2: link->lose_answers = !link->lose_answers; break;
      case 3: link->LoseWatches(); break;
      default:
        link->hold_commits = !link->hold_commits;
        if (!link->hold_commits) {
          link->Release();
        }
    }
  }
  static void Heal(cluster::Link* link) {
    link->lose_answers = false;
    link->Release();
    link->Mend();
  }

  std::mt19937 random_{static_cast<uint32_t>(GetParam())};
};

TEST_P(LeaderChaos, EndsWithEveryShardServedWhereItsDataIs) {
  constexpr int kWorkers = 3;
  std::vector<std::unique_ptr<CoordinatorProcess>> coordinators;
  std::vector<std::unique_ptr<WorkerProcess>> workers(kWorkers);
  coordinators.push_back(Coordinate("c0"));
  coordinators.push_back(Coordinate("c1"));
  for (int step = 0; step < 80; ++step) {
    const auto i = static_cast<std::size_t>(Below(kWorkers));
    const auto c = static_cast<std::size_t>(Below(2));
    const int what = Below(10);
    if (what < 2 || workers[i] == nullptr) {
      workers[i].reset();
      workers[i] = Work(fmt::format("w{}", i));
    } else if (what == 2) {
      coordinators[c].reset();
      coordinators[c] = Coordinate(fmt::format("c{}", c));
    } else if (what < 6) {
      Trouble(&workers[i]->link);
    } else if (what < 8) {
      Trouble(&coordinators[c]->link);
    } else {
      const auto holder = holdings_.holders.find(ShardId(static_cast<uint16_t>(Below(kShards))));
      if (holder != holdings_.holders.end()) {
        data_[holder->second].insert(holder->first);
      }
    }
    world_.Advance(Below(2000));
  }
  for (auto& process : workers) {
    if (process != nullptr) {
      Heal(&process->link);
    }
  }
  for (auto& process : coordinators) {
    Heal(&process->link);
  }
  world_.Advance(20 * kTtlMs);
  EXPECT_NE(coordinators[0]->leader.leading(), coordinators[1]->leader.leading());
  for (uint16_t i = 0; i < kShards; ++i) {
    const ShardId shard(i);
    const auto holder = holdings_.holders.find(shard);
    ASSERT_NE(holder, holdings_.holders.end()) << i << " " << world_.Entry(i);
    EXPECT_EQ(world_.Entry(i), fmt::format("{}@{}", holder->second, holdings_.epochs[shard].value));
    for (const auto& [worker, data] : data_) {
      EXPECT_TRUE(worker == holder->second || !data.contains(shard)) << i << " left data at " << worker;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LeaderChaos, testing::Range(0, 100));

}  // namespace
}  // namespace weir::coordinator
