#include "common/esql/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::esql {
namespace {

using ::testing::ElementsAre;

std::vector<TokenKind> Kinds(std::string_view text) {
  std::vector<TokenKind> kinds;
  for (const Token& token : Tokenize(text)) {
    kinds.push_back(token.kind);
  }
  return kinds;
}

// The first token of the text.
Token First(std::string_view text) {
  return Tokenize(text).front();
}

TEST(LexerTest, CutsOperators) {
  EXPECT_THAT(Kinds("a::b:c==d!=e<=f>=g<h>i"),
              ElementsAre(TokenKind::kWord, TokenKind::kCast, TokenKind::kWord, TokenKind::kColon,
                          TokenKind::kWord, TokenKind::kEqual, TokenKind::kWord,
                          TokenKind::kNotEqual, TokenKind::kWord, TokenKind::kLessEqual,
                          TokenKind::kWord, TokenKind::kGreaterEqual, TokenKind::kWord,
                          TokenKind::kLess, TokenKind::kWord, TokenKind::kGreater,
                          TokenKind::kWord, TokenKind::kEnd));
}

TEST(LexerTest, CutsNumbers) {
  for (const char* text : {"12", "0"}) {
    EXPECT_THAT(Kinds(text), ElementsAre(TokenKind::kInteger, TokenKind::kEnd)) << text;
  }
  for (const char* text : {"1.5", ".5", "1.", "4e5", ".1E-2", "1.e+3"}) {
    EXPECT_THAT(Kinds(text), ElementsAre(TokenKind::kDecimal, TokenKind::kEnd)) << text;
  }
  EXPECT_THAT(Kinds("1e"), ElementsAre(TokenKind::kInteger, TokenKind::kWord, TokenKind::kEnd));
  EXPECT_THAT(Kinds("5m"), ElementsAre(TokenKind::kInteger, TokenKind::kWord, TokenKind::kEnd));
}

TEST(LexerTest, UnescapesStrings) {
  EXPECT_EQ(First(R"("a\t\n\r\"\\b")").text, "a\t\n\r\"\\b");
  EXPECT_EQ(First("\"\"").text, "");
  EXPECT_EQ(First("\"Zürich\"").text, "Zürich");
  EXPECT_EQ(First(R"("""a\d "b" c""")").text, "a\\d \"b\" c");
  EXPECT_EQ(First(R"("""a"""")").text, "a\"");
  EXPECT_EQ(First(R"("""a""""")").text, "a\"\"");
  EXPECT_EQ(First(R"("""""")").text, "");
  EXPECT_EQ(First("`a``b`").text, "a`b");
}

TEST(LexerTest, TurnsWhatIsNoTokenIntoErrors) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"\"abc", "the string is not closed on its line"},
      {"\"abc\\\"", "the string is not closed on its line"},
      {"\"\"\"abc\n\"\"\"", "the triple-quoted string is not closed on its line"},
      {"\"a\\d\"", "unknown escape [\\d] in a string"},
      {"'abc'", "a string is not written in single quotes"},
      {"`abc", "the name in backquotes is not closed"},
      {"``", "the name in backquotes is empty"},
      {"/* abc", "the comment is not closed"},
      {"&& a", "unknown operator [&&]"},
      {"|| a", "unknown operator [||]"},
      {"?x", "query parameters are not supported"},
      {"_", "unexpected character [_]"},
      {"ä", "unexpected character [ä]"},
      {"\xc2\xa0", "unexpected character [U+00A0]"},
      {"~", "unexpected character [~]"},
  };
  for (const auto& [text, message] : kCases) {
    const Token token = First(text);
    EXPECT_EQ(token.kind, TokenKind::kError) << text;
    EXPECT_EQ(token.text, message) << text;
  }
}

TEST(LexerTest, SkipsBlanksAndComments) {
  EXPECT_THAT(Kinds(" a // b\n\t/* c\n| */ d /**/ / e //"),
              ElementsAre(TokenKind::kWord, TokenKind::kWord, TokenKind::kSlash, TokenKind::kWord,
                          TokenKind::kEnd));
}

TEST(LexerTest, ReadsIndexPatternsOnlyBehindFrom) {
  EXPECT_THAT(Kinds("FROM a-b*,c:d/e METADATA _id | EVAL from = a-b"),
              ElementsAre(TokenKind::kWord, TokenKind::kSource, TokenKind::kComma,
                          TokenKind::kSource, TokenKind::kSource, TokenKind::kSource,
                          TokenKind::kPipe, TokenKind::kWord, TokenKind::kWord, TokenKind::kAssign,
                          TokenKind::kWord, TokenKind::kMinus, TokenKind::kWord, TokenKind::kEnd));
}

TEST(LexerTest, PutsTheEndBehindTheLastToken) {
  const Token end = Tokenize("ab  // c\n\n").back();
  EXPECT_EQ(end.range.begin, 2U);
  EXPECT_EQ(end.range.end, 2U);
}

TEST(LexerTest, FindsFaultsOfTheText) {
  EXPECT_FALSE(FindTextFault("a\tb\r\n\"é 漢 😀\"").has_value());
  const std::pair<std::string_view, uint32_t> kCases[] = {
      {{"ab\0c", 4}, 2},      {"a\x7f", 1},           {"\x1b", 0},
      {"\xff", 0},            {"ab\xc3", 2},          {"\xc0\x80", 0},
      {"\xed\xa0\x80", 0},    {"\xf4\x90\x80\x80", 0}, {"\xe2\x28\xa1", 0},
  };
  for (const auto& [text, offset] : kCases) {
    const auto fault = FindTextFault(text);
    ASSERT_TRUE(fault.has_value()) << offset;
    EXPECT_EQ(fault->range.begin, offset);
  }
}

}  // namespace
}  // namespace weir::esql
