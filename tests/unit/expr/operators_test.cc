#include <gtest/gtest.h>

#include "tests/unit/expr/row_harness.h"

namespace weir::expr {
namespace {

constexpr std::string_view kMulti =
    "java.lang.IllegalArgumentException: single-value function encountered multi-value";

TEST(LogicTest, FollowsThreeValuedTruthTables) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {"true", "b"}, {"false", "bf"}, {"null", "bn"}};
  const auto conjunction = [](const std::string& x, const std::string& y) -> std::string {
    return x == "false" || y == "false" ? "false" : x == "null" || y == "null" ? "null" : "true";
  };
  const auto disjunction = [](const std::string& x, const std::string& y) -> std::string {
    return x == "true" || y == "true" ? "true" : x == "null" || y == "null" ? "null" : "false";
  };
  for (const auto& [left, left_column] : values) {
    for (const auto& [right, right_column] : values) {
      for (const std::string& l : {left, left_column, "f." + left_column}) {
        for (const std::string& r : {right, right_column}) {
          EXPECT_EQ(ValueOf(l + " AND " + r), "boolean " + conjunction(left, right)) << l << r;
          EXPECT_EQ(ValueOf(l + " OR " + r), "boolean " + disjunction(left, right)) << l << r;
        }
      }
    }
  }
  EXPECT_EQ(ValueOf("NOT b"), "boolean false");
  EXPECT_EQ(ValueOf("NOT bf"), "boolean true");
  EXPECT_EQ(ValueOf("NOT bn"), "boolean null");
  EXPECT_EQ(ValueOf("NOT null"), "boolean null");
}

TEST(LogicTest, StopsAtTheDecidingOperand) {
  ExpectAll({
      {"bf AND i / 0 == 1", "boolean false"},
      {"b OR i / 0 == 1", "boolean true"},
      {"b AND i / 0 == 1", "boolean null", "java.lang.ArithmeticException: / by zero"},
      {"b AND b AND bn AND bf", "boolean false"},
      {"bf OR (bf OR bn) OR b", "boolean true"},
  });
}

TEST(LogicTest, TreatsMultivaluesAsNullWithTheWarningOfTheirOperator) {
  EXPECT_EQ(WarningsOf("b AND (bf OR bm)"),
            "1:8 [bf OR bm] null: " + std::string(kMulti));
  EXPECT_EQ(ValueOf("NOT bm"), "boolean null");
  EXPECT_EQ(WarningsOf("NOT bm"), "1:1 [NOT bm] null: " + std::string(kMulti));
}

TEST(IsNullTest, LooksAtPresenceOnly) {
  ExpectAll({
      {"k IS NULL", "boolean false"},
      {"kn IS NULL", "boolean true"},
      {"f.kn IS NULL", "boolean true"},
      {"f.km IS NOT NULL", "boolean true"},
      {"km IS NULL", "boolean false"},
      {"ke IS NOT NULL", "boolean true"},
      {"null IS NULL", "boolean true"},
      {"i / 0 IS NULL", "boolean true", "java.lang.ArithmeticException: / by zero"},
  });
}

TEST(CompareTest, OrdersEveryType) {
  ExpectAll({
      {"i == 3", "boolean true"},
      {"i != 3", "boolean false"},
      {"3 <= i", "boolean true"},
      {"4 < i", "boolean false"},
      {"i >= 3.5", "boolean false"},
      {"f.i < 3.5", "boolean true"},
      {"i < l", "boolean true"},
      {"l > d", "boolean true"},
      {"l == 10.0", "boolean true"},
      {"ul == ulmax", "boolean false"},
      {"ulmax > 18446744073709551614", "boolean true"},
      {"k == \"Hello\"", "boolean true"},
      {"k == \"hello\"", "boolean false"},
      {"f.k != \"x\"", "boolean true"},
      {"k > \"Hell\"", "boolean true"},
      {"t == k", "boolean false"},
      {"b == true", "boolean true"},
      {"b != bf", "boolean true"},
      {"date >= \"2024-03-15\"", "boolean true"},
      {"date < \"2024\"", "boolean false"},
      {"\"2024-03-15T13:45:30.123Z\" == date", "boolean true"},
      {"ip == \"10.1.2.3\"", "boolean true"},
      {"ip < ip6", "boolean true"},
      {"ip > \"::1\"", "boolean true"},
      {"v > \"1.9\"", "boolean true"},
      {"b == \"true\"", "boolean true"},
      {"\"false\" != b", "boolean true"},
  });
}

TEST(CompareTest, GivesNullForNullsAndMultivalues) {
  ExpectAll({
      {"inn == 1", "boolean null"},
      {"1 == f.inn", "boolean null"},
      {"null == null", "boolean null"},
      {"k == null", "boolean null"},
      {"n < 3", "boolean null"},
      {"inn < l", "boolean null"},
      {"km == \"a\"", "boolean null", kMulti},
      {"NOT f.km == \"a\"", "boolean null", kMulti},
      {"im < l", "boolean null", kMulti},
      {"ip == ipm", "boolean null", kMulti},
      {"i == [1, 3]", "boolean null", kMulti},
  });
}

TEST(InTest, IsOredEquality) {
  ExpectAll({
      {"i IN (1, 3)", "boolean true"},
      {"i IN (1, 2.5, 3.0)", "boolean true"},
      {"i NOT IN (1, 2)", "boolean true"},
      {"d IN (1, 2)", "boolean false"},
      {"l IN (i, 10)", "boolean true"},
      {"i IN (l, d, 3)", "boolean true"},
      {"k IN (\"a\", \"Hello\")", "boolean true"},
      {"f.k IN (\"a\", \"b\", \"c\", \"d\", \"e\", \"Hello\")", "boolean true"},
      {"k NOT IN (\"a\", \"b\", \"c\", \"d\", \"e\", \"f\")", "boolean true"},
      {"ip IN (\"10.1.2.3\", \"::2\")", "boolean true"},
      {"date IN (\"2024-03-15T13:45:30.123Z\", \"2020\")", "boolean true"},
      {"v IN (\"1.10.0\")", "boolean true"},
      {"b IN (\"true\", bf)", "boolean true"},
      {"ul IN (ulmax, 18446744073709551615)", "boolean false"},
      {"t IN (k, \"The quick Brown fox\")", "boolean true"},
  });
}

TEST(InTest, IsUnknownWhenANullMightHaveMatched) {
  ExpectAll({
      {"i IN (3, null)", "boolean true"},
      {"i IN (1, null)", "boolean null"},
      {"i NOT IN (1, null)", "boolean null"},
      {"i NOT IN (3, null)", "boolean false"},
      {"k IN (\"x\", null)", "boolean null"},
      {"k IN (kn, \"x\")", "boolean null"},
      {"k NOT IN (kn, \"Hello\")", "boolean false"},
      {"kn IN (\"x\")", "boolean null"},
      {"null IN (1, 2)", "boolean null"},
      {"n IN (1, 2)", "boolean null"},
      {"km IN (\"a\")", "boolean null", kMulti},
      {"k IN (km, \"Hello\")", "boolean true", kMulti},
      {"km IN (\"a\", k)", "boolean null", kMulti},
  });
}

TEST(LikeTest, MatchesTheWholeText) {
  ExpectAll({
      {"k LIKE \"Hello\"", "boolean true"},
      {"k LIKE \"Hell\"", "boolean false"},
      {"k LIKE \"hell*\"", "boolean false"},
      {"k LIKE \"H*\"", "boolean true"},
      {"f.k LIKE \"*llo\"", "boolean true"},
      {"k LIKE \"*ell*\"", "boolean true"},
      {"k LIKE \"H?l*o\"", "boolean true"},
      {"k LIKE \"?????\"", "boolean true"},
      {"k LIKE \"????\"", "boolean false"},
      {"k NOT LIKE \"H*\"", "boolean false"},
      {"ke LIKE \"*x\"", "boolean false"},
      {"path LIKE \"C:\\\\\\\\*\"", "boolean true"},
      {"path LIKE \"C:\\\\\\\\f*exe\"", "boolean true"},
      {"k LIKE (\"x*\", \"*lo\")", "boolean true"},
      {"k NOT LIKE (\"x*\", \"y*\")", "boolean true"},
      {"TO_UPPER(k) LIKE \"HELLO\"", "boolean true"},
      {"TO_LOWER(k) LIKE \"Hello\"", "boolean false"},
      {"k LIKE CONCAT(\"He\", \"*\")", "boolean true"},
      {"ku LIKE \"?pfel ??\"", "boolean true"},
      {"kn LIKE \"H*\"", "boolean null"},
      {"kn NOT LIKE \"H*\"", "boolean null"},
      {"null LIKE \"H*\"", "boolean null"},
      {"km LIKE \"a\"", "boolean null", kMulti},
  });
}

TEST(LikeTest, OfEverythingAsksForPresence) {
  ExpectAll({
      {"kn LIKE \"*\"", "boolean false"},
      {"kn NOT LIKE \"*\"", "boolean true"},
      {"NOT kn LIKE (\"**\")", "boolean true"},
      {"km LIKE \"*\"", "boolean true"},
      {"k NOT LIKE \"*\"", "boolean false"},
      {"kn RLIKE \".*\"", "boolean false"},
      {"kn NOT RLIKE (\".*\", \"a\")", "boolean true"},
      {"kn RLIKE \"@\"", "boolean false"},
  });
}

TEST(RlikeTest, IsAnchoredAndLucene) {
  ExpectAll({
      {"k RLIKE \"Hello\"", "boolean true"},
      {"k RLIKE \"ell\"", "boolean false"},
      {"k RLIKE \".ell.*\"", "boolean true"},
      {"k RLIKE \"(He|Ha)l{2}[a-o]\"", "boolean true"},
      {"k RLIKE \"#\"", "boolean false"},
      {"k RLIKE \"H@\"", "boolean true"},
      {"k RLIKE \"H[^a]+\"", "boolean true"},
      {"k NOT RLIKE \"x.*\"", "boolean true"},
      {"k RLIKE (\"x.*\", \"H.+\")", "boolean true"},
      {"k NOT RLIKE (\"x.*\", \"H.+\")", "boolean false"},
      {"kint RLIKE \"<1-50>\"", "boolean true"},
      {"kint RLIKE \"<43-50>\"", "boolean false"},
      {"path RLIKE \"\"\"C:\\\\.*\\.exe\"\"\"", "boolean true"},
      {"kn RLIKE \"a+\"", "boolean null"},
      {"km RLIKE \"a+\"", "boolean null", kMulti},
  });
}

TEST(ArithmeticTest, WidensAndFollowsJava) {
  ExpectAll({
      {"i + 4", "integer 7"},
      {"i - l", "long -7"},
      {"i * d", "double 7.5"},
      {"7 / 2", "integer 3"},
      {"-7 / 2", "integer -3"},
      {"-7 % 3", "integer -1"},
      {"7 % -3", "integer 1"},
      {"l / 4.0", "double 2.5"},
      {"d % 2", "double 0.5"},
      {"ul + ul", "unsigned_long 10"},
      {"ul * 18446744073709551615", "unsigned_long null",
       "java.lang.ArithmeticException: unsigned_long overflow"},
      {"imin / -1", "integer -2147483648"},
      {"imin % -1", "integer 0"},
      {"lmin / -1", "long -9223372036854775808"},
      {"-i", "integer -3"},
      {"-d", "double -2.5"},
      {"+i", "integer 3"},
      {"-2147483648", "integer -2147483648"},
      {"-9223372036854775808", "long -9223372036854775808"},
      {"1 + 2 * 3 - 4", "integer 3"},
  });
}

TEST(ArithmeticTest, FailsToNullWithAWarning) {
  ExpectAll({
      {"imax + 1", "integer null", "java.lang.ArithmeticException: integer overflow"},
      {"imin - i", "integer null", "java.lang.ArithmeticException: integer overflow"},
      {"imax * 2", "integer null", "java.lang.ArithmeticException: integer overflow"},
      {"lmax + i", "long null", "java.lang.ArithmeticException: long overflow"},
      {"-imin", "integer null", "java.lang.ArithmeticException: integer overflow"},
      {"-lmin", "long null", "java.lang.ArithmeticException: long overflow"},
      {"i / 0", "integer null", "java.lang.ArithmeticException: / by zero"},
      {"i % i0", "integer null", "java.lang.ArithmeticException: / by zero"},
      {"l % 0", "long null", "java.lang.ArithmeticException: / by zero"},
      {"d / 0", "double null", "java.lang.ArithmeticException: / by zero"},
      {"d % 0.0", "double null", "java.lang.ArithmeticException: / by zero"},
      {"dbig * 10", "double null",
       "java.lang.ArithmeticException: not a finite double number: Infinity"},
      {"i + im", "integer null", kMulti},
      {"1 / 0", "integer null", "java.lang.ArithmeticException: / by zero"},
  });
  EXPECT_EQ(WarningsOf("1 + imax * 2"),
            "1:5 [imax * 2] null: java.lang.ArithmeticException: integer overflow");
}

TEST(ArithmeticTest, TakesTheTypeOfTheOtherSideForNull) {
  ExpectAll({
      {"inn + 1", "integer null"},
      {"null + 3", "integer null"},
      {"1.0 + null", "double null"},
      {"n * l", "long null"},
      {"null + null", "null null"},
      {"date + null", "datetime null"},
      {"null - 1 day", "datetime null"},
  });
}

TEST(ArithmeticTest, MovesDatetimesByTimespans) {
  ExpectAll({
      {"date + 1 day", "datetime 2024-03-16T13:45:30.123Z"},
      {"1 hour + date", "datetime 2024-03-15T14:45:30.123Z"},
      {"date - 1 month - 2 hours", "datetime 2024-02-15T11:45:30.123Z"},
      {"\"2024-01-31\"::date + 1 month", "datetime 2024-02-29T00:00:00.000Z"},
      {"\"2024-03-31\"::date - 1 month", "datetime 2024-02-29T00:00:00.000Z"},
      {"\"2024-02-29\"::datetime + 1 year", "datetime 2025-02-28T00:00:00.000Z"},
      {"\"2024-01-01\" + 3 days", "datetime 2024-01-04T00:00:00.000Z"},
      {"date + (3 hours + 3 minutes)", "datetime 2024-03-15T16:48:30.123Z"},
      {"date + -1 day", "datetime 2024-03-14T13:45:30.123Z"},
      {"NOW() - 1 week", "datetime 2024-03-08T13:45:30.123Z"},
      {"date + CASE(false, 1 day, 10 days)", "datetime 2024-03-25T13:45:30.123Z"},
      {"daten + 1 day", "datetime null"},
      {"datem + 1 day", "datetime null", kMulti},
  });
}

TEST(MatchTest, MatchesAnyValueAndIgnoresNulls) {
  ExpectAll({
      {"k : \"Hello\"", "boolean true"},
      {"k : \"hello\"", "boolean false"},
      {"km : \"a\"", "boolean true"},
      {"kn : \"a\"", "boolean false"},
      {"t : \"brown bear\"", "boolean true"},
      {"t : \"bear\"", "boolean false"},
      {"tm : \"THREE\"", "boolean true"},
      {"i : \"3\"", "boolean true"},
      {"i : \"three\"", "boolean false"},
      {"ipm : \"::1\"", "boolean true"},
  });
}

}  // namespace
}  // namespace weir::expr
