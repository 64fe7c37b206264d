#include "common/esql/any_value.h"

#include <algorithm>
#include <array>
#include <limits>

namespace weir::esql {
namespace {

constexpr std::array<std::string_view, 19> kTests = {
    kAnyEquals,   kAnyEqualsCi,     kAnyWord,     kAnyPhrase,     kAnyLike,
    kAnyLikeCi,   kAnyRegex,        kAnyRegexCi,  kAnyLess,       kAnyLessEqual,
    kAnyGreater,  kAnyGreaterEqual, kAnyContains, kAnyContainsCi, kAnyStarts,
    kAnyStartsCi, kAnyEnds,         kAnyEndsCi,   kAnyCidr};

ExpressionPtr MakeNode(ExpressionKind kind, SourceRange range) {
  auto node = std::make_unique<Expression>();
  node->kind = kind;
  node->range = range;
  return node;
}

ExpressionPtr MakeLiteralNode(DataType type, SourceRange range) {
  ExpressionPtr node = MakeNode(ExpressionKind::kLiteral, range);
  node->literal.type = type;
  return node;
}

}  // namespace

bool IsAnyValueTest(std::string_view name) {
  return std::find(kTests.begin(), kTests.end(), name) != kTests.end();
}

ExpressionPtr MakeColumnNode(std::string name, SourceRange range) {
  ExpressionPtr node = MakeNode(ExpressionKind::kColumn, range);
  node->name = std::move(name);
  return node;
}

ExpressionPtr MakeKeywordNode(std::string text, SourceRange range) {
  ExpressionPtr node = MakeLiteralNode(DataType::kKeyword, range);
  node->literal.text = std::move(text);
  return node;
}

ExpressionPtr MakeBooleanNode(bool value, SourceRange range) {
  ExpressionPtr node = MakeLiteralNode(DataType::kBoolean, range);
  node->literal.integer = value ? 1 : 0;
  return node;
}

ExpressionPtr MakeIntegerNode(int64_t value, SourceRange range) {
  const bool small = value >= std::numeric_limits<int32_t>::min() &&
                     value <= std::numeric_limits<int32_t>::max();
  ExpressionPtr node = MakeLiteralNode(small ? DataType::kInteger : DataType::kLong, range);
  node->literal.integer = value;
  return node;
}

ExpressionPtr MakeDoubleNode(double value, SourceRange range) {
  ExpressionPtr node = MakeLiteralNode(DataType::kDouble, range);
  node->literal.number = value;
  return node;
}

ExpressionPtr MakeCallNode(std::string_view name, SourceRange range) {
  ExpressionPtr node = MakeNode(ExpressionKind::kCall, range);
  node->name = name;
  return node;
}

ExpressionPtr MakeNotNode(ExpressionPtr operand, SourceRange range) {
  ExpressionPtr node = MakeNode(ExpressionKind::kUnary, range);
  node->op = Operator::kNot;
  node->args.push_back(std::move(operand));
  return node;
}

ExpressionPtr MakeJunctionNode(Operator op, ExpressionPtr left, ExpressionPtr right) {
  return left == nullptr ? std::move(right) : MakeBinaryNode(op, std::move(left), std::move(right));
}

ExpressionPtr MakeBinaryNode(Operator op, ExpressionPtr left, ExpressionPtr right) {
  ExpressionPtr node =
      MakeNode(ExpressionKind::kBinary, {left->range.begin, right->range.end});
  node->op = op;
  node->args.push_back(std::move(left));
  node->args.push_back(std::move(right));
  return node;
}

ExpressionPtr MakeIsNullNode(ExpressionPtr operand, bool negated, SourceRange range) {
  ExpressionPtr node = MakeNode(ExpressionKind::kIsNull, range);
  node->negated = negated;
  node->args.push_back(std::move(operand));
  return node;
}

}  // namespace weir::esql
