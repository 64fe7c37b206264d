// The rules of the demo load without a finding, and are the ones its judge waits for.
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rule/rule.h"
#include "deploy/demo_events/scenario.h"

namespace weir::demo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::map<std::string, rule::Rule> LoadPack() {
  const auto loaded = rule::LoadRules({WEIR_ROOT "/deploy/rules/bedrock"});
  EXPECT_TRUE(loaded.ok()) << Message(loaded.status());
  std::map<std::string, rule::Rule> rules;
  for (const rule::LoadResult& result : loaded.value()) {
    for (const rule::Finding& finding : result.findings) {
      ADD_FAILURE() << finding.rendered;
    }
    if (result.rule.has_value()) {
      rules[result.rule->id] = *result.rule;
    }
  }
  return rules;
}

TEST(RulePackTest, LoadsWithoutFindingsAndIsComplete) {
  const std::map<std::string, rule::Rule> rules = LoadPack();
  EXPECT_EQ(rules.size(), 4U);
  for (const auto& [id, rule] : rules) {
    EXPECT_EQ(rule.type, rule::RuleType::kEsql) << rule.path;
    EXPECT_EQ(rule.lookback_ms, 60 * 60 * 1000) << rule.path;
    EXPECT_EQ(rule.interval_ms, 10 * 60 * 1000) << rule.path;
    EXPECT_FALSE(rule.threat.empty()) << rule.path;
    EXPECT_FALSE(rule.note.empty()) << rule.path;
    EXPECT_FALSE(rule.false_positives.empty()) << rule.path;
    EXPECT_FALSE(rule.references.empty()) << rule.path;
  }
}

TEST(RulePackTest, SuppressesOnlyRepeatedProbing) {
  std::vector<std::string> suppressing;
  for (const auto& [id, rule] : LoadPack()) {
    if (rule.suppression.has_value()) {
      suppressing.push_back(id);
      EXPECT_THAT(rule.suppression->group_by,
                  ElementsAre("aws.cloudtrail.user_identity.arn", "cloud.account.id"));
      EXPECT_EQ(rule.suppression->duration_ms, 60 * 60 * 1000);
    }
  }
  EXPECT_THAT(suppressing, ElementsAre("02d49533-d9b7-4ed1-9363-bc34ab3c5a2c"));
}

TEST(RulePackTest, IsWhatTheDemoExpects) {
  Random random(1);
  Day day;
  std::map<std::string, rule::Rule> rules = LoadPack();
  for (const ExpectedAlert& expected : AddAttacks(&random, &day)) {
    ASSERT_TRUE(rules.contains(expected.rule_id)) << expected.story;
    EXPECT_NE(rules[expected.rule_id].query.find(expected.counted + " = COUNT(*)"),
              std::string::npos)
        << expected.story;
    rules.erase(expected.rule_id);
  }
  EXPECT_THAT(rules, IsEmpty());
}

}  // namespace
}  // namespace weir::demo
