// Operands of expressions: literals, lists, columns, calls, parentheses, signs and casts.
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/esql/diagnostic.h"
#include "common/esql/expression_parser_internal.h"
#include "common/esql/literal.h"
#include "common/esql/names.h"

namespace weir::esql {
namespace {

// The option of TO_IP, and the functions that its values stand for: their names are in lower case, which
// no call in the text of a query is.
constexpr std::string_view kLeadingZeros = "leading_zeros";
constexpr std::pair<std::string_view, std::string_view> kLeadingZerosValues[] = {
    {"reject", "TO_IP"}, {"octal", "to_ip_octal"}, {"decimal", "to_ip_decimal"}};

bool IsNumber(const Token& token) {
  return token.kind == TokenKind::kInteger || token.kind == TokenKind::kDecimal;
}

// A number that only exists with its sign.
bool IsLeastValue(const Literal& literal) {
  return (literal.type == DataType::kInteger &&
          literal.integer == std::numeric_limits<int32_t>::min()) ||
         (literal.type == DataType::kLong &&
          literal.integer == std::numeric_limits<int64_t>::min());
}

const std::vector<std::string>& CastNames() {
  static const std::vector<std::string> names = {
      "boolean", "integer", "long",       "unsigned_long", "double", "keyword",
      "string",  "text",    "datetime",   "date",          "ip",     "version",
      "int",     "bool",    "date_period", "time_duration",
  };
  return names;
}

// Types of the language that Weir has not.
bool IsUnsupportedTypeName(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "aggregate_metric_double", "cartesian_point", "cartesian_shape", "date_nanos",
      "dense_vector", "exponential_histogram", "geo_point", "geo_shape", "geohash", "geohex",
      "geotile", "histogram", "tdigest", "tsid_data"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view known) { return EqualsIgnoreCase(known, name); });
}

}  // namespace

// A sign directly before a number belongs to it, so that a cast applies to both.
ExpressionPtr ExpressionParser::ParseUnary() {
  const Token& sign = cursor_.Peek();
  const bool is_sign = sign.kind == TokenKind::kMinus || sign.kind == TokenKind::kPlus;
  if (!is_sign || IsNumber(cursor_.Peek(1))) {
    return ParsePostfix();
  }
  const NestingScope scope(this);
  if (FailsOnNesting()) {
    return nullptr;
  }
  cursor_.Next();
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kUnary;
  node->op = sign.kind == TokenKind::kMinus ? Operator::kNegate : Operator::kPlus;
  node->args.push_back(ParseUnary());
  return Finish(std::move(node), sign.range.begin, height_);
}

ExpressionPtr ExpressionParser::ParsePostfix() {
  const uint32_t begin = cursor_.Peek().range.begin;
  ExpressionPtr value = ParsePrimary();
  while (value != nullptr && cursor_.Accept(TokenKind::kCast)) {
    const Token& type = cursor_.Peek();
    if (type.kind != TokenKind::kWord) {
      cursor_.Unexpected("a type after '::'");
      return nullptr;
    }
    const auto parsed = ParseDataType(type.text);
    if (IsUnsupportedTypeName(type.text)) {
      cursor_.Fail(type.range, fmt::format("type [{}] is not supported", type.text));
      return nullptr;
    }
    if (!parsed.has_value() || *parsed == DataType::kNull || *parsed == DataType::kUnsupported) {
      cursor_.Fail(type.range, fmt::format("unknown type [{}]", type.text),
                   DidYouMean(type.text, CastNames()));
      return nullptr;
    }
    cursor_.Next();
    auto node = std::make_unique<Expression>();
    node->kind = ExpressionKind::kCast;
    node->cast_type = *parsed;
    node->args.push_back(std::move(value));
    value = Finish(std::move(node), begin, height_);
  }
  return value;
}

ExpressionPtr ExpressionParser::ParsePrimary() {
  const Token& token = cursor_.Peek();
  const uint32_t begin = token.range.begin;
  switch (token.kind) {
    case TokenKind::kPlus:
    case TokenKind::kMinus:
      if (IsNumber(cursor_.Peek(1))) {
        return ParseSignedNumber();
      }
      break;
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
      return ParseNumber();
    case TokenKind::kString: {
      Literal literal;
      literal.type = DataType::kKeyword;
      literal.text = token.text;
      cursor_.Next();
      return MakeLiteral(std::move(literal), begin);
    }
    case TokenKind::kLeftBracket:
      return ParseList();
    case TokenKind::kLeftParen:
      return ParseParenthesised();
    case TokenKind::kQuotedName:
      return ParseColumn();
    case TokenKind::kWord: {
      const bool is_true = cursor_.AtWord("TRUE");
      if (is_true || cursor_.AtWord("FALSE") || cursor_.AtWord("NULL")) {
        Literal literal;
        literal.type = cursor_.AtWord("NULL") ? DataType::kNull : DataType::kBoolean;
        literal.integer = is_true ? 1 : 0;
        cursor_.Next();
        return MakeLiteral(std::move(literal), begin);
      }
      if (cursor_.Peek(1).kind == TokenKind::kLeftParen && !IsReservedWord(token.text)) {
        return ParseCall();
      }
      return ParseColumn();
    }
    default:
      break;
  }
  cursor_.Unexpected("an expression");
  return nullptr;
}

// The parentheses leave no node; they only show in the ranges of the nodes around it.
ExpressionPtr ExpressionParser::ParseParenthesised() {
  const SourceRange open = cursor_.Next().range;
  if (FailsOnSubquery()) {
    return nullptr;
  }
  ExpressionPtr value = ParseOr();
  if (value == nullptr || !ExpectClosing(open, "an operator or ')'")) {
    return nullptr;
  }
  return value;
}

ExpressionPtr ExpressionParser::ParseCall() {
  const Token& name = cursor_.Next();
  const SourceRange open = cursor_.Next().range;
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kCall;
  node->name = ToUpperAscii(name.text);
  height_ = 0;
  if (cursor_.Accept(TokenKind::kRightParen)) {
    return Finish(std::move(node), name.range.begin, 0);
  }
  if (cursor_.At(TokenKind::kStar)) {
    const uint32_t begin = cursor_.Next().range.begin;
    node->args.push_back(MakeLeaf(ExpressionKind::kStar, begin));
    if (!ExpectClosing(open, "')'")) {
      return nullptr;
    }
  } else if (!ParseItems(&ExpressionParser::ParseOr, node.get(), open)) {
    return nullptr;
  }
  return Finish(std::move(node), name.range.begin, height_);
}

bool ExpressionParser::ParseOptions(Expression* call) {
  const SourceRange open = cursor_.Next().range;
  if (call->kind != ExpressionKind::kCall || call->name != "TO_IP") {
    cursor_.Fail(open, call->kind == ExpressionKind::kCall
                           ? fmt::format("options of [{}] are not supported", call->name)
                           : "options { ... } belong to functions");
    return false;
  }
  if (cursor_.Accept(TokenKind::kRightBrace)) {
    return true;
  }
  do {
    if (!ParseOption(call)) {
      return false;
    }
  } while (cursor_.Accept(TokenKind::kComma));
  return cursor_.Expect(TokenKind::kRightBrace, "',' or '}'");
}

bool ExpressionParser::ParseOption(Expression* call) {
  const Token& name = cursor_.Peek();
  if (name.kind != TokenKind::kString) {
    cursor_.Unexpected("the name of an option in double quotes");
    return false;
  }
  if (name.text != kLeadingZeros) {
    cursor_.Fail(name.range, fmt::format("unknown option [{}] of [TO_IP]", name.text),
                 DidYouMean(name.text, {std::string(kLeadingZeros)}));
    return false;
  }
  cursor_.Next();
  if (!cursor_.Expect(TokenKind::kColon, "':' and a value")) {
    return false;
  }
  const Token& value = cursor_.Peek();
  const auto* meaning =
      std::find_if(std::begin(kLeadingZerosValues), std::end(kLeadingZerosValues),
                   [&](const auto& known) { return EqualsIgnoreCase(known.first, value.text); });
  if (value.kind != TokenKind::kString || meaning == std::end(kLeadingZerosValues)) {
    cursor_.Fail(value.range, fmt::format("[{}] is \"reject\", \"octal\" or \"decimal\", not [{}]",
                                          kLeadingZeros, cursor_.Slice(value.range)));
    return false;
  }
  cursor_.Next();
  call->name = meaning->second;
  return true;
}

ExpressionPtr ExpressionParser::ParseColumn() {
  ParsedName name;
  if (!ParseName(&name, "an expression", false)) {
    return nullptr;
  }
  ExpressionPtr node = MakeLeaf(ExpressionKind::kColumn, name.range.begin);
  node->name = std::move(name.text);
  node->backquoted = name.backquoted;
  return node;
}

bool ExpressionParser::ParseName(ParsedName* name, std::string_view expected,
                                 bool allow_reserved) {
  const uint32_t begin = cursor_.Peek().range.begin;
  const auto is_part = [this](std::size_t ahead) {
    const TokenKind kind = cursor_.Peek(ahead).kind;
    return kind == TokenKind::kWord || kind == TokenKind::kQuotedName;
  };
  const Token& first = cursor_.Peek();
  const bool reserved = first.kind == TokenKind::kWord && IsReservedWord(first.text);
  if (!is_part(0) || (reserved && !allow_reserved)) {
    cursor_.Unexpected(expected);
    return false;
  }
  for (;;) {
    const Token& part = cursor_.Next();
    name->text += part.text;
    name->backquoted |= part.kind == TokenKind::kQuotedName;
    if (!cursor_.At(TokenKind::kDot)) {
      break;
    }
    cursor_.Next();
    if (!is_part(0)) {
      cursor_.Unexpected("the rest of a name after '.'");
      return false;
    }
    name->text.push_back('.');
  }
  name->range = cursor_.RangeFrom(begin);
  return true;
}

ExpressionPtr ExpressionParser::ParseList() {
  const SourceRange open = cursor_.Next().range;
  std::vector<Literal> literals;
  std::vector<SourceRange> ranges;
  do {
    const uint32_t begin = cursor_.Peek().range.begin;
    if (!ParseListItem(&literals.emplace_back())) {
      return nullptr;
    }
    ranges.push_back(cursor_.RangeFrom(begin));
    const DataType first = literals.front().type;
    const DataType type = literals.back().type;
    if (type != first && !(IsNumeric(type) && IsNumeric(first))) {
      cursor_.Fail(ranges.back(),
                   fmt::format("a list holds values of one type: [{}] is [{}], the first is [{}]",
                               cursor_.Slice(ranges.back()), DataTypeName(type),
                               DataTypeName(first)));
      return nullptr;
    }
  } while (cursor_.Accept(TokenKind::kComma));
  if (!ExpectClosing(open, "',' or ']'")) {
    return nullptr;
  }
  if (IsNumeric(literals.front().type)) {
    WidenNumbers(&literals);
  }
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kList;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    node->args.push_back(MakeLiteral(std::move(literals[i]), ranges[i].begin));
    node->args.back()->range = ranges[i];
  }
  return Finish(std::move(node), open.begin, 1);
}

bool ExpressionParser::ParseListItem(Literal* literal) {
  const bool negative = cursor_.At(TokenKind::kMinus);
  const bool is_signed = negative || cursor_.At(TokenKind::kPlus);
  const Token& value = cursor_.Peek(is_signed ? 1 : 0);
  if (IsNumber(value)) {
    const auto number = MakeNumber(value.text, negative);
    if (!number.has_value()) {
      cursor_.Fail(value.range, fmt::format("number [{}] is out of range", value.text));
      return false;
    }
    *literal = *number;
  } else if (!is_signed && value.kind == TokenKind::kString) {
    literal->type = DataType::kKeyword;
    literal->text = value.text;
  } else if (!is_signed && (cursor_.AtWord("TRUE") || cursor_.AtWord("FALSE"))) {
    literal->type = DataType::kBoolean;
    literal->integer = cursor_.AtWord("TRUE") ? 1 : 0;
  } else {
    cursor_.Unexpected("a number, a string or a boolean in the list");
    return false;
  }
  if (is_signed) {
    cursor_.Next();
  }
  cursor_.Next();
  return true;
}

ExpressionPtr ExpressionParser::ParseNumber() {
  const Token& number = cursor_.Peek();
  const Token& unit = cursor_.Peek(1);
  if (number.kind == TokenKind::kInteger && unit.kind == TokenKind::kWord &&
      !IsReservedWord(unit.text)) {
    const bool glued = number.range.end == unit.range.begin;
    const bool is_command = IsCommandName(unit.text);
    if (IsTimeUnit(unit.text)) {
      return ParseTimespan();
    }
    const std::string hint = DidYouMean(unit.text, TimeUnitNames());
    if (glued || (!is_command && !hint.empty())) {
      cursor_.Fail(unit.range, fmt::format("unknown unit of time [{}]", unit.text), hint);
      return nullptr;
    }
  }
  const auto literal = MakeNumber(number.text, false);
  if (!literal.has_value()) {
    cursor_.Fail(number.range, fmt::format("number [{}] is out of range", number.text));
    return nullptr;
  }
  cursor_.Next();
  return MakeLiteral(*literal, number.range.begin);
}

// REQUIRES: at a sign followed by a number.
ExpressionPtr ExpressionParser::ParseSignedNumber() {
  const Token& sign = cursor_.Next();
  const Token& number = cursor_.Peek();
  const bool negative = sign.kind == TokenKind::kMinus;
  const bool is_timespan = cursor_.Peek(1).kind == TokenKind::kWord &&
                           IsTimeUnit(cursor_.Peek(1).text);
  const auto value = MakeNumber(number.text, negative);
  if (!is_timespan && value.has_value() && IsLeastValue(*value)) {
    cursor_.Next();
    return MakeLiteral(*value, sign.range.begin);
  }
  ExpressionPtr operand = ParseNumber();
  if (operand == nullptr) {
    return nullptr;
  }
  // Below the least long a number is a double, though without its sign it might be unsigned_long.
  if (value.has_value() && value->type == DataType::kDouble && !is_timespan) {
    operand->literal.type = DataType::kDouble;
    operand->literal.integer = 0;
    operand->literal.number = negative ? -value->number : value->number;
  }
  auto node = std::make_unique<Expression>();
  node->kind = ExpressionKind::kUnary;
  node->op = negative ? Operator::kNegate : Operator::kPlus;
  node->args.push_back(std::move(operand));
  return Finish(std::move(node), sign.range.begin, height_);
}

ExpressionPtr ExpressionParser::ParseTimespan() {
  const Token& digits = cursor_.Next();
  const Token& unit = cursor_.Next();
  const auto literal = MakeTimespan(digits.text, unit.text);
  if (!literal.has_value()) {
    const SourceRange range = cursor_.RangeFrom(digits.range.begin);
    cursor_.Fail(range, fmt::format("timespan [{}] is out of range", cursor_.Slice(range)));
    return nullptr;
  }
  return MakeLiteral(*literal, digits.range.begin);
}

bool ExpressionParser::ExpectClosing(SourceRange open, std::string_view expected) {
  const bool is_list = cursor_.Slice(open) == "[";
  int line = 0;
  int column = 0;
  cursor_.Locate(open.begin, &line, &column);
  return cursor_.Expect(
      is_list ? TokenKind::kRightBracket : TokenKind::kRightParen,
      fmt::format("{} to close the '{}' at {}:{}", expected, is_list ? "[" : "(", line, column));
}

ExpressionPtr ExpressionParser::MakeLeaf(ExpressionKind kind, uint32_t begin) {
  auto node = std::make_unique<Expression>();
  node->kind = kind;
  node->range = cursor_.RangeFrom(begin);
  height_ = 1;
  return node;
}

ExpressionPtr ExpressionParser::MakeLiteral(Literal literal, uint32_t begin) {
  ExpressionPtr node = MakeLeaf(ExpressionKind::kLiteral, begin);
  node->literal = std::move(literal);
  return node;
}

}  // namespace weir::esql
