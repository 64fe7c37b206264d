// Texts and the canonical KQL, or the error, that they lead to.
#include <gtest/gtest.h>

#include "common/kql/lower.h"
#include "common/kql/parser.h"
#include "tests/unit/kql/row_matcher.h"

namespace weir::kql {
namespace {

struct ParseCase {
  std::string_view text;
  std::string_view printed;
};

std::string PrintParsed(std::string_view text, Syntax syntax = Syntax::kKql) {
  const esql::Source source{std::string(text)};
  esql::Diagnostics diagnostics(&source);
  const NodePtr node = Parse(syntax, &diagnostics);
  EXPECT_EQ(node != nullptr, !diagnostics.has_errors()) << text;
  return node != nullptr ? Print(*node) : esql::RenderAll(source, diagnostics.list());
}

TEST(KqlParserTest, PrintsOneForm) {
  constexpr ParseCase kCases[] = {
      {"a:b", "a: b"},
      {"a : \"b c\"", "a: \"b c\""},
      {"a:b and c:d or e:f", "a: b and c: d or e: f"},
      {"a:b AND (c:d OR e:f)", "a: b and (c: d or e: f)"},
      {"not a:b and Not not c:d", "not a: b and c: d"},
      {"not (a:b or c:d)", "not (a: b or c: d)"},
      {"a:(b or \"c\" and not d*)", "a: b or a: \"c\" and not a: d*"},
      {"a:(b or (c and d))", "a: b or a: c and a: d"},
      {"a: *", "a: *"},
      {"a.*: x*y", "a.*: x*y"},
      {"a: b c  d", "a: b c d"},
      {"port >= 5 and port<10", "port >= 5 and port < 10"},
      {"at > \"2024-01-01\"", "at > \"2024-01-01\""},
      {"a:system\\:node\\:*", "a: system\\:node\\:*"},
      {"a:\\*b", "a: \\*b"},
      {"a:\"*b\"", "a: \"*b\""},
      {"a:\\and", "a: \\and"},
      {"a:\"say \\\"x\\\" \\\\ C:\\dir\"", "a: \"say \\\"x\\\" \\\\ C:\\\\dir\""},
      {"a:x\\u0041", "a: xA"},
      {"n:{ a:b and c:d }", "n: { a: b and c: d }"},
      {"lonely", "lonely"},
      {"a:10.0.0.0/8", "a: 10.0.0.0/8"},
      {"a:android", "a: android"},
  };
  for (const ParseCase& item : kCases) {
    EXPECT_EQ(PrintParsed(item.text), item.printed) << item.text;
    EXPECT_EQ(PrintParsed(item.printed), item.printed) << item.text;
  }
}

TEST(KqlParserTest, PointsAtErrors) {
  constexpr ParseCase kCases[] = {
      {"", "1:1: error: the query is empty\n  \n  ^\n"},
      {"a:b and",
       "1:8: error: expected a field or '(', found the end of the query\n"
       "  a:b and\n"
       "         ^\n"},
      {"a:", "1:3: error: expected a value, found the end of the query\n  a:\n    ^\n"},
      {"a:(b or c",
       "1:10: error: expected ')', found the end of the query\n"
       "  a:(b or c\n"
       "           ^\n"},
      {"a:\"b", "1:3: error: the string is not closed\n  a:\"b\n    ^\n"},
      {"a:b)", "1:4: error: expected and, or or the end of the query, found [)]\n  a:b)\n     ^\n"},
      {"a > x*", "1:5: error: a range cannot have wildcards\n  a > x*\n      ^~\n"},
      {"a:{b:c", "1:7: error: expected '}', found the end of the query\n  a:{b:c\n        ^\n"},
  };
  for (const ParseCase& item : kCases) {
    EXPECT_EQ(PrintParsed(item.text), item.printed) << item.text;
  }
  EXPECT_NE(PrintParsed("a:(b or c:d)").find("is the ')' before [c] missing?"), std::string::npos);
  EXPECT_NE(PrintParsed("a:b\\q").find("unknown escape"), std::string::npos);
  EXPECT_NE(PrintParsed(std::string(300, '(')).find("nested more than"), std::string::npos);
}

TEST(KqlParserTest, ReadsThePartOfLuceneThatIsKql) {
  EXPECT_EQ(PrintParsed("a:b AND NOT c:(d OR e*)", Syntax::kLucene), "a: b and not (c: d or c: e*)");
  for (const std::string_view refused :
       {"_exists_:a", "+a:b", "a:/x.*/", "a:[1 TO 2]", "a:b c", "a:b~2", "a:b && c:d"}) {
    EXPECT_NE(PrintParsed(refused, Syntax::kLucene).find("is not supported"), std::string::npos)
        << refused << ": " << PrintParsed(refused, Syntax::kLucene);
  }
}

TEST(KqlParserTest, RefusesWhatCannotBeRun) {
  for (const auto& [text, message] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"n:{ a:b }", "a nested query [n: {...}] is not supported"},
           {"lonely", "the value [lonely] without a field"},
           {"*: x", "a test of all fields"}}) {
    const esql::Source source{std::string(text)};
    esql::Diagnostics diagnostics(&source);
    const NodePtr node = Parse(Syntax::kKql, &diagnostics);
    ASSERT_NE(node, nullptr) << text;
    EXPECT_EQ(Lower(*node, RowCatalogue(), &diagnostics), nullptr) << text;
    ASSERT_EQ(diagnostics.list().size(), 1U) << text;
    EXPECT_NE(diagnostics.list()[0].message.find(message), std::string::npos)
        << diagnostics.list()[0].message;
  }
}

}  // namespace
}  // namespace weir::kql
