#include "common/regex/search_regex.h"

#include <gtest/gtest.h>

namespace weir::regex {
namespace {

std::shared_ptr<const SearchRegex> Compile(std::string_view pattern, Dialect dialect) {
  auto regex = SearchRegex::Compile(pattern, dialect);
  EXPECT_TRUE(regex.ok()) << pattern << ": " << Message(regex.status());
  return regex.ok() ? *regex : nullptr;
}

// Every match in brackets, or "stopped".
std::string Mark(std::string_view pattern, std::string_view text,
                 Dialect dialect = Dialect::kJava) {
  const auto regex = Compile(pattern, dialect);
  if (regex == nullptr) {
    return "invalid";
  }
  std::string out;
  const auto append = [](std::span<const std::string_view> groups, std::string* to) {
    to->append("[").append(groups[0]).append("]");
    return true;
  };
  switch (ReplaceAll(*regex, text, append, &out)) {
    case Replaced::kStopped:
      return "stopped";
    case Replaced::kUnchanged:
      return std::string(text);
    default:
      return out;
  }
}

TEST(SearchRegexTest, TakesRe2WhereItCan) {
  for (const std::string_view pattern : {"a+b", "(?i)x|y", "(?<n>a)", R"(\w+\s)", "[^a]{2,3}?", "a.c"}) {
    EXPECT_TRUE(Compile(pattern, Dialect::kJava)->uses_re2()) << pattern;
  }
  for (const std::string_view pattern : {"a(?=b)", "(?<=a)b", R"((a)\1)", R"(\d++)", "(?>a)", "a{2000}"}) {
    EXPECT_FALSE(Compile(pattern, Dialect::kJava)->uses_re2()) << pattern;
    EXPECT_FALSE(Compile(pattern, Dialect::kPerl)->uses_re2()) << pattern;
  }
}

TEST(SearchRegexTest, LooksAroundAndBack) {
  EXPECT_EQ(Mark("b(?=c)", "bcbd"), "[b]cbd");
  EXPECT_EQ(Mark("b(?!c)", "bcbd"), "bc[b]d");
  EXPECT_EQ(Mark("(?<=a)b", "abcb"), "a[b]cb");
  EXPECT_EQ(Mark("(?<!a)b", "abcb"), "abc[b]");
  EXPECT_EQ(Mark(R"((\w)\1)", "aabcc"), "[aa]b[cc]");
  EXPECT_EQ(Mark(R"((?<c>\w)\k<c>)", "aabcc"), "[aa]b[cc]");
  EXPECT_EQ(Mark(R"((?<c>a)(b)\2)", "abbab"), "[abb]ab");
  EXPECT_EQ(Mark(R"(\[\d++\])", "x[12][3"), "x[[12]][3");
  EXPECT_EQ(Mark("(?<=ab{1,2})c", "abc-abbc-ac"), "ab[c]-abb[c]-ac");
}

TEST(SearchRegexTest, ReadsJavaAsJava) {
  EXPECT_EQ(Mark("[a-z&&[^b]]+", "abc"), "[a]b[c]");
  EXPECT_EQ(Mark("[a[0-9]]+", "a1b"), "[a1]b");
  EXPECT_EQ(Mark("a.b", "a\rb a-b"), "a\rb [a-b]");
  EXPECT_EQ(Mark("(?s)a.b", "a\rb"), "[a\rb]");
  EXPECT_EQ(Mark(R"(\s)", "a\vb"), "a[\v]b");
  EXPECT_EQ(Mark(R"([\s-]+)", "a -b"), "a[ -]b");
  EXPECT_EQ(Mark(R"(\h)", "a\xc2\xa0" "b\n"), "a[\xc2\xa0]b\n");
  EXPECT_EQ(Mark(R"(\u0041+)", "xAA"), "x[AA]");
  EXPECT_EQ(Mark(R"([^\p{ASCII}])", "a\xc3\xa4"), "a[\xc3\xa4]");
  EXPECT_EQ(Mark(R"(\p{IsLatin}+)", "1ab"), "1[ab]");
  EXPECT_EQ(Mark(R"(\Qa.b\E+)", "a.bb axb"), "[a.bb] axb");
  EXPECT_EQ(Mark("(?iu)X", "x"), "[x]");
  EXPECT_EQ(Mark("b$", "ab\n"), "a[b]\n");
  EXPECT_EQ(Mark("b$", "b ab"), "b a[b]");
  EXPECT_EQ(Mark("(?m)^b$", "a\nb\nc"), "a\n[b]\nc");
  EXPECT_EQ(Mark("x*", "ab"), "[]a[]b[]");
  EXPECT_EQ(Mark("(?=b)", "abb"), "a[]b[]b");
}

TEST(SearchRegexTest, ReadsPcreAsPcre) {
  EXPECT_EQ(Mark("{a}", "x{a}", Dialect::kPerl), "x[{a}]");
  EXPECT_EQ(Mark("[[:digit:]]+", "a12", Dialect::kPerl), "a[12]");
  EXPECT_EQ(Mark("[[a]+", "x[a", Dialect::kPerl), "x[[a]");
  EXPECT_EQ(Mark("a.b", "a\rb", Dialect::kPerl), "[a\rb]");
  EXPECT_EQ(Mark("(?P<n>a)(?=b)", "ab", Dialect::kPerl), "[a]b");
}

TEST(SearchRegexTest, NumbersNamedAndPlainGroupsTogether) {
  for (const std::string_view pattern : {"(a)(?<n>b)(c)", "(a)(?<n>b)(c)(?=$)"}) {
    const auto regex = Compile(pattern, Dialect::kPerl);
    EXPECT_EQ(regex->group_count(), 3) << pattern;
    EXPECT_EQ(regex->GroupNamed("n"), 2) << pattern;
    EXPECT_EQ(regex->GroupNamed("m"), -1) << pattern;
    StepBudget budget(3);
    std::string_view groups[4];
    EXPECT_EQ(regex->Find("abc", 0, &budget, groups), Outcome::kMatch) << pattern;
    EXPECT_EQ(groups[2], "b") << pattern;
    EXPECT_EQ(groups[3], "c") << pattern;
  }
}

TEST(SearchRegexTest, StopsWhatRunsAway) {
  EXPECT_EQ(Mark("(?=a)(a|aa)+x", std::string(60, 'a')), "stopped");
  // Each match takes a few thousand steps: the text as a whole is stopped, not one search.
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "aaaaaaaaaaaab";
  }
  EXPECT_EQ(Mark("(?=a)((a|aa)+x|b)|b", text), "stopped");
  EXPECT_EQ(Mark("(?<=a)b", "abab"), "a[b]a[b]");
}

TEST(SearchRegexTest, RefusesWhatNoEngineReads) {
  for (const std::string_view pattern : {"[", "(", "a)", "*a", "(?<n>a", R"(\)", "(?=a", "a(?<=b"}) {
    EXPECT_FALSE(SearchRegex::Compile(pattern, Dialect::kJava).ok()) << pattern;
  }
}

TEST(SearchRegexTest, TextThatIsNoUtf8MatchesNothingWithLookAround) {
  EXPECT_EQ(Mark("(?<=a)b", "ab\xc3"), "ab\xc3");
}

}  // namespace
}  // namespace weir::regex
