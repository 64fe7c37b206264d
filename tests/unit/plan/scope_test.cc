// Columns and their order through KEEP, DROP, RENAME, EVAL, GROK, DISSECT and MV_EXPAND.
#include "common/plan/scope_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

TEST(ScopeTest, MatchesWildcards) {
  EXPECT_TRUE(MatchesWildcard("*", ""));
  EXPECT_TRUE(MatchesWildcard("logs-*", "logs-"));
  EXPECT_TRUE(MatchesWildcard("logs-*-x*", "logs-a-x-xyz"));
  EXPECT_TRUE(MatchesWildcard("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(MatchesWildcard("logs-*", "log-"));
  EXPECT_FALSE(MatchesWildcard("a*b", "abc"));
  EXPECT_FALSE(MatchesWildcard("", "a"));
}

TEST(ScopeTest, OrdersOutputColumns) {
  struct Case {
    std::string query;
    std::vector<std::string> outputs;
  };
  const std::string stats = "FROM a | STATS ca = COUNT(*), cb = MAX(bytes) BY ka = user.id, kb = region ";
  const Case kCases[] = {
      {stats, {"ca:long", "cb:long", "ka:keyword", "kb:keyword"}},
      {stats + "| KEEP kb, ca", {"kb:keyword", "ca:long"}},
      {stats + "| KEEP k*, c*", {"ka:keyword", "kb:keyword", "ca:long", "cb:long"}},
      {stats + "| KEEP *, ca", {"cb:long", "ka:keyword", "kb:keyword", "ca:long"}},
      {stats + "| KEEP ca, *", {"ca:long", "cb:long", "ka:keyword", "kb:keyword"}},
      {stats + "| KEEP ka, c*, ka", {"ca:long", "cb:long", "ka:keyword"}},
      {stats + "| KEEP *a, c*", {"ka:keyword", "ca:long", "cb:long"}},
      {stats + "| DROP c*, ca", {"ka:keyword", "kb:keyword"}},
      {stats + "| RENAME ca AS n, n AS m", {"m:long", "cb:long", "ka:keyword", "kb:keyword"}},
      {stats + "| RENAME ca AS kb", {"kb:long", "cb:long", "ka:keyword"}},
      {stats + "| EVAL ca = 1.5", {"cb:long", "ka:keyword", "kb:keyword", "ca:double"}},
      {stats + "| EVAL x = ca + 1, y = x * 2 | KEEP y", {"y:long"}},
      {stats + "| EVAL ca + 1 | KEEP `ca + 1`", {"ca + 1:long"}},
      {stats + "| GROK ka \"%{WORD:w} %{INT:ca:int}\" | DROP k*",
       {"cb:long", "w:keyword", "ca:integer"}},
      {stats + "| DISSECT ka \"%{x}-%{y}\" | KEEP x, y", {"x:keyword", "y:keyword"}},
      {stats + "| MV_EXPAND ka", {"ca:long", "cb:long", "ka:keyword", "kb:keyword"}},
      // events: only what the query keeps
      {"FROM a METADATA _id | KEEP _id, user.*, bytes",
       {"_id:keyword", "user.id:keyword", "user.name:keyword", "bytes:long"}},
      {"FROM a | EVAL x = bytes + 1 | KEEP x, @timestamp", {"x:long", "@timestamp:datetime"}},
      {"FROM a | RENAME user.id AS who | KEEP who", {"who:keyword"}},
      {"FROM a | WHERE odd.one == \"x\" | KEEP odd.*, region", {"odd.one:keyword", "region:keyword"}},
      {"FROM a | KEEP odd.*, region | EVAL y = TO_LOWER(odd.two) | KEEP y", {"y:keyword"}},
      // events that keep every field: what the query names
      {"FROM a | WHERE region == \"x\" | EVAL y = bytes + 1",
       {"@timestamp:datetime", "bytes:long", "region:keyword", "y:long"}},
  };
  for (const Case& item : kCases) {
    const CompileResult result = CompileQuery(item.query);
    ASSERT_EQ(result.rules->rules.size(), 1U)
        << item.query << "\n" << fmt::format("{}", fmt::join(Briefs(result.findings[0]), "\n"));
    EXPECT_THAT(OutputNames(result.rules->rules[0]), ElementsAreArray(item.outputs)) << item.query;
  }
}

TEST(ScopeTest, AFieldMustPassEveryKeep) {
  EXPECT_EQ(CompileQuery("FROM a | KEEP odd.* | KEEP odd.t* | WHERE odd.two == \"x\"").rules->rules.size(),
            1U);
  EXPECT_EQ(CompileQuery("FROM a | KEEP odd.* | KEEP odd.t* | WHERE odd.one == \"x\"").rules->rules.size(),
            0U);
  EXPECT_EQ(CompileQuery("FROM a | KEEP odd.* | DROP odd.o* | WHERE odd.one == \"x\"").rules->rules.size(),
            0U);
  EXPECT_EQ(CompileQuery("FROM a | KEEP odd.* | WHERE region == \"x\"").rules->rules.size(), 0U);
}

TEST(ScopeTest, TheGroupIsTheKeysOfTheLastStatsThatAreOutput) {
  const auto group = [](const std::string& query) {
    const CompileResult result = CompileQuery(query);
    std::vector<std::string> names;
    for (const Tail::Output& output : result.rules->rules.at(0).tail.group) {
      names.push_back(output.name);
    }
    return names;
  };
  EXPECT_THAT(group("FROM a | STATS c = COUNT(*) BY user.id, region"), ElementsAre("user.id", "region"));
  EXPECT_THAT(group("FROM a | STATS c = COUNT(*) BY user.id, region | KEEP c, region"),
              ElementsAre("region"));
  EXPECT_THAT(group("FROM a | STATS c = COUNT(*) BY user.id, region | RENAME region AS r"),
              ElementsAre("user.id", "r"));
  EXPECT_THAT(group("FROM a | STATS c = COUNT(*) BY user.id, region | STATS m = MAX(c) BY region"),
              ElementsAre("region"));
  EXPECT_THAT(group("FROM a | STATS c = COUNT(*) BY user.id | EVAL user.id = \"x\""), ElementsAre());
  EXPECT_THAT(group("FROM a | KEEP user.id, bytes"), ElementsAre("user.id", "bytes"));
}

TEST(ScopeTest, LeavesOutStepsNobodyReads) {
  const CompileResult result = CompileQuery(
      "FROM a | EVAL unused = bytes * 2, used = TO_LOWER(user.id) | GROK params \"%{WORD:w}\" "
      "| WHERE bytes > 1 | STATS c = COUNT(*) BY used | EVAL x = c + 1, y = c + 2 | KEEP y, used");
  ASSERT_EQ(result.rules->rules.size(), 1U);
  EXPECT_THAT(StepTexts(result.rules->rules[0].head.steps),
              ElementsAre("EVAL used = TO_LOWER(user.id)", "WHERE bytes > 1"));
  EXPECT_THAT(StepTexts(result.rules->rules[0].tail.steps), ElementsAre("EVAL y = c + 2"));
}

TEST(ScopeTest, ReadsEachFieldUnderOneNumber) {
  const CompileResult result = CompileAll(
      {MakeRule("FROM a | WHERE region == \"x\" | STATS c = COUNT(*) BY user.id", "one"),
       MakeRule("FROM a | WHERE nope(secret.field)", "bad"),
       MakeRule("FROM a | STATS c = COUNT(*) BY user.id, bytes", "two")});
  std::vector<std::string> names;
  for (FieldId id = 0; id < result.rules->fields->size(); ++id) {
    names.push_back(result.rules->fields->field(id).name);
  }
  EXPECT_THAT(names, ElementsAre("region", "user.id", "bytes"));
  EXPECT_THAT(result.rules->rules[0].head.fields, ElementsAre(0U, 1U));
  EXPECT_THAT(result.rules->rules[1].head.fields, ElementsAre(1U, 2U));
}

}  // namespace
}  // namespace weir::plan
