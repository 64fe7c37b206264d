// Rules of the other kinds: what they compile to, which are refused and why, and the types of
// fields that nobody knows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

rule::Rule MakeKind(rule::RuleType type, rule::Dialect dialect, std::string query,
                    std::string id = "r1") {
  rule::Rule rule = MakeRule(std::move(query), std::move(id));
  rule.type = type;
  rule.type_name = rule::RuleTypeName(type);
  rule.dialect = dialect;
  rule.index = {"logs-aws.cloudtrail-*"};
  return rule;
}

rule::Rule MakeKql(std::string query, std::string id = "r1") {
  return MakeKind(rule::RuleType::kQuery, rule::Dialect::kKuery, std::move(query), std::move(id));
}

rule::Rule MakeThreshold(std::vector<std::string> fields, int64_t value) {
  rule::Rule rule = MakeKind(rule::RuleType::kThreshold, rule::Dialect::kKuery,
                             "event.action: GetObject");
  rule.threshold = rule::Threshold{std::move(fields), value, {}};
  return rule;
}

const CompiledRule& Only(const CompileResult& result) {
  EXPECT_EQ(result.rules->rules.size(), 1U);
  EXPECT_THAT(Briefs(result.findings[0]), IsEmpty());
  return result.rules->rules.at(0);
}

TEST(QueryRulesTest, AKqlRuleIsEvents) {
  const CompileResult result =
      CompileAll({MakeKql("event.action: (\"a\" or b) and not user.id: *")});
  const CompiledRule& rule = Only(result);
  EXPECT_TRUE(result.rules->windows[0].is_events);
  EXPECT_THAT(rule.head.patterns, ElementsAre("logs-aws.cloudtrail-*"));
  ASSERT_EQ(rule.head.guards.size(), 1U);
  EXPECT_EQ(result.rules->fields->field(rule.head.guards[0].field).name, "event.action");
  EXPECT_THAT(rule.head.guards[0].values, ElementsAre("a", "b"));
  EXPECT_EQ(rule.judge.mode, JudgeMode::kContinuous);
  std::vector<std::string> names;
  for (const Tail::Output& output : rule.tail.outputs) {
    names.push_back(output.name);
  }
  // What it reads, and what a person asks first where the field is known.
  EXPECT_THAT(names, ElementsAre("@timestamp", "event.action", "event.outcome", "event.provider",
                                 "source.ip", "user.id", "user.name"));
}

TEST(QueryRulesTest, FiltersAreConditions) {
  rule::Filter a{rule::Filter::Kind::kEquals, "event.provider", {"b", "c"}, false, {}};
  rule::Filter not_mine{rule::Filter::Kind::kNot, "", {},
                        false, {{rule::Filter::Kind::kWildcard, "user.id", {"me*"}, true, {}}}};
  rule::Rule rule = MakeKql("event.action: a");
  rule.filter = rule::Filter{rule::Filter::Kind::kAll, "", {}, false, {a, not_mine}};
  const CompileResult result = CompileAll({rule});
  EXPECT_EQ(Only(result).head.guards.size(), 2U);
  EXPECT_THAT(Explain(*result.rules, Only(result)), HasSubstr("user.id"));
}

TEST(QueryRulesTest, GuardsComeFromEqualitiesOnly) {
  const auto guards = [](std::string query) {
    return Only(CompileAll({MakeKql(std::move(query))})).head.guards.size();
  };
  EXPECT_EQ(guards("event.action: a and event.provider: b"), 2U);
  EXPECT_EQ(guards("event.action: a*"), 0U);
  EXPECT_EQ(guards("not event.action: a"), 0U);
  EXPECT_EQ(guards("event.action: a or event.provider: b"), 0U);
  EXPECT_EQ(guards("event.action: a or (event.action: b and user.id: c)"), 0U);
  EXPECT_EQ(guards("message: a"), 0U);
  EXPECT_EQ(guards("source.ip: 10.0.0.0/8"), 0U);
}

TEST(QueryRulesTest, AnEqlRuleIsEventsOfItsCategory) {
  rule::Rule rule = MakeKind(rule::RuleType::kEql, rule::Dialect::kEql,
                             "iam where event.action == \"x\" and user.name like~ \"A*\"");
  rule.event_category_field = "event.outcome";
  const CompileResult result = CompileAll({rule});
  const CompiledRule& compiled = Only(result);
  EXPECT_TRUE(result.rules->windows[0].is_events);
  EXPECT_THAT(compiled.head.text, HasSubstr("any_equals(event.outcome, \"iam\")"));
  EXPECT_EQ(compiled.head.guards.size(), 2U);
}

TEST(QueryRulesTest, AThresholdCountsPerValuesOfItsFields) {
  rule::Rule rule = MakeThreshold({"user.id", "source.ip"}, 5);
  rule.threshold->cardinality.push_back({"region", 3});
  rule.suppression = rule::Suppression{};
  rule.suppression->duration_ms = 60'000;
  const CompileResult result = CompileAll({rule});
  const CompiledRule& compiled = Only(result);
  const Window& window = result.rules->windows[0];
  ASSERT_EQ(window.keys.size(), 2U);
  EXPECT_EQ(window.keys[0].text, "user.id");
  EXPECT_EQ(window.aggregates.size(), 2U);
  EXPECT_EQ(compiled.judge.mode, JudgeMode::kContinuous);
  EXPECT_EQ(compiled.judge.growth.size(), 2U);
  EXPECT_THAT(compiled.head.text, HasSubstr("WHERE user.id IS NOT NULL"));
  ASSERT_TRUE(compiled.suppression.has_value());
  EXPECT_EQ(compiled.suppression->keys.size(), 2U);
  EXPECT_TRUE(compiled.suppression->keys[0].slot.has_value());
}

TEST(QueryRulesTest, AThresholdWithoutFieldsIsOneCount) {
  const CompileResult result = CompileAll({MakeThreshold({}, 100)});
  const CompiledRule& compiled = Only(result);
  EXPECT_THAT(result.rules->windows[0].keys, IsEmpty());
  EXPECT_TRUE(compiled.judge.monotone);
  EXPECT_TRUE(compiled.spread);
  EXPECT_EQ(result.rules->classes[compiled.class_index].kind, KeyClass::Kind::kIdentity);
}

TEST(QueryRulesTest, RefusesOtherKindsWithAReason) {
  const auto refusal = [](rule::RuleType type, rule::Dialect dialect, std::string query) {
    const CompileResult result = CompileAll({MakeKind(type, dialect, std::move(query))});
    EXPECT_THAT(result.rules->rules, IsEmpty());
    EXPECT_TRUE(rule::IsRefusal(result.findings[0].at(0)));
    return result.findings[0].at(0).message;
  };
  EXPECT_THAT(refusal(rule::RuleType::kNewTerms, rule::Dialect::kKuery, "a: b"), HasSubstr("new_terms"));
  EXPECT_THAT(refusal(rule::RuleType::kThreatMatch, rule::Dialect::kKuery, "a: b"),
              HasSubstr("threat_match"));
  EXPECT_THAT(refusal(rule::RuleType::kMachineLearning, rule::Dialect::kKuery, ""),
              HasSubstr("machine_learning"));
  EXPECT_THAT(refusal(rule::RuleType::kEql, rule::Dialect::kEql, "sequence [any where true]"),
              HasSubstr("[sequence]"));
  EXPECT_THAT(refusal(rule::RuleType::kQuery, rule::Dialect::kKuery, "just words"),
              HasSubstr("without a field"));
  EXPECT_THAT(refusal(rule::RuleType::kQuery, rule::Dialect::kLucene, "_exists_:a"),
              HasSubstr("Lucene"));
}

TEST(QueryRulesTest, AnErrorInAQueryIsNoRefusal) {
  const CompileResult result = CompileAll({MakeKql("event.action: (a or")});
  EXPECT_THAT(Briefs(result.findings[0]),
              ElementsAre("1:20: error: expected a value, found the end of the query"));
  EXPECT_FALSE(rule::IsRefusal(result.findings[0].at(0)));
}

TEST(QueryRulesTest, KqlIsAFunctionOfEsql) {
  const CompileResult result = CompileQuery(
      "FROM logs-* | WHERE KQL(\"event.action: (a or b)\") AND NOT KQL(\"user.id: x*\")\n"
      "| STATS n = COUNT(*) WHERE KQL(\"bytes > 5\") BY user.name | WHERE n > 3");
  const CompiledRule& rule = Only(result);
  EXPECT_EQ(rule.head.guards.size(), 1U);
  EXPECT_THAT(rule.head.text, HasSubstr("NOT any_like(user.id, \"x*\")"));
  EXPECT_THAT(Briefs(CompileQuery("FROM a | WHERE KQL(\"event.action: (a\")").findings[0]),
              ElementsAre("1:20: error: in KQL at 1:17: expected ')', found the end of the query"));
  EXPECT_THAT(Briefs(CompileQuery("FROM a | WHERE KQL(user.id)").findings[0]),
              ElementsAre("1:16: error: function [kql] takes one argument, a constant string"));
}

TEST(QueryRulesTest, QstrIsLucene) {
  const CompileResult result =
      CompileQuery("FROM logs-* | WHERE QSTR(\"event.action:(a OR b) AND NOT user.id:x*\")");
  const CompiledRule& rule = Only(result);
  EXPECT_EQ(rule.head.guards.size(), 1U);
  EXPECT_THAT(rule.head.text, HasSubstr("NOT any_like(user.id, \"x*\")"));
  EXPECT_THAT(Briefs(CompileQuery("FROM a | WHERE QSTR(user.id)").findings[0]),
              ElementsAre("1:16: error: function [qstr] takes one argument, a constant string"));
}

TEST(QueryRulesTest, TrangeComparesTheTimestamp) {
  const CompileResult last = CompileQuery(
      "FROM a | WHERE event.action == \"x\" AND TRANGE(30 minutes) | STATS c = COUNT(*) BY user.id "
      "| WHERE c > 3");
  EXPECT_EQ(Only(last).judge.lookback_ms, 1'800'000);
  const CompileResult between =
      CompileQuery("FROM a | WHERE TRANGE(\"2024-01-01\", \"2024-02-01\") | KEEP user.id");
  EXPECT_THAT(Only(between).head.text, HasSubstr("@timestamp > TO_DATETIME(\"2024-01-01\")"));
  EXPECT_THAT(Only(between).head.text, HasSubstr("@timestamp <= TO_DATETIME(\"2024-02-01\")"));
}

TEST(QueryRulesTest, ConstantPathsOfTheSourceAreFields) {
  const CompileResult result = CompileQuery(
      "FROM logs-* METADATA _source | WHERE JSON_EXTRACT(_source, \"$.sip.method\") == \"A\"\n"
      "AND JSON_EXTRACT(_source, \"sip.codes[0].x\") == \"8\"");
  ASSERT_EQ(result.rules->rules.size(), 1U);
  EXPECT_THAT(result.rules->rules[0].head.text, HasSubstr("_source.sip.method == \"A\""));
  EXPECT_THAT(result.rules->rules[0].head.text,
              HasSubstr("JSON_EXTRACT(_source.sip.codes, \"[0].x\")"));
  for (const char* query : {"FROM a METADATA _source | WHERE JSON_EXTRACT(_source, user.id) == \"A\"",
                            "FROM a METADATA _source | WHERE _source == \"A\"",
                            "FROM a METADATA _source | WHERE JSON_EXTRACT(_source, \"[0]\") == \"A\""}) {
    const CompileResult refused = CompileQuery(query);
    EXPECT_TRUE(refused.rules->rules.empty()) << query;
    ASSERT_FALSE(refused.findings[0].empty()) << query;
    EXPECT_TRUE(rule::IsRefusal(refused.findings[0][0])) << query;
  }
}

// What an unknown field is read as: the type of its cell among those of an event rule.
DataType TypeRead(const std::string& condition) {
  const CompileResult result =
      CompileQuery("FROM logs-* METADATA _id | WHERE " + condition + " | KEEP _id, my.field");
  for (const rule::Finding& finding : result.findings[0]) {
    EXPECT_EQ(finding.severity, esql::Severity::kWarning) << finding.rendered;
  }
  if (result.rules->rules.size() != 1) {
    return DataType::kUnsupported;
  }
  for (const Tail::Output& output : result.rules->rules[0].tail.outputs) {
    if (output.name == "my.field") {
      return output.type;
    }
  }
  return DataType::kNull;
}

TEST(QueryRulesTest, AnUnknownFieldIsReadAsItIsUsed) {
  EXPECT_EQ(TypeRead("my.field == \"x\""), DataType::kKeyword);
  EXPECT_EQ(TypeRead("my.field IS NOT NULL"), DataType::kKeyword);
  EXPECT_EQ(TypeRead("my.field == true"), DataType::kBoolean);
  EXPECT_EQ(TypeRead("NOT my.field"), DataType::kBoolean);
  EXPECT_EQ(TypeRead("my.field > 5"), DataType::kDouble);
  EXPECT_EQ(TypeRead("my.field IN (1, 2)"), DataType::kDouble);
  EXPECT_EQ(TypeRead("COALESCE(my.field, 0) * 2 >= bytes"), DataType::kDouble);
  EXPECT_EQ(TypeRead("CIDR_MATCH(my.field, \"10.0.0.0/8\")"), DataType::kIp);
  EXPECT_EQ(TypeRead("DATE_DIFF(\"minutes\", my.field, @timestamp) > 3"), DataType::kDatetime);
  EXPECT_EQ(TypeRead("KQL(\"my.field >= 2\")"), DataType::kDouble);
  EXPECT_EQ(TypeRead("KQL(\"my.field: 2\")"), DataType::kKeyword);
}

TEST(QueryRulesTest, RulesMayReadAnUnknownFieldAsDifferentTypes) {
  const CompileResult result =
      CompileAll({MakeRule("FROM a | WHERE my.field > 5 | STATS n = COUNT(*) BY user.id", "one"),
                  MakeRule("FROM a | WHERE my.field == \"x\" | STATS n = COUNT(*) BY user.id", "two")});
  ASSERT_EQ(result.rules->rules.size(), 2U);
  EXPECT_NE(result.rules->rules[0].head.fields, result.rules->rules[1].head.fields);
  EXPECT_NE(result.rules->rules[0].window_index, result.rules->rules[1].window_index);
}

}  // namespace
}  // namespace weir::plan
