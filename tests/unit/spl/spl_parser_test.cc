// What searches parse to, as their canonical text, and what is said of those that cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/spl/lower.h"
#include "common/spl/parser.h"

namespace weir::spl {
namespace {

struct Parsed {
  std::string text;      // empty after errors
  std::string problems;  // "line:column: message (hint)", one a line
};

Parsed ParseText(std::string_view text, const Macros& macros = {}) {
  const esql::Source source{std::string(text)};
  esql::Diagnostics diagnostics(&source);
  const std::optional<Search> search = Parse(macros, &diagnostics);
  if (search.has_value()) {
    Lower(*search, {}, &diagnostics);
  }
  Parsed parsed;
  parsed.text = search.has_value() && !diagnostics.has_errors() ? Print(*search) : "";
  for (const esql::Diagnostic& problem : diagnostics.list()) {
    parsed.problems += fmt::format("{}:{}: {}{}\n", problem.line, problem.column, problem.message,
                                   problem.hint.empty() ? "" : fmt::format(" ({})", problem.hint));
  }
  return parsed;
}

TEST(SplParserTest, OrBindsTighterThanAndInSearch) {
  EXPECT_EQ(ParseText("a=1 b=2 OR NOT c=3 AND d=4").text,
            R"(search ("a"="1" AND ("b"="2" OR NOT "c"="3") AND "d"="4"))");
}

TEST(SplParserTest, AndBindsTighterThanOrInWhere) {
  EXPECT_EQ(ParseText("* | where a=1 OR b=2 and NOT c=3 XOR d=4").text,
            "search * | where (('a' = 1) OR ((('b' = 2) AND (NOT ('c' = 3))) XOR ('d' = 4)))");
}

TEST(SplParserTest, KeywordsOfSearchAreUpperCase) {
  EXPECT_EQ(ParseText("a=1 and b=2").text, R"(search ("a"="1" AND "and" AND "b"="2"))");
}

TEST(SplParserTest, NamesMayHoldDotsBracesAndHyphens) {
  EXPECT_EQ(ParseText(R"("a.b{}.c-d"=x e.f{}.g!=*.h)").text,
            R"(search ("a.b{}.c-d"="x" AND "e.f{}.g"!="*.h"))");
}

TEST(SplParserTest, AnUnquotedDotJoins) {
  EXPECT_EQ(ParseText("* | eval x=a.b, y='a.b'").text,
            R"(search * | eval "x"=('a' . 'b'), "y"='a.b')");
}

TEST(SplParserTest, MacrosExpandWithArguments) {
  const Macros macros = {{"m", {{"x", "y"}, "$x$=$y$ `n`"}}, {"n", {{}, "z=1"}}};
  EXPECT_EQ(ParseText("`m(a, \"b, c\")`", macros).problems, "");
  EXPECT_EQ(ParseText("`m(a, b)` c=2", macros).text,
            R"(search ("a"="b" AND "z"="1" AND "c"="2"))");
}

TEST(SplParserTest, MacrosInACircleNameTheirChain) {
  const Macros macros = {{"m", {{}, "`n`"}}, {"n", {{}, "`m`"}}};
  EXPECT_EQ(ParseText("a=1 `m`", macros).problems,
            "1:5: macros call each other in a circle: m -> n -> m\n");
}

TEST(SplParserTest, ProblemsInAMacroPointAtItsCall) {
  const Macros macros = {{"m", {{}, "lookup t a OUTPUT b"}}};
  EXPECT_THAT(ParseText("a=1\n| `m`", macros).problems,
              testing::StartsWith("2:3: command [lookup] is not supported: "));
}

TEST(SplParserTest, CommentsAreBlanks) {
  EXPECT_EQ(ParseText("a=1 ```b=2 | c``` d=3").text, R"(search ("a"="1" AND "d"="3"))");
  EXPECT_EQ(ParseText("a=1 ```b=2").problems, "1:5: a comment is not closed by ```\n");
}

TEST(SplParserTest, AllProblemsAtOnce) {
  EXPECT_EQ(ParseText("a=1 | sats count\n| where b >\n| stats mode(c) by d").problems,
            "1:7: unknown command [sats] (did you mean [stats]?)\n"
            "2:11: expected a value, found the end of the stage\n"
            "3:9: aggregate [mode] is not supported: the most frequent value cannot be merged from "
            "parts\n");
}

TEST(SplParserTest, ExpressionsAreChecked) {
  EXPECT_EQ(ParseText("* | where foo(a)").problems, "1:11: unknown function [foo]\n");
  EXPECT_EQ(ParseText("* | where a").problems,
            "1:11: expected a condition, found a value (compare it, as in `field=1`; fields in single "
            "quotes, texts in double quotes)\n");
  EXPECT_EQ(ParseText("* | where len(a, b)>1").problems,
            "1:11: function [len] takes 1 arguments, found 2\n");
}

TEST(SplParserTest, FieldsGoneAfterStatsAreNamed) {
  EXPECT_THAT(ParseText("* | stats count by a | stats count by b").problems,
              testing::HasSubstr("field [b] is in no row here"));
  EXPECT_THAT(ParseText("* | stats count by a | search needle").problems,
              testing::HasSubstr("searches the raw event, which is gone"));
}

}  // namespace
}  // namespace weir::spl
