// The terms of `search` and of the first stage. OR binds tighter than AND, which may be left out.
#include <fmt/format.h>

#include "common/esql/names.h"
#include "common/spl/parser_internal.h"

namespace weir::spl {
namespace {

constexpr int kDepthMax = 100;

SearchPtr MakeJunction(SearchKind kind, SearchPtr left, SearchPtr right) {
  if (left == nullptr || left->kind == SearchKind::kAll) {
    return right;
  }
  if (right->kind == SearchKind::kAll && kind == SearchKind::kAnd) {
    return left;
  }
  if (left->kind == kind) {
    left->range.end = std::max(left->range.end, right->range.end);
    left->children.push_back(std::move(right));
    return left;
  }
  auto node = std::make_unique<SearchNode>();
  node->kind = kind;
  node->range = {left->range.begin, std::max(left->range.end, right->range.end)};
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  return node;
}

bool EndsWord(char c, bool in_list) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' || c == ')' || c == '"' ||
         (in_list && c == ',');
}

}  // namespace

std::optional<Parser::Word> Parser::TakeSearchWord(bool in_list) {
  SkipBlanks();
  if (Peek() == '"') {
    return TakeQuoted('"', false);
  }
  Word word;
  word.begin = position_;
  while (position_ < end_ && !EndsWord(Peek(), in_list)) {
    word.text.push_back(text_[position_++]);
  }
  word.end = position_;
  return word.text.empty() ? std::nullopt : std::optional<Word>(std::move(word));
}

std::optional<Operator> Parser::TakeSearchOperator() {
  const std::size_t start = position_;
  SkipBlanks();
  const char c = Peek();
  const bool equal = Peek(1) == '=';
  Operator op = Operator::kNone;
  std::size_t width = 1;
  if (c == '=') {
    op = Operator::kEqual;
    width = equal ? 2 : 1;
  } else if (c == '!' && equal) {
    op = Operator::kNotEqual;
    width = 2;
  } else if (c == '<' || c == '>') {
    op = c == '<' ? (equal ? Operator::kLessEqual : Operator::kLess)
                  : (equal ? Operator::kGreaterEqual : Operator::kGreater);
    width = equal ? 2 : 1;
  }
  if (op == Operator::kNone) {
    position_ = start;
    return std::nullopt;
  }
  position_ += width;
  return op;
}

SearchPtr Parser::ParseSearchIn(SearchPtr node) {
  node->kind = SearchKind::kIn;
  if (!Take('(')) {
    Expected("( behind IN");
    return nullptr;
  }
  while (!Take(')')) {
    SkipSeparators();
    if (Take(')')) {
      break;
    }
    std::optional<Word> value = TakeSearchWord(true);
    if (!value.has_value()) {
      Expected("a value or )");
      return nullptr;
    }
    node->values.push_back({std::move(value->text), Range(value->begin, value->end)});
    SkipSeparators();
  }
  if (node->values.empty()) {
    Expected("a value in the list of IN");
    return nullptr;
  }
  return node;
}

SearchPtr Parser::ParseComparison(Word field) {
  auto node = std::make_unique<SearchNode>();
  node->field = std::move(field.text);
  node->field_range = Range(field.begin, field.end);
  SkipBlanks();
  if (StartsKeyword("IN") && text_.substr(position_, 2) == "IN" &&
      TrimBlanks(text_.substr(position_ + 2, end_ - position_ - 2)).starts_with('(')) {
    position_ += 2;
    node = ParseSearchIn(std::move(node));
  } else if (const std::optional<Operator> op = TakeSearchOperator(); op.has_value()) {
    node->kind = SearchKind::kCompare;
    node->op = *op;
    std::optional<Word> value = TakeSearchWord(false);
    if (!value.has_value()) {
      Expected("a value");
      return nullptr;
    }
    // `a=b, c=d`: some authors part terms by commas.
    if (!value->quoted && value->text.size() > 1 && value->text.back() == ',') {
      value->text.pop_back();
    }
    node->values.push_back({std::move(value->text), Range(value->begin, value->end)});
  } else if (node->field == "*") {
    node->kind = SearchKind::kAll;
  } else {
    node->kind = SearchKind::kTerm;
    node->values.push_back({std::move(node->field), node->field_range});
    node->field.clear();
  }
  if (node != nullptr) {
    node->range = Range(field.begin, position_);
  }
  return node;
}

SearchPtr Parser::ParseSearchPrimary() {
  const std::size_t begin = position_;
  if (Take('(')) {
    SearchPtr inner = ParseSearchTerms();
    if (inner == nullptr) {
      return nullptr;
    }
    if (!Take(')')) {
      Expected(")");
      return nullptr;
    }
    return inner;
  }
  if (Peek() == '[') {
    Error(position_, position_ + 1,
          "a subsearch [...] is not supported: a search cannot start others",
          "write what it finds as conditions of this search");
    return nullptr;
  }
  if (Peek() == '"') {
    std::optional<Word> word = TakeQuoted('"', false);
    return word.has_value() ? ParseComparison(std::move(*word)) : nullptr;
  }
  Word field;
  field.begin = begin;
  while (position_ < end_ && !EndsWord(Peek(), false) &&
         std::string_view("=<>").find(Peek()) == std::string_view::npos &&
         !(Peek() == '!' && Peek(1) == '=')) {
    field.text.push_back(text_[position_++]);
  }
  field.end = position_;
  if (!field.text.empty() && field.text.front() == ',') {
    field.text.erase(0, 1);
  }
  if (field.text.empty()) {
    Expected("a term");
    return nullptr;
  }
  if (Peek() == '(') {
    Error(field.begin, field.end,
          fmt::format("[{}(...)] in a search is not supported", field.text),
          "a term alone, or `where` for functions");
    return nullptr;
  }
  return ParseComparison(std::move(field));
}

bool Parser::StartsTerm() {
  SkipBlanks();
  while (Peek() == ',') {
    ++position_;
    SkipBlanks();
  }
  return position_ < end_ && Peek() != ')';
}

SearchPtr Parser::ParseSearchNot() {
  SkipBlanks();
  const std::size_t begin = position_;
  if (!(StartsKeyword("NOT") && text_.substr(position_, 3) == "NOT")) {
    return ParseSearchPrimary();
  }
  position_ += 3;
  SkipBlanks();
  if (++depth_ > kDepthMax) {
    Error(begin, begin + 1, "the search is nested too deep");
    return nullptr;
  }
  SearchPtr operand = ParseSearchNot();
  --depth_;
  if (operand == nullptr) {
    return nullptr;
  }
  auto node = std::make_unique<SearchNode>();
  node->kind = SearchKind::kNot;
  node->range = Range(begin, position_);
  node->children.push_back(std::move(operand));
  return node;
}

SearchPtr Parser::ParseSearchOr() {
  SearchPtr left = ParseSearchNot();
  while (left != nullptr) {
    SkipBlanks();
    if (!(StartsKeyword("OR") && text_.substr(position_, 2) == "OR")) {
      break;
    }
    position_ += 2;
    SkipBlanks();
    SearchPtr right = ParseSearchNot();
    if (right == nullptr) {
      return nullptr;
    }
    if (left->kind == SearchKind::kAll || right->kind == SearchKind::kAll) {
      left = std::make_unique<SearchNode>();   // everything
      continue;
    }
    left = MakeJunction(SearchKind::kOr, std::move(left), std::move(right));
  }
  return left;
}

SearchPtr Parser::ParseSearchTerms() {
  if (++depth_ > kDepthMax) {
    Error(position_, position_ + 1, "the search is nested too deep");
    return nullptr;
  }
  SearchPtr result;
  while (StartsTerm()) {
    if (StartsKeyword("AND") && text_.substr(position_, 3) == "AND") {
      position_ += 3;
      if (result == nullptr || !StartsTerm()) {
        Expected("a term beside AND");
        return nullptr;
      }
    }
    SearchPtr term = ParseSearchOr();
    if (term == nullptr) {
      return nullptr;
    }
    result = MakeJunction(SearchKind::kAnd, std::move(result), std::move(term));
  }
  --depth_;
  if (result == nullptr) {
    result = std::make_unique<SearchNode>();
    result->range = Range(position_ == 0 ? 0 : position_ - 1, position_);
  }
  return result;
}

}  // namespace weir::spl
