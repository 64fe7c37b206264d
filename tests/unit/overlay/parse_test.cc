#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/overlay/overlay.h"

namespace weir::overlay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Rendered(const Overlay& overlay) {
  std::vector<std::string> lines;
  for (const rule::Finding& finding : overlay.findings) {
    lines.push_back(finding.rendered);
  }
  return lines;
}

TEST(ParseTest, ReadsEverythingThatCanBeChanged) {
  const Overlay overlay = Parse("o.yaml", R"(
rules:
  r1:
    written_for_version: 3
    enabled: true
    shadow: true
    mode: schedule
    alerts: parity
    severity: high
    risk_score: 73
    interval: 10m
    look_back: 2h
    thresholds:
      Esql.calls: 300
      ratio: 0.5
    exceptions:
      - name: backup
        filter: 'user.id: "backup" and source.ip: 10.0.0.0/8'
        until: 2026-03-31
        author: ana
        reason: the nightly backup
      - name: accounts
        field: cloud.account.id
        values: ["1", "2"]
        author: ana
        reason: sandboxes
    suppression:
      group_by: [user.id]
      duration: 90m
      missing_fields_strategy: doNotSuppress
    storm_cap: {alerts: 20, per: 1h}
    max_signal_duration: 1d
  r2:
    suppression: none
silences:
  - name: maintenance
    rules: ["Bedrock *"]
    severities: [low, medium]
    group: {user.id: "ci-*"}
    until: 2026-02-01T06:00:00Z
    author: ben
    reason: load test
)");
  EXPECT_THAT(Rendered(overlay), IsEmpty());
  ASSERT_THAT(overlay.rules, SizeIs(2));
  const RuleOverlay& rule = overlay.rules[0];
  EXPECT_EQ(rule.rule_id, "r1");
  EXPECT_EQ(rule.written_for_version->value, 3);
  EXPECT_TRUE(rule.shadow->value);
  EXPECT_EQ(rule.severity->value, rule::Severity::kHigh);
  EXPECT_EQ(rule.interval_ms->value, 600'000);
  EXPECT_EQ(rule.lookback_ms->value, 7'200'000);
  EXPECT_EQ(rule.lookback_ms->place.line, 12);
  EXPECT_EQ(rule.lookback_ms->place.column, 16);
  ASSERT_THAT(rule.thresholds, SizeIs(2));
  EXPECT_EQ(rule.thresholds[1].value, 0.5);
  ASSERT_THAT(rule.exceptions, SizeIs(2));
  EXPECT_EQ(rule.exceptions[0].until_ms, ParseTime("2026-03-31"));
  EXPECT_EQ(rule::ExceptionFilter(rule.exceptions[1]), R"(cloud.account.id: ("1" or "2"))");
  EXPECT_THAT(rule.suppression->value.group_by->value, ElementsAre("user.id"));
  EXPECT_EQ(rule.suppression->value.duration_ms->value, 5'400'000);
  EXPECT_EQ(rule.storm_cap->value.alerts, 20);
  EXPECT_EQ(rule.storm_cap->value.period_ms, 3'600'000);
  EXPECT_EQ(rule.max_signal_ms->value, kMillisPerDay);
  EXPECT_TRUE(overlay.rules[1].suppression->value.off);
  ASSERT_THAT(overlay.silences, SizeIs(1));
  EXPECT_THAT(overlay.silences[0].group, ElementsAre(std::pair("user.id", "ci-*")));
}

TEST(ParseTest, NamesEveryProblemWithItsPlaceAndKeepsTheRest) {
  const Overlay overlay = Parse("o.yaml", R"(rules:
  r1:
    intervall: 10m
    severity: hihg
    interval: 10
    risk_score: 101
    enabled: yes
    thresholds: {calls: many}
    exceptions:
      - name: a
        filter: "user.id: x"
        field: user.id
        values: [y]
        author: ana
        reason: both ways
      - filter: "user.id: x"
    storm_cap: {alerts: 0}
    look_back: 2h
silence: []
)");
  EXPECT_THAT(
      Rendered(overlay),
      ElementsAre(
          "o.yaml:3:5: error: unknown key [intervall] of rule [r1]; did you mean [interval]?\n",
          "o.yaml:4:15: error: [severity] is one of low, medium, high, critical, got [hihg]; did you "
          "mean [high]?\n",
          "o.yaml:5:15: error: [interval] is a time above 0 with a unit, such as 90s, 10m or 1h, got "
          "[10]\n",
          "o.yaml:6:17: error: [risk_score] is a whole number from 0 to 100, got [101]\n",
          "o.yaml:7:14: error: [enabled] is true or false, got [yes]\n",
          "o.yaml:8:25: error: [calls] is a number, got [many]\n",
          "o.yaml:10:9: error: an exception has either [filter], or [field] and [values]\n",
          "o.yaml:16:9: error: an exception needs [name]\n",
          "o.yaml:16:9: error: an exception needs [author]\n",
          "o.yaml:16:9: error: an exception needs [reason]\n",
          "o.yaml:17:25: error: [alerts] is a whole number from 1 to 1000000, got [0]\n",
          "o.yaml:17:16: error: [storm_cap] needs [per]\n",
          "o.yaml:19:1: error: unknown key [silence] of an overlay; did you mean [silences]?\n"));
  ASSERT_THAT(overlay.rules, SizeIs(1));
  EXPECT_EQ(overlay.rules[0].lookback_ms->value, 7'200'000);
  EXPECT_THAT(overlay.rules[0].exceptions, IsEmpty());
}

TEST(ParseTest, RefusesWhatIsNoYamlOrNoMap) {
  EXPECT_THAT(Rendered(Parse("o.yaml", "rules: [a")), ElementsAre(HasSubstr("no YAML: ")));
  EXPECT_THAT(Rendered(Parse("o.yaml", "- rules")),
              ElementsAre("o.yaml:1:1: error: an overlay is a map of keys and values, got a list\n"));
  EXPECT_THAT(Rendered(Parse("o.yaml", "rules:\n  r1: 5\n")),
              ElementsAre("o.yaml:2:7: error: rule [r1] is a map of keys and values, got a value\n"));
  EXPECT_THAT(Rendered(Parse("o.yaml", "rules: {r1: {mode: continuous, alerts: parity}}")),
              ElementsAre(HasSubstr("[alerts: parity] makes alerts at ticks")));
  EXPECT_THAT(Rendered(Parse("o.yaml", "# nothing yet\n")), IsEmpty());
}

TEST(ParseTest, ASilenceNeedsAnEndAnAuthorAReasonAndAMatcher) {
  EXPECT_THAT(Rendered(Parse("o.yaml", "silences:\n  - name: all\n")),
              ElementsAre("o.yaml:2:5: error: a silence needs [until]\n",
                          "o.yaml:2:5: error: a silence needs [author]\n",
                          "o.yaml:2:5: error: a silence needs [reason]\n",
                          "o.yaml:2:5: error: a silence says what it matches: [rules], [severities] or "
                          "[group]\n"));
}

}  // namespace
}  // namespace weir::overlay
