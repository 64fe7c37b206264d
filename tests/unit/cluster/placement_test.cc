#include "common/cluster/placement.h"

#include <algorithm>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using testing::IsEmpty;

// Entries as "w1 w1 - w2>w1": a worker, nobody, a worker with a successor; all at epoch 3.
ShardTable Table(const std::vector<std::string>& entries) {
  ShardTable table;
  for (const std::string& text : entries) {
    ShardEntry entry;
    if (text != "-") {
      const std::size_t arrow = text.find('>');
      entry.worker = text.substr(0, arrow);
      entry.successor = arrow == std::string::npos ? "" : text.substr(arrow + 1);
      entry.epoch = Epoch(3);
      entry.modified = 7;
    }
    table.entries.push_back(entry);
  }
  return table;
}

std::vector<std::string> Texts(const ShardTable& table) {
  std::vector<std::string> texts;
  for (const ShardEntry& entry : table.entries) {
    texts.push_back(entry.worker.empty() ? "-"
                                         : entry.worker + (entry.successor.empty() ? "" : ">") +
                                               entry.successor);
  }
  return texts;
}

ShardTable Apply(ShardTable table, const std::vector<PlacementChange>& changes) {
  for (const PlacementChange& change : changes) {
    EXPECT_EQ(change.entry.modified, table.entries[change.shard.value].modified);
    table.entries[change.shard.value] = change.entry;
  }
  return table;
}

std::vector<std::string> Placed(const std::vector<std::string>& entries,
                                const std::set<std::string>& workers,
                                const std::set<ShardId>& fixed = {}) {
  const ShardTable table = Table(entries);
  return Texts(Apply(table, Place({.table = &table, .workers = workers, .fixed = fixed})));
}

using Entries = std::vector<std::string>;

TEST(PlacementTest, GivesShardsOfNobodyToWorkersEvenly) {
  EXPECT_EQ(Placed({"-", "-", "-", "-", "-"}, {"w1", "w2"}), (Entries{"w1", "w1", "w2", "w1", "w2"}));
  EXPECT_EQ(Placed({"-", "w1", "-", "w1"}, {"w1", "w2"}), (Entries{"w2", "w1", "w2", "w1"}));
}

TEST(PlacementTest, NewShardsBeginAtTheNextEpoch) {
  ShardTable table = Table({"-"});
  std::vector<PlacementChange> changes = Place({.table = &table, .workers = {"w1"}});
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].entry, (ShardEntry{Epoch(1), "w1", "", 0}));
  table.entries[0].epoch = Epoch(4);
  changes = Place({.table = &table, .workers = {"w1"}});
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].entry.epoch, Epoch(5));
}

TEST(PlacementTest, WithoutWorkersNothingIsGivenAway) {
  EXPECT_EQ(Placed({"-", "w1"}, {}), (Entries{"-", "w1"}));
}

TEST(PlacementTest, ANewWorkerIsToldOfItsShareOnly) {
  EXPECT_EQ(Placed({"w1", "w1", "w1", "w1"}, {"w1", "w2"}), (Entries{"w1", "w1", "w1>w2", "w1>w2"}));
  EXPECT_EQ(Placed({"w1", "w1", "w2"}, {"w1", "w2"}), (Entries{"w1", "w1", "w2"}));
}

TEST(PlacementTest, MovingAlsoKeepsTheEpoch) {
  const ShardTable table = Table({"w1", "w1"});
  const std::vector<PlacementChange> changes = Place({.table = &table, .workers = {"w1", "w2"}});
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].entry, (ShardEntry{Epoch(3), "w1", "w2", 7}));
}

TEST(PlacementTest, ShardsOfADeadWorkerStay) {
  EXPECT_EQ(Placed({"dead", "dead", "dead", "-"}, {"w1", "w2"}), (Entries{"dead", "dead", "dead", "w1"}));
}

TEST(PlacementTest, WhatIsAskedAlreadyCounts) {
  EXPECT_EQ(Placed({"w1", "w1", "w1>w2", "w1>w2"}, {"w1", "w2"}),
            (Entries{"w1", "w1", "w1>w2", "w1>w2"}));
}

TEST(PlacementTest, ASuccessorThatIsGoneIsStruckOut) {
  EXPECT_EQ(Placed({"w1", "w1>w2"}, {"w1"}), (Entries{"w1", "w1"}));
  EXPECT_EQ(Placed({"w1", "w1>w2"}, {}), (Entries{"w1", "w1>w2"})) << "nor is its worker there";
  EXPECT_EQ(Placed({"w1", "w1>w2"}, {"w1", "w3"}), (Entries{"w1", "w1>w3"}));
}

TEST(PlacementTest, WhoRefusedIsNotAskedAgain) {
  EXPECT_EQ(Placed({"w1", "w1", "w1", "w1"}, {"w1", "w2"}, {ShardId(3), ShardId(2)}),
            (Entries{"w1>w2", "w1>w2", "w1", "w1"}));
  EXPECT_EQ(Placed({"w1", "w1"}, {"w1", "w2"}, {ShardId(0), ShardId(1)}), (Entries{"w1", "w1"}));
}

TEST(PlacementTest, TheOthersShareWhatIsNotFixed) {
  // w1 cannot give; w2 and w3 share the rest.
  EXPECT_EQ(Placed({"w1", "w1", "w1", "w1", "w2", "w2"}, {"w1", "w2", "w3"},
                   {ShardId(0), ShardId(1), ShardId(2), ShardId(3)}),
            (Entries{"w1", "w1", "w1", "w1", "w2", "w2>w3"}));
}

TEST(PlacementTest, DamagedEntriesAreLeftAlone) {
  ShardTable table = Table({"-", "-"});
  table.damaged.emplace(ShardId(0), "why");
  const std::vector<PlacementChange> changes = Place({.table = &table, .workers = {"w1"}});
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].shard, ShardId(1));
}

TEST(PlacementTest, WhatIsNotClaimedYetIsLeftAlone) {
  const ShardTable table = Table({"w1", "w1>w9", "w1", "w1"});
  const std::vector<PlacementChange> changes =
      Place({.table = &table, .workers = {"w1", "w2"}, .unclaimed = {ShardId(3), ShardId(1)}});
  EXPECT_EQ(Texts(Apply(table, changes)), (Entries{"w1>w2", "w1>w9", "w1>w2", "w1"}));
}

TEST(PlacementTest, EitherHalfCanBeSwitchedOff) {
  const ShardTable table = Table({"-", "w1", "w1", "w1"});
  EXPECT_EQ(Texts(Apply(table, Place({.table = &table, .workers = {"w1", "w2"}, .move = false}))),
            (Entries{"w2", "w1", "w1", "w1"}));
  const ShardTable even = Table({"-", "w1"});
  EXPECT_THAT(Place({.table = &even, .workers = {"w1"}, .assign = false}), IsEmpty());
}

// Random tables and workers.
class PlacementProperty : public testing::TestWithParam<int> {
 protected:
  PlacementProperty() : random_(static_cast<uint32_t>(GetParam())) {
    for (int i = Below(7); i >= 0; --i) {
      workers_.insert("w" + std::to_string(i));
    }
    table_.entries.resize(static_cast<std::size_t>(Below(300)) + 1);
    const int known = Below(static_cast<int>(workers_.size()) + 1);
    for (ShardEntry& entry : table_.entries) {
      const int kind = Below(10);
      if (kind == 0 && known > 0) {
        entry.worker = "dead";
      } else if (kind < 8 && known > 0) {
        entry.worker = "w" + std::to_string(Below(known));
      }
      entry.epoch = Epoch(entry.worker.empty() ? 0 : 1);
      entry.modified = entry.worker.empty() ? 0 : 5;
    }
  }

  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  std::map<std::string, int> Loads(const ShardTable& table) const {
    std::map<std::string, int> loads;
    for (const std::string& worker : workers_) {
      loads[worker] = 0;
    }
    for (const ShardEntry& entry : table.entries) {
      const auto load = loads.find(entry.successor.empty() ? entry.worker : entry.successor);
      if (load != loads.end()) {
        ++load->second;
      }
    }
    return loads;
  }

  // How many shards have to move at least so that loads differ by one at most.
  int LeastMoves() const {
    std::vector<int> loads;
    int total = 0;
    for (const auto& [worker, load] : Loads(table_)) {
      loads.push_back(load);
      total += load;
    }
    total += static_cast<int>(std::count_if(table_.entries.begin(), table_.entries.end(),
                                            [](const ShardEntry& entry) { return entry.worker.empty(); }));
    std::sort(loads.rbegin(), loads.rend());
    int moves = 0;
    for (std::size_t i = 0; i < loads.size(); ++i) {
      const int count = static_cast<int>(loads.size());
      const int target = total / count + (static_cast<int>(i) < total % count ? 1 : 0);
      moves += std::max(0, loads[i] - target);
    }
    return moves;
  }

  std::mt19937 random_;
  std::set<std::string> workers_;
  ShardTable table_;
};

TEST_P(PlacementProperty, EvenWithLeastMovesAndNeverFromTheDead) {
  const PlacementInput input{.table = &table_, .workers = workers_};
  const std::vector<PlacementChange> changes = Place(input);
  EXPECT_EQ(Place(input), changes);
  int moves = 0;
  for (const PlacementChange& change : changes) {
    const ShardEntry& before = table_.entries[change.shard.value];
    EXPECT_NE(before.worker, "dead");
    EXPECT_TRUE(before.worker.empty() || change.entry.worker == before.worker);
    EXPECT_TRUE(workers_.contains(change.entry.worker));
    moves += before.worker.empty() ? 0 : 1;
  }
  const ShardTable after = Apply(table_, changes);
  int most = 0;
  int least = static_cast<int>(after.entries.size());
  for (const auto& [worker, load] : Loads(after)) {
    most = std::max(most, load);
    least = std::min(least, load);
  }
  EXPECT_LE(most - least, 1);
  EXPECT_EQ(moves, LeastMoves());
  const PlacementInput again{.table = &after, .workers = workers_};
  EXPECT_THAT(Place(again), IsEmpty());
}

TEST_P(PlacementProperty, RefusalsComeToAnEnd) {
  std::set<ShardId> full;
  for (std::size_t i = 0; i < table_.entries.size(); ++i) {
    if (Below(3) != 0) {
      full.insert(ShardId(static_cast<uint16_t>(i)));
    }
  }
  std::set<ShardId> refused;
  for (std::size_t round = 0;; ++round) {
    ASSERT_LE(round, table_.entries.size());
    const std::vector<PlacementChange> changes =
        Place({.table = &table_, .workers = workers_, .fixed = refused});
    if (changes.empty()) {
      break;
    }
    table_ = Apply(table_, changes);
    for (std::size_t i = 0; i < table_.entries.size(); ++i) {
      ShardEntry& entry = table_.entries[i];
      const ShardId shard(static_cast<uint16_t>(i));
      if (!entry.successor.empty() && full.contains(shard)) {
        EXPECT_TRUE(refused.insert(shard).second) << "asked twice";
        entry.successor.clear();
      } else if (!entry.successor.empty()) {
        entry.worker = std::exchange(entry.successor, {});
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PlacementProperty, testing::Range(0, 200));

}  // namespace
}  // namespace weir::cluster
