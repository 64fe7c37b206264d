// Folds that keep rows: INLINE STATS, LIMIT and NOW() before STATS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RowsTest : public testing::Test {
 protected:
  const CompiledRule& Compile(const std::string& query) { return Compile(MakeRule(query)); }
  const CompiledRule& Compile(const rule::Rule& rule) {
    result_ = CompileAll({rule});
    EXPECT_THAT(Briefs(result_.findings.at(0)), IsEmpty()) << rule.query;
    return result_.rules->rules.at(0);
  }

  std::vector<std::string> KeyTexts() const {
    std::vector<std::string> texts;
    for (const FoldKey& key : result_.rules->windows.at(0).keys) {
      EXPECT_TRUE(key.whole);
      texts.push_back(key.text);
    }
    return texts;
  }
  std::vector<std::string> TailTexts(const CompiledRule& rule) const {
    std::vector<std::string> texts;
    for (const TailStep& step : rule.tail.steps) {
      std::visit([&](const auto& body) { texts.push_back(body.text); }, step);
    }
    return texts;
  }

  CompileResult result_;
};

TEST_F(RowsTest, InlineStatsKeepsTheCellsThatAreReadLater) {
  const CompiledRule& rule = Compile(
      "FROM a | WHERE bytes > 1 | EVAL unread = bytes + 1, b = bytes * 2 "
      "| INLINE STATS m = MAX(b) BY user.id | WHERE b == m | KEEP user.id, b");
  EXPECT_THAT(KeyTexts(), ElementsAre("bytes * 2 /* cell */", "user.id /* cell */"));
  EXPECT_THAT(TailTexts(rule), ElementsAre("ROWS b, user.id", "INLINE STATS m = MAX(b) BY user.id",
                                           "WHERE b == m"));
  EXPECT_THAT(OutputNames(rule), ElementsAre("user.id:keyword", "b:long"));
  EXPECT_EQ(rule.judge.mode, JudgeMode::kSchedule);
  EXPECT_EQ(rule.judge.reason, "INLINE STATS compares the rows of a window");
  EXPECT_THAT(rule.routing_reason, HasSubstr("rows spread by the identity of their event"));
  EXPECT_EQ(rule.tail.group.size(), 2U);
}

TEST_F(RowsTest, AQueryThatKeepsEveryFieldShowsThoseItNames) {
  const CompiledRule& rule = Compile("FROM a | INLINE STATS n = COUNT(*) BY source.ip | WHERE n > 3");
  EXPECT_THAT(OutputNames(rule), ElementsAre("n:long", "source.ip:ip", "@timestamp:datetime"));
}

TEST_F(RowsTest, StatsMayFollow) {
  const CompiledRule& rule = Compile(
      "FROM a | INLINE STATS c = COUNT(*) BY user.id | WHERE c > 3 | STATS d = MAX(c) BY account");
  EXPECT_THAT(OutputNames(rule), ElementsAre("d:long", "account:keyword"));
  ASSERT_EQ(rule.tail.group.size(), 1U);
  EXPECT_EQ(rule.tail.group.front().name, "account");
}

TEST_F(RowsTest, LimitBeforeStatsKeepsRowsAndSortCounts) {
  const CompiledRule& rule =
      Compile("FROM a | SORT bytes DESC | LIMIT 5 | STATS s = SUM(bytes) BY user.id");
  EXPECT_THAT(TailTexts(rule), ElementsAre("ROWS bytes, user.id", "SORT bytes DESC NULLS FIRST",
                                           "LIMIT 5", "STATS s = SUM(bytes) BY user.id"));
  EXPECT_EQ(rule.judge.reason, "LIMIT chooses among the rows of a window");
}

TEST_F(RowsTest, ALowerBoundOfTheTimeNarrowsTheLookback) {
  const CompiledRule& rule =
      Compile("FROM a | WHERE @timestamp > NOW() - 30 minutes | STATS c = COUNT(*) BY user.id "
              "| WHERE c >= 5");
  EXPECT_EQ(rule.judge.lookback_ms, 1'800'000);
  EXPECT_EQ(rule.judge.mode, JudgeMode::kContinuous);
  EXPECT_THAT(rule.head.steps, IsEmpty());
  EXPECT_THAT(rule.notes, ElementsAre("[@timestamp > NOW() - 30 minutes] narrows the look-back"));
}

TEST_F(RowsTest, ALowerBoundBeyondTheLookbackIsLeftOut) {
  const CompiledRule& rule = Compile(
      "FROM a | WHERE NOW() - 7 days <= @timestamp | STATS c = COUNT(*) BY user.id | WHERE c >= 5");
  EXPECT_EQ(rule.judge.lookback_ms, 3'600'000);
  EXPECT_THAT(rule.notes, ElementsAre(HasSubstr("holds in all of the look-back")));
}

TEST_F(RowsTest, AnyOtherNowBeforeStatsIsTestedAtTheTick) {
  const CompiledRule& rule = Compile(
      "FROM a | WHERE event.action == \"x\" AND @timestamp < NOW() - 5 minutes "
      "| STATS c = COUNT(*) BY user.id");
  EXPECT_EQ(rule.head.steps.size(), 1U);
  EXPECT_THAT(KeyTexts(), UnorderedElementsAre("@timestamp /* cell */", "user.id /* cell */"));
  EXPECT_THAT(TailTexts(rule), Contains("WHERE @timestamp < NOW() - 5 minutes"));
  EXPECT_EQ(rule.judge.mode, JudgeMode::kSchedule);
  Compile("FROM a | STATS c = MAX(DATE_DIFF(\"hour\", @timestamp, NOW())) BY user.id");
  EXPECT_THAT(KeyTexts(), UnorderedElementsAre("@timestamp /* cell */", "user.id /* cell */"));
}

TEST_F(RowsTest, WindowsOfArrivalsKeepTheConditionOnTheTime) {
  rule::Rule rule = MakeRule("FROM a | WHERE @timestamp > NOW() - 30 minutes | STATS c = COUNT(*)");
  rule.timestamp_override = "event.ingested";
  EXPECT_THAT(TailTexts(Compile(rule)), Contains("WHERE @timestamp > NOW() - 30 minutes"));
  EXPECT_EQ(result_.rules->rules[0].judge.lookback_ms, 3'600'000);
}

TEST_F(RowsTest, WithoutAWindowARowIsJudgedAsItArrives) {
  const CompiledRule& rule =
      Compile("FROM a | WHERE bytes > 1 AND @timestamp > NOW() - 1 hour | KEEP user.id");
  EXPECT_TRUE(result_.rules->windows.at(0).is_events);
  EXPECT_THAT(rule.notes, ElementsAre(HasSubstr("a row is judged as it arrives")));
}

}  // namespace
}  // namespace weir::plan
