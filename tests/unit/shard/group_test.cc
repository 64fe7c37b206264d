#include "common/shard/group.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/types/coding.h"

namespace weir::shard {
namespace {

// count(*), count(*) WHERE ..., VALUES(keyword) over one-second panes.
plan::Window TestWindow() {
  plan::Window window;
  window.pane_ms = 1000;
  window.lookback_ms_max = 60'000;
  window.aggregates.resize(2);
  std::string error;
  const std::array<DataType, 1> keyword = {DataType::kKeyword};
  const std::array<std::string_view, 1> argument = {"x"};
  window.aggregates[1].function =
      agg::MakeAggregate("VALUES", keyword, {}, {}, "values(x)", argument, &error);
  window.aggregates[1].inputs.push_back(expr::MakeConstant(Value::Null()));
  return window;
}

std::string Cells(std::string_view text) {
  std::string cells;
  EncodeValue(Value::Keyword(text), &cells);
  return cells;
}

std::string Text(const plan::Window& window, const Group& group, int64_t after, int64_t until) {
  std::vector<std::string> states;
  const uint64_t rows = group.Merge(after, until, &states);
  Arena arena;
  return fmt::format("{} {}", rows,
                     ValueToString(window.aggregates[1].function->Finish(states[1], &arena)));
}

TEST(GroupTest, MergesThePanesOfAWindow) {
  const plan::Window window = TestWindow();
  Group group(&window, "key");
  Arena arena;
  ASSERT_TRUE(group.Fold(5000, Cells("b"), {}, &arena));
  ASSERT_TRUE(group.Fold(5001, Cells("a"), {}, &arena));
  ASSERT_TRUE(group.Fold(9000, Cells("b"), {}, &arena));
  ASSERT_TRUE(group.Fold(3500, Cells("c"), {}, &arena));   // late, in front
  EXPECT_EQ(Text(window, group, 0, 100), "4 [a, b, c]");
  EXPECT_EQ(Text(window, group, 4, 5), "1 b");
  EXPECT_EQ(Text(window, group, 5, 6), "1 a");
  EXPECT_EQ(Text(window, group, 6, 8), "0 null");
  UnixMillis first = 0;
  UnixMillis last = 0;
  ASSERT_TRUE(group.EventTimes(0, 100, &first, &last));
  EXPECT_EQ(first, 3500);
  EXPECT_EQ(last, 9000);
}

TEST(GroupTest, MalformedCellsAreTold) {
  const plan::Window window = TestWindow();
  Group group(&window, "key");
  Arena arena;
  EXPECT_FALSE(group.Fold(5000, "\x06\x7fshort", {}, &arena));
}

TEST(GroupTest, ComesBackFromItsEncodingAtAnyPoint) {
  const plan::Window window = TestWindow();
  std::mt19937 random(7);
  Group group(&window, std::string("k\0y", 3));
  Arena arena;
  for (int i = 0; i < 400; ++i) {
    const UnixMillis time_ms = static_cast<UnixMillis>(random() % 50'000) - 10'000;
    ASSERT_TRUE(group.Fold(time_ms, Cells(std::string(1, static_cast<char>('a' + random() % 5))),
                           {}, &arena));
    group.KeepEvent(fmt::format("event-{}", i), time_ms);
    if (i % 50 == 0) {
      group.Prune(static_cast<int64_t>(random() % 20) - 15);
    }
    std::string encoded;
    group.Encode(99, &encoded);
    EXPECT_EQ(Group::ExpiresOf(encoded), 99u);
    EXPECT_EQ(Group::KeyOf(encoded), group.key());
    const Group copy = Group::Decode(&window, encoded);
    std::string again;
    copy.Encode(99, &again);
    ASSERT_EQ(again, encoded);
    ASSERT_EQ(copy.rows_total(), group.rows_total());
    ASSERT_EQ(Text(window, copy, -100, 100), Text(window, group, -100, 100));
  }
  EXPECT_EQ(group.events().size(), Group::kEventsMax);
}

TEST(GroupTest, AGroupOfOneEventIsAFewTensOfBytesBesideItsKey) {
  const plan::Window window = TestWindow();
  Group group(&window, "");
  Arena arena;
  ASSERT_TRUE(group.Fold(1'700'000'000'123, Cells("value"), {}, &arena));
  std::string encoded;
  group.Encode(1'700'003'600'000, &encoded);
  EXPECT_LE(encoded.size(), 48u);
}

TEST(GroupTest, StatesThatDoNotChangeAreKeptOnce) {
  const plan::Window window = TestWindow();
  Group group(&window, "");
  Arena arena;
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(group.Fold(1'700'000'000'000 + i * 1000, Cells("a rather long value that repeats"),
                           {}, &arena));
  }
  std::string encoded;
  group.Encode(0, &encoded);
  EXPECT_LE(encoded.size(), 500u * 6);
}

TEST(GroupTest, KeepsTheNewestEvents) {
  const plan::Window window = TestWindow();
  Group group(&window, "");
  for (int i = 0; i < 30; ++i) {
    group.KeepEvent(fmt::format("{:02}", 29 - i), 29 - i);
  }
  ASSERT_EQ(group.events().size(), Group::kEventsMax);
  EXPECT_EQ(group.events().front().id, "20");
  EXPECT_EQ(group.events().back().id, "29");
}

}  // namespace
}  // namespace weir::shard
