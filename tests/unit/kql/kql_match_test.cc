// What KQL queries say of rows.
#include <gtest/gtest.h>

#include "common/esql/printer.h"
#include "common/kql/lower.h"
#include "common/kql/parser.h"
#include "tests/unit/kql/row_matcher.h"

namespace weir::kql {
namespace {

struct Outcome {
  std::string verdict;
  std::string lowered;
  std::vector<std::string> warnings;
};

Outcome RunOn(std::string_view query, const Row& row) {
  const esql::Source source{std::string(query)};
  esql::Diagnostics diagnostics(&source);
  const NodePtr node = Parse(Syntax::kKql, &diagnostics);
  const esql::ExpressionPtr lowered =
      node == nullptr ? nullptr : Lower(*node, RowCatalogue(), &diagnostics);
  Outcome outcome;
  outcome.verdict = Judge(lowered.get(), row, &diagnostics);
  outcome.lowered = lowered == nullptr ? "" : esql::Print(*lowered);
  for (const esql::Diagnostic& diagnostic : diagnostics.list()) {
    outcome.warnings.push_back(diagnostic.message);
  }
  return outcome;
}

void Expect(const std::vector<MatchCase>& cases) {
  for (const MatchCase& item : cases) {
    EXPECT_EQ(RunOn(item.query, item.row).verdict, item.verdict) << item.query;
  }
}

TEST(KqlMatchTest, AnyValueOfAFieldMayMatch) {
  const Row row = {{"tags", {"a", "b"}}, {"user.name", {"Ann"}}};
  Expect({
      {"tags: a", row, "yes"},
      {"tags: b and tags: a", row, "yes"},
      {"tags: (a and c)", row, "no"},
      {"tags: (c or b)", row, "yes"},
      {"not tags: b", row, "no"},
      {"not tags: c", row, "yes"},
      {"tags: (* and not b)", row, "no"},
      {"user.name: ann", row, "no"},
      {"user.name: \"Ann\"", row, "yes"},
  });
}

TEST(KqlMatchTest, WhatIsMissingMatchesNothing) {
  Expect({
      {"user.name: a", {}, "no"},
      {"not user.name: a", {}, "yes"},
      {"user.name: *", {}, "no"},
      {"not user.name: *", {}, "yes"},
      {"user.name: *", {{"user.name", {""}}}, "yes"},
      {"port > 1", {}, "no"},
      {"not port > 1", {}, "yes"},
      {"user.name: a or port: 1", {{"port", {"1"}}}, "yes"},
  });
}

TEST(KqlMatchTest, WildcardsAreExactAboutCaseAndEnds) {
  const Row row = {{"user.name", {"i-0:Role*x"}}};
  Expect({
      {"user.name: i-*", row, "yes"},
      {"user.name: *Role", row, "no"},
      {"user.name: *role*", row, "no"},
      {"user.name: *\\:Role\\**", row, "yes"},
      {"user.name: \"i-*\"", row, "no"},
      {"user.name: i?0*", row, "no"},
      {"user.*: i-*", row, "yes"},
      {"user.*: *", {{"user.id", {"1"}}}, "yes"},
      {"nothing.*: x", row, "no"},
  });
}

TEST(KqlMatchTest, ValuesAreReadAsTheFieldsType) {
  const Row row = {{"port", {"22", "443"}},         {"ratio", {"0.5"}},
                   {"source.ip", {"10.1.2.3"}},     {"mfa", {"true"}},
                   {"@timestamp", {"2024-03-05T10:20:30.400Z"}}};
  Expect({
      {"port: 22", row, "yes"},
      {"port: \"443\"", row, "yes"},
      {"port: (21 or 23)", row, "no"},
      {"port > 400 and port <= 22", row, "yes"},
      {"port < 22.5 and not port: 22.5", row, "yes"},
      {"ratio >= 0.5", row, "yes"},
      {"source.ip: 10.0.0.0/8", row, "yes"},
      {"source.ip: (192.168.0.0/16 or \"10.1.2.3\")", row, "yes"},
      {"not source.ip: 10.1.2.4", row, "yes"},
      {"source.ip >= 10.1.2.0", row, "yes"},
      {"mfa: true", row, "yes"},
      {"mfa: \"false\"", row, "no"},
      {"@timestamp: 2024-03-05", row, "yes"},
      {"@timestamp: \"2024-03\"", row, "yes"},
      {"@timestamp > 2024-03-05", row, "no"},
      {"@timestamp >= 2024-03-05", row, "yes"},
      {"@timestamp <= 2024-03-05", row, "yes"},
      {"@timestamp < 2024-03-05", row, "no"},
  });
}

TEST(KqlMatchTest, TextIsSearchedByWords) {
  const Row row = {{"message", {"Login FAILED for user bob"}}};
  Expect({
      {"message: failed", row, "yes"},
      {"message: nothing failed", row, "yes"},
      {"message: \"for user\"", row, "yes"},
      {"message: \"user for\"", row, "no"},
      {"message: fail*", row, "yes"},
      {"message: fai", row, "no"},
  });
}

TEST(KqlMatchTest, WarnsOfWhatNeverMatches) {
  const Outcome outcome = RunOn("port: ssh and mfa: 1", {{"port", {"22"}}});
  EXPECT_EQ(outcome.verdict, "no");
  EXPECT_EQ(outcome.warnings,
            (std::vector<std::string>{"[ssh] is no value of field [port], which is of type [long]: the "
                                      "comparison is never true",
                                      "[1] is no value of field [mfa], which is of type [boolean]: the "
                                      "comparison is never true"}));
  EXPECT_NE(RunOn("@timestamp > now-1d", {}).verdict.find("date math [now-1d] is not supported"),
            std::string::npos);
}

TEST(KqlMatchTest, ListsBecomeOneTest) {
  EXPECT_EQ(RunOn("event.action: (a or \"b\") and not user.name: (x* or y*)", {}).lowered,
            "any_equals(event.action, \"a\", \"b\") AND NOT any_like(user.name, \"x*\", \"y*\")");
}

}  // namespace
}  // namespace weir::kql
