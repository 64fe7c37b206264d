#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/overlay/overlay.h"

namespace weir::overlay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

rule::Rule MakeRule(std::string id) {
  rule::Rule rule;
  rule.id = std::move(id);
  rule.name = "Rule " + rule.id;
  rule.version = 4;
  rule.type = rule::RuleType::kEsql;
  return rule;
}

std::vector<std::string> Rendered(const Overlay& overlay) {
  std::vector<std::string> lines;
  for (const rule::Finding& finding : overlay.findings) {
    lines.push_back(finding.rendered);
  }
  return lines;
}

std::vector<std::string> Changes(const rule::Rule& rule) {
  std::vector<std::string> lines;
  for (const rule::Change& change : rule.adjustments.changes) {
    lines.push_back(change.field + ": " + change.vendor + " -> " + change.overlay);
  }
  return lines;
}

TEST(ApplyTest, ChangesTheRuleAndListsTheDifferences) {
  std::vector<rule::Rule> rules = {MakeRule("r1"), MakeRule("r2")};
  rules[0].suppression = rule::Suppression{{"user.id"}, 3'600'000, {}};
  std::vector<Overlay> overlays = {Parse("o.yaml", R"(rules:
  r1:
    written_for_version: 4
    severity: high
    interval: 10m
    look_back: 6m
    shadow: true
    suppression: {duration: 1d}
    storm_cap: {alerts: 5, per: 1h}
)")};
  Apply(&overlays, &rules);
  EXPECT_THAT(Rendered(overlays[0]), IsEmpty());
  EXPECT_EQ(rules[0].severity, rule::Severity::kHigh);
  EXPECT_EQ(rules[0].interval_ms, 600'000);
  EXPECT_TRUE(rules[0].adjustments.shadow);
  EXPECT_EQ(rules[0].suppression->duration_ms, kMillisPerDay);
  // What is as the vendor has it is no difference.
  EXPECT_THAT(Changes(rules[0]),
              ElementsAre("shadow: false -> true", "severity: low -> high", "interval: 5m -> 10m",
                          "storm_cap: none -> 5 per 1h",
                          "suppression: by [user.id], for 1h -> by [user.id], for 1d"));
  EXPECT_THAT(Changes(rules[1]), IsEmpty());
}

TEST(ApplyTest, FlagsWhatNoLongerFits) {
  std::vector<rule::Rule> rules = {MakeRule("brute-force"), MakeRule("r2")};
  rules[1].type = rule::RuleType::kThreshold;
  std::vector<Overlay> overlays = {Parse("o.yaml", R"(rules:
  brute-forse: {severity: high}
  brute-force: {written_for_version: 3, suppression: {duration: 1h}, risk_score: 5}
  r2: {suppression: {group_by: user.id, duration: 1h}}
silences:
  - {name: gone, rules: [no-such-rule], until: 2030-01-01, author: a, reason: b}
)")};
  Apply(&overlays, &rules);
  EXPECT_THAT(
      Rendered(overlays[0]),
      ElementsAre(
          "o.yaml:2:3: warning: no longer fits: no rule has the id [brute-forse]; did you mean "
          "[brute-force]?\n",
          "o.yaml:3:38: warning: no longer fits: written for version 3 of rule [brute-force], which "
          "now is version 4\n",
          HasSubstr("has no suppression to change, and no [group_by] is given"),
          HasSubstr("is a threshold rule, whose alerts are suppressed by its own fields"),
          HasSubstr("silence [gone] is for rule [no-such-rule], which no rule is called")));
  // The rest of the entry counts.
  EXPECT_EQ(rules[0].risk_score, 5);
  EXPECT_EQ(rules[1].suppression->duration_ms, 3'600'000);
}

TEST(ApplyTest, OfTwoEntriesForARuleTheFirstCounts) {
  std::vector<rule::Rule> rules = {MakeRule("r1")};
  std::vector<Overlay> overlays = {Parse("a.yaml", "rules: {r1: {risk_score: 1}}"),
                                   Parse("b.yaml", "rules: {r1: {risk_score: 2}}")};
  Apply(&overlays, &rules);
  EXPECT_EQ(rules[0].risk_score, 1);
  EXPECT_THAT(Rendered(overlays[0]), IsEmpty());
  EXPECT_THAT(Rendered(overlays[1]),
              ElementsAre("b.yaml:1:9: error: rule [r1] has settings at a.yaml:1 already: these are not "
                          "used\n"));
}

TEST(ApplyTest, FindingsOfCompilingGoToTheOverlayTheyAreIn) {
  std::vector<Overlay> overlays = {Parse("o.yaml", "")};
  std::vector<rule::Finding> of_rule = {
      rule::MakeFinding({"r.toml", 1, 1}, esql::Severity::kWarning, "its own"),
      rule::MakeFinding({"o.yaml", 2, 1}, esql::Severity::kWarning, "the overlay's")};
  TakeFindings(&of_rule, &overlays);
  ASSERT_THAT(of_rule, SizeIs(1));
  EXPECT_EQ(of_rule[0].message, "its own");
  ASSERT_THAT(overlays[0].findings, SizeIs(1));
  EXPECT_EQ(overlays[0].findings[0].message, "the overlay's");
}

}  // namespace
}  // namespace weir::overlay
