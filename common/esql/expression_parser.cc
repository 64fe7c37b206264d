// Operators, from the loosest to the tightest. Operands are in operand_parser.cc.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/esql/diagnostic.h"
#include "common/esql/expression_parser_internal.h"
#include "common/esql/names.h"

namespace weir::esql {
namespace {

constexpr int kNestingMax = 200;
constexpr int kTreeHeightMax = 1000;

Operator OrOperator(const Token& token) {
  return token.kind == TokenKind::kWord && EqualsIgnoreCase(token.text, "OR") ? Operator::kOr
                                                                              : Operator::kNone;
}

Operator AndOperator(const Token& token) {
  return token.kind == TokenKind::kWord && EqualsIgnoreCase(token.text, "AND") ? Operator::kAnd
                                                                               : Operator::kNone;
}

Operator AdditiveOperator(const Token& token) {
  switch (token.kind) {
    case TokenKind::kPlus:
      return Operator::kAdd;
    case TokenKind::kMinus:
      return Operator::kSubtract;
    default:
      return Operator::kNone;
  }
}

Operator MultiplicativeOperator(const Token& token) {
  switch (token.kind) {
    case TokenKind::kStar:
      return Operator::kMultiply;
    case TokenKind::kSlash:
      return Operator::kDivide;
    case TokenKind::kPercent:
      return Operator::kModulo;
    default:
      return Operator::kNone;
  }
}

Operator ComparisonOperator(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEqual:
      return Operator::kEqual;
    case TokenKind::kNotEqual:
      return Operator::kNotEqual;
    case TokenKind::kLess:
      return Operator::kLess;
    case TokenKind::kLessEqual:
      return Operator::kLessEqual;
    case TokenKind::kGreater:
      return Operator::kGreater;
    case TokenKind::kGreaterEqual:
      return Operator::kGreaterEqual;
    default:
      return Operator::kNone;
  }
}

}  // namespace

ExpressionPtr ExpressionParser::ParseOr() {
  const NestingScope scope(this);
  if (FailsOnNesting()) {
    return nullptr;
  }
  return ParseChain(&ExpressionParser::ParseAnd, OrOperator);
}

ExpressionPtr ExpressionParser::ParseAnd() {
  return ParseChain(&ExpressionParser::ParseNot, AndOperator);
}

ExpressionPtr ExpressionParser::ParseNot() {
  const uint32_t begin = cursor_.Peek().range.begin;
  if (!cursor_.AcceptWord("NOT")) {
    return ParsePredicate();
  }
  const NestingScope scope(this);
  if (FailsOnNesting()) {
    return nullptr;
  }
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kUnary;
  node->op = Operator::kNot;
  node->args.push_back(ParseNot());
  return Finish(std::move(node), begin, height_);
}

ExpressionPtr ExpressionParser::ParsePredicate() {
  const uint32_t begin = cursor_.Peek().range.begin;
  ExpressionPtr left = ParseComparison();
  if (left == nullptr) {
    return nullptr;
  }
  const bool negated = cursor_.AtWord("NOT");
  const std::size_t ahead = negated ? 1 : 0;
  if (cursor_.AtWord("IN", ahead)) {
    return ParseIn(std::move(left), begin, negated);
  }
  if (cursor_.AtWord("LIKE", ahead) || cursor_.AtWord("RLIKE", ahead)) {
    return ParsePatterns(std::move(left), begin, negated);
  }
  if (cursor_.AtWord("IS")) {
    return ParseIsNull(std::move(left), begin);
  }
  if (cursor_.At(TokenKind::kColon)) {
    return ParseMatch(std::move(left), begin);
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseIn(ExpressionPtr left, uint32_t begin, bool negated) {
  cursor_.AcceptWord("NOT");
  cursor_.Next();
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kIn;
  node->negated = negated;
  node->args.push_back(std::move(left));
  const Token& open = cursor_.Peek();
  if (open.kind == TokenKind::kLeftBracket) {
    cursor_.Fail(open.range, "expected '(' and a list of values, found [[]",
                 "IN takes its list in parentheses");
    return nullptr;
  }
  const int left_height = height_;
  if (!cursor_.Expect(TokenKind::kLeftParen, "'(' and a list of values") || FailsOnSubquery() ||
      !ParseItems(&ExpressionParser::ParseComparison, node.get(), open.range)) {
    return nullptr;
  }
  return Finish(std::move(node), begin, std::max(left_height, height_));
}

ExpressionPtr ExpressionParser::ParsePatterns(ExpressionPtr left, uint32_t begin, bool negated) {
  cursor_.AcceptWord("NOT");
  auto node = std::make_unique<Expression>();
  node->kind = cursor_.AtWord("LIKE") ? ExpressionKind::kLike : ExpressionKind::kRlike;
  node->negated = negated;
  node->args.push_back(std::move(left));
  cursor_.Next();
  const int left_height = height_;
  const SourceRange open = cursor_.Peek().range;
  if (cursor_.Accept(TokenKind::kLeftParen)) {
    if (!ParseItems(&ExpressionParser::ParseAdditive, node.get(), open)) {
      return nullptr;
    }
  } else {
    node->args.push_back(ParseAdditive());
  }
  return Finish(std::move(node), begin, std::max(left_height, height_));
}

ExpressionPtr ExpressionParser::ParseIsNull(ExpressionPtr left, uint32_t begin) {
  cursor_.Next();
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kIsNull;
  node->negated = cursor_.AcceptWord("NOT");
  node->args.push_back(std::move(left));
  if (!cursor_.AcceptWord("NULL")) {
    cursor_.Unexpected(node->negated ? "NULL" : "NULL or NOT NULL");
    return nullptr;
  }
  return Finish(std::move(node), begin, height_);
}

ExpressionPtr ExpressionParser::ParseMatch(ExpressionPtr left, uint32_t begin) {
  const bool is_column =
      left->kind == ExpressionKind::kColumn ||
      (left->kind == ExpressionKind::kCast && left->args[0]->kind == ExpressionKind::kColumn);
  if (!is_column) {
    cursor_.Fail(left->range, "the left side of ':' must be a column");
    return nullptr;
  }
  cursor_.Next();
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kMatch;
  node->args.push_back(std::move(left));
  ExpressionPtr constant = ParseUnary();
  if (constant == nullptr) {
    return nullptr;
  }
  const Expression& value =
      constant->kind == ExpressionKind::kUnary ? *constant->args[0] : *constant;
  if (value.kind != ExpressionKind::kLiteral && value.kind != ExpressionKind::kList) {
    cursor_.Fail(constant->range, "the right side of ':' must be a constant",
                 value.kind == ExpressionKind::kColumn && ParseDataType(value.name).has_value()
                     ? "a cast is written '::'"
                     : "");
    return nullptr;
  }
  node->args.push_back(std::move(constant));
  return Finish(std::move(node), begin, height_);
}

ExpressionPtr ExpressionParser::ParseComparison() {
  const uint32_t begin = cursor_.Peek().range.begin;
  ExpressionPtr left = ParseAdditive();
  const Operator op = ComparisonOperator(cursor_.Peek());
  if (left == nullptr || op == Operator::kNone) {
    return left;
  }
  const int left_height = height_;
  cursor_.Next();
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kBinary;
  node->op = op;
  node->args.push_back(std::move(left));
  node->args.push_back(ParseAdditive());
  node = Finish(std::move(node), begin, std::max(left_height, height_));
  if (node != nullptr && ComparisonOperator(cursor_.Peek()) != Operator::kNone) {
    cursor_.Fail(cursor_.Peek().range, "comparisons cannot be chained",
                 "join two comparisons with AND");
    return nullptr;
  }
  return node;
}

ExpressionPtr ExpressionParser::ParseAdditive() {
  return ParseChain(&ExpressionParser::ParseMultiplicative, AdditiveOperator);
}

ExpressionPtr ExpressionParser::ParseMultiplicative() {
  return ParseChain(&ExpressionParser::ParseUnary, MultiplicativeOperator);
}

ExpressionPtr ExpressionParser::ParseChain(Level operand, MatchOperator match) {
  const uint32_t begin = cursor_.Peek().range.begin;
  ExpressionPtr left = (this->*operand)();
  while (left != nullptr) {
    const Operator op = match(cursor_.Peek());
    if (op == Operator::kNone) {
      break;
    }
    const int left_height = height_;
    cursor_.Next();
    auto node = std::make_unique<Expression>();
    node->kind = ExpressionKind::kBinary;
    node->op = op;
    node->args.push_back(std::move(left));
    node->args.push_back((this->*operand)());
    left = Finish(std::move(node), begin, std::max(left_height, height_));
  }
  return left;
}

bool ExpressionParser::ParseItems(Level item, Expression* node, SourceRange open) {
  int height = 0;
  do {
    if (cursor_.At(TokenKind::kLeftBrace) && !node->args.empty()) {
      if (!ParseOptions(node)) {
        return false;
      }
      break;
    }
    ExpressionPtr value = (this->*item)();
    if (value == nullptr) {
      return false;
    }
    height = std::max(height, height_);
    node->args.push_back(std::move(value));
  } while (cursor_.Accept(TokenKind::kComma));
  height_ = height;
  return ExpectClosing(open, "an operator, ',' or ')'");
}

// REQUIRES: right behind a '('.
bool ExpressionParser::FailsOnSubquery() {
  const TokenKind behind = cursor_.Peek(1).kind;
  if (!cursor_.AtWord("FROM") || (behind != TokenKind::kWord && behind != TokenKind::kString)) {
    return false;
  }
  cursor_.FailNested(cursor_.Peek().range, "subqueries are not supported");
  cursor_.Rewind(cursor_.position() - 1);  // so that its parenthesis counts
  return true;
}

bool ExpressionParser::FailsOnNesting() {
  if (nesting_ <= kNestingMax) {
    return false;
  }
  cursor_.Fail(cursor_.Peek().range,
               fmt::format("the expression is nested more than {} levels deep", kNestingMax));
  return true;
}

ExpressionPtr ExpressionParser::Finish(ExpressionPtr node, uint32_t begin, int child_height) {
  if (cursor_.failed()) {
    return nullptr;
  }
  node->range = cursor_.RangeFrom(begin);
  height_ = child_height + 1;
  if (height_ > kTreeHeightMax) {
    cursor_.Fail({begin, begin + 1},
                 fmt::format("the expression has more than {} operators in a row", kTreeHeightMax),
                 "IN (...) takes any number of values");
    return nullptr;
  }
  return node;
}

}  // namespace weir::esql
