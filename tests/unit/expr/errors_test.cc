#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/esql/parser.h"
#include "tests/unit/expr/row_harness.h"

namespace weir::expr {
namespace {

using ::testing::ElementsAre;

struct ErrorCase {
  std::string_view expression;
  std::string_view errors;
};

void ExpectErrors(const std::vector<ErrorCase>& cases, CompileAs as = CompileAs::kScalar) {
  for (const ErrorCase& one : cases) {
    EXPECT_EQ(ErrorsOf(one.expression, as), one.errors) << one.expression;
  }
}

TEST(ErrorsTest, NameWhatIsUnknown) {
  ExpectErrors({
      {"foobarbaz", "1:1 Unknown column [foobarbaz]"},
      {"i + dbigg", "1:5 Unknown column [dbigg] (did you mean [dbig]?)"},
      {"frobnicate(i)", "1:1 Unknown function [frobnicate]"},
      {"lenght(k)", "1:1 Unknown function [lenght] (did you mean [length]?)"},
      {"u == 1", "1:1 Cannot use field [u] with unsupported type [unsupported]"},
      {"ST_DISTANCE(k, k)", "1:1 function [st_distance] is not supported"},
      {"KQL(\"a: b\")", "1:1 function [kql] is not supported"},
      {"QSTR(\"a\")", "1:1 function [qstr] is not supported"},
      {"TERM(k, \"a\")", "1:1 function [term] is not supported"},
      {"CATEGORIZE(k)", "1:1 function [categorize] is not supported"},
      {"max(i) + 1", "1:1 aggregate function [max(i)] not allowed outside STATS command"},
      {"bucket(i, 5)",
       "1:1 cannot use grouping function [bucket(i, 5)] outside of a STATS command"},
  });
  ExpectErrors({{"max(i)", "1:1 cannot use an aggregate [max(i)] for grouping"}},
               CompileAs::kGrouping);
}

TEST(ErrorsTest, AreReportedAllAtOnce) {
  EXPECT_THAT(Evaluate("nope1 == 1 AND length(i) > nope2 OR frob(nope3)").errors,
              ElementsAre("1:1 Unknown column [nope1]",
                          "1:23 argument of [length(i)] must be [string], found value [i] type "
                          "[integer]",
                          "1:28 Unknown column [nope2]", "1:37 Unknown function [frob]",
                          "1:42 Unknown column [nope3]"));
}

TEST(ErrorsTest, OfOperandTypes) {
  ExpectErrors({
      {"i + k",
       "1:5 second argument of [i + k] must be [date_nanos, datetime or numeric], found value [k] "
       "type [keyword]"},
      {"k * 2", "1:1 first argument of [k * 2] must be [numeric], found value [k] type [keyword]"},
      {"date - date", "1:1 [-] has arguments with incompatible types [datetime] and [datetime]"},
      {"date + 1", "1:1 [+] has arguments with incompatible types [datetime] and [integer]"},
      {"1 day + 1 hour",
       "1:1 [+] has arguments with incompatible types [date_period] and [time_duration]"},
      {"ul + l",
       "1:1 first argument of [ul + l] is [unsigned_long] and second is [long]. [unsigned_long] "
       "can only be operated on together with another [unsigned_long]"},
      {"ul == l",
       "1:1 first argument of [ul == l] is [unsigned_long] and second is [long]. [unsigned_long] "
       "can only be operated on together with another [unsigned_long]"},
      {"i == \"a\"",
       "1:1 first argument of [i == \"a\"] is [numeric] so second argument must also be [numeric] "
       "but was [keyword]"},
      {"k < 5",
       "1:1 first argument of [k < 5] is [keyword] so second argument must also be [keyword] but "
       "was [integer]"},
      {"b < bf",
       "1:1 first argument of [b < bf] must be [datetime, ip, numeric, string or version], found "
       "value [b] type [boolean]; 1:5 second argument of [b < bf] must be [datetime, ip, numeric, "
       "string or version], found value [bf] type [boolean]"},
      {"k == kn AND i",
       "1:13 second argument of [k == kn AND i] must be [boolean], found value [i] type "
       "[integer]"},
      {"NOT i", "1:5 argument of [NOT i] must be [boolean], found value [i] type [integer]"},
      {"-k",
       "1:2 argument of [-k] must be [date_period, numeric (except unsigned_long) or "
       "time_duration], found value [k] type [keyword]"},
      {"i in (1, \"two\")",
       "1:10 2nd argument of [i in (1, \"two\")] must be [integer], found value [\"two\"] type "
       "[keyword]"},
      {"ul IN (1)",
       "1:8 1st argument of [ul IN (1)] must be [unsigned_long], found value [1] type [integer]"},
      {"i LIKE \"a*\"",
       "1:1 first argument of [i LIKE \"a*\"] must be [string], found value [i] type [integer]"},
      {"date::ip",
       "1:1 argument of [date::ip] must be [ip or string], found value [date] type [datetime]"},
      {"kint::date_period", "1:1 argument of [kint::date_period] must be a constant, received "
                            "[kint]"},
  });
}

TEST(ErrorsTest, OfLiteralCasts) {
  ExpectErrors({
      {"ip == \"nope\"",
       "1:7 Cannot convert string [nope] to [IP], error ['nope' is not an IP string literal.]"},
      {"date > \"yesterday\"",
       "1:8 Cannot convert string [yesterday] to [DATETIME], error [failed to parse date field "
       "[yesterday] with format [strict_date_optional_time]]"},
      {"round(d, \"c\")",
       "1:10 Cannot convert string [c] to [INTEGER], error [Cannot parse number [c]]"},
      {"abs(\"c\")", "1:5 Cannot convert string [c] to [DOUBLE], error [Cannot parse number [c]]"},
      {"ip IN (\"::1\", \"x\")",
       "1:15 Cannot convert string [x] to [IP], error ['x' is not an IP string literal.]"},
  });
}

TEST(ErrorsTest, OfArguments) {
  ExpectErrors({
      {"round(k)",
       "1:7 first argument of [round(k)] must be [numeric], found value [k] type [keyword]"},
      {"round(1, k)",
       "1:10 second argument of [round(1, k)] must be [integer or long], "
       "found value [k] type [keyword]"},
      {"concat(k, 1)",
       "1:11 second argument of [concat(k, 1)] must be [string], found value [1] type [integer]"},
      {"length()", "1:1 error building [length]: expects exactly one argument, found 0"},
      {"substring(k)", "1:1 error building [substring]: expects two or three arguments, found 1"},
      {"coalesce()", "1:1 error building [coalesce]: expects at least one argument, found 0"},
      {"now(1)", "1:1 error building [now]: expects exactly no arguments, found 1"},
      {"case(i, 1)",
       "1:6 first argument of [case(i, 1)] must be [boolean], found value [i] type [integer]"},
      {"case(b, 1, \"x\")",
       "1:12 third argument of [case(b, 1, \"x\")] must be [integer], found value [\"x\"] type "
       "[keyword]"},
      {"coalesce(k, i)",
       "1:13 second argument of [coalesce(k, i)] must be [keyword], found value [i] type "
       "[integer]"},
      {"date_trunc(0 days, date)",
       "1:1 Zero, negative or mixed time interval is not supported in [date_trunc(0 days, date)]"},
      {"date_trunc(date, 1 day)",
       "1:12 first argument of [date_trunc(date, 1 day)] must be [dateperiod or timeduration], "
       "found value [date] type [datetime]; 1:18 second argument of [date_trunc(date, 1 day)] must "
       "be [datetime], found value [1 day] type [date_period]"},
      {"date_extract(\"hour\", date)",
       "1:1 invalid date field for [date_extract(\"hour\", date)]: hour"},
      {"cidr_match(ip, \"10.0.0.0/33\", \"x\")",
       "1:16 invalid CIDR block [10.0.0.0/33] in [cidr_match(ip, \"10.0.0.0/33\", \"x\")]; 1:31 "
       "invalid CIDR block [x] in [cidr_match(ip, \"10.0.0.0/33\", \"x\")]"},
      {"hash(\"crc\", k)",
       "1:1 invalid algorithm for [hash(\"crc\", k)]: crc MessageDigest not available"},
      {"mv_sort(im, \"up\")",
       "1:1 Invalid order value in [mv_sort(im, \"up\")], expected one of [ASC, DESC] but got [up]"},
      {"mv_sort(im, k)",
       "1:13 second argument of [mv_sort(im, k)] must be a constant, received [k]"},
  });
}

TEST(ErrorsTest, OfPatterns) {
  ExpectErrors({
      {"k LIKE ku", "1:8 second argument of [k LIKE ku] must be a constant, received [ku]"},
      {"k RLIKE \"a&[b\"", "1:1 Invalid regex pattern for RLIKE [a&[b]: [unclosed '[' at offset 2]"},
      {"k RLIKE \"~((a|b)*a(a|b){20})\"",
       "1:1 Invalid regex pattern for RLIKE [~((a|b)*a(a|b){20})]: [the pattern needs an automaton of "
       "more than 10000 states]"},
      {"k RLIKE \"[a\"", "1:1 Invalid regex pattern for RLIKE [[a]: [unclosed '[' at offset 0]"},
  });
  EXPECT_NE(ErrorsOf("k RLIKE \"(a\""), "");
  EXPECT_NE(ErrorsOf("k RLIKE \"a)|(b\""), "");
}

TEST(ErrorsTest, OfConditions) {
  ExpectErrors(
      {
          {"i", "1:1 Condition expression needs to be boolean, found [INTEGER]"},
          {"\"x\"", "1:1 Condition expression needs to be boolean, found [KEYWORD]"},
          {"date", "1:1 Condition expression needs to be boolean, found [DATETIME]"},
      },
      CompileAs::kCondition);
  ExpectAll(
      {
          {"b", "boolean true"},
          {"f.bn", "boolean null"},
          {"null", "null null"},
          {"bm", "boolean null",
           "java.lang.IllegalArgumentException: single-value function encountered multi-value"},
          {"COALESCE(bm, true)", "boolean null",
           "java.lang.IllegalArgumentException: single-value function encountered multi-value"},
      },
      CompileAs::kCondition);
}

TEST(ErrorsTest, OfBuckets) {
  ExpectErrors(
      {
          {"bucket(date, 5)",
           "1:14 second argument of [bucket(date, 5)] must be [date_period or time_duration], found "
           "value [5] type [integer]"},
          {"bucket(i, 1 day)",
           "1:11 second argument of [bucket(i, 1 day)] must be [numeric], found value [1 day] type "
           "[date_period]"},
          {"bucket(i, -1)", "1:1 the width of the buckets of [bucket(i, -1)] must be positive"},
          {"bucket(k, 5)",
           "1:8 first argument of [bucket(k, 5)] must be [numeric or datetime], found value [k] "
           "type [keyword]"},
      },
      CompileAs::kGrouping);
}

TEST(TreeQueriesTest, FindColumnsAndConstants) {
  const auto parse = [](std::string text, const auto& use) {
    const esql::Source source(std::move(text));
    esql::Diagnostics diagnostics(&source);
    const esql::ExpressionPtr tree = esql::ParseExpression(&diagnostics);
    ASSERT_NE(tree, nullptr);
    use(*tree);
  };
  parse("a.b + c > LENGTH(a.b) OR @timestamp IN (d, 1)", [](const esql::Expression& tree) {
    EXPECT_THAT(ReferencedColumns(tree), ElementsAre("a.b", "c", "@timestamp", "d"));
    EXPECT_FALSE(IsConstant(tree));
  });
  parse("1 + LENGTH(\"a\")", [](const esql::Expression& tree) { EXPECT_TRUE(IsConstant(tree)); });
  parse("NOW() - 1 day", [](const esql::Expression& tree) { EXPECT_FALSE(IsConstant(tree)); });
  parse("COUNT(*)", [](const esql::Expression& tree) { EXPECT_FALSE(IsConstant(tree)); });
}

}  // namespace
}  // namespace weir::expr
