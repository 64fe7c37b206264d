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

TEST(GroupTest, TheTotalFollowsFoldsAndPruning) {
  const plan::Window window = TestWindow();
  std::mt19937 random(5);
  Group group(&window, "key");
  Arena arena;
  const auto finish = [&](std::string_view state) {
    return ValueToString(window.aggregates[1].function->Finish(state, &arena));
  };
  bool counted_too_much = false;
  for (int i = 0; i < 300; ++i) {
    const UnixMillis time_ms = i * 100 + static_cast<UnixMillis>(random() % 3000);
    ASSERT_TRUE(group.Fold(time_ms, Cells(fmt::format("v{}", i / 10)), {}, &arena));
    if (i % 7 == 0) {
      group.Prune(i / 10 - 5);
    }
    std::string exact;
    group.MergeOne(-1000, 1000, 1, &exact);
    const std::string at_least = finish(group.TotalAtLeast(1));
    counted_too_much = counted_too_much || at_least != finish(exact);
    if (i % 3 == 0) {
      ASSERT_EQ(finish(group.Total(1)), finish(exact)) << i;
    }
  }
  EXPECT_TRUE(counted_too_much);
  group.Restrict(20, 28);
  std::string exact;
  group.MergeOne(-1000, 1000, 1, &exact);
  EXPECT_EQ(finish(group.TotalAtLeast(1)), finish(exact));
}

TEST(GroupTest, PartsPutTogetherAreTheWhole) {
  const plan::Window window = TestWindow();
  std::mt19937 random(11);
  Group whole(&window, "key");
  std::vector<Group> parts(3, Group(&window, "key"));
  Arena arena;
  for (int i = 0; i < 300; ++i) {
    const UnixMillis time_ms = static_cast<UnixMillis>(random() % 40'000) - 5'000;
    const std::string cells = Cells(std::string(1, static_cast<char>('a' + random() % 9)));
    Group& part = parts[random() % parts.size()];
    for (Group* group : {&whole, &part}) {
      ASSERT_TRUE(group->Fold(time_ms, cells, {}, &arena));
      group->KeepEvent(fmt::format("event-{}", i), time_ms);
    }
  }
  Group merged(&window, "key");
  for (const Group& part : parts) {
    merged.Absorb(part);
  }
  EXPECT_EQ(merged.rows_total(), whole.rows_total());
  for (int64_t after = -6; after < 36; ++after) {
    ASSERT_EQ(Text(window, merged, after, after + 7), Text(window, whole, after, after + 7));
    UnixMillis first = 0;
    UnixMillis last = 0;
    UnixMillis whole_first = 0;
    UnixMillis whole_last = 0;
    ASSERT_EQ(merged.EventTimes(after, after + 7, &first, &last),
              whole.EventTimes(after, after + 7, &whole_first, &whole_last));
    ASSERT_EQ(first, whole_first);
    ASSERT_EQ(last, whole_last);
  }
  ASSERT_EQ(merged.events().size(), whole.events().size());
  for (std::size_t i = 0; i < whole.events().size(); ++i) {
    EXPECT_EQ(merged.events()[i].id, whole.events()[i].id);
    EXPECT_EQ(merged.events()[i].timestamp_ms, whole.events()[i].timestamp_ms);
  }
}

TEST(GroupTest, RestrictKeepsTheWindowAndNothingElse) {
  const plan::Window window = TestWindow();
  Group group(&window, "key");
  Arena arena;
  for (int second = 0; second < 20; ++second) {
    ASSERT_TRUE(group.Fold(second * 1000 + 500, Cells(fmt::format("v{}", second)), {}, &arena));
    group.KeepEvent(fmt::format("event-{}", second), second * 1000 + 500);
  }
  group.episodes().push_back({});
  EXPECT_EQ(group.FirstPaneAfter(12), 13);
  const std::string before = Text(window, group, 12, 15);
  group.Restrict(12, 15);
  EXPECT_EQ(Text(window, group, 12, 15), before);
  EXPECT_EQ(Text(window, group, 0, 100), before);
  EXPECT_EQ(group.rows_total(), 3U);
  EXPECT_TRUE(group.episodes().empty());
  ASSERT_EQ(group.events().size(), 3U);
  EXPECT_EQ(group.events().front().id, "event-12");
  EXPECT_EQ(group.FirstPaneAfter(0), 13);
  EXPECT_EQ(group.FirstPaneAfter(15), std::numeric_limits<int64_t>::max());
  std::string encoded;
  group.Encode(0, &encoded);
  EXPECT_EQ(Text(window, Group::Decode(&window, encoded), 0, 100), before);
}

TEST(GroupTest, BytesOfStrangersMayBeMalformed) {
  const plan::Window window = TestWindow();
  Group group(&window, "key");
  Arena arena;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(group.Fold(i * 1000, Cells("value"), {}, &arena));
    group.KeepEvent("event", i * 1000);
  }
  std::string encoded;
  group.Encode(7, &encoded);
  ASSERT_TRUE(Group::Parse(&window, encoded).ok());
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_EQ(Group::Parse(&window, encoded.substr(0, size)).status().code(), StatusCode::kDataLoss);
  }
  // Whatever is read of changed bytes, reading ends and refers to nothing outside.
  for (std::size_t i = 8; i < encoded.size(); ++i) {
    for (const int flip : {0x01, 0x20, 0x80, 0xff}) {
      std::string broken = encoded;
      broken[i] = static_cast<char>(broken[i] ^ flip);
      const StatusOr<Group> parsed = Group::Parse(&window, broken);
      if (parsed.ok()) {
        for (std::size_t pane = 0; pane < parsed->panes().size(); ++pane) {
          EXPECT_LE(parsed->state(pane, 1).size(), encoded.size());
        }
      }
    }
  }
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
