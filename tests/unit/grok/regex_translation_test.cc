#include "common/grok/regex_translation_internal.h"

#include <memory>

#include <gtest/gtest.h>

#include "common/grok/matcher_internal.h"

namespace weir::grok {
namespace {

Translation Translate(std::string_view pattern) {
  StatusOr<Translation> translation = TranslatePattern(pattern);
  EXPECT_TRUE(translation.ok()) << pattern << ": " << Message(translation.status());
  return translation.ok() ? *std::move(translation) : Translation();
}

TEST(RegexTranslationTest, WritesForBothEngines) {
  const struct {
    std::string_view pattern;
    std::string_view onig;
    std::string_view re2;  // empty: not for RE2
    bool ascii_only;
  } cases[] = {
      {"a(b)(?<x.y>c)", "a(b)(?<g0>c)", "a(?:b)(c)", false},
      {"%{INT:n:int}", "(?<g0>[+-]?[0-9]+)", "([+-]?[0-9]+)", false},
      {R"((?<m>[^,}\]]+))", R"((?<g0>[^,}\]]+))", R"(([^,}\]]+))", false},
      {R"(\s[\s\d])", R"(\s[\s\d])", R"([\t\n\v\f\r ][\t\n\v\f\r \d])", true},
      {R"(\S\w\b)", R"(\S\w\b)", R"([^\t\n\v\f\r ]\w\b)", true},
      {"[[:alpha:]]", "[[:alpha:]]", "[[:alpha:]]", true},
      {"(?i)x(?m:.)", "(?i)x(?m:.)", "(?i)x(?s:.)", true},
      {"x{2,3}y{z", "x{2,3}y{z", "x{2,3}y{z", false},
      {"(?<a>x)(?<b>y)\\k<a>", "(?<g0>x)(?<g1>y)\\k<g0>", "", false},
      {"(?'a'x)", "(?<g0>x)", "(x)", false},
      {"x(?i)y", "x(?i)y", "", false},
      {"(?i)ß", "(?i)ß", "", false},
      {"(?x) a b", "(?x) a b", "", false},
      {"(?=x)", "(?=x)", "", false},
      {"(?<=x)(?<!y)", "(?<=x)(?<!y)", "", false},
      {"(?>x)", "(?>x)", "", false},
      {"(?#note)x", "(?#note)x", "", false},
      {"[a[b]]", "[a[b]]", "", false},
      {"[a-z&&[^q]]", "[a-z&&[^q]]", "", false},
      {"[]a]", "[]a]", "", false},
      {"x{,3}", "x{,3}", "", false},
      {"x{3}?", "x{3}?", "", false},
      {R"(\h\Z)", R"(\h\Z)", "", false},
      {R"(\xe9)", R"(\xe9)", "", false},
      {R"(\Qa\E)", R"(\Qa\E)", "", false},
      {R"(\pN)", R"(\pN)", "", false},
  };
  for (const auto& test : cases) {
    const Translation got = Translate(test.pattern);
    EXPECT_EQ(got.onig, test.onig) << test.pattern;
    EXPECT_EQ(got.re2, test.re2) << test.pattern;
    EXPECT_EQ(got.ascii_only, test.ascii_only) << test.pattern;
  }
}

TEST(RegexTranslationTest, FindsTheRequiredLiteral) {
  const struct {
    std::string_view pattern;
    std::string_view literal;
    bool prefix;
  } cases[] = {
      {"modelId=(?<m>[^,]+)", "modelId=", true},
      {"^modelId=(?<m>[^,]+)", "modelId=", false},
      {"ab(?<m>x)cdef", "cdef", false},
      {"abc*d", "ab", true},
      {"abé?", "ab", true},
      {"ab{2}", "a", true},
      {R"(a\.b\\)", R"(a.b\)", true},
      {"abc|d", "", true},
      {"x(?:abc|d)y(?:e|f)", "x", true},
      {"(?i)abc", "", true},
      {"(?i:abc)", "", true},
      {"(?x)ab c", "", true},
      {"a{b", "a{b", true},
      {R"(a\nbc)", "bc", false},
      {"(?<x>abc)", "", true},
  };
  for (const auto& test : cases) {
    const Translation got = Translate(test.pattern);
    EXPECT_EQ(got.literal, test.literal) << test.pattern;
    if (!test.literal.empty()) {
      EXPECT_EQ(got.literal_is_prefix, test.prefix) << test.pattern;
    }
  }
}

// The two engines agree wherever RE2 is trusted.
TEST(RegexTranslationTest, EnginesAgree) {
  const std::string_view patterns[] = {
      "modelId=(?<m>[^,}\\]]+)",
      "%{WORD:a} %{WORD:b}",
      "%{INT:a}-%{DATA:b}\\.%{GREEDYDATA:c}",
      "^%{NOTSPACE:a}\\s+(?<b>.*)$",
      "(?:(?<a>x)|(?<b>y))*z",
      "(?<a>a|ab)(?<b>c|bcd)(?<c>d*)",
      "(?<a>.+?)(?<b>[0-9]*)$",
      "(?i)(?<a>KEY)=(?<b>[a-f]+)",
      "(?<a>[\\w.-]+)@(?<b>\\S+)",
  };
  const std::string_view texts[] = {
      "",        "modelId=x, y",   "a b c",  "12-rest.of.it",  "first\tsecond third\nfourth x",
      "xyxz",    "abcd",           "abcd12", "kEy=ABCdefg",    "mail bob.b@x.example\v now",
      "\n\n x ", "modelId=,modelId=z",
  };
  for (const std::string_view pattern : patterns) {
    Translation translation = Translate(pattern);
    const auto fast = CompileMatcher(pattern, translation);
    translation.re2.clear();
    translation.literal.clear();
    const auto reference = CompileMatcher(pattern, translation);
    ASSERT_TRUE(fast.ok() && reference.ok()) << pattern;
    ASSERT_TRUE((*fast)->uses_re2()) << pattern;
    ASSERT_FALSE((*reference)->uses_re2());
    for (const std::string_view text : texts) {
      Arena arena;
      std::vector<std::string_view> got(translation.captures.size());
      std::vector<std::string_view> expected(translation.captures.size());
      ASSERT_EQ((*fast)->Search(text, &arena, got), (*reference)->Search(text, &arena, expected))
          << pattern << " on " << text;
      for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i], expected[i]) << pattern << " on " << text << ", group " << i;
        EXPECT_EQ(got[i].data() == nullptr, expected[i].data() == nullptr) << pattern;
      }
    }
  }
}

}  // namespace
}  // namespace weir::grok
