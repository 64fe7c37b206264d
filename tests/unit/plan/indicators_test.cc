// What a query looks for, as field, kind and values.
#include "common/plan/indicators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::string Text(const Indicator& test) {
  const std::string made_of =
      test.expression.empty() ? "" : fmt::format(" <{}>", test.expression);
  return fmt::format("{}{} {} [{}]{}", test.field, made_of, test.kind,
                     fmt::join(test.values, "|"), test.on_results ? " results" : "");
}

std::vector<std::string> Texts(const QueryFacts& facts) {
  std::vector<std::string> texts;
  for (const Indicator& test : facts.indicators) {
    texts.push_back(Text(test));
  }
  return texts;
}

QueryFacts Facts(rule::Rule rule) {
  const std::optional<QueryFacts> facts = FactsOf(rule, Catalogue());
  EXPECT_TRUE(facts.has_value()) << rule.query;
  return facts.value_or(QueryFacts());
}

QueryFacts Facts(const std::string& query) {
  return Facts(MakeRule(query));
}

rule::Rule KindRule(rule::RuleType type, rule::Dialect dialect, const std::string& query) {
  rule::Rule rule = MakeRule(query);
  rule.type = type;
  rule.dialect = dialect;
  return rule;
}

TEST(IndicatorsTest, EveryKindOfTest) {
  struct Case {
    std::string where;
    std::vector<std::string> tests;
  };
  const std::vector<Case> cases = {
      {R"(event.action == "A")", {"event.action eq [A]"}},
      {R"("A" == event.action)", {"event.action eq [A]"}},
      {R"(event.action != "A")", {"event.action not_eq [A]"}},
      {R"(event.action IN ("A", "B"))", {"event.action in [A|B]"}},
      {R"(event.action NOT IN ("A", "B"))", {"event.action not_in [A|B]"}},
      {R"(event.action IN ("A"))", {"event.action eq [A]"}},
      {R"(event.action LIKE "A*")", {"event.action like [A*]"}},
      {R"(NOT event.action RLIKE "A.*")", {"event.action not_rlike [A.*]"}},
      {"user.id IS NULL", {"user.id is_null []"}},
      {"NOT user.id IS NULL", {"user.id is_not_null []"}},
      {"NOT user.id IS NOT NULL", {"user.id is_null []"}},
      {"bytes >= 5", {"bytes ge [5]"}},
      {"5 >= bytes", {"bytes le [5]"}},
      {"5 < bytes AND bytes < 9", {"bytes gt [5]", "bytes lt [9]"}},
      {"is_admin", {"is_admin eq [true]"}},
      {"NOT is_admin", {"is_admin not_eq [true]"}},
      {R"(STARTS_WITH(user.id, "AKIA"))", {"user.id starts_with [AKIA]"}},
      {R"(CIDR_MATCH(source.ip, "10.0.0.0/8", "::1/128"))",
       {"source.ip cidr [10.0.0.0/8|::1/128]"}},
      {R"(TO_LOWER(user.id) == "a")", {"user.id <TO_LOWER(user.id)> eq [a]"}},
      {"bytes > ratio", {"bytes condition [bytes > ratio]"}},
      {"NOT bytes > ratio", {"bytes condition [NOT bytes > ratio]"}},
      // Alternatives of one field are one test; of two fields, two.
      {R"(event.action == "A" OR event.action == "B" OR event.action LIKE "C*")",
       {"event.action in [A|B]", "event.action like [C*]"}},
      {R"(event.action == "A" OR user.id == "A")", {"event.action eq [A]", "user.id eq [A]"}},
      {R"(event.action == "A" AND event.action == "B")",
       {"event.action eq [A]", "event.action eq [B]"}},
      {R"(NOT (event.action == "A" OR event.action == "B"))", {"event.action not_in [A|B]"}},
      {R"(KQL("event.action: (A or B) and not user.id: x* and bytes > 3"))",
       {"event.action in [A|B]", "user.id not_like [x*]", "bytes gt [3]"}},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Texts(Facts("FROM logs-* | WHERE " + test.where)), test.tests) << test.where;
  }
}

TEST(IndicatorsTest, ColumnsAreFollowedToTheirFields) {
  const QueryFacts facts = Facts(R"(FROM logs-*
| EVAL low = TO_LOWER(user.id), again = low
| RENAME account AS owner
| GROK params "model=%{WORD:model}"
| WHERE again == "a" AND owner == "1" AND model == "m"
| STATS calls = COUNT(*), big = COUNT(*) WHERE bytes > 7 BY who = again, region
| EVAL rest = calls - big
| WHERE calls >= 5 AND big >= 1 AND rest > 2 AND region == "r")");
  EXPECT_THAT(Texts(facts),
              ElementsAre("user.id <TO_LOWER(user.id)> eq [a]", "account eq [1]",
                          "params <GROK(params)> eq [m]", "calls <COUNT(*)> ge [5] results",
                          "big <COUNT(*) WHERE bytes > 7> ge [1] results",
                          "rest <COUNT(*) - COUNT(*)> gt [2] results", "region eq [r]"));
  EXPECT_THAT(facts.from, ElementsAre("logs-*"));
  EXPECT_THAT(facts.group_by, ElementsAre("who = TO_LOWER(user.id)", "region"));
  EXPECT_THAT(facts.definitions,
              ElementsAre(Pair("big", "COUNT(*) WHERE bytes > 7"), Pair("calls", "COUNT(*)"),
                          Pair("rest", "COUNT(*) - COUNT(*)"), Pair("who", "TO_LOWER(user.id)")));
  EXPECT_EQ(facts.commands.size(), 8U);
  EXPECT_EQ(facts.commands.front(), "FROM logs-*");
}

TEST(IndicatorsTest, QueriesThatDoubleAColumnStaySmall) {
  std::string query = "FROM logs-* | EVAL c = bytes";
  for (int i = 0; i < 60; ++i) {
    query += " | EVAL c = c + c";
  }
  const QueryFacts facts = Facts(query + " | WHERE c > 1");
  ASSERT_EQ(facts.indicators.size(), 1U);
  EXPECT_LT(facts.indicators.front().expression.size(), 10'000U);
}

TEST(IndicatorsTest, OtherKindsOfRules) {
  EXPECT_THAT(Texts(Facts(KindRule(rule::RuleType::kQuery, rule::Dialect::kKuery,
                                   "event.action: (A or B) and not user.name: \"root\""))),
              ElementsAre("event.action in [A|B]", "user.name not_eq [root]"));
  EXPECT_THAT(Texts(Facts(KindRule(rule::RuleType::kEql, rule::Dialect::kEql,
                                   "any where event.action in (\"A\", \"B\") and "
                                   "user.name : \"ro*\" and user.id != null"))),
              ElementsAre("event.action in [A|B]", "user.name like_ci [ro*]",
                          "user.id is_not_null []"));
  rule::Rule threshold =
      KindRule(rule::RuleType::kThreshold, rule::Dialect::kKuery, "event.action: A");
  threshold.threshold.emplace();
  threshold.threshold->fields = {"user.id"};
  threshold.threshold->value = 3;
  const QueryFacts facts = Facts(threshold);
  EXPECT_THAT(Texts(facts), ElementsAre("event.action eq [A]", "user.id is_not_null []",
                                        "threshold_result.count <COUNT(*)> ge [3] results"));
  EXPECT_THAT(facts.group_by, ElementsAre("user.id"));
  EXPECT_FALSE(FactsOf(MakeRule("FROM logs-* | WHERE ("), Catalogue()).has_value());
}

TEST(IndicatorsTest, RulesAreComparedByFieldKindAndValue) {
  const auto test = [](const std::string& where) {
    return Facts("FROM logs-* | WHERE " + where).indicators.front();
  };
  EXPECT_TRUE(
      LooksForTheSame(test(R"(event.action == "A")"), test(R"(event.action IN ("A", "B"))")));
  EXPECT_TRUE(LooksForTheSame(test("user.id IS NOT NULL"), test("NOT user.id IS NULL")));
  EXPECT_FALSE(LooksForTheSame(test(R"(event.action == "A")"), test(R"(event.action != "A")")));
  EXPECT_FALSE(LooksForTheSame(test(R"(event.action == "A")"), test(R"(event.action == "B")")));
  EXPECT_FALSE(LooksForTheSame(test(R"(event.action == "A")"), test(R"(user.id == "A")")));
  EXPECT_FALSE(LooksForTheSame(test("bytes > 5"), test("bytes > 6")));
  EXPECT_THAT(WantedValues(Facts(R"(FROM logs-* | WHERE event.action IN ("A", "B") | WHERE )"
                                 R"(event.action != "C" AND user.id == "D")"),
                           "event.action"),
              ElementsAre("A", "B"));
  EXPECT_THAT(WantedValues(Facts("FROM logs-*"), "event.action"), IsEmpty());
}

}  // namespace
}  // namespace weir::plan
