#include "common/kql/parser.h"

#include <fmt/format.h>

#include "common/esql/lexer.h"
#include "common/kql/lexer_internal.h"

namespace weir::kql {
namespace {

constexpr std::size_t kQueryBytesMax = 1'000'000;
constexpr int kDepthMax = 200;
// A chain becomes a tree as deep as it is long.
constexpr int kTestsMax = 5000;

class Parser {
 public:
  Parser(std::vector<Token> tokens, Syntax syntax, esql::Diagnostics* diagnostics)
      : tokens_(std::move(tokens)), syntax_(syntax), diagnostics_(diagnostics) {}

  NodePtr ParseQuery();

 private:
  // field is set within the parentheses of field:(...), where values stand alone.
  NodePtr ParseOr(const Text* field);
  NodePtr ParseAnd(const Text* field);
  NodePtr ParseNot(const Text* field);
  NodePtr ParsePrimary(const Text* field);
  NodePtr ParseTest();
  NodePtr ParseAfterColon(Text field);
  NodePtr ParseNested(Text field);
  std::optional<Text> ParseText(std::string_view expected);
  bool IsRefusedInLucene(const Text& text, bool is_name);

  const Token& Peek() const { return tokens_[at_]; }
  bool At(TokenKind kind) const { return Peek().kind == kind; }
  bool Accept(TokenKind kind) {
    const bool accepted = At(kind);
    at_ += accepted ? 1 : 0;
    return accepted;
  }
  NodePtr Unexpected(std::string_view expected, std::string hint = "");
  NodePtr Error(SourceRange range, std::string message, std::string hint = "");
  uint32_t End() const { return at_ == 0 ? 0 : tokens_[at_ - 1].text.range.end; }
  template <typename ParseOperand>
  NodePtr ParseChain(NodeKind kind, TokenKind separator, const ParseOperand& parse);

  std::vector<Token> tokens_;
  Syntax syntax_;
  esql::Diagnostics* diagnostics_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int tests_ = 0;
};

NodePtr Parser::Error(SourceRange range, std::string message, std::string hint) {
  diagnostics_->Error(range, std::move(message), std::move(hint));
  return nullptr;
}

NodePtr Parser::Unexpected(std::string_view expected, std::string hint) {
  const Token& token = Peek();
  if (token.kind == TokenKind::kError) {
    return Error(token.text.range, token.text.text);
  }
  const std::string_view found = diagnostics_->source().Slice(token.text.range);
  return Error(token.text.range,
               fmt::format("expected {}, found {}", expected,
                           token.kind == TokenKind::kEnd ? "the end of the query"
                                                         : fmt::format("[{}]", found)),
               std::move(hint));
}

NodePtr Parser::ParseQuery() {
  if (At(TokenKind::kEnd)) {
    return Error(Peek().text.range, "the query is empty");
  }
  NodePtr node = ParseOr(nullptr);
  if (node != nullptr && !At(TokenKind::kEnd)) {
    return Unexpected("and, or or the end of the query");
  }
  return node;
}

template <typename ParseOperand>
NodePtr Parser::ParseChain(NodeKind kind, TokenKind separator, const ParseOperand& parse) {
  NodePtr first = parse();
  if (first == nullptr || !At(separator)) {
    return first;
  }
  auto chain = std::make_unique<Node>();
  chain->kind = kind;
  chain->range.begin = first->range.begin;
  chain->children.push_back(std::move(first));
  while (Accept(separator)) {
    NodePtr next = parse();
    if (next == nullptr) {
      return nullptr;
    }
    chain->children.push_back(std::move(next));
  }
  chain->range.end = End();
  return chain;
}

NodePtr Parser::ParseOr(const Text* field) {
  if (++depth_ > kDepthMax) {
    return Error(Peek().text.range, fmt::format("the query is nested more than {} deep", kDepthMax));
  }
  NodePtr node = ParseChain(NodeKind::kOr, TokenKind::kOr, [&] { return ParseAnd(field); });
  --depth_;
  return node;
}

NodePtr Parser::ParseAnd(const Text* field) {
  return ParseChain(NodeKind::kAnd, TokenKind::kAnd, [&] { return ParseNot(field); });
}

NodePtr Parser::ParseNot(const Text* field) {
  const uint32_t begin = Peek().text.range.begin;
  int count = 0;
  while (Accept(TokenKind::kNot)) {
    ++count;
  }
  NodePtr node = ParsePrimary(field);
  if (node == nullptr || count % 2 == 0) {
    return node;
  }
  auto negation = std::make_unique<Node>();
  negation->kind = NodeKind::kNot;
  negation->range = {begin, End()};
  negation->children.push_back(std::move(node));
  return negation;
}

NodePtr Parser::ParsePrimary(const Text* field) {
  if (++tests_ > kTestsMax) {
    return Error(Peek().text.range, fmt::format("the query has more than {} tests", kTestsMax));
  }
  if (Accept(TokenKind::kOpen)) {
    NodePtr node = ParseOr(field);
    if (node != nullptr && !Accept(TokenKind::kClose)) {
      return Unexpected("')'");
    }
    return node;
  }
  if (field == nullptr) {
    return ParseTest();
  }
  std::optional<Text> value = ParseText("a value");
  if (!value.has_value()) {
    return nullptr;
  }
  if (At(TokenKind::kColon)) {
    return Unexpected("and, or or ')'",
                      fmt::format("a value list of field [{}] holds values only: is the ')' before "
                                  "[{}] missing?",
                                  field->text, value->text));
  }
  auto node = std::make_unique<Node>();
  node->field = *field;
  node->range = value->range;
  node->value = *std::move(value);
  return node;
}

// One or more words are one text.
std::optional<Text> Parser::ParseText(std::string_view expected) {
  if (At(TokenKind::kQuoted)) {
    return tokens_[at_++].text;
  }
  if (!At(TokenKind::kWord)) {
    Unexpected(expected, At(TokenKind::kAnd) || At(TokenKind::kOr) || At(TokenKind::kNot)
                             ? "a keyword as a value stands in quotes"
                             : "");
    return std::nullopt;
  }
  Text text = tokens_[at_++].text;
  while (At(TokenKind::kWord)) {
    const Text& next = tokens_[at_++].text;
    text.text += " " + next.text;
    text.pattern += " " + next.pattern;
    text.has_wildcard = text.has_wildcard || next.has_wildcard;
    text.range.end = next.range.end;
  }
  return text;
}

NodePtr Parser::ParseTest() {
  std::optional<Text> first = ParseText("a field or '('");
  if (!first.has_value() || IsRefusedInLucene(*first, true)) {
    return nullptr;
  }
  if (Accept(TokenKind::kColon)) {
    return ParseAfterColon(*std::move(first));
  }
  auto node = std::make_unique<Node>();
  node->range = first->range;
  const TokenKind kind = Peek().kind;
  if (kind == TokenKind::kLess || kind == TokenKind::kLessEqual || kind == TokenKind::kGreater ||
      kind == TokenKind::kGreaterEqual) {
    ++at_;
    std::optional<Text> value = ParseText("a value");
    if (!value.has_value()) {
      return nullptr;
    }
    if (value->has_wildcard) {
      return Error(value->range, "a range cannot have wildcards");
    }
    node->kind = NodeKind::kCompare;
    node->comparison = kind == TokenKind::kLess        ? Comparison::kLess
                       : kind == TokenKind::kLessEqual ? Comparison::kLessEqual
                       : kind == TokenKind::kGreater   ? Comparison::kGreater
                                                       : Comparison::kGreaterEqual;
    node->field = *std::move(first);
    node->value = *std::move(value);
    node->range.end = End();
    return node;
  }
  node->kind = NodeKind::kBare;
  node->value = *std::move(first);
  return node;
}

NodePtr Parser::ParseAfterColon(Text field) {
  const uint32_t begin = field.range.begin;
  if (At(TokenKind::kOpenBrace)) {
    return ParseNested(std::move(field));
  }
  if (At(TokenKind::kOpen)) {
    return ParsePrimary(&field);
  }
  std::optional<Text> value = ParseText("a value");
  if (!value.has_value() || IsRefusedInLucene(*value, false)) {
    return nullptr;
  }
  auto node = std::make_unique<Node>();
  node->range = {begin, End()};
  node->field = std::move(field);
  node->value = *std::move(value);
  return node;
}

NodePtr Parser::ParseNested(Text field) {
  const uint32_t begin = field.range.begin;
  Accept(TokenKind::kOpenBrace);
  NodePtr inner = ParseOr(nullptr);
  if (inner == nullptr) {
    return nullptr;
  }
  if (!Accept(TokenKind::kCloseBrace)) {
    return Unexpected("'}'");
  }
  auto node = std::make_unique<Node>();
  node->kind = NodeKind::kNested;
  node->range = {begin, End()};
  node->field = std::move(field);
  node->children.push_back(std::move(inner));
  return node;
}

// What means something else in Lucene than in KQL.
bool Parser::IsRefusedInLucene(const Text& text, bool is_name) {
  if (syntax_ == Syntax::kKql || text.quoted) {
    return false;
  }
  const std::string_view written = text.text;
  const bool several = written.find(' ') != std::string_view::npos;
  const bool is_operator = written.starts_with('+') || written.starts_with('-') ||
                           written.starts_with('!') || written.starts_with('/');
  const bool special = written.find_first_of("~^[]?") != std::string_view::npos ||
                       written.find("&&") != std::string_view::npos ||
                       written.find("||") != std::string_view::npos;
  if (!several && !is_operator && !special && !(is_name && written == "_exists_")) {
    return false;
  }
  Error(text.range, fmt::format("Lucene syntax [{}] is not supported: only field:value, value lists, "
                                "wildcards and AND, OR, NOT are read as KQL",
                                written));
  return true;
}

}  // namespace

std::string_view ComparisonText(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess:
      return "<";
    case Comparison::kLessEqual:
      return "<=";
    case Comparison::kGreater:
      return ">";
    case Comparison::kGreaterEqual:
      return ">=";
  }
  return "";
}

NodePtr Parse(Syntax syntax, esql::Diagnostics* diagnostics) {
  const std::string_view text = diagnostics->source().text();
  if (text.size() > kQueryBytesMax) {
    diagnostics->Error({0, 0}, fmt::format("the query has {} bytes, more than the limit of {}",
                                           text.size(), kQueryBytesMax));
    return nullptr;
  }
  if (const auto fault = esql::FindTextFault(text); fault.has_value()) {
    diagnostics->Error(fault->range, fault->message);
    return nullptr;
  }
  return Parser(Tokenize(text, {syntax == Syntax::kLucene}), syntax, diagnostics).ParseQuery();
}

}  // namespace weir::kql
