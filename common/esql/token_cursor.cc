#include "common/esql/token_cursor_internal.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/esql/names.h"

namespace weir::esql {
namespace {

constexpr std::size_t kDescribedBytesMax = 40;

// Cuts at a code point.
std::string Shorten(std::string_view text) {
  text = text.substr(0, text.find_first_of("\r\n"));
  if (text.size() <= kDescribedBytesMax) {
    return std::string(text);
  }
  std::size_t end = kDescribedBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

TokenCursor::TokenCursor(std::vector<Token> tokens, Diagnostics* diagnostics)
    : tokens_(std::move(tokens)), diagnostics_(diagnostics) {
  WEIR_CHECK(!tokens_.empty() && tokens_.back().kind == TokenKind::kEnd);
}

const Token& TokenCursor::Peek(std::size_t ahead) const {
  return tokens_[std::min(position_ + ahead, tokens_.size() - 1)];
}

const Token& TokenCursor::Next() {
  const Token& token = Peek();
  if (token.kind != TokenKind::kEnd) {
    ++position_;
  }
  return token;
}

bool TokenCursor::AtWord(std::string_view keyword, std::size_t ahead) const {
  const Token& token = Peek(ahead);
  return (token.kind == TokenKind::kWord || token.kind == TokenKind::kSource) &&
         EqualsIgnoreCase(token.text, keyword);
}

bool TokenCursor::Accept(TokenKind kind) {
  if (!At(kind)) {
    return false;
  }
  Next();
  return true;
}

bool TokenCursor::AcceptWord(std::string_view keyword) {
  if (!AtWord(keyword)) {
    return false;
  }
  Next();
  return true;
}

bool TokenCursor::Expect(TokenKind kind, std::string_view expected) {
  if (Accept(kind)) {
    return true;
  }
  Unexpected(expected);
  return false;
}

SourceRange TokenCursor::RangeFrom(uint32_t begin) const {
  const uint32_t end = position_ == 0 ? begin : tokens_[position_ - 1].range.end;
  return {begin, std::max(begin, end)};
}

bool TokenCursor::IsAdjacent() const {
  return position_ > 0 && tokens_[position_ - 1].range.end == Peek().range.begin;
}

void TokenCursor::Fail(SourceRange range, std::string message, std::string hint) {
  if (!failed_) {
    diagnostics_->Error(range, std::move(message), std::move(hint));
  }
  failed_ = true;
}

void TokenCursor::FailNested(SourceRange range, std::string message) {
  nested_ = nested_ || !failed_;
  Fail(range, std::move(message));
}

void TokenCursor::Unexpected(std::string_view expected) {
  const Token& token = Peek();
  if (token.kind == TokenKind::kError) {
    Fail(token.range, token.text, std::string(token.hint));
    return;
  }
  Fail(token.range, fmt::format("expected {}, found {}", expected, Describe(token)),
       HintFor(token));
}

void TokenCursor::BeginCommand() {
  failed_ = false;
  nested_ = false;
}

void TokenCursor::SkipToPipe() {
  if (nested_) {
    nested_ = false;
    SkipNestedToPipe();
    return;
  }
  while (!At(TokenKind::kPipe) && !At(TokenKind::kEnd)) {
    Next();
  }
}

void TokenCursor::SkipNestedToPipe() {
  const std::size_t start = position_;
  int64_t depth = 0;
  for (; !At(TokenKind::kEnd); Next()) {
    const TokenKind kind = Peek().kind;
    if (kind == TokenKind::kLeftParen || kind == TokenKind::kLeftBracket) {
      ++depth;
    } else if (kind == TokenKind::kRightParen || kind == TokenKind::kRightBracket) {
      --depth;
    } else if (kind == TokenKind::kPipe && depth <= 0) {
      return;
    }
  }
  if (depth > 0) {
    Rewind(start);
    SkipToPipe();
  }
}

std::string TokenCursor::Describe(const Token& token) const {
  if (token.kind == TokenKind::kEnd) {
    return "the end of the query";
  }
  return fmt::format("[{}]", Shorten(Slice(token.range)));
}

bool TokenCursor::IsAfterOperand() const {
  if (position_ == 0) {
    return false;
  }
  const Token& last = tokens_[position_ - 1];
  switch (last.kind) {
    case TokenKind::kWord:
      return !IsReservedWord(last.text) || EqualsIgnoreCase(last.text, "ASC") ||
             EqualsIgnoreCase(last.text, "DESC") || EqualsIgnoreCase(last.text, "NULL") ||
             EqualsIgnoreCase(last.text, "TRUE") || EqualsIgnoreCase(last.text, "FALSE");
    case TokenKind::kQuotedName:
    case TokenKind::kString:
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kSource:
    case TokenKind::kStar:
    case TokenKind::kRightParen:
    case TokenKind::kRightBracket:
      return true;
    default:
      return false;
  }
}

std::string TokenCursor::HintFor(const Token& token) const {
  const bool is_word = token.kind == TokenKind::kWord || token.kind == TokenKind::kSource;
  if (is_word && IsAfterOperand() && IsCommandName(token.text)) {
    return fmt::format("a '|' may be missing before {}", ToUpperAscii(token.text));
  }
  if (position_ > 0 && tokens_[position_ - 1].kind == TokenKind::kComma) {
    return "a ',' may be left over";
  }
  if (is_word && IsReservedWord(token.text) && !IsAfterOperand()) {
    return fmt::format("{} is a keyword; a column of that name is written `{}`",
                       ToUpperAscii(token.text), token.text);
  }
  switch (token.kind) {
    case TokenKind::kAssign:
      return "'=' assigns; values are compared with '=='";
    case TokenKind::kSemicolon:
      return "a query ends without ';'";
    case TokenKind::kLeftBrace:
    case TokenKind::kRightBrace:
      return "options { ... } stand behind the last argument of a function";
    case TokenKind::kMinus:
      return IsAdjacent() ? "a name with '-' is written in backquotes" : "";
    case TokenKind::kDecimal:
      return IsAdjacent() && token.text.front() == '.'
                 ? "a name with a part that starts with a digit is written in backquotes"
                 : "";
    case TokenKind::kWord:
      return position_ > 0 && tokens_[position_ - 1].kind == TokenKind::kDecimal &&
                     !IsReservedWord(token.text)
                 ? "a timespan is a whole number and a unit"
                 : "";
    default:
      return "";
  }
}

}  // namespace weir::esql
