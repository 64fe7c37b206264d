// Table tests of the parser: a text and the canonical text, or the findings, that it leads to.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "common/esql/parser.h"
#include "common/esql/printer.h"

namespace weir::esql {

struct ParseCase {
  std::string_view text;
  std::string_view printed;
};

// The canonical text of a query, or its rendered findings.
inline std::string PrintQuery(std::string_view text) {
  const Source source{std::string(text)};
  Diagnostics diagnostics(&source);
  const auto query = Parse(&diagnostics);
  EXPECT_EQ(query.has_value(), !diagnostics.has_errors()) << text;
  return query.has_value() ? Print(*query) : RenderAll(source, diagnostics.list());
}

inline std::string PrintExpression(std::string_view text) {
  const Source source{std::string(text)};
  Diagnostics diagnostics(&source);
  const ExpressionPtr expression = ParseExpression(&diagnostics);
  EXPECT_EQ(expression != nullptr, !diagnostics.has_errors()) << text;
  return expression != nullptr ? Print(*expression) : RenderAll(source, diagnostics.list());
}

// Every case prints as told, and what it prints is a fixed point.
template <std::size_t size>
void ExpectQueries(const ParseCase (&cases)[size]) {
  for (const ParseCase& item : cases) {
    EXPECT_EQ(PrintQuery(item.text), item.printed) << item.text;
    EXPECT_EQ(PrintQuery(item.printed), item.printed) << item.text;
  }
}

template <std::size_t size>
void ExpectExpressions(const ParseCase (&cases)[size]) {
  for (const ParseCase& item : cases) {
    EXPECT_EQ(PrintExpression(item.text), item.printed) << item.text;
    EXPECT_EQ(PrintExpression(item.printed), item.printed) << item.text;
  }
}

}  // namespace weir::esql
