#include "common/esql/parser.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/esql/command_parser_internal.h"
#include "common/esql/expression_parser_internal.h"
#include "common/esql/lexer.h"
#include "common/esql/token_cursor_internal.h"

namespace weir::esql {
namespace {

constexpr std::size_t kQueryBytesMax = 1'000'000;
// What is made of them takes time that grows faster than their number.
constexpr std::size_t kTokensMax = 50'000;

// Reports what makes the text unfit to be cut into tokens.
bool CheckText(Diagnostics* diagnostics) {
  const std::string_view text = diagnostics->source().text();
  if (text.size() > kQueryBytesMax) {
    diagnostics->Error({0, 0}, fmt::format("the query has {} bytes, more than the limit of {}",
                                           text.size(), kQueryBytesMax));
    return false;
  }
  if (const auto fault = FindTextFault(text); fault.has_value()) {
    diagnostics->Error(fault->range, fault->message);
    return false;
  }
  return true;
}

// The tokens; none when there are too many.
std::optional<std::vector<Token>> CutTokens(Diagnostics* diagnostics) {
  if (!CheckText(diagnostics)) {
    return std::nullopt;
  }
  std::vector<Token> tokens = Tokenize(diagnostics->source().text());
  if (tokens.size() > kTokensMax) {
    diagnostics->Error(tokens[kTokensMax].range,
                       fmt::format("the query has {} words, values and signs, more than the limit of {}",
                                   tokens.size(), kTokensMax));
    return std::nullopt;
  }
  return tokens;
}

}  // namespace

std::optional<Query> Parse(Diagnostics* diagnostics) {
  const std::size_t errors_before = diagnostics->error_count();
  std::optional<std::vector<Token>> tokens = CutTokens(diagnostics);
  if (!tokens.has_value()) {
    return std::nullopt;
  }
  TokenCursor cursor(*std::move(tokens), diagnostics);
  Query query = CommandParser(&cursor).ParseQuery();
  if (diagnostics->error_count() != errors_before) {
    return std::nullopt;
  }
  return query;
}

ExpressionPtr ParseExpression(Diagnostics* diagnostics) {
  std::optional<std::vector<Token>> tokens = CutTokens(diagnostics);
  if (!tokens.has_value()) {
    return nullptr;
  }
  TokenCursor cursor(*std::move(tokens), diagnostics);
  ExpressionPtr expression = ExpressionParser(&cursor).Parse();
  if (expression != nullptr && !cursor.At(TokenKind::kEnd)) {
    cursor.Unexpected("an operator or the end of the expression");
    return nullptr;
  }
  return expression;
}

}  // namespace weir::esql
