// Texts and the canonical EQL, or the error, that they lead to.
#include <gtest/gtest.h>

#include "common/eql/parser.h"

namespace weir::eql {
namespace {

struct ParseCase {
  std::string_view text;
  std::string_view printed;
};

std::string PrintParsed(std::string_view text) {
  const esql::Source source{std::string(text)};
  esql::Diagnostics diagnostics(&source);
  const std::optional<Query> query = Parse(&diagnostics);
  EXPECT_EQ(query.has_value(), !diagnostics.has_errors()) << text;
  return query.has_value() ? Print(*query) : esql::RenderAll(source, diagnostics.list());
}

TEST(EqlParserTest, PrintsOneForm) {
  constexpr ParseCase kCases[] = {
      {"any where true", "any where true"},
      {"iam where a == \"x\"", "\"iam\" where a == \"x\""},
      {"any where a == 1 and b != 2.5 or not c < -3", "any where a == 1 and b != 2.5 or not c < -3"},
      {"any where a and (b or c)", "any where a and (b or c)"},
      {"any where not (a and b)", "any where not (a and b)"},
      {"any where a in (\"x\", \"y\")", "any where a in (\"x\", \"y\")"},
      {"any where a not in~ (\"x\")", "any where a not in~ (\"x\")"},
      {"any where a : \"x*\"", "any where a : (\"x*\")"},
      {"any where a like~ (\"x*\", \"y\")", "any where a like~ (\"x*\", \"y\")"},
      {"any where a regex \"x.*\"", "any where a regex (\"x.*\")"},
      {"any where ?a.b == null", "any where ?a.b == null"},
      {"any where `my-field` == 1", "any where `my-field` == 1"},
      {"any where stringContains~ (a, \"b\")", "any where stringContains~(a, \"b\")"},
      {"any where length(a) + 1 * 2 > (3 + 4) * 5", "any where length(a) + 1 * 2 > (3 + 4) * 5"},
      {"any where a == \"\"\"C:\\dir\"\"\"", "any where a == \"C:\\\\dir\""},
      {"any where a == \"\\u{41}\\n\" // end", "any where a == \"A\\n\""},
      {"any /* all */ where a", "any where a"},
      {"\"sequence\" where a", "\"sequence\" where a"},
  };
  for (const ParseCase& item : kCases) {
    EXPECT_EQ(PrintParsed(item.text), item.printed) << item.text;
    EXPECT_EQ(PrintParsed(item.printed), item.printed) << item.text;
  }
}

TEST(EqlParserTest, RefusesConstructsByName) {
  constexpr ParseCase kCases[] = {
      {"sequence by user.id [any where true] [any where true]",
       "1:1: error: EQL [sequence] is not supported: only queries of single events are"},
      {"sample by host.id [any where true]",
       "1:1: error: EQL [sample] is not supported: only queries of single events are"},
      {"any where true | head 3",
       "1:16: error: EQL pipe [| head] is not supported: every matching event is an alert"},
  };
  for (const ParseCase& item : kCases) {
    EXPECT_TRUE(PrintParsed(item.text).starts_with(item.printed)) << PrintParsed(item.text);
  }
}

TEST(EqlParserTest, PointsAtErrors) {
  constexpr ParseCase kCases[] = {
      {"any where a = \"x\"",
       "1:13: error: expected an operator, found [=]\n"
       "  any where a = \"x\"\n"
       "              ^\n"
       "  hint: equality is ==\n"},
      {"any a",
       "1:5: error: expected where, found [a]\n"
       "  any a\n"
       "      ^\n"
       "  hint: an event query reads: any where condition\n"},
      {"any where a ==",
       "1:15: error: expected a field, a value or '(', found the end of the query\n"
       "  any where a ==\n"
       "                ^\n"},
      {"any where a == 'x'",
       "1:16: error: strings stand in double quotes\n  any where a == 'x'\n                 ^\n"},
      {"any where a in \"x\"",
       "1:16: error: expected '(', found [\"x\"]\n"
       "  any where a in \"x\"\n"
       "                 ^~~\n"},
  };
  for (const ParseCase& item : kCases) {
    EXPECT_EQ(PrintParsed(item.text), item.printed) << item.text;
  }
  EXPECT_NE(PrintParsed("any where " + std::string(300, '(')).find("nested more than"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::eql
