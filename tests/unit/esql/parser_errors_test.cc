// What the parser says about broken queries: the finding, its caret and its hint.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/esql/parse_cases.h"

namespace weir::esql {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<Diagnostic> FindingsOf(const std::string& text) {
  const Source source(text);
  Diagnostics diagnostics(&source);
  EXPECT_FALSE(Parse(&diagnostics).has_value()) << text;
  return diagnostics.list();
}

struct FindingCase {
  std::string_view text;
  std::string_view finding;  // "line:column+length message; hint"
};

template <std::size_t size>
void ExpectFindings(const FindingCase (&cases)[size]) {
  for (const FindingCase& item : cases) {
    const auto findings = FindingsOf(std::string(item.text));
    ASSERT_THAT(findings, SizeIs(1)) << item.text;
    const Diagnostic& found = findings[0];
    EXPECT_EQ(fmt::format("{}:{}+{} {}{}{}", found.line, found.column, found.length, found.message,
                          found.hint.empty() ? "" : "; ", found.hint),
              item.finding)
        << item.text;
  }
}

TEST(ParserErrorsTest, RendersTheCaretUnderTheFinding) {
  EXPECT_EQ(PrintQuery("FROM x\n| WHERE \"é\" = a\n| LIMIT 1"),
            "2:13: error: expected '|' or the end of the query, found [=]\n"
            "  | WHERE \"é\" = a\n"
            "              ^\n"
            "  hint: '=' assigns; values are compared with '=='\n");
  EXPECT_EQ(PrintQuery("FROM x | limt 5"),
            "1:10: error: unknown command [limt]\n"
            "  FROM x | limt 5\n"
            "           ^~~~\n"
            "  hint: did you mean [LIMIT]?\n");
}

TEST(ParserErrorsTest, HintsAtCommonMistakes) {
  constexpr FindingCase kCases[] = {
      {"FROM x | WHERE (a = 1)",
       "1:19+1 expected an operator or ')' to close the '(' at 1:16, found [=]; "
       "'=' assigns; values are compared with '=='"},
      {"FROM x | WHERE a == 'b'",
       "1:21+3 a string is not written in single quotes; use double quotes"},
      {"FROM x | WHERE a && b", "1:18+2 unknown operator [&&]; the operator is AND"},
      {"FROM x | WHERE a || b",
       "1:18+2 unknown operator [||]; the operator is OR; commands are separated by a single '|'"},
      {"FROM x | WHERE !a", "1:16+1 unexpected character [!]; the operator is NOT"},
      {"FROM x | WHERE a <> b", "1:18+2 unknown operator [<>]; the operator is '!='"},
      {"FROM x | WHERE a == 1 LIMIT 5",
       "1:23+5 expected '|' or the end of the query, found [LIMIT]; "
       "a '|' may be missing before LIMIT"},
      {"FROM x WHERE a",
       "1:8+5 expected '|' or the end of the query, found [WHERE]; "
       "a '|' may be missing before WHERE"},
      {"FROM x | WHERE by == 1",
       "1:16+2 expected an expression, found [by]; "
       "BY is a keyword; a column of that name is written `by`"},
      {"FROM x | EVAL a = 1,",
       "1:21+1 expected an expression, found the end of the query; a ',' may be left over"},
      {"FROM x | KEEP a-b",
       "1:16+1 expected '|' or the end of the query, found [-]; "
       "a name with '-' is written in backquotes"},
      {"FROM x | WHERE a.1 == 2",
       "1:17+2 expected '|' or the end of the query, found [.1]; "
       "a name with a part that starts with a digit is written in backquotes"},
      {"FROM x | WHERE a IN [1]",
       "1:21+1 expected '(' and a list of values, found [[]; IN takes its list in parentheses"},
      {"FROM x | LIMIT 1;",
       "1:17+1 expected '|' or the end of the query, found [;]; a query ends without ';'"},
      {"FROM x | WHERE a > now() - 5 minuts",
       "1:30+6 unknown unit of time [minuts]; did you mean any of [minute, minutes]?"},
      {"FROM x | WHERE a > 1.5 hours",
       "1:24+5 expected '|' or the end of the query, found [hours]; "
       "a timespan is a whole number and a unit"},
      {"FROM x | EVAL a = b::lnog", "1:22+4 unknown type [lnog]; did you mean [long]?"},
      {"FROM x | WHERE a : long",
       "1:20+4 the right side of ':' must be a constant; a cast is written '::'"},
      {"FROM x | WHERE a < b < c",
       "1:22+1 comparisons cannot be chained; join two comparisons with AND"},
      {"FROM x | WHERE a == \"\\d\"",
       "1:22+2 unknown escape [\\d] in a string; the escapes are \\t \\n \\r \\\" and \\\\; "
       "a triple-quoted string \"\"\"...\"\"\" has none"},
      {"FROM x | DISSECT a \"%{b}\" append_seperator=\",\"",
       "1:27+16 unknown option [append_seperator] of DISSECT; did you mean [APPEND_SEPARATOR]?"},
      {"form x", "1:1+4 unknown command [form]; did you mean [FROM]?"},
      {"WHERE a",
       "1:1+5 expected FROM or ROW, found [WHERE]; a query begins with the data it reads"},
  };
  ExpectFindings(kCases);
}

TEST(ParserErrorsTest, SaysWhatWasExpected) {
  constexpr FindingCase kCases[] = {
      {"", "1:1+1 the query is empty; a query begins with FROM or ROW"},
      {" // nothing\n", "1:1+1 the query is empty; a query begins with FROM or ROW"},
      {"| LIMIT 1", "1:1+1 expected FROM or ROW, found [|]"},
      {"FROM x |", "1:9+1 expected a command, found the end of the query"},
      {"FROM x | | LIMIT 1", "1:10+1 expected a command, found [|]"},
      {"FROM x | FROM y", "1:10+4 [FROM] is only allowed at the start of a query"},
      {"FROM x | nothinglikeit a", "1:10+13 unknown command [nothinglikeit]"},
      {"SET a = 1; FROM x", "1:5+1 setting [a] is not supported"},
      {"SET timezone = \"Z\"; FROM x",
       "1:5+8 setting [timezone] is not supported; did you mean [time_zone]?"},
      {"SET time_zone = \"Mars/Base\"; FROM x",
       "1:17+11 time_zone [Mars/Base] is not supported; UTC and fixed offsets such as \"+02:00\" are"},
      {"SET unmapped_fields = \"drop\"; FROM x",
       "1:23+6 unmapped_fields is \"fail\", \"load\" or \"nullify\", not [drop]"},
      {"SET time_zone \"Z\"; FROM x", "1:15+3 expected '=' and a value, found [\"Z\"]"},
      {"SET time_zone = \"Z\" FROM x", "1:21+4 expected ';' behind the setting"},
      {"SET time_zone = \"+01:00\"; FROM x | STATS c = COUNT(*) BY BUCKET(t, 1 hour)",
       "1:58+17 time_zone is not supported with [BUCKET]"},
      {"FROM x | WHERE MATCH(a, \"b\", {\"lenient\": true})",
       "1:30+1 options of [MATCH] are not supported"},
      {"FROM x | WHERE TO_IP(a, {\"leading_zero\": \"octal\"}) == b",
       "1:26+14 unknown option [leading_zero] of [TO_IP]; did you mean [leading_zeros]?"},
      {"FROM x | WHERE TO_IP(a, {\"leading_zeros\": 8}) == b",
       "1:43+1 [leading_zeros] is \"reject\", \"octal\" or \"decimal\", not [8]"},
      {"FROM x | WHERE TO_IP(a, {\"leading_zeros\": \"octal\") == b",
       "1:50+1 expected ',' or '}', found [)]"},
      {"FROM x | WHERE a IN (1, {2})", "1:25+1 options { ... } belong to functions"},
      {"FROM", "1:5+1 expected an index pattern, found the end of the query"},
      {"FROM a,,b", "1:8+1 expected an index pattern, found [,]; a ',' may be left over"},
      {"FROM \"a,\"", "1:6+4 the index pattern is empty"},
      {"FROM `a`", "1:6+3 expected an index pattern, found [`a`]"},
      {"FROM a METADATA",
       "1:16+1 expected a metadata field such as _id, found the end of the query"},
      {"FROM a [METADATA _id", "1:21+1 expected ',' or ']', found the end of the query"},
      {"FROM (FROM a | LIMIT 1), b", "1:6+1 subqueries are not supported"},
      {"FROM x | WHERE a IN (FROM y | KEEP b) | LIMIT 1", "1:22+4 subqueries are not supported"},
      {"FROM x | WHERE", "1:15+1 expected an expression, found the end of the query"},
      {"FROM x | WHERE a ==", "1:20+1 expected an expression, found the end of the query"},
      {"FROM x | WHERE (a",
       "1:18+1 expected an operator or ')' to close the '(' at 1:16, found the end of the query"},
      {"FROM x | WHERE f(a",
       "1:19+1 expected an operator, ',' or ')' to close the '(' at 1:17, "
       "found the end of the query"},
      {"FROM x | WHERE a IS b", "1:21+1 expected NULL or NOT NULL, found [b]"},
      {"FROM x | WHERE a IS NOT b", "1:25+1 expected NULL, found [b]"},
      {"FROM x | WHERE a. == 1", "1:19+2 expected the rest of a name after '.', found [==]"},
      {"FROM x | WHERE f(a) : \"b\"", "1:16+4 the left side of ':' must be a column"},
      {"FROM x | EVAL a = []",
       "1:20+1 expected a number, a string or a boolean in the list, found []]"},
      {"FROM x | EVAL a = [1, \"b\"]",
       "1:23+3 a list holds values of one type: [\"b\"] is [keyword], the first is [integer]"},
      {"FROM x | EVAL a = [1 2]", "1:22+1 expected ',' or ']' to close the '[' at 1:19, found [2]"},
      {"FROM x | EVAL a = 1e999", "1:19+5 number [1e999] is out of range"},
      {"FROM x | EVAL a = 3000000000 days",
       "1:19+15 timespan [3000000000 days] is out of range"},
      {"FROM x | EVAL a = b::5", "1:22+1 expected a type after '::', found [5]"},
      {"FROM x | EVAL a = b::null", "1:22+4 unknown type [null]"},
      {"FROM x | STATS", "1:15+1 STATS needs an aggregate or a BY clause"},
      {"FROM x | STATS COUNT(*) BY", "1:27+1 expected an expression, found the end of the query"},
      {"FROM x | INLINE a", "1:17+1 expected STATS after INLINE, found [a]"},
      {"FROM x | KEEP", "1:14+1 expected a column name or pattern, found the end of the query"},
      {"FROM x | KEEP `a*`b*", "1:15+6 a pattern cannot mix a wildcard with a '*' in backquotes"},
      {"FROM x | RENAME a b", "1:19+1 expected AS and the new name, found [b]"},
      {"FROM x | RENAME a* AS b", "1:18+1 wildcards are only allowed in KEEP and DROP"},
      {"FROM x | SORT a NULLS b", "1:23+1 expected FIRST or LAST, found [b]"},
      {"FROM x | LIMIT -1", "1:16+1 expected a whole number of rows, found [-]"},
      {"FROM x | LIMIT 99999999999999999999",
       "1:16+20 number [99999999999999999999] is out of range"},
      {"FROM x | GROK a b", "1:17+1 expected a pattern in quotes, found [b]"},
      {"FROM x | DISSECT a \"b\" append_separator = 1",
       "1:43+1 expected a separator in quotes, found [1]"},
      {"FROM x | MV_EXPAND 1", "1:20+1 expected a column name, found [1]"},
  };
  ExpectFindings(kCases);
}

TEST(ParserErrorsTest, ReportsEveryBrokenCommandOnce) {
  const auto findings = FindingsOf(
      "FROM logs-*, // the é\n"
      "| WHERE ((a = 1 AND 'b' && c\n"
      "| EVAL ok = 1\n"
      "| foo a == 'x' | KEEP é, ''\n"
      "/* two\n lines */ | SORT a DESC b");
  std::vector<std::pair<int, int>> places;
  for (const Diagnostic& diagnostic : findings) {
    places.emplace_back(diagnostic.line, diagnostic.column);
  }
  EXPECT_THAT(places, ::testing::ElementsAre(::testing::Pair(2, 1), ::testing::Pair(2, 13),
                                             ::testing::Pair(4, 3), ::testing::Pair(4, 23),
                                             ::testing::Pair(6, 25)));
}

TEST(ParserErrorsTest, ResumesBehindASubquery) {
  const auto findings =
      FindingsOf("FROM x | WHERE (a IN (FROM y | KEEP (b) | foo) AND c) | LIMIT z");
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_THAT(findings[0].message, HasSubstr("subqueries"));
  EXPECT_THAT(findings[1].message, HasSubstr("whole number"));
}

TEST(ParserErrorsTest, RefusesTextThatIsNoText) {
  constexpr FindingCase kCases[] = {
      {"FROM x\n| WHERE é == \"\xff\"", "2:15+1 the text is not valid UTF-8: byte 0xFF"},
      {{"FROM x\0", 7}, "1:7+1 unexpected control character U+0000"},
      {"FROM x | WHERE a == \"\x1b[0m\"", "1:22+1 unexpected control character U+001B"},
  };
  ExpectFindings(kCases);
}

TEST(ParserErrorsTest, BoundsItsInputAndItsFindings) {
  EXPECT_THAT(FindingsOf(std::string(1'000'001, ' '))[0].message, HasSubstr("limit of 1000000"));
  std::string list = "FROM logs-* | WHERE a IN (1";
  for (int i = 0; i < 30'000; ++i) {
    list += ",1";
  }
  EXPECT_THAT(FindingsOf(list + ")")[0].message, HasSubstr("limit of 50000"));
  EXPECT_THAT(FindingsOf("FROM x " + std::string(5000, '|') + " "), SizeIs(1));
  std::string commands = "FROM x";
  for (int i = 0; i < 5000; ++i) {
    commands += " | foo";
  }
  EXPECT_THAT(FindingsOf(commands), SizeIs(100));
}

TEST(ParserErrorsTest, ShortensLongTokens) {
  const auto findings = FindingsOf("FROM x | LIMIT \"" + std::string(500, 'a') + "\"");
  EXPECT_LT(findings[0].message.size(), 120U);
}

TEST(ParserErrorsTest, RefusesTextBehindAnExpression) {
  EXPECT_THAT(PrintExpression("a b"),
              HasSubstr("1:3: error: expected an operator or the end of the expression"));
  EXPECT_THAT(PrintExpression(""), HasSubstr("expected an expression"));
}

}  // namespace
}  // namespace weir::esql
