#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/esql/parse_cases.h"

namespace weir::esql {
namespace {

using ::testing::HasSubstr;

ExpressionPtr ParseOrDie(const Source& source) {
  Diagnostics diagnostics(&source);
  ExpressionPtr expression = ParseExpression(&diagnostics);
  EXPECT_NE(expression, nullptr) << RenderAll(source, diagnostics.list());
  return expression;
}

TEST(ExpressionParserTest, AppliesPrecedence) {
  constexpr ParseCase kCases[] = {
      {"a or b and c", "a OR b AND c"},
      {"(a or b) and c", "(a OR b) AND c"},
      {"a AND (b AND c)", "a AND (b AND c)"},
      {"(a AND b) AND c", "a AND b AND c"},
      {"not a and b", "NOT a AND b"},
      {"not (a and b)", "NOT (a AND b)"},
      {"NOT a == b", "NOT (a == b)"},
      {"not not a", "NOT (NOT a)"},
      {"1 + 2 * 3 - 4 % 5 / 6", "1 + 2 * 3 - 4 % 5 / 6"},
      {"(1+2)*3", "(1 + 2) * 3"},
      {"1 - (2 - 3)", "1 - (2 - 3)"},
      {"a + 1 == b * 2", "a + 1 == b * 2"},
      {"(a == b) == c", "(a == b) == c"},
      {"a != b OR a<b OR a<=b OR a>b OR a>=b",
       "a != b OR a < b OR a <= b OR a > b OR a >= b"},
      {"- a + b", "-a + b"},
      {"-(a + b)", "-(a + b)"},
      {"- - a", "-(-a)"},
      {"+a", "+a"},
      {"a == b IS NULL", "(a == b) IS NULL"},
      {"a + 1 is not null", "a + 1 IS NOT NULL"},
      {"a::long + 1", "a::long + 1"},
      {"(a + 1)::string", "(a + 1)::keyword"},
      {"1::string::long", "1::keyword::long"},
      {"-a::long", "-(a::long)"},
      {"-1::string", "(-1)::keyword"},
      {"-(1::string)", "-(1::keyword)"},
      {"3 months + 3 days::date_period", "3 months + 3 days::date_period"},
  };
  ExpectExpressions(kCases);
}

TEST(ExpressionParserTest, ParsesPredicates) {
  constexpr ParseCase kCases[] = {
      {"x in (\"a\", \"b\")", "x IN (\"a\", \"b\")"},
      {"x NOT IN (1, y + 2, null)", "x NOT IN (1, y + 2, null)"},
      {"not x in (\"a\")", "NOT (x IN (\"a\"))"},
      {"x in (a == b)", "x IN (a == b)"},
      {"x like \"a*\"", "x LIKE \"a*\""},
      {"x not like (\"a*\")", "x NOT LIKE \"a*\""},
      {"x like (\"a\", \"b?\")", "x LIKE (\"a\", \"b?\")"},
      {"x rlike concat(\"a\", \".*\")", "x RLIKE CONCAT(\"a\", \".*\")"},
      {"x rlike (a + b)", "x RLIKE (a + b)"},
      {"to_lower(x) NOT RLIKE (\"a\", \"b\")", "TO_LOWER(x) NOT RLIKE (\"a\", \"b\")"},
      {"not x not like \"p\"", "NOT (x NOT LIKE \"p\")"},
      {"message : \"error\"", "message : \"error\""},
      {"a.b::text:\"x\" and c", "a.b::text : \"x\" AND c"},
      {"n : -1", "n : -1"},
  };
  ExpectExpressions(kCases);
}

TEST(ExpressionParserTest, ParsesOperands) {
  constexpr ParseCase kCases[] = {
      {"TRUE or False or NULL", "true OR false OR null"},
      {"@timestamp", "@timestamp"},
      {"a . b .c", "a.b.c"},
      {"`a`.b.`c`", "a.b.c"},
      {"`a-b`.c", "`a-b.c`"},
      {"a.in.by", "a.in.by"},
      {"`by`", "`by`"},
      {"`x``y`", "`x``y`"},
      {"_id", "_id"},
      {"count ( * )", "COUNT(*)"},
      {"Count()", "COUNT()"},
      {"case(a == 1, \"x\", b is null, \"y\", null)",
       "CASE(a == 1, \"x\", b IS NULL, \"y\", null)"},
      {"date_trunc(1 minute, @timestamp)", "DATE_TRUNC(1 minute, @timestamp)"},
      {"first(a, b)", "FIRST(a, b)"},
      {"[1,2]", "[1, 2]"},
      {"[ + 1, - 2 ]", "[1, -2]"},
      {"[1, 3000000000]", "[1, 3000000000]"},
      {"[1, 2.5]", "[1.0, 2.5]"},
      {"[\"a\"]", "[\"a\"]"},
      {"[true, FALSE]", "[true, false]"},
      {"now() - 5m", "NOW() - 5 minutes"},
  };
  ExpectExpressions(kCases);
}

TEST(ExpressionParserTest, TypesNumbers) {
  constexpr struct {
    std::string_view text;
    DataType type;
  } kCases[] = {
      {"2147483647", DataType::kInteger},
      {"2147483648", DataType::kLong},
      {"9223372036854775807", DataType::kLong},
      {"9223372036854775808", DataType::kUnsignedLong},
      {"18446744073709551615", DataType::kUnsignedLong},
      {"18446744073709551616", DataType::kDouble},
      {"1.", DataType::kDouble},
      {".5", DataType::kDouble},
      {"4e5", DataType::kDouble},
      {"-2147483648", DataType::kInteger},
      {"-9223372036854775808", DataType::kLong},
  };
  for (const auto& item : kCases) {
    const Source source{std::string(item.text)};
    const ExpressionPtr expression = ParseOrDie(source);
    ASSERT_EQ(expression->kind, ExpressionKind::kLiteral) << item.text;
    EXPECT_EQ(DataTypeName(expression->literal.type), DataTypeName(item.type)) << item.text;
  }
}

TEST(ExpressionParserTest, KeepsTheSignOfOtherNumbersApart) {
  const Source source("-9223372036854775809");
  const ExpressionPtr expression = ParseOrDie(source);
  ASSERT_EQ(expression->kind, ExpressionKind::kUnary);
  EXPECT_EQ(expression->args[0]->literal.type, DataType::kDouble);
  constexpr ParseCase kCases[] = {
      {"-5", "-5"},
      {"- 5 minutes", "-5 minutes"},
      {"-2147483648", "-2147483648"},
      {"-(2147483648)", "-(2147483648)"},
      {"-(-2147483648)", "-(-2147483648)"},
      {"1 - -2147483648", "1 - -2147483648"},
      {"-2147483648::string", "(-2147483648)::keyword"},
      {"-9223372036854775809", "-9.223372036854776e+18"},
      {"-(9223372036854775808)", "-(9223372036854775808)"},
      {"-(9223372036854775809)", "-(9223372036854775809)"},
  };
  ExpectExpressions(kCases);
}

TEST(ExpressionParserTest, WidensTheNumbersOfAList) {
  const Source source("[1, -2, 3000000000]");
  const ExpressionPtr list = ParseOrDie(source);
  ASSERT_EQ(list->args.size(), 3U);
  for (const ExpressionPtr& item : list->args) {
    EXPECT_EQ(item->literal.type, DataType::kLong);
  }
  EXPECT_EQ(list->args[1]->literal.integer, -2);
}

TEST(ExpressionParserTest, KeepsRangesOfTheText) {
  const Source source("(a + 1) * Count( `x y` ) in (2)");
  const ExpressionPtr in = ParseOrDie(source);
  const Expression& product = *in->args[0];
  EXPECT_EQ(source.Slice(in->range), source.text());
  EXPECT_EQ(source.Slice(product.range), "(a + 1) * Count( `x y` )");
  EXPECT_EQ(source.Slice(product.args[0]->range), "a + 1");
  EXPECT_EQ(source.Slice(product.args[1]->range), "Count( `x y` )");
  EXPECT_EQ(product.args[1]->name, "COUNT");
  EXPECT_EQ(source.Slice(product.args[1]->args[0]->range), "`x y`");
  EXPECT_TRUE(product.args[1]->args[0]->backquoted);
  EXPECT_EQ(source.Slice(in->args[1]->range), "2");
}

TEST(ExpressionParserTest, ClonesTheWholeTree) {
  const Source source("NOT (a.b NOT IN (1, 2) OR CASE(`x`, 1 day, \"t\")::double >= -2.5)");
  const ExpressionPtr expression = ParseOrDie(source);
  const std::string before = Print(*expression);
  const ExpressionPtr copy = expression->Clone();
  expression->args[0]->args[0]->args[0]->name = "changed";
  EXPECT_EQ(Print(*copy), before);
  EXPECT_THAT(Print(*expression), HasSubstr("changed"));
}

TEST(ExpressionParserTest, BoundsNesting) {
  const auto nest = [](int depth, const std::string& open, const std::string& close) {
    std::string text;
    for (int i = 0; i < depth; ++i) {
      text += open;
    }
    text += "1";
    for (int i = 0; i < depth; ++i) {
      text += close;
    }
    return text;
  };
  EXPECT_EQ(PrintExpression(nest(150, "(", ")")), "1");
  EXPECT_EQ(PrintExpression(nest(150, "F(", ")")), nest(150, "F(", ")"));
  for (const char* open : {"(", "F(", "NOT ", "- ", "x IN (", "[", "1 + (", "(- "}) {
    EXPECT_THAT(PrintExpression(nest(100'000, open, "")), HasSubstr(": error: ")) << open;
  }
  EXPECT_THAT(PrintExpression(nest(201, "(", ")")), HasSubstr("nested more than 200 levels"));
}

TEST(ExpressionParserTest, BoundsTheHeightOfTheTree) {
  const auto chain = [](int terms, const std::string& join) {
    std::string text = "a";
    for (int i = 1; i < terms; ++i) {
      text += join + "a";
    }
    return text;
  };
  EXPECT_EQ(PrintExpression(chain(1000, " OR ")), chain(1000, " OR "));
  for (const char* join : {" OR ", " AND ", " + ", "*"}) {
    EXPECT_THAT(PrintExpression(chain(1001, join)), HasSubstr("more than 1000 operators")) << join;
  }
  EXPECT_THAT(PrintExpression("a" + chain(200'000, "::int").substr(1)), HasSubstr("error"));
  // Chains within parentheses add up.
  EXPECT_THAT(PrintExpression("(" + chain(600, "+") + ")*" + chain(600, "*")),
              HasSubstr("more than 1000 operators"));
}

}  // namespace
}  // namespace weir::esql
