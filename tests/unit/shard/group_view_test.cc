#include "common/shard/group_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/types/coding.h"

namespace weir::shard {
namespace {

// count(*) by one key, over one-second panes; the rule looks back ten seconds.
class GroupViewTest : public ::testing::Test {
 protected:
  GroupViewTest() {
    window_.pane_ms = 1000;
    window_.lookback_ms_max = 60'000;
    window_.keys.resize(1);
    window_.keys[0].name = "user.name";
    window_.aggregates.resize(1);
    window_.aggregates[0].text = "COUNT(*)";
    rule_.judge.lookback_ms = 10'000;
    rule_.judge.growth.push_back({0, Value::Long(4), false});
    EncodeValue(Value::Keyword("bob"), &key_);
  }

  Group GroupWithRowsAt(const std::vector<UnixMillis>& times) {
    Group group(&window_, key_);
    Arena arena;
    for (const UnixMillis time_ms : times) {
      EXPECT_TRUE(group.Fold(time_ms, "", {}, &arena));
    }
    return group;
  }

  plan::Window window_;
  plan::CompiledRule rule_;
  std::string key_;
};

TEST_F(GroupViewTest, ShowsTheRowsOfTheWindowOnly) {
  const GroupView view = ViewGroup(rule_, GroupWithRowsAt({9'500, 15'000, 15'500, 21'000}), 20'000);
  EXPECT_EQ(view.rows, 2U);   // (10 s, 20 s]
  ASSERT_EQ(view.panes.size(), 2U);
  EXPECT_EQ(view.panes[0].end_ms, 15'000);
  EXPECT_EQ(view.panes[1].end_ms, 16'000);
  EXPECT_EQ(view.first_event_ms, 15'000);
  EXPECT_EQ(view.last_event_ms, 15'500);
  ASSERT_EQ(view.key.size(), 1U);
  EXPECT_EQ(view.key[0].name, "user.name");
  EXPECT_EQ(view.key[0].encoded, key_);
}

TEST_F(GroupViewTest, TellsHowFarItIsFromEachCondition) {
  const GroupView below = ViewGroup(rule_, GroupWithRowsAt({15'000, 15'500}), 20'000);
  ASSERT_EQ(below.conditions.size(), 1U);
  EXPECT_EQ(below.conditions[0].aggregate, "COUNT(*)");
  EXPECT_DOUBLE_EQ(below.conditions[0].value, 2);
  EXPECT_DOUBLE_EQ(below.conditions[0].minimum, 4);
  EXPECT_FALSE(below.conditions[0].holds);
  EXPECT_DOUBLE_EQ(below.share, 0.5);
  const GroupView reached =
      ViewGroup(rule_, GroupWithRowsAt({15'000, 15'500, 16'000, 17'000}), 20'000);
  EXPECT_TRUE(reached.conditions[0].holds);
  EXPECT_DOUBLE_EQ(reached.share, 1);
}

TEST_F(GroupViewTest, AStrictConditionAtItsConstantDoesNotHold) {
  rule_.judge.growth[0].strict = true;
  const GroupView view = ViewGroup(rule_, GroupWithRowsAt({15'000, 15'500, 16'000, 17'000}), 20'000);
  EXPECT_FALSE(view.conditions[0].holds);
  EXPECT_LT(view.share, 1);
}

TEST_F(GroupViewTest, TheConditionThatIsFarthestOffDecides) {
  rule_.judge.growth.push_back({0, Value::Long(8), false});
  const GroupView view = ViewGroup(rule_, GroupWithRowsAt({15'000, 15'500}), 20'000);
  EXPECT_DOUBLE_EQ(view.share, 0.25);
}

TEST_F(GroupViewTest, NoWindowHasAGreaterShareThanTheBound) {
  const Group group = GroupWithRowsAt({1'000, 15'000, 15'500});
  EXPECT_DOUBLE_EQ(ShareAtMost(rule_, group), 0.75);
  EXPECT_LE(ViewGroup(rule_, group, 20'000).share, ShareAtMost(rule_, group));
}

}  // namespace
}  // namespace weir::shard
