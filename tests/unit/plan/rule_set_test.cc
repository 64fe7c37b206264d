// A set of rules as a whole: isolation of bad rules, order, guards, data streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RuleSetTest, ABadRuleDoesNotAffectOthers) {
  const rule::Rule good = MakeRule("FROM a | STATS c = COUNT(*) BY user.id | WHERE c > 3", "good");
  const rule::Rule bad = MakeRule("FROM a | STATS c = COUNT(*) BY user.id | WHERE d > 3", "bad");
  rule::Rule disabled = MakeRule("FROM a |", "disabled");
  disabled.enabled = false;
  const CompileResult alone = CompileAll({good});
  const CompileResult mixed = CompileAll({bad, disabled, good, good});
  ASSERT_EQ(mixed.findings.size(), 4U);
  EXPECT_EQ(mixed.findings[0].size(), 1U);
  EXPECT_THAT(mixed.findings[1], IsEmpty());
  EXPECT_THAT(mixed.findings[2], IsEmpty());
  EXPECT_THAT(Briefs(mixed.findings[3]),
              ElementsAre("0:0: error: rule_id [good] is already used by another rule"));
  ASSERT_EQ(mixed.rules->rules.size(), 1U);
  EXPECT_EQ(mixed.rules->FindRule("bad"), nullptr);
  ASSERT_NE(mixed.rules->FindRule("good"), nullptr);
  EXPECT_EQ(Explain(*mixed.rules, *mixed.rules->FindRule("good")),
            Explain(*alone.rules, *alone.rules->FindRule("good")));
}

TEST(RuleSetTest, CompilesTheSameTwice) {
  std::vector<rule::Rule> rules;
  for (int i = 0; i < 20; ++i) {
    rules.push_back(MakeRule(fmt::format("FROM a | WHERE bytes > {} | STATS c = COUNT(*) BY {} | WHERE c > 3",
                                         i, i % 3 == 0 ? "user.id, region" : "user.id"),
                             fmt::format("r{}", i)));
  }
  const CompileResult one = CompileAll(rules);
  const CompileResult two = CompileAll(rules);
  ASSERT_EQ(one.rules->rules.size(), 20U);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(Explain(*one.rules, one.rules->rules[i]), Explain(*two.rules, two.rules->rules[i]));
  }
}

TEST(RuleSetTest, CollectsGuardsFromEqualities) {
  const auto guards = [](const std::string& condition) {
    const CompileResult result =
        CompileQuery("FROM a | WHERE " + condition + " | STATS c = COUNT(*) BY user.id");
    std::vector<std::string> texts;
    for (const HeadGuard& guard : result.rules->rules.at(0).head.guards) {
      texts.push_back(fmt::format("{}: {}", result.rules->fields->field(guard.field).name,
                                  fmt::join(guard.values, ",")));
    }
    return texts;
  };
  EXPECT_THAT(guards("event.provider == \"p\" AND event.action IN (\"b\", \"a\", \"b\") AND bytes > 1"),
              ElementsAre("event.provider: p", "event.action: a,b"));
  EXPECT_THAT(guards("\"p\" == event.provider"), ElementsAre("event.provider: p"));
  EXPECT_THAT(guards("event.action == \"a\" OR event.action IN (\"b\")"), ElementsAre("event.action: a,b"));
  EXPECT_THAT(guards("event.action IN (\"a\", \"b\") AND event.action IN (\"b\", \"c\")"),
              ElementsAre("event.action: b"));
  EXPECT_THAT(guards("event.action == \"a\" OR region == \"b\""), IsEmpty());
  EXPECT_THAT(guards("event.action != \"a\""), IsEmpty());
  EXPECT_THAT(guards("NOT event.action == \"a\""), IsEmpty());
  EXPECT_THAT(guards("event.action NOT IN (\"a\")"), IsEmpty());
  EXPECT_THAT(guards("event.action IN (\"a\", user.id)"), IsEmpty());
  EXPECT_THAT(guards("TO_LOWER(event.action) == \"a\""), IsEmpty());
  EXPECT_THAT(guards("bytes == 5"), IsEmpty());
}

TEST(RuleSetTest, GuardsAreAboutTheEventsField) {
  const auto guards = [](const std::string& query) {
    return CompileQuery(query).rules->rules.at(0).head.guards.size();
  };
  // The column is no longer the field.
  EXPECT_EQ(guards("FROM a | EVAL region = TO_LOWER(region) | WHERE region == \"x\" | KEEP region"), 0U);
  EXPECT_EQ(guards("FROM a | MV_EXPAND region | WHERE region == \"x\" | KEEP region"), 0U);
  // It still is, under another name.
  EXPECT_EQ(guards("FROM a | RENAME region AS r | WHERE r == \"x\" | KEEP r"), 1U);
}

TEST(RuleSetTest, FromPatternsChooseDataStreams) {
  const auto reads = [](const std::string& from, std::string_view data_stream) {
    const CompileResult result = CompileQuery("FROM " + from + " | STATS c = COUNT(*) BY user.id");
    return result.rules->rules.at(0).head.Reads(data_stream);
  };
  EXPECT_TRUE(reads("logs-aws.cloudtrail-*", "logs-aws.cloudtrail-default"));
  EXPECT_TRUE(reads("logs-aws*", "logs-aws_bedrock.invocation-default"));
  EXPECT_TRUE(reads("logs-x-*, logs-aws.cloudtrail-default", "logs-aws.cloudtrail-default"));
  EXPECT_FALSE(reads("logs-aws.cloudtrail-*", "logs-aws_bedrock.invocation-default"));
  EXPECT_FALSE(reads("logs-*, -logs-aws*", "logs-aws.cloudtrail-default"));
  EXPECT_FALSE(reads("logs-aws.cloudtrail", "logs-aws.cloudtrail-default"));
}

TEST(RuleSetTest, EmptySetsCompile) {
  const CompileResult result = CompileAll({});
  EXPECT_THAT(result.rules->rules, IsEmpty());
  EXPECT_EQ(result.rules->version, RuleSetVersion(1));
  EXPECT_EQ(result.rules->FindRule("x"), nullptr);
}

}  // namespace
}  // namespace weir::plan
