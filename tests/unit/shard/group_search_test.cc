#include "common/shard/group_search.h"

#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/shard/group_table.h"
#include "common/shard/keys.h"
#include "common/state/state_store.h"
#include "common/types/coding.h"

namespace weir::shard {
namespace {

using ::testing::ElementsAre;

// count(*) by user.name, over one-second panes; the rule looks back ten seconds and wants ten.
class GroupSearchTest : public ::testing::Test {
 protected:
  GroupSearchTest() {
    window_.pane_ms = 1000;
    window_.lookback_ms_max = 60'000;
    window_.keys.resize(1);
    window_.keys[0].name = "user.name";
    window_.aggregates.resize(1);
    window_.aggregates[0].text = "COUNT(*)";
    rule_.judge.lookback_ms = 10'000;
    rule_.judge.growth.push_back({0, Value::Long(10), false});
  }

  static std::string KeyOf(const std::string& user) {
    std::string key;
    EncodeValue(Value::Keyword(user), &key);
    return key;
  }
  Group GroupOf(const std::string& user, int rows, UnixMillis time_ms = 15'000) {
    Group group(&window_, KeyOf(user));
    Arena arena;
    for (int i = 0; i < rows; ++i) {
      EXPECT_TRUE(group.Fold(time_ms, "", {}, &arena));
    }
    return group;
  }
  static std::vector<std::string> KeysOf(const std::vector<NearestGroups::Found>& found) {
    std::vector<std::string> keys;
    for (const NearestGroups::Found& each : found) {
      keys.push_back(each.group->key());
    }
    return keys;
  }

  plan::Window window_;
  plan::CompiledRule rule_;
};

TEST_F(GroupSearchTest, KeepsTheNearestOfManyInTheirOrder) {
  NearestGroups nearest(&rule_, &window_, 20'000, 3, {});
  for (int i = 0; i < 100; ++i) {
    nearest.Add(GroupOf(fmt::format("user{:02}", i), 1 + i % 5));
  }
  nearest.Add(GroupOf("near", 9));
  nearest.Add(GroupOf("there", 12));
  nearest.Add(GroupOf("older", 12, 5'000));   // no row in the window
  EXPECT_EQ(nearest.matched(), 102U);
  const auto found = nearest.Take();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_THAT(KeysOf(found), ElementsAre(KeyOf("there"), KeyOf("near"), KeyOf("user04")));
  EXPECT_DOUBLE_EQ(found[0].share, 1);
  EXPECT_DOUBLE_EQ(found[1].share, 0.9);
  EXPECT_EQ(found[1].rows, 9U);
}

TEST_F(GroupSearchTest, GroupsOfAKeyAreFoundAlsoWhenTheirRowsAreOlder) {
  NearestGroups nearest(&rule_, &window_, 20'000, 3, {{"user.name", "bob"}});
  nearest.Add(GroupOf("ana", 9));
  nearest.Add(GroupOf("bob", 2, 5'000));
  const auto found = nearest.Take();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].group->key(), KeyOf("bob"));
  EXPECT_EQ(found[0].rows, 0U);
}

TEST_F(GroupSearchTest, PartsOfAGroupAreOne) {
  rule_.spread = true;
  NearestGroups nearest(&rule_, &window_, 20'000, 1, {});
  nearest.Add(GroupOf("ana", 6));
  for (const std::string user : {"bob", "bob"}) {   // no part is nearer than ana
    std::string part;
    GroupOf(user, 4).Encode(0, &part);
    ASSERT_TRUE(nearest.AddEncoded(part).ok());
  }
  const auto found = nearest.Take();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].group->key(), KeyOf("bob"));
  EXPECT_EQ(found[0].rows, 8U);
  EXPECT_EQ(nearest.AddEncoded("no group").code(), StatusCode::kDataLoss);
}

TEST_F(GroupSearchTest, TheWindowEndsWithThePaneOrTickOfNow) {
  rule_.judge.mode = plan::JudgeMode::kContinuous;
  rule_.judge.tick_ms = 300'000;
  EXPECT_EQ(OpenWindowEnd(rule_, window_, 300'001), 301'000);
  EXPECT_EQ(OpenWindowEnd(rule_, window_, 301'000), 301'000);
  rule_.judge.mode = plan::JudgeMode::kSchedule;
  EXPECT_EQ(OpenWindowEnd(rule_, window_, 300'001), 600'000);
}

TEST_F(GroupSearchTest, SlicesHaveEachGroupOnceInMemoryOrStored) {
  const auto store = state::MakeMemoryStore();
  TableTotals totals;
  GroupTable table(&window_, GroupPrefix(ShardId(1), Hash128{7, 7}), store.get(), &totals);
  const auto expires = [](const Group&) -> uint64_t { return 1'000'000; };
  const auto add = [&](int first) {
    for (int i = first; i < first + 200; ++i) {
      const std::string key = KeyOf(fmt::format("user{}", i));
      const auto group = table.OpenToChange(GroupHash(window_, key), key);
      ASSERT_TRUE(group.ok());
      Arena arena;
      ASSERT_TRUE((*group)->Fold(15'000, "", {}, &arena));
    }
    table.CloseIdle(10, expires);   // some stay open
  };
  add(0);
  const auto batch = store->NewBatch();
  table.Checkpoint(0, expires, batch.get());
  ASSERT_TRUE(store->Write(batch.get(), true).ok());
  EXPECT_GT(table.EvictClean(0), 0U);
  ASSERT_EQ(table.size(), 0U);
  add(200);
  for (const uint32_t count : {1U, 8U, 65536U}) {
    std::multiset<std::string> keys;
    for (uint32_t slice = 0; slice < count; ++slice) {
      ASSERT_TRUE(
          table.ForEachIn(slice, count, [&](const Group& group) { keys.insert(group.key()); }).ok());
    }
    EXPECT_EQ(keys.size(), 400U) << count << " slices";
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 400U);
  }
  EXPECT_EQ(table.size(), 200U);   // what is stored stays there
}

}  // namespace
}  // namespace weir::shard
