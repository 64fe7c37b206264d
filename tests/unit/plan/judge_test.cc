// Which conditions are monotone, what they say about candidates, and when a rule is judged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::HasSubstr;

std::string Growth(const RuleSet& set) {
  std::string text;
  for (const GrowthCondition& growth : set.rules[0].judge.growth) {
    text += fmt::format("{} {} {};", set.windows[0].aggregates[growth.aggregate].text,
                        growth.strict ? ">" : ">=", ValueToString(growth.minimum));
  }
  return text;
}

struct Case {
  std::string query;        // after FROM a
  bool monotone;
  std::string growth;
  std::string reason;       // part of it
  std::size_t key_conditions = 0;
};

TEST(JudgeTest, DecidesWhatIsMonotone) {
  const std::string once = "every condition, once true, stays true";
  const std::string no_bound = "is not a lower bound of one aggregate that only grows";
  const Case kCases[] = {
      {"STATS c = COUNT(*) BY user.id | WHERE c >= 500", true, "COUNT(*) >= 500;", once},
      {"STATS c = COUNT(*) BY user.id | WHERE c > 3", true, "COUNT(*) > 3;", once},
      {"STATS c = COUNT(*) BY user.id | WHERE 3 < c", true, "COUNT(*) > 3;", once},
      {"STATS c = COUNT(*) BY user.id | WHERE 3 <= c", true, "COUNT(*) >= 3;", once},
      {"STATS c = COUNT(*) BY user.id | WHERE c >= 2 + 3", true, "COUNT(*) >= 5;", once},
      {"STATS c = COUNT() BY user.id | WHERE c >= 5", true, "COUNT(*) >= 5;", once},
      {"STATS c = COUNT(1) BY user.id | WHERE c >= 5", true, "COUNT(*) >= 5;", once},
      {"STATS c = COUNT(user.name) BY user.id | WHERE c >= 5", true, "COUNT(user.name) >= 5;", once},
      {"STATS c = COUNT(*) WHERE bytes > 7 BY user.id | WHERE c >= 5", true,
       "COUNT(*) WHERE bytes > 7 >= 5;", once},
      {"STATS c = COUNT_DISTINCT(region) BY user.id | WHERE c >= 5", true,
       "COUNT_DISTINCT(region) >= 5;", once},
      {"STATS m = MAX(bytes) BY user.id | WHERE m > 1.5", true, "MAX(bytes) > 1.5;", once},
      {"STATS s = SUM(1) BY user.id | WHERE s >= 5", true, "SUM(1) >= 5;", once},
      {"EVAL flag = CASE(event.outcome == \"failure\", 1, 0) | STATS s = SUM(flag) BY user.id "
       "| WHERE s >= 5",
       true, "SUM(CASE(event.outcome == \"failure\", 1, 0)) >= 5;", once},
      {"STATS c = COUNT(*), m = MAX(bytes) BY user.id | WHERE c >= 5 AND m > 2 | WHERE c > 6", true,
       "COUNT(*) >= 5;MAX(bytes) > 2;COUNT(*) > 6;", once},
      // renamed, copied, and after row-wise steps
      {"STATS c = COUNT(*) BY user.id | RENAME c AS n | EVAL k = n | WHERE k >= 5", true,
       "COUNT(*) >= 5;", once},
      {"STATS c = COUNT(*), v = VALUES(region) BY user.id | EVAL n = MV_COUNT(v) | WHERE c >= 5", true,
       "COUNT(*) >= 5;", once},
      {"STATS c = COUNT(*) BY user.id | SORT c DESC | WHERE c >= 5 | KEEP c", true, "COUNT(*) >= 5;",
       once},
      // conditions on keys
      {"STATS c = COUNT(*) BY user.id, region | WHERE c >= 5 AND region != \"x\"", true,
       "COUNT(*) >= 5;", once, 1},
      {"STATS c = COUNT(*) BY user.id | WHERE user.id IS NOT NULL", true, "", once, 1},
      // no condition: the group's existence
      {"STATS c = COUNT(*) BY user.id", true, "", once},
      // not monotone
      {"STATS c = COUNT(*) BY user.id | WHERE c == 5", false, "", no_bound},
      {"STATS c = COUNT(*) BY user.id | WHERE c < 5", false, "", no_bound},
      {"STATS c = COUNT(*) BY user.id | WHERE 5 > c", false, "", no_bound},
      {"STATS c = COUNT(*) BY user.id | WHERE NOT c > 5", false, "", no_bound},
      {"STATS m = MIN(bytes) BY user.id | WHERE m > 5", false, "", no_bound},
      {"STATS m = AVG(bytes) BY user.id | WHERE m > 5", false, "", no_bound},
      {"STATS s = SUM(bytes) BY user.id | WHERE s > 5", false, "", no_bound},
      {"STATS c = COUNT(*), d = COUNT_DISTINCT(region) BY user.id | WHERE c > d", false, "", no_bound},
      {"STATS c = COUNT(*), d = COUNT(region) BY user.id | EVAL r = d * 1.0 / c | WHERE r > 0.5 AND c > 9",
       false, "COUNT(*) > 9;", "[r > 0.5] " + no_bound},
      {"STATS c = COUNT(*), v = VALUES(region) BY user.id | WHERE c > 9 AND MV_COUNT(v) > 2", false,
       "COUNT(*) > 9;", no_bound},
      {"STATS c = COUNT(*) + 1 BY user.id | WHERE c > 9", false, "", no_bound},
      {"STATS c = COUNT(*), d = COUNT(region) BY user.id | WHERE c > 9 OR d > 3", false, "", no_bound},
      {"STATS c = COUNT(*) BY user.id | EVAL least = 4 + 1 | WHERE c >= least", true, "COUNT(*) >= 5;",
       ""},
      {"STATS c = COUNT(*) BY user.id | WHERE c > 9 | LIMIT 3", false, "COUNT(*) > 9;",
       "LIMIT chooses among the rows"},
      {"STATS c = COUNT(*) BY user.id | LIMIT 3 | WHERE c > 9", false, "", "LIMIT chooses"},
      {"STATS c = COUNT(*), f = MIN(@timestamp) BY user.id | WHERE c > 9 AND f > NOW() - 1 hour", false,
       "COUNT(*) > 9;", "NOW() changes without new rows"},
      {"STATS c = COUNT(*) BY user.id, region | WHERE c > 9 | STATS n = COUNT(*) BY user.id "
       "| WHERE n > 2",
       false, "COUNT(*) > 9;", "a second STATS folds rows"},
      {"STATS c = COUNT(*), v = VALUES(region) BY user.id | WHERE c > 9 | MV_EXPAND v", false,
       "COUNT(*) > 9;", "MV_EXPAND after STATS"},
      // without BY a row is there before anything happens
      {"STATS c = COUNT(*)", false, "", "STATS without BY gives a row"},
      {"STATS c = COUNT(*) | WHERE c >= 0", false, "", "STATS without BY gives a row"},
      // what no shard sees whole is judged by the coordinator, and no shard's part says who may pass
      {"STATS c = COUNT(*) | WHERE c > 0", true, "", "judged over all shards at every pane"},
      {"STATS m = MAX(bytes) | WHERE m >= 0", true, "", "judged over all shards at every pane"},
  };
  for (const Case& item : kCases) {
    const CompileResult result = CompileQuery("FROM a | " + item.query);
    ASSERT_EQ(result.rules->rules.size(), 1U)
        << item.query << "\n" << fmt::format("{}", fmt::join(Briefs(result.findings[0]), "\n"));
    const Judge& judge = result.rules->rules[0].judge;
    EXPECT_EQ(judge.monotone, item.monotone) << item.query;
    const bool continuous = item.monotone && !result.rules->rules[0].spread;
    EXPECT_EQ(judge.mode, continuous ? JudgeMode::kContinuous : JudgeMode::kSchedule) << item.query;
    EXPECT_EQ(Growth(*result.rules), item.growth) << item.query;
    EXPECT_THAT(judge.reason, HasSubstr(item.reason)) << item.query;
    EXPECT_EQ(judge.key_conditions.size(), item.key_conditions) << item.query;
  }
}

struct ModeCase {
  std::optional<JudgeMode> mode;
  std::optional<AlertMode> alerts;
  std::string query;
  JudgeMode expected;
  std::string reason;
  int64_t pane_ms;
  bool by_ingested;
};

TEST(JudgeTest, ChoosesModePanesAndTimeField) {
  const std::string grows = "FROM a | STATS c = COUNT(*) BY user.id | WHERE c > 3";
  const std::string shrinks = "FROM a | STATS c = COUNT(*) BY user.id | WHERE c < 3";
  const std::string events = "FROM a | WHERE bytes > 3";
  const ModeCase kCases[] = {
      {{}, {}, grows, JudgeMode::kContinuous, "once true", 1000, false},
      {JudgeMode::kContinuous, {}, grows, JudgeMode::kContinuous, "once true", 1000, false},
      {JudgeMode::kSchedule, {}, grows, JudgeMode::kSchedule, "asked for", 600'000, true},
      {{}, AlertMode::kParity, grows, JudgeMode::kSchedule, "parity", 600'000, true},
      {{}, AlertMode::kEpisodes, grows, JudgeMode::kContinuous, "once true", 1000, false},
      {{}, {}, shrinks, JudgeMode::kSchedule, "lower bound", 600'000, true},
      {JudgeMode::kContinuous, {}, shrinks, JudgeMode::kSchedule, "lower bound", 600'000, true},
      {{}, {}, events, JudgeMode::kContinuous, "every matching row is an alert", 1000, false},
      {JudgeMode::kSchedule, {}, events, JudgeMode::kContinuous, "every matching row", 1000, false},
  };
  for (const ModeCase& item : kCases) {
    CompileOptions options;
    options.mode = item.mode;
    options.alerts = item.alerts;
    rule::Rule rule = MakeRule(item.query);
    rule.timestamp_override = "event.ingested";
    const CompileResult result = CompileAll({rule}, options);
    ASSERT_EQ(result.rules->rules.size(), 1U);
    EXPECT_EQ(result.rules->rules[0].judge.mode, item.expected) << item.query;
    EXPECT_THAT(result.rules->rules[0].judge.reason, HasSubstr(item.reason));
    EXPECT_EQ(result.rules->windows[0].pane_ms, item.pane_ms) << item.query;
    EXPECT_EQ(result.rules->windows[0].by_ingested, item.by_ingested) << item.query;
  }
}

TEST(JudgeTest, ContinuousPanesAreAtMostThreeThousandSixHundred) {
  rule::Rule rule = MakeRule("FROM a | STATS c = COUNT(*) BY user.id | WHERE c > 3");
  rule.lookback_ms = 7 * 3'600'000 + 1;
  EXPECT_EQ(CompileAll({rule}).rules->windows[0].pane_ms, 7001);
  rule.lookback_ms = 60'000;
  EXPECT_EQ(CompileAll({rule}).rules->windows[0].pane_ms, 1000);
}

}  // namespace
}  // namespace weir::plan
