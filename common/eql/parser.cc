#include "common/eql/parser.h"

#include <charconv>

#include <fmt/format.h>

#include "common/eql/lexer_internal.h"
#include "common/esql/lexer.h"

namespace weir::eql {
namespace {

constexpr std::size_t kQueryBytesMax = 1'000'000;
constexpr int kDepthMax = 200;
// Chains of one operator are trees as deep as they are long.
constexpr int kOperatorsMax = 5000;

bool IsReserved(std::string_view word) {
  return word == "and" || word == "or" || word == "not" || word == "in" || word == "like" ||
         word == "regex" || word == "where" || word == "true" || word == "false" || word == "null";
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, esql::Diagnostics* diagnostics)
      : tokens_(std::move(tokens)), diagnostics_(diagnostics) {}

  std::optional<Query> ParseQuery();

 private:
  NodePtr ParseOr();
  NodePtr ParseAnd();
  NodePtr ParseNot();
  NodePtr ParseComparison();
  NodePtr ParseMatch(NodePtr operand, NodeKind kind, bool ignore_case);
  NodePtr ParseIn(NodePtr operand, bool negated);
  NodePtr ParseSum();
  NodePtr ParseProduct();
  NodePtr ParseUnary();
  NodePtr ParsePrimary();
  NodePtr ParseNumber();
  NodePtr ParseField(bool optional);
  NodePtr ParseCall();
  bool ParseItems(Node* node);
  bool CheckStart();

  const Token& Peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool AtWord(std::string_view word) const {
    return Peek().kind == TokenKind::kWord && Peek().text == word;
  }
  bool AtSymbol(std::string_view symbol, std::size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kSymbol && Peek(ahead).text == symbol;
  }
  bool AcceptWord(std::string_view word) {
    const bool accepted = AtWord(word);
    at_ += accepted ? 1 : 0;
    return accepted;
  }
  bool AcceptSymbol(std::string_view symbol) {
    const bool accepted = AtSymbol(symbol);
    at_ += accepted ? 1 : 0;
    return accepted;
  }
  // A '~' right behind the last token.
  bool AcceptTilde() {
    return Peek().range.begin == End() && AcceptSymbol("~");
  }
  uint32_t End() const { return at_ == 0 ? 0 : tokens_[at_ - 1].range.end; }
  NodePtr Unexpected(std::string_view expected, std::string hint = "");
  NodePtr Error(SourceRange range, std::string message, std::string hint = "") {
    diagnostics_->Error(range, std::move(message), std::move(hint));
    return nullptr;
  }
  static NodePtr Make(NodeKind kind, SourceRange range) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->range = range;
    return node;
  }
  NodePtr MakeBinary(NodeKind kind, Operator op, NodePtr left, NodePtr right) {
    if (++operators_ > kOperatorsMax) {
      return Error(right->range, fmt::format("the query has more than {} operators", kOperatorsMax));
    }
    NodePtr node = Make(kind, {left->range.begin, right->range.end});
    node->op = op;
    node->children.push_back(std::move(left));
    node->children.push_back(std::move(right));
    return node;
  }

  std::vector<Token> tokens_;
  esql::Diagnostics* diagnostics_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int operators_ = 0;
};

NodePtr Parser::Unexpected(std::string_view expected, std::string hint) {
  const Token& token = Peek();
  if (token.kind == TokenKind::kError) {
    return Error(token.range, token.text);
  }
  const std::string found = token.kind == TokenKind::kEnd
                                ? "the end of the query"
                                : fmt::format("[{}]", diagnostics_->source().Slice(token.range));
  return Error(token.range, fmt::format("expected {}, found {}", expected, found), std::move(hint));
}

bool Parser::CheckStart() {
  for (const std::string_view construct : {"sequence", "sample", "join"}) {
    if (AtWord(construct) && !(Peek(1).kind == TokenKind::kWord && Peek(1).text == "where")) {
      Error(Peek().range,
            fmt::format("EQL [{}] is not supported: only queries of single events are", construct));
      return false;
    }
  }
  return true;
}

std::optional<Query> Parser::ParseQuery() {
  if (!CheckStart()) {
    return std::nullopt;
  }
  Query query;
  if (Peek().kind != TokenKind::kWord && Peek().kind != TokenKind::kString) {
    Unexpected("any or an event category");
    return std::nullopt;
  }
  query.category_range = Peek().range;
  if (Peek().kind == TokenKind::kString || Peek().text != "any") {
    query.category = Peek().text;
  }
  ++at_;
  if (!AcceptWord("where")) {
    Unexpected("where", "an event query reads: any where condition");
    return std::nullopt;
  }
  query.condition = ParseOr();
  if (query.condition == nullptr) {
    return std::nullopt;
  }
  if (AtSymbol("|")) {
    Error({Peek().range.begin, Peek(1).range.end},
          fmt::format("EQL pipe [| {}] is not supported: every matching event is an alert",
                      Peek(1).text));
    return std::nullopt;
  }
  if (Peek().kind != TokenKind::kEnd) {
    Unexpected("and, or or the end of the query",
               AtSymbol("=") ? "equality is ==" : "");
    return std::nullopt;
  }
  return query;
}

NodePtr Parser::ParseOr() {
  if (++depth_ > kDepthMax) {
    return Error(Peek().range, fmt::format("the query is nested more than {} deep", kDepthMax));
  }
  NodePtr left = ParseAnd();
  while (left != nullptr && AcceptWord("or")) {
    NodePtr right = ParseAnd();
    left = right == nullptr
               ? nullptr
               : MakeBinary(NodeKind::kOr, Operator::kNone, std::move(left), std::move(right));
  }
  --depth_;
  return left;
}

NodePtr Parser::ParseAnd() {
  NodePtr left = ParseNot();
  while (left != nullptr && AcceptWord("and")) {
    NodePtr right = ParseNot();
    left = right == nullptr
               ? nullptr
               : MakeBinary(NodeKind::kAnd, Operator::kNone, std::move(left), std::move(right));
  }
  return left;
}

NodePtr Parser::ParseNot() {
  const uint32_t begin = Peek().range.begin;
  bool negated = false;
  while (AcceptWord("not")) {
    negated = !negated;
  }
  NodePtr operand = ParseComparison();
  if (operand == nullptr || !negated) {
    return operand;
  }
  NodePtr node = Make(NodeKind::kNot, {begin, operand->range.end});
  node->children.push_back(std::move(operand));
  return node;
}

NodePtr Parser::ParseComparison() {
  NodePtr left = ParseSum();
  if (left == nullptr) {
    return nullptr;
  }
  static constexpr std::pair<std::string_view, Operator> kComparisons[] = {
      {"==", Operator::kEqual},  {"!=", Operator::kNotEqual},     {"<", Operator::kLess},
      {">", Operator::kGreater}, {"<=", Operator::kLessEqual}, {">=", Operator::kGreaterEqual}};
  for (const auto& [symbol, op] : kComparisons) {
    if (AcceptSymbol(symbol)) {
      NodePtr right = ParseSum();
      return right == nullptr
                 ? nullptr
                 : MakeBinary(NodeKind::kCompare, op, std::move(left), std::move(right));
    }
  }
  if (AtSymbol("=")) {
    return Unexpected("an operator", "equality is ==");
  }
  if (AcceptSymbol(":")) {
    return ParseMatch(std::move(left), NodeKind::kSeq, true);
  }
  if (AcceptWord("like")) {
    const bool ignore_case = AcceptTilde();
    return ParseMatch(std::move(left), NodeKind::kLike, ignore_case);
  }
  if (AcceptWord("regex")) {
    const bool ignore_case = AcceptTilde();
    return ParseMatch(std::move(left), NodeKind::kRegex, ignore_case);
  }
  if (AcceptWord("in")) {
    return ParseIn(std::move(left), false);
  }
  if (AtWord("not") && Peek(1).kind == TokenKind::kWord && Peek(1).text == "in") {
    at_ += 2;
    return ParseIn(std::move(left), true);
  }
  return left;
}

NodePtr Parser::ParseMatch(NodePtr operand, NodeKind kind, bool ignore_case) {
  NodePtr node = Make(kind, operand->range);
  node->ignore_case = ignore_case;
  node->children.push_back(std::move(operand));
  if (AtSymbol("(")) {
    if (!ParseItems(node.get())) {
      return nullptr;
    }
  } else {
    NodePtr item = ParseSum();
    if (item == nullptr) {
      return nullptr;
    }
    node->children.push_back(std::move(item));
  }
  node->range.end = End();
  return node;
}

NodePtr Parser::ParseIn(NodePtr operand, bool negated) {
  NodePtr node = Make(NodeKind::kIn, operand->range);
  node->negated = negated;
  node->children.push_back(std::move(operand));
  node->ignore_case = AcceptTilde();
  if (!AtSymbol("(")) {
    return Unexpected("'('");
  }
  if (!ParseItems(node.get())) {
    return nullptr;
  }
  node->range.end = End();
  return node;
}

// "(" item, ... ")"
bool Parser::ParseItems(Node* node) {
  AcceptSymbol("(");
  do {
    NodePtr item = ParseSum();
    if (item == nullptr) {
      return false;
    }
    node->children.push_back(std::move(item));
  } while (AcceptSymbol(","));
  if (!AcceptSymbol(")")) {
    Unexpected("',' or ')'");
    return false;
  }
  return true;
}

NodePtr Parser::ParseSum() {
  NodePtr left = ParseProduct();
  while (left != nullptr && (AtSymbol("+") || AtSymbol("-"))) {
    const Operator op = Peek().text == "+" ? Operator::kAdd : Operator::kSubtract;
    ++at_;
    NodePtr right = ParseProduct();
    left = right == nullptr
               ? nullptr
               : MakeBinary(NodeKind::kArithmetic, op, std::move(left), std::move(right));
  }
  return left;
}

NodePtr Parser::ParseProduct() {
  NodePtr left = ParseUnary();
  while (left != nullptr && (AtSymbol("*") || AtSymbol("/") || AtSymbol("%"))) {
    const Operator op = Peek().text == "*"   ? Operator::kMultiply
                        : Peek().text == "/" ? Operator::kDivide
                                             : Operator::kModulo;
    ++at_;
    NodePtr right = ParseUnary();
    left = right == nullptr
               ? nullptr
               : MakeBinary(NodeKind::kArithmetic, op, std::move(left), std::move(right));
  }
  return left;
}

NodePtr Parser::ParseUnary() {
  const uint32_t begin = Peek().range.begin;
  bool negated = false;
  bool any_sign = false;
  while (AtSymbol("-") || AtSymbol("+")) {
    negated = negated != (Peek().text == "-");
    any_sign = true;
    ++at_;
  }
  NodePtr operand = ParsePrimary();
  if (operand == nullptr || !any_sign) {
    return operand;
  }
  if (operand->kind == NodeKind::kInteger || operand->kind == NodeKind::kDecimal) {
    operand->integer = negated ? -operand->integer : operand->integer;
    operand->number = negated ? -operand->number : operand->number;
    operand->range.begin = begin;
    return operand;
  }
  if (!negated) {
    return operand;
  }
  NodePtr node = Make(NodeKind::kNegate, {begin, operand->range.end});
  node->children.push_back(std::move(operand));
  return node;
}

NodePtr Parser::ParseNumber() {
  const Token& token = Peek();
  NodePtr node = Make(token.kind == TokenKind::kInteger ? NodeKind::kInteger : NodeKind::kDecimal,
                      token.range);
  const char* begin = token.text.data();
  const char* end = begin + token.text.size();
  if (node->kind == NodeKind::kInteger &&
      std::from_chars(begin, end, node->integer).ec != std::errc()) {
    return Error(token.range, "the number does not fit in 64 bits");
  }
  if (node->kind == NodeKind::kDecimal &&
      std::from_chars(begin, end, node->number).ec != std::errc()) {
    return Error(token.range, "the number is out of range");
  }
  ++at_;
  return node;
}

NodePtr Parser::ParsePrimary() {
  const Token& token = Peek();
  switch (token.kind) {
    case TokenKind::kString: {
      NodePtr node = Make(NodeKind::kString, token.range);
      node->text = token.text;
      ++at_;
      return node;
    }
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
      return ParseNumber();
    case TokenKind::kQuotedName:
      return ParseField(false);
    case TokenKind::kWord:
      if (token.text == "true" || token.text == "false" || token.text == "null") {
        NodePtr node =
            Make(token.text == "null" ? NodeKind::kNull : NodeKind::kBoolean, token.range);
        node->integer = token.text == "true" ? 1 : 0;
        ++at_;
        return node;
      }
      if (AtSymbol("(", 1) || (AtSymbol("~", 1) && AtSymbol("(", 2))) {
        return ParseCall();
      }
      return IsReserved(token.text) ? Unexpected("a value") : ParseField(false);
    default:
      break;
  }
  if (AcceptSymbol("?")) {
    return Peek().kind == TokenKind::kWord || Peek().kind == TokenKind::kQuotedName
               ? ParseField(true)
               : Unexpected("a field");
  }
  if (AcceptSymbol("(")) {
    NodePtr node = ParseOr();
    if (node != nullptr && !AcceptSymbol(")")) {
      return Unexpected("')'");
    }
    return node;
  }
  return Unexpected("a field, a value or '('");
}

// Parts joined by dots; each a word or in backquotes.
NodePtr Parser::ParseField(bool optional) {
  NodePtr node = Make(NodeKind::kField, Peek().range);
  node->optional = optional;
  while (true) {
    if (Peek().kind != TokenKind::kWord && Peek().kind != TokenKind::kQuotedName) {
      return Unexpected("a part of a field's name");
    }
    node->text += Peek().text;
    ++at_;
    if (AtSymbol("[")) {
      return Error(Peek().range, "an element of a field by its index is not supported");
    }
    if (!AcceptSymbol(".")) {
      break;
    }
    node->text += ".";
  }
  node->range.end = End();
  return node;
}

NodePtr Parser::ParseCall() {
  NodePtr node = Make(NodeKind::kCall, Peek().range);
  node->text = Peek().text;
  ++at_;
  node->ignore_case = AcceptSymbol("~");
  AcceptSymbol("(");
  if (!AcceptSymbol(")")) {
    do {
      NodePtr argument = ParseOr();
      if (argument == nullptr) {
        return nullptr;
      }
      node->children.push_back(std::move(argument));
    } while (AcceptSymbol(","));
    if (!AcceptSymbol(")")) {
      return Unexpected("',' or ')'");
    }
  }
  node->range.end = End();
  return node;
}

}  // namespace

std::optional<Query> Parse(esql::Diagnostics* diagnostics) {
  const std::string_view text = diagnostics->source().text();
  if (text.size() > kQueryBytesMax) {
    diagnostics->Error({0, 0}, fmt::format("the query has {} bytes, more than the limit of {}",
                                           text.size(), kQueryBytesMax));
    return std::nullopt;
  }
  if (const auto fault = esql::FindTextFault(text); fault.has_value()) {
    diagnostics->Error(fault->range, fault->message);
    return std::nullopt;
  }
  return Parser(Tokenize(text), diagnostics).ParseQuery();
}

}  // namespace weir::eql
