// Expressions of eval and where: OR, then XOR, AND, NOT, comparisons, + - and '.', * / %, signs.
#include <array>

#include <fmt/format.h>

#include "common/esql/names.h"
#include "common/spl/parser_internal.h"

namespace weir::spl {
namespace {

constexpr int kDepthMax = 100;
constexpr int kOrLevel = 0;
constexpr int kXorLevel = 1;
constexpr int kAndLevel = 2;
constexpr int kNotLevel = 3;
constexpr int kCompareLevel = 4;
constexpr int kAddLevel = 5;
constexpr int kMultiplyLevel = 6;
constexpr int kUnaryLevel = 7;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsFieldBody(char c) {
  return esql::IsNameBody(c) || c == ':' || c == '{' || c == '}' || c == '@' || c == '#';
}

ExpressionPtr MakeExpression(ExpressionKind kind, SourceRange range) {
  auto node = std::make_unique<Expression>();
  node->kind = kind;
  node->range = range;
  return node;
}

}  // namespace

std::optional<Operator> Parser::TakeOperator(int level) {
  SkipBlanks();
  const auto take = [&](std::string_view text, Operator op) -> std::optional<Operator> {
    position_ += text.size();
    return op;
  };
  const std::string_view rest = text_.substr(position_, end_ - position_);
  switch (level) {
    case kOrLevel:
      return StartsKeyword("OR") ? take("OR", Operator::kOr) : std::nullopt;
    case kXorLevel:
      return StartsKeyword("XOR") ? take("XOR", Operator::kXor) : std::nullopt;
    case kAndLevel:
      return StartsKeyword("AND") ? take("AND", Operator::kAnd) : std::nullopt;
    case kCompareLevel: {
      static constexpr std::array<std::pair<std::string_view, Operator>, 7> kComparisons = {{
          {"==", Operator::kEqual},      {"!=", Operator::kNotEqual}, {"<=", Operator::kLessEqual},
          {">=", Operator::kGreaterEqual}, {"=", Operator::kEqual},   {"<", Operator::kLess},
          {">", Operator::kGreater},
      }};
      for (const auto& [text, op] : kComparisons) {
        if (rest.starts_with(text)) {
          return take(text, op);
        }
      }
      return StartsKeyword("LIKE") ? take("LIKE", Operator::kLike) : std::nullopt;
    }
    case kAddLevel:
      return rest.starts_with('+')   ? take("+", Operator::kAdd)
             : rest.starts_with('-') ? take("-", Operator::kSubtract)
             : rest.starts_with('.') ? take(".", Operator::kConcat)
                                     : std::nullopt;
    default:
      return rest.starts_with('*')   ? take("*", Operator::kMultiply)
             : rest.starts_with('/') ? take("/", Operator::kDivide)
             : rest.starts_with('%') ? take("%", Operator::kModulo)
                                     : std::nullopt;
  }
}

ExpressionPtr Parser::ParseExpression() {
  return ParseBinary(kOrLevel);
}

ExpressionPtr Parser::ParseInList(ExpressionPtr left, std::size_t begin) {
  ExpressionPtr node = MakeExpression(ExpressionKind::kIn, {});
  node->args.push_back(std::move(left));
  if (!Take('(')) {
    Expected("( behind IN");
    return nullptr;
  }
  if (!ParseArguments(node.get())) {
    return nullptr;
  }
  if (node->args.size() < 2) {
    Expected("a value in the list of IN");
    return nullptr;
  }
  node->range = Range(begin, position_);
  return node;
}

ExpressionPtr Parser::ParseBinary(int level) {
  if (level == kUnaryLevel) {
    return ParseUnary();
  }
  SkipBlanks();
  const std::size_t begin = position_;
  if (level == kNotLevel) {
    if (!TakeKeyword("NOT")) {
      return ParseBinary(level + 1);
    }
    if (++depth_ > kDepthMax) {
      Error(begin, begin + 1, "the expression is nested too deep");
      return nullptr;
    }
    ExpressionPtr operand = ParseBinary(kNotLevel);
    --depth_;
    if (operand == nullptr) {
      return nullptr;
    }
    ExpressionPtr node = MakeExpression(ExpressionKind::kNot, Range(begin, position_));
    node->args.push_back(std::move(operand));
    return node;
  }
  ExpressionPtr left = ParseBinary(level + 1);
  while (left != nullptr) {
    if (level == kCompareLevel && TakeKeyword("IN")) {
      left = ParseInList(std::move(left), begin);
      continue;
    }
    const std::optional<Operator> op = TakeOperator(level);
    if (!op.has_value()) {
      break;
    }
    ExpressionPtr right = ParseBinary(level + 1);
    if (right == nullptr) {
      return nullptr;
    }
    ExpressionPtr node = MakeExpression(ExpressionKind::kBinary, Range(begin, position_));
    node->op = *op;
    node->args.push_back(std::move(left));
    node->args.push_back(std::move(right));
    left = std::move(node);
  }
  return left;
}

ExpressionPtr Parser::ParseUnary() {
  SkipBlanks();
  const std::size_t begin = position_;
  if (Peek() != '-' && Peek() != '+') {
    return ParsePrimary();
  }
  const bool negate = text_[position_++] == '-';
  if (++depth_ > kDepthMax) {
    Error(begin, begin + 1, "the expression is nested too deep");
    return nullptr;
  }
  ExpressionPtr operand = ParseUnary();
  --depth_;
  if (operand == nullptr || !negate) {
    return operand;
  }
  ExpressionPtr node = MakeExpression(ExpressionKind::kNegate, Range(begin, position_));
  node->args.push_back(std::move(operand));
  return node;
}

ExpressionPtr Parser::ParseNumber() {
  const std::size_t begin = position_;
  const auto digits = [&] {
    while (IsDigit(Peek())) {
      ++position_;
    }
  };
  digits();
  if (Peek() == '.' && IsDigit(Peek(1))) {
    ++position_;
    digits();
  }
  if ((Peek() == 'e' || Peek() == 'E') &&
      (IsDigit(Peek(1)) || ((Peek(1) == '-' || Peek(1) == '+') && IsDigit(Peek(2))))) {
    position_ += 2;
    digits();
  }
  ExpressionPtr node = MakeExpression(ExpressionKind::kNumber, Range(begin, position_));
  node->text = text_.substr(begin, position_ - begin);
  return node;
}

bool Parser::ParseArguments(Expression* call) {
  if (Take(')')) {
    return true;
  }
  if (++depth_ > kDepthMax) {
    Error(position_, position_ + 1, "the expression is nested too deep");
    return false;
  }
  while (true) {
    ExpressionPtr argument = ParseExpression();
    if (argument == nullptr) {
      return false;
    }
    call->args.push_back(std::move(argument));
    if (Take(')')) {
      --depth_;
      return true;
    }
    if (!Take(',')) {
      Expected(", or )");
      return false;
    }
  }
}

ExpressionPtr Parser::ParseCallOrField() {
  const std::size_t begin = position_;
  while (position_ < end_ && IsFieldBody(Peek())) {
    ++position_;
  }
  const std::string name(text_.substr(begin, position_ - begin));
  const std::size_t name_end = position_;
  if (Take('(')) {
    ExpressionPtr call = MakeExpression(ExpressionKind::kCall, {});
    call->text = esql::ToLowerAscii(name);
    if (!ParseArguments(call.get())) {
      return nullptr;
    }
    call->range = Range(begin, position_);
    return call;
  }
  position_ = name_end;
  ExpressionPtr field = MakeExpression(ExpressionKind::kField, Range(begin, name_end));
  field->text = name;
  return field;
}

ExpressionPtr Parser::ParsePrimary() {
  SkipBlanks();
  const std::size_t begin = position_;
  const char c = Peek();
  if (c == '(') {
    ++position_;
    if (++depth_ > kDepthMax) {
      Error(begin, begin + 1, "the expression is nested too deep");
      return nullptr;
    }
    ExpressionPtr inner = ParseExpression();
    --depth_;
    if (inner != nullptr && !Take(')')) {
      Expected(")");
      return nullptr;
    }
    return inner;
  }
  if (c == '"' || c == '\'') {
    std::optional<Word> word = TakeQuoted(c, false);
    if (!word.has_value()) {
      return nullptr;
    }
    ExpressionPtr node =
        MakeExpression(c == '"' ? ExpressionKind::kString : ExpressionKind::kField,
                       Range(word->begin, word->end));
    node->text = std::move(word->text);
    return node;
  }
  if (IsDigit(c)) {
    return ParseNumber();
  }
  if (esql::IsNameBody(c)) {
    return ParseCallOrField();
  }
  if (c == '[') {
    Error(begin, begin + 1, "a subsearch [...] is not supported: a search cannot start others");
    return nullptr;
  }
  Expected("a value");
  return nullptr;
}

}  // namespace weir::spl
