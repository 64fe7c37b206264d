// The identity of windows: what keeps one, what makes another, who shares.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::ElementsAre;

Hash128 WindowOf(const rule::Rule& rule, const CompileOptions& options = {}) {
  const CompileResult result = CompileAll({rule}, options);
  EXPECT_EQ(result.rules->windows.size(), 1U) << rule.query;
  return result.rules->windows.empty() ? Hash128{} : result.rules->windows[0].id;
}

Hash128 WindowOf(const std::string& query) {
  return WindowOf(MakeRule(query));
}

TEST(WindowsTest, ThresholdTextAndSeverityKeepTheWindow) {
  rule::Rule rule =
      MakeRule("FROM a | WHERE region == \"x\" | STATS c = COUNT(*) BY user.id | WHERE c > 3");
  const Hash128 id = WindowOf(rule);
  rule::Rule changed = rule;
  changed.severity = rule::Severity::kCritical;
  changed.name = "Other";
  changed.id = "other";
  changed.note = "Other";
  changed.max_signals = 7;
  EXPECT_EQ(WindowOf(changed), id);
  changed.query =
      "FROM a // a comment\n| where region==\"x\" | STATS n = count( ) BY u = user.id\n"
      "| WHERE n >= 50 | KEEP u";
  EXPECT_EQ(WindowOf(changed), id);
}

TEST(WindowsTest, WhatIsCountedMakesAnotherWindow) {
  const Hash128 id = WindowOf("FROM a | WHERE bytes > 1 | STATS c = COUNT(*) BY user.id");
  for (const char* query : {
           "FROM b | WHERE bytes > 1 | STATS c = COUNT(*) BY user.id",
           "FROM a | WHERE bytes > 2 | STATS c = COUNT(*) BY user.id",
           "FROM a | STATS c = COUNT(*) BY user.id",
           "FROM a | WHERE bytes > 1 | STATS c = COUNT(bytes) BY user.id",
           "FROM a | WHERE bytes > 1 | STATS c = COUNT(*) BY user.name",
           "FROM a | WHERE bytes > 1 | STATS c = COUNT(*), m = MAX(bytes) BY user.id",
           "FROM a | WHERE bytes > 1 | MV_EXPAND region | STATS c = COUNT(*) BY user.id",
           "FROM a | WHERE bytes > 1 | EVAL user.id = TO_LOWER(user.id) | STATS c = COUNT(*) BY user.id",
           "FROM a | WHERE bytes > 1 | KEEP user.id",
       }) {
    EXPECT_NE(WindowOf(query), id) << query;
  }
}

TEST(WindowsTest, PanesAndTimeFieldArePartOfTheIdentity) {
  rule::Rule rule = MakeRule("FROM a | STATS c = COUNT(*) BY user.id | WHERE c < 3");
  const Hash128 id = WindowOf(rule);
  rule::Rule ingested = rule;
  ingested.timestamp_override = "event.ingested";
  EXPECT_NE(WindowOf(ingested), id);
  rule::Rule finer = rule;
  finer.interval_ms = 7 * 60'000;
  EXPECT_NE(WindowOf(finer), id);
  rule::Rule longer = rule;
  longer.lookback_ms = 2 * rule.lookback_ms;   // the same panes
  EXPECT_EQ(WindowOf(longer), id);
}

TEST(WindowsTest, EqualRulesShareAWindowAndItsLongestLookBack) {
  std::vector<rule::Rule> rules = {
      MakeRule("FROM a | STATS c = COUNT(*) BY user.id | WHERE c < 3", "one"),
      MakeRule("FROM a | STATS n = COUNT(*) BY user.id | WHERE n == 50", "two"),
      MakeRule("FROM a | STATS n = COUNT(*) BY user.name | WHERE n == 50", "three")};
  rules[1].lookback_ms = 7'200'000;
  const CompileResult result = CompileAll(rules);
  ASSERT_EQ(result.rules->windows.size(), 2U);
  EXPECT_THAT(result.rules->windows[0].rules, ElementsAre(0U, 1U));
  EXPECT_EQ(result.rules->windows[0].lookback_ms_max, 7'200'000);
  EXPECT_EQ(result.rules->rules[1].window_index, 0U);
  EXPECT_EQ(result.rules->FindWindow(result.rules->windows[1].id), 1);
  EXPECT_EQ(result.rules->FindWindow(Hash128{1, 2}), -1);
}

TEST(WindowsTest, SuppressionThatNarrowsTheClassMakesAnotherWindow) {
  rule::Rule rule = MakeRule("FROM a | STATS c = COUNT(*) BY user.id, region | WHERE c > 3");
  const Hash128 id = WindowOf(rule);
  rule.suppression.emplace();
  rule.suppression->group_by = {"region"};
  EXPECT_NE(WindowOf(rule), id);
}

}  // namespace
}  // namespace weir::plan
