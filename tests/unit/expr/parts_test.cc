// The building blocks on their own: warnings, constants, folding, patterns, the function table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <re2/re2.h>

#include "common/esql/parser.h"
#include "common/expr/calendar.h"
#include "common/expr/expr.h"
#include "common/expr/function_table.h"
#include "common/expr/lucene_regex.h"
#include "common/expr/regex.h"
#include "common/expr/wildcard.h"

namespace weir::expr {
namespace {

using ::testing::ElementsAre;

TEST(WarningsTest, KeepTwentyDistinctMessagesAPlace) {
  Warnings warnings;
  for (int i = 0; i < 30; ++i) {
    warnings.Add(1, 5, "a / b", "message " + std::to_string(i));
    warnings.Add(1, 5, "a / b", "message 0");
  }
  warnings.Add(2, 1, "c", "other", "false");
  ASSERT_EQ(warnings.entries().size(), 2U);
  EXPECT_EQ(warnings.entries()[0].messages.size(), 20U);
  EXPECT_EQ(warnings.entries()[0].count, 60U);
  EXPECT_EQ(warnings.entries()[0].treated_as, "null");
  EXPECT_EQ(warnings.entries()[1].treated_as, "false");
  EXPECT_THAT(warnings.entries()[1].messages, ElementsAre("other"));
  EXPECT_EQ(warnings.total(), 61U);
}

TEST(ConstantTest, OwnsItsText) {
  ExprPtr constant;
  {
    std::string first = "first text that is longer than a small string";
    std::string second = "second";
    const Value items[] = {Value::Keyword(first), Value::Keyword(second)};
    constant = MakeConstant(Value::Multi(items));
  }
  EXPECT_EQ(ValueToString(*constant->constant()),
            "[first text that is longer than a small string, second]");
  EXPECT_EQ(constant->type(), DataType::kKeyword);
  EXPECT_EQ(MakeConstant(Value::Null(), DataType::kLong)->type(), DataType::kLong);
}

class NoColumns final : public Scope {
 public:
  std::optional<ColumnRef> Resolve(std::string_view /*name*/) const override {
    return std::nullopt;
  }
  std::vector<std::string> ColumnNames() const override { return {}; }
};

ExprPtr CompileConstant(std::string text) {
  const esql::Source source(std::move(text));
  esql::Diagnostics diagnostics(&source);
  const esql::ExpressionPtr tree = esql::ParseExpression(&diagnostics);
  return tree == nullptr ? nullptr : Compile(*tree, NoColumns(), &diagnostics);
}

TEST(FoldTest, MakesConstantsOfConstantTrees) {
  for (const char* text : {"1 + 2 * 3", "CONCAT(\"a\", \"b\")", "\"a\" IN (\"a\", \"b\")",
                           "TO_UPPER(\"a\") LIKE \"A*\"", "DATE_TRUNC(1 day, \"2024-01-01\")",
                           "CASE(true, 1, 2)", "NOT false AND null", "null IS NULL", "PI()"}) {
    const ExprPtr expr = CompileConstant(text);
    ASSERT_NE(expr, nullptr) << text;
    EXPECT_NE(expr->constant(), nullptr) << text;
  }
}

TEST(FoldTest, LeavesWhatWarnsOrTellsTheTime) {
  for (const char* text : {"1 / 0", "NOW()", "NOW() - 1 day", "\"x\"::long"}) {
    const ExprPtr expr = CompileConstant(text);
    ASSERT_NE(expr, nullptr) << text;
    EXPECT_EQ(expr->constant(), nullptr) << text;
  }
}

TEST(WildcardTest, FindsTheCheapForm) {
  using Form = Wildcard::Form;
  const std::vector<std::tuple<std::string, Form, std::string>> cases = {
      {"*", Form::kAll, ""},          {"***", Form::kAll, ""},
      {"abc", Form::kExact, "abc"},   {"", Form::kExact, ""},
      {"abc*", Form::kPrefix, "abc"}, {"*abc", Form::kSuffix, "abc"},
      {"**a*", Form::kContains, "a"}, {"a*b", Form::kGeneral, ""},
      {"?", Form::kGeneral, ""},      {"\\*a", Form::kExact, "*a"},
      {"a\\\\*", Form::kPrefix, "a\\"}, {"a\\b", Form::kExact, "a\\b"},
  };
  for (const auto& [pattern, form, literal] : cases) {
    const Wildcard wildcard = Wildcard::FromLike(pattern);
    EXPECT_EQ(wildcard.form(), form) << pattern;
    EXPECT_EQ(wildcard.literal(), literal) << pattern;
  }
}

TEST(WildcardTest, MatchesGeneralPatterns) {
  const std::vector<std::tuple<std::string, std::string, bool>> cases = {
      {"a*b", "ab", true},          {"a*b", "axxb", true},       {"a*b", "a", false},
      {"a*a", "a", false},          {"a*b*c", "a1b2c", true},    {"a*b*c", "acb", false},
      {"*ab*ab*", "abab", true},    {"*ab*ab*", "aba", false},   {"*?b", "b", false},
      {"*?b", "ab", true},          {"?*", "", false},           {"*aab*c", "aaabc", true},
      {"a?c*", "abcd", true},       {"*a?", "xaab", true},
      {"*a??", "\xc3\xa4" "a\xc3\xa4x", true},
      {"??", "\xc3\xa4x", true},    {"*x?z*y", "axxxzby", true}, {"*x?z*y", "axzby", false},
      {"*b*b", "ab", false},        {"?", "\xf0\x9f\x98\x80", true},
  };
  for (const auto& [pattern, text, matches] : cases) {
    EXPECT_EQ(Wildcard::FromLike(pattern).Matches(text), matches) << pattern << " " << text;
  }
}

bool LuceneMatches(std::string_view pattern, std::string_view text) {
  const auto translated = TranslateLuceneRegex(pattern);
  EXPECT_TRUE(translated.ok()) << pattern;
  const auto regex = CompileRegex(translated->re2, true);
  EXPECT_TRUE(regex.ok()) << pattern << " -> " << translated->re2;
  const bool matches = re2::RE2::FullMatch(ToPiece(text), **regex);
  if (translated->wildcard.has_value()) {
    EXPECT_EQ(translated->wildcard->Matches(text), matches) << pattern << " " << text;
  }
  return matches;
}

TEST(LuceneRegexTest, TranslatesItsOwnSyntax) {
  EXPECT_TRUE(LuceneMatches("a.*c", "abbc"));
  EXPECT_TRUE(LuceneMatches("a.c", "a\nc"));
  EXPECT_TRUE(LuceneMatches("^a$", "^a$"));
  EXPECT_FALSE(LuceneMatches("^a$", "a"));
  EXPECT_TRUE(LuceneMatches("\"a.b\"+", "a.ba.b"));
  EXPECT_FALSE(LuceneMatches("\"a.b\"", "axb"));
  EXPECT_TRUE(LuceneMatches("a\\.b", "a.b"));
  EXPECT_TRUE(LuceneMatches("\\w+\\d", "ab1"));
  EXPECT_TRUE(LuceneMatches("[a\\]b-]+", "]-a"));
  EXPECT_TRUE(LuceneMatches("(a|b){2,3}", "aba"));
  EXPECT_FALSE(LuceneMatches("(a|b){2,3}", "abab"));
  EXPECT_TRUE(LuceneMatches("x-y_z", "x-y_z"));
  EXPECT_TRUE(LuceneMatches("a@b", "a anything b"));
  EXPECT_FALSE(LuceneMatches("a#", "a"));
  EXPECT_TRUE(LuceneMatches("a()b", "ab"));
  EXPECT_TRUE(LuceneMatches("*sh.{1,2}-c*", "*sh -ccc"));
  EXPECT_FALSE(LuceneMatches("*sh", "bash"));
  EXPECT_TRUE(LuceneMatches("a|+b", "+b"));
  EXPECT_TRUE(LuceneMatches("(?i)a", "?ia"));
  EXPECT_FALSE(LuceneMatches("(?i)a", "A"));
}

TEST(LuceneRegexTest, TranslatesNumericRanges) {
  for (int number = 0; number <= 1200; ++number) {
    EXPECT_EQ(LuceneMatches("<7-1055>", std::to_string(number)), number >= 7 && number <= 1055)
        << number;
  }
  EXPECT_TRUE(LuceneMatches("<01-31>", "09"));
  EXPECT_FALSE(LuceneMatches("<01-31>", "9"));
  EXPECT_TRUE(LuceneMatches("<1-100>", "007"));
}

TEST(LuceneRegexTest, RefusesMalformedPatterns) {
  for (const char* pattern : {"\"a", "[a", "a{", "a{x}", "<1>", "<a-b>", "a\\", "~", "a&~", "~(a",
                              "~a)", "~[z-a]", "~a{2", "~a{2000}", "~\"a", "~<1>"}) {
    EXPECT_FALSE(TranslateLuceneRegex(pattern).ok()) << pattern;
  }
  EXPECT_FALSE(TranslateLuceneRegex("~(" + std::string(100'000, '(')).ok());
}

bool AutomatonMatches(std::string_view pattern, std::string_view text, bool ignore_case = false) {
  const auto translated = TranslateLuceneRegex(pattern, ignore_case);
  EXPECT_TRUE(translated.ok()) << pattern << ": " << Message(translated.status());
  EXPECT_NE(translated->automaton, nullptr) << pattern;
  return translated->automaton != nullptr && translated->automaton->Matches(text);
}

TEST(LuceneAutomatonTest, ComplementsAndIntersects) {
  const std::vector<std::tuple<std::string, std::string, bool>> cases = {
      {"~abc", "bbc", true},            // the complement of a alone
      {"~abc", "abc", false},
      {"~abc", "bc", true},
      {"~(abc)", "abc", false},
      {"~(abc)", "abcd", true},
      {"~(abc)", "", true},
      {"~~a", "a", true},
      {"~~a", "b", false},
      {"(~a)*", "aa", true},
      {"~(.*secret.*)", "a secret", false},
      {"~(.*secret.*)", "a Secret", true},
      {"a~(.*[0-9].*)z", "abcz", true},
      {"a~(.*[0-9].*)z", "ab1z", false},
      {".*a.*&.*b.*", "xbya", true},
      {".*a.*&.*b.*", "xya", false},
      {"a.*&.*z|q", "q", true},         // & binds tighter than |
      {"a.*&.*z|q", "a-z", true},
      {"(a|b)+&.{3}", "aba", true},
      {"(a|b)+&.{3}", "abab", false},
      {"a{2,3}&~(aa)", "aaa", true},
      {"a{2,3}&~(aa)", "aa", false},
      {"a{2,}&@", "aaaa", true},
      {"<8-12>&~9", "10", true},
      {"<8-12>&~9", "9", false},
      {"\"a&b\"&~c", "a&b", true},
      {"[^a]&~b", "\xc3\xa4", true},
      {"..&~b", "\xf0\x9f\x98\x80x", true},
      {"\\d+&~5", "55", true},
      {"[\\D]&~b", "5", false},
      {"#|a&a", "a", true},
      {"?&~b", "?", true},
      {"a?b*c+&~d", "bbc", true},
      {"()&~d", "", true},
      {"\\&&~d", "&", true},
  };
  for (const auto& [pattern, text, matches] : cases) {
    EXPECT_EQ(AutomatonMatches(pattern, text), matches) << pattern << " " << text;
  }
  EXPECT_TRUE(AutomatonMatches("ab[c-e]&~x", "aBD", true));
  EXPECT_FALSE(AutomatonMatches("ab[c-e]&~x", "aBD"));
  EXPECT_FALSE(AutomatonMatches("[^a]&~x", "A", true));
}

// What both can run, an automaton and RE2 judge alike.
TEST(LuceneAutomatonTest, AgreesWithRe2OnTheRest) {
  const std::vector<std::string> patterns = {"a.*c", "(a|b){2,3}", "<7-105>", "[a-c]+x?", "a|b|", "@b@",
                                             "\\w+\\s\\d*", "a()b", "[^ab]{1,2}"};
  const std::vector<std::string> texts = {"", "a", "b", "ab", "abc", "aba", "9", "105", "106", "x y",
                                          "a 1", "cx", "caax", "\xc3\xa4", "bb"};
  for (const std::string& pattern : patterns) {
    for (const std::string& text : texts) {
      EXPECT_EQ(AutomatonMatches("(" + pattern + ")&@", text), LuceneMatches(pattern, text))
          << pattern << " " << text;
    }
  }
}

TEST(LuceneAutomatonTest, RefusesWhatWouldExplode) {
  EXPECT_FALSE(TranslateLuceneRegex("~((a|b)*a(a|b){20})").ok());
  EXPECT_FALSE(TranslateLuceneRegex("~(((a{900}){900}){900})").ok());
}

TEST(CalendarTest, CountsWholeMonths) {
  const auto time = [](std::string_view text) { return *ParseTime(text); };
  EXPECT_EQ(MonthsBetween(time("2024-01-31"), time("2024-02-29")), 0);
  EXPECT_EQ(MonthsBetween(time("2024-01-31"), time("2024-03-31")), 2);
  EXPECT_EQ(MonthsBetween(time("2024-01-15T10:00"), time("2024-02-15T09:59")), 0);
  EXPECT_EQ(MonthsBetween(time("2024-02-15"), time("2023-02-15")), -12);
}

TEST(FunctionTableTest, EveryRowIsDocumentedAndParses) {
  for (const FunctionRow& row : FunctionRows()) {
    const Function* function = FindFunction(row.name);
    ASSERT_NE(function, nullptr) << row.name;
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_NE(row.make, nullptr) << row.name;
    EXPECT_LE(function->min_args(), function->max_args()) << row.name;
    for (const Parameter& parameter : function->parameters) {
      EXPECT_NE(parameter.types, 0U) << row.name;
      EXPECT_FALSE(parameter.name.empty()) << row.name;
    }
    EXPECT_FALSE(IsUnsupportedFunction(row.name)) << row.name;
    EXPECT_FALSE(IsAggregateName(row.name)) << row.name;
  }
}

TEST(FunctionTableTest, TellsGroupingFunctionsApart) {
  EXPECT_TRUE(IsGroupingFunction("BUCKET"));
  EXPECT_TRUE(IsGroupingFunction("TBUCKET"));
  EXPECT_TRUE(IsGroupingFunction("CATEGORIZE"));
  EXPECT_FALSE(IsGroupingFunction("DATE_TRUNC"));
  const std::vector<std::string> names = FunctionNames();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_THAT(names, ::testing::Contains("LENGTH"));
  EXPECT_THAT(names, ::testing::Contains("TO_INT"));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("BUCKET")));
}

}  // namespace
}  // namespace weir::expr
