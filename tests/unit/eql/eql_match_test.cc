// What EQL queries say of rows.
#include <gtest/gtest.h>

#include "common/eql/lower.h"
#include "common/eql/parser.h"
#include "tests/unit/kql/row_matcher.h"

namespace weir::eql {
namespace {

std::string RunOn(std::string_view text, const Row& row) {
  const esql::Source source{std::string(text)};
  esql::Diagnostics diagnostics(&source);
  const std::optional<Query> query = Parse(&diagnostics);
  const esql::ExpressionPtr lowered =
      query.has_value() ? Lower(*query, "event.category", &diagnostics) : nullptr;
  return Judge(lowered.get(), row, &diagnostics);
}

void Expect(const std::vector<MatchCase>& cases) {
  for (const MatchCase& item : cases) {
    EXPECT_EQ(RunOn(item.query, item.row), item.verdict) << item.query;
  }
}

TEST(EqlMatchTest, CategoriesAreValuesOfAField) {
  const Row row = {{"event.category", {"iam", "file"}}};
  Expect({
      {"any where true", row, "yes"},
      {"iam where true", row, "yes"},
      {"process where true", row, "no"},
      {"iam where true", {}, "no"},
  });
}

TEST(EqlMatchTest, EqualityIsExactAndTheColonIsNot) {
  const Row row = {{"user.name", {"Ann*"}}, {"tags", {"a", "b"}}};
  Expect({
      {"any where user.name == \"Ann*\"", row, "yes"},
      {"any where user.name == \"ann*\"", row, "no"},
      {"any where user.name == \"A*\"", row, "no"},
      {"any where user.name : \"ann?\"", row, "yes"},
      {"any where user.name : (\"x\", \"a*\")", row, "yes"},
      {"any where user.name like \"a*\"", row, "no"},
      {"any where user.name like~ \"a*\"", row, "yes"},
      {"any where user.name in (\"x\", \"Ann*\")", row, "yes"},
      {"any where user.name in~ (\"ANN*\")", row, "yes"},
      {"any where user.name not in (\"x\")", row, "yes"},
      {"any where tags != \"a\"", row, "no"},
      {"any where tags == \"b\"", row, "yes"},
      {"any where \"b\" == tags", row, "yes"},
      {"any where user.name regex \"An+.\"", row, "yes"},
      {"any where user.name regex \"an\"", row, "no"},
      {"any where user.name regex~ (\"x\", \"aN.*\")", row, "yes"},
  });
}

TEST(EqlMatchTest, WhatIsMissingMatchesNothing) {
  Expect({
      {"any where user.name == null", {}, "yes"},
      {"any where ?user.name != null", {}, "no"},
      {"any where user.name != \"a\"", {}, "yes"},
      {"any where not stringContains(user.name, \"a\")", {}, "yes"},
      {"any where length(user.name) < 3", {}, "no"},
      {"any where port > 3", {}, "no"},
      {"any where mfa", {}, "no"},
      {"any where not mfa", {}, "yes"},
  });
}

TEST(EqlMatchTest, FunctionsTestAndCompute) {
  const Row row = {{"user.name", {"arn:aws:iam::123:user/bob"}},
                   {"user.id", {"123"}},
                   {"port", {"443"}},
                   {"mfa", {"true"}},
                   {"source.ip", {"10.2.3.4"}}};
  Expect({
      {"any where stringContains(user.name, \":user/\")", row, "yes"},
      {"any where stringContains(user.name, \"USER\")", row, "no"},
      {"any where stringContains~(user.name, \"USER\")", row, "yes"},
      {"any where stringContains(user.name, user.id)", row, "yes"},
      {"any where startsWith(user.name, \"arn:\") and endsWith~(user.name, \"BOB\")", row, "yes"},
      {"any where wildcard(user.name, \"x*\", \"arn:*:user/*\")", row, "yes"},
      {"any where wildcard~(user.name, \"ARN*\")", row, "yes"},
      {"any where match(user.name, \"arn.*\")", row, "yes"},
      {"any where cidrMatch(source.ip, \"192.168.0.0/16\", \"10.0.0.0/8\")", row, "yes"},
      {"any where startsWith(user.name, \"arn\") == false", row, "no"},
      {"any where length(user.id) == 3 and length(user.id) > 3 - 1", row, "yes"},
      {"any where substring(user.name, 0, 3) == \"arn\"", row, "yes"},
      {"any where substring(user.name, 4, 7) : \"A?S\"", row, "yes"},
      {"any where indexOf(user.name, \"aws\") == 4", row, "yes"},
      {"any where indexOf(user.name, \"gcp\") >= 0", row, "no"},
      {"any where concat(user.id, \":\", port) == \"123:443\"", row, "yes"},
      {"any where number(user.id) + 1 == 124", row, "yes"},
      {"any where port in (80, 443) and port * 2 == 886 and mfa == true", row, "yes"},
      {"any where port >= 443.0 and port < 443.5", row, "yes"},
  });
}

TEST(EqlMatchTest, SaysWhatItCannotRun) {
  for (const auto& [query, message] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"any where user.name == user.id", "a comparison of two fields is not supported"},
           {"any where between(user.name, \"a\", \"b\") == \"c\"", "EQL function [between] is not"},
           {"any where strinContains(user.name, \"a\")", "expected a condition"},
           {"any where user.name > null", "null can only be compared with"},
           {"any where user.name in (user.id)", "expected a constant"},
           {"any where length(user.name, 2) > 3", "function [length] takes 1 arguments, found 2"},
           {"any where \"text\"", "expected a condition"}}) {
    EXPECT_NE(RunOn(query, {}).find(message), std::string::npos) << RunOn(query, {});
  }
}

}  // namespace
}  // namespace weir::eql
