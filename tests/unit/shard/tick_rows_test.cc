#include "common/shard/tick_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/types/coding.h"
#include "tests/unit/plan/plan_testing.h"

namespace weir::shard {
namespace {

using ::testing::ElementsAre;

constexpr UnixMillis kTick = 600 * kMillisPerMinute;

class TickRowsTest : public ::testing::Test {
 protected:
  const plan::CompiledRule& rule() const { return rules_->rules.at(0); }
  const plan::Window& window() const { return rules_->windows.at(0); }

  // A group's rows as one shard has them, encoded.
  std::string Part(std::string_view user, const std::vector<int64_t>& bytes) {
    std::string key;
    EncodeValue(Value::Keyword(user), &key);
    Group group(&window(), key);
    for (const int64_t value : bytes) {
      std::string cells;
      EncodeValue(Value::Long(value), &cells);
      const UnixMillis time_ms = kTick - value * 1000;
      EXPECT_TRUE(group.Fold(time_ms, cells, HashBytes128(cells), &arena_));
      group.KeepEvent(fmt::format("{}-{}", user, value), time_ms);
    }
    std::string part;
    group.Encode(0, &part);
    return part;
  }
  std::vector<TickRow> Evaluate(const std::vector<std::string>& parts) {
    groups_ = std::move(*MergeParts(window(), parts));
    std::vector<const Group*> ordered;
    for (const auto& group : groups_) {
      ordered.push_back(group.get());
    }
    return EvaluateTick(rule(), ordered, kTick, &arena_, &warnings_);
  }
  std::vector<std::string> Texts(const std::vector<TickRow>& rows) const {
    std::vector<std::string> texts;
    for (const TickRow& row : rows) {
      std::string& text = texts.emplace_back();
      for (const plan::Tail::Output& output : rule().tail.outputs) {
        text += fmt::format("{}={} ", output.name, ValueToString(row.row[output.slot]));
      }
      text += fmt::format("{}..{}", row.first_event_ms - kTick, row.last_event_ms - kTick);
      for (const alert::EventRef& event : row.events) {
        text += " " + event.id;
      }
    }
    return texts;
  }

  const plan::RuleSetPtr rules_ =
      plan::CompileQuery("FROM a | STATS c = COUNT(*), s = SUM(bytes) BY user.id "
                         "| EVAL mean = s / c | SORT c DESC, user.id | LIMIT 2").rules;
  std::vector<std::unique_ptr<Group>> groups_;
  Arena arena_;
  expr::Warnings warnings_;
};

TEST_F(TickRowsTest, PartsOfAGroupAreOneGroup) {
  const std::vector<std::string> expected =
      Texts(Evaluate({Part("a", {1, 2, 3, 5}), Part("b", {4, 40}), Part("c", {9})}));
  EXPECT_THAT(expected, ElementsAre("c=4 s=11 user.id=a mean=2 -5000..-1000 a-5 a-3 a-2 a-1",
                                    "c=2 s=44 user.id=b mean=22 -40000..-4000 b-40 b-4"));
  // Whichever shard has what, and whoever answers first.
  EXPECT_EQ(Texts(Evaluate({Part("c", {9}), Part("b", {40}), Part("a", {5, 2}), Part("b", {4}),
                            Part("a", {1}), Part("a", {3})})),
            expected);
}

TEST_F(TickRowsTest, PartsOfStrangersMayBeMalformed) {
  EXPECT_EQ(MergeParts(window(), {Part("a", {1}), "nonsense"}).status().code(),
            StatusCode::kDataLoss);
}

TEST_F(TickRowsTest, NothingGivesNothing) {
  EXPECT_TRUE(Evaluate({}).empty());
  const auto rows = DecodeTickRows(rule(), EncodeTickRows(rule(), {}), &arena_);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE(rows->empty());
}

TEST_F(TickRowsTest, RowsComeBackAsWritten) {
  std::vector<TickRow> rows = Evaluate({Part("a", {1, 2, 3}), Part("b", {4})});
  rows[1].approximate = true;
  const std::string bytes = EncodeTickRows(rule(), rows);
  Arena arena;
  const StatusOr<std::vector<TickRow>> again = DecodeTickRows(rule(), bytes, &arena);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(Texts(*again), Texts(rows));
  EXPECT_FALSE(again->at(0).approximate);
  EXPECT_TRUE(again->at(1).approximate);
  EXPECT_EQ(EncodeTickRows(rule(), *again), bytes);
}

TEST_F(TickRowsTest, MalformedRowsAreDataLoss) {
  const std::string bytes = EncodeTickRows(rule(), Evaluate({Part("a", {1, 2, 3}), Part("b", {4})}));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeTickRows(rule(), bytes.substr(0, size), &arena_).status().code(),
              StatusCode::kDataLoss);
  }
  EXPECT_FALSE(DecodeTickRows(rule(), bytes + "x", &arena_).ok());
  const plan::CompileResult other = plan::CompileQuery("FROM a | STATS c = COUNT(*)");
  EXPECT_EQ(DecodeTickRows(other.rules->rules.at(0), bytes, &arena_).status().code(),
            StatusCode::kDataLoss);
}

}  // namespace
}  // namespace weir::shard
