// Every refusal and warning of the analysis, with its position.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plan/plan_testing.h"

namespace weir::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Case {
  std::string query;
  std::vector<std::string> briefs;
  bool compiles = false;
};

void Check(const Case& item) {
  const CompileResult result = CompileQuery(item.query);
  EXPECT_THAT(Briefs(result.findings.at(0)), ElementsAreArray(item.briefs)) << item.query;
  EXPECT_EQ(result.rules->rules.size(), item.compiles ? 1U : 0U) << item.query;
}

TEST(DiagnosticsTest, RefusesCommandsItDoesNotRun) {
  const Case kCases[] = {
      {"FROM a | ENRICH p ON user.id | STATS c = COUNT(*) BY owner",
       {"1:10: error: ENRICH is not supported"}},
      {"FROM a | LOOKUP JOIN idx ON user.id | KEEP owner | WHERE owner > 3",
       {"1:10: error: LOOKUP JOIN is not supported"}},
      {"ROW x = 1 | WHERE x > 0", {"1:1: error: ROW is not supported in a rule: it reads no events"}},
  };
  for (const Case& item : kCases) {
    Check(item);
  }
}

TEST(DiagnosticsTest, ReportsWhatStatsRefuses) {
  const Case kCases[] = {
      {"FROM a | STATS bytes BY user.id",
       {"1:16: error: column [bytes] must appear in the STATS BY clause or be used in an aggregate "
        "function"}},
      {"FROM a | STATS x = MAX(bytes) + ratio BY user.id",
       {"1:33: error: column [ratio] must appear in the STATS BY clause or be used in an aggregate "
        "function"}},
      {"FROM a | STATS x = bytes + MAX(ratio) BY l = bytes % 3",
       {"1:20: error: column [bytes] cannot be used as an aggregate once declared in the STATS BY "
        "grouping key [l = bytes % 3]"}},
      {"FROM a | STATS user.id BY user.id",
       {"1:16: error: grouping key [user.id] already specified in the STATS BY clause"}},
      {"FROM a | STATS x = 5", {"1:20: error: expected an aggregate function but found [5]"}},
      {"FROM a | STATS x = MAX(MIN(bytes))",
       {"1:24: error: nested aggregations [MIN(bytes)] not allowed inside other aggregations "
        "[MAX(MIN(bytes))]"}},
      {"FROM a | STATS c = COUNT(*) BY MAX(bytes)",
       {"1:32: error: cannot use an aggregate [MAX(bytes)] for grouping"}},
      {"FROM a | STATS x = 5 WHERE bytes > 1",
       {"1:20: error: WHERE clause allowed only for aggregate functions, none found in [5]"}},
      {"FROM a | STATS x = COUNT(*) WHERE MAX(bytes) > 1",
       {"1:35: error: cannot use aggregate function [MAX(bytes)] in aggregate WHERE clause [MAX(bytes) "
        "> 1]"}},
      {"FROM a | STATS x = MAX(bytes) + BUCKET(bytes, 5) BY user.id",
       {"1:33: error: can only use grouping function [BUCKET(bytes, 5)] as part of the BY clause"}},
      {"FROM a | STATS x = PERCENTILE(bytes, ratio)",
       {"1:38: error: second argument of [PERCENTILE(bytes, ratio)] must be a constant, received "
        "[ratio]"}},
      {"FROM a | STATS x = SUM(*)", {"1:24: error: [*] is only allowed in COUNT, found [SUM(*)]"}},
  };
  for (const Case& item : kCases) {
    Check(item);
  }
}

TEST(DiagnosticsTest, AsksTheAggregateAboutItsTypes) {
  const CompileResult result = CompileQuery("FROM a | STATS x = SUM(user.id)");
  ASSERT_EQ(result.findings[0].size(), 1U);
  EXPECT_EQ(result.findings[0][0].column, 20);
  EXPECT_THAT(result.findings[0][0].message,
              HasSubstr("argument of [SUM(user.id)] must be"));
  EXPECT_THAT(result.findings[0][0].message, HasSubstr("found value [user.id] type [keyword]"));
}

TEST(DiagnosticsTest, ReportsColumnsThatAreGone) {
  const Case kCases[] = {
      {"FROM a | KEEP user.id | WHERE bytes > 1", {"1:31: error: Unknown column [bytes]"}},
      {"FROM a | KEEP user.id | KEEP user.ids",
       {"1:30: error: Unknown column [user.ids], did you mean [user.id]?"}},
      {"FROM a | DROP bytes | KEEP user.id, bytes", {"1:37: error: Unknown column [bytes]"}},
      {"FROM a | KEEP user.id | DROP zzz", {"1:30: error: Unknown column [zzz]"}},
      {"FROM a | KEEP user.id | DROP z*", {"1:30: error: No matches found for pattern [z*]"}},
      {"FROM a | RENAME bytes AS b, bytes AS c | KEEP b",
       {"1:29: error: Column [bytes] renamed to [b] and is no longer available [bytes AS c]"}},
      {"FROM a | STATS c = COUNT(*) BY user.id | KEEP zzz", {"1:47: error: Unknown column [zzz]"}},
      {"FROM a METADATA _id | KEEP _id, _version",
       {"1:33: error: Unknown column [_version]"}},
  };
  for (const Case& item : kCases) {
    Check(item);
  }
}

TEST(DiagnosticsTest, ReportsAllProblemsAtOnceAndEachOnce) {
  Check({"FROM a\n| EVAL x = user.id + 1\n| WHERE x > 3\n| ENRICH p\n| STATS c = COUNT(*) BY q\n"
         "| WHERE d > 3",
         {"2:12: error: first argument of [user.id + 1] must be [date_nanos, datetime or numeric], "
          "found value [user.id] type [keyword]",
          "4:3: error: ENRICH is not supported", "6:9: error: Unknown column [d]"}});
}

TEST(DiagnosticsTest, CountsLinesFromTheFile) {
  rule::Rule rule = MakeRule("FROM a\n| WHERE nope(bytes)");
  rule.query_line = 41;
  const CompileResult result = CompileAll({rule});
  ASSERT_EQ(result.findings[0].size(), 1U);
  EXPECT_EQ(result.findings[0][0].line, 42);
  EXPECT_EQ(result.findings[0][0].path, "r1.toml");
  EXPECT_THAT(result.findings[0][0].rendered, HasSubstr("r1.toml:42:9: error: Unknown function [nope]"));
}

TEST(DiagnosticsTest, WarnsWithoutRefusing) {
  const Case kCases[] = {
      {"FROM a | WHERE user.idd == \"x\" | STATS c = COUNT(*) BY user.idd",
       {"1:16: warning: field [user.idd] is not known in any data stream Weir normalises | did you "
        "mean [user.id]?"},
       true},
      {"FROM a | KEEP zzz.zzz | WHERE zzz.zzz IS NOT NULL",
       {"1:15: warning: field [zzz.zzz] is not known in any data stream Weir normalises"},
       true},
      {"FROM a | KEEP zzz.*, user.id",
       {"1:15: warning: no known field matches pattern [zzz.*]"}, true},
      {"FROM a | SORT bytes | STATS c = COUNT(*)",
       {"1:10: warning: SORT before STATS has no effect"}, true},
      {"FROM a | STATS h = MAX(bytes), h = MIN(bytes)",
       {"1:16: warning: Field 'h' shadowed by field at line 1:32"}, true},
      {"FROM a | STATS user.id = MAX(bytes), c = COUNT(*) BY user.id",
       {"1:16: warning: Field 'user.id' shadowed by field at line 1:54"}, true},
      {"FROM a | WHERE bytes > 1 | SORT bytes", {}, true},
  };
  for (const Case& item : kCases) {
    Check(item);
  }
}

TEST(DiagnosticsTest, RefusesUnsupportedFields) {
  Check({"FROM a | WHERE flat == \"x\"", {"1:16: error: Cannot use field [flat] with unsupported type [unsupported]"}});
}

TEST(DiagnosticsTest, NamesRuleTypesItDoesNotCompile) {
  rule::Rule rule = MakeRule("event.outcome: failure");
  rule.type = rule::RuleType::kMachineLearning;
  rule.type_name = "machine_learning";
  EXPECT_THAT(Briefs(CompileAll({rule}).findings[0]),
              ElementsAre("0:0: error: rule type [machine_learning] is not supported: it reads the "
                          "results of anomaly jobs"));
}

TEST(DiagnosticsTest, RefusesWindowsThatEndInThePast) {
  rule::Rule rule = MakeRule("FROM a | STATS c = COUNT(*)");
  rule.to_ms = 300'000;
  EXPECT_THAT(Briefs(CompileAll({rule}).findings[0]),
              ElementsAre("0:0: error: field [rule.to] other than now is not supported: windows end at "
                          "the judged instant"));
}

TEST(DiagnosticsTest, WarnsOfSuppressionAndInvestigationFieldsThatAreNoOutput) {
  rule::Rule rule = MakeRule("FROM a | STATS c = COUNT(*) BY user.id");
  rule.suppression.emplace();
  rule.suppression->group_by = {"user.id", "account"};
  rule.investigation_fields = {"user.id", "bytes", "total"};
  CompileResult result = CompileAll({rule});
  EXPECT_THAT(Briefs(result.findings[0]),
              ElementsAre("0:0: warning: alert suppression groups by [account], which the query does "
                          "not output: it is missing in every alert",
                          "0:0: warning: investigation field [total] is neither an output of the "
                          "query nor a known field"));
  EXPECT_EQ(result.rules->rules.at(0).warnings.size(), 2U);
  rule.suppression->missing = rule::Suppression::Missing::kDoNotSuppress;
  rule.investigation_fields.clear();
  result = CompileAll({rule});
  EXPECT_THAT(Briefs(result.findings[0]),
              ElementsAre("0:0: warning: alert suppression groups by [account], which the query does "
                          "not output: it is missing in every alert, so nothing is suppressed"));
}

TEST(DiagnosticsTest, ABadGrokPatternIsAnError) {
  const CompileResult result =
      CompileQuery("FROM a | GROK params \"%{NOPE:x}\" | STATS c = COUNT(*) BY x");
  ASSERT_EQ(result.findings[0].size(), 1U);
  EXPECT_EQ(result.findings[0][0].column, 22);
  EXPECT_THAT(result.findings[0][0].message, HasSubstr("Invalid GROK pattern: "));
  Check({"FROM a | GROK bytes \"%{WORD:x}\" | KEEP x",
         {"1:15: error: Grok only supports KEYWORD or TEXT values, found expression [bytes] type "
          "[LONG]"}});
}

TEST(DiagnosticsTest, SyntaxErrorsAreFindings) {
  const CompileResult result = CompileQuery("FROM a | WHERE (");
  EXPECT_EQ(result.rules->rules.size(), 0U);
  ASSERT_FALSE(result.findings[0].empty());
  EXPECT_EQ(result.findings[0][0].line, 1);
}

}  // namespace
}  // namespace weir::plan
