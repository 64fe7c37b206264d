#include <cctype>

#include "common/base/utf8.h"
#include "common/esql/names.h"
#include "common/kql/lexer_internal.h"

namespace weir::kql {
namespace {

constexpr std::string_view kSpecials = "\\():<>\"*{}";
constexpr std::string_view kNoBreakSpace = "\xc2\xa0";

void AppendPattern(std::string_view text, std::string* pattern) {
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '\\') {
      pattern->push_back('\\');
    }
    pattern->push_back(c);
  }
}

class Lexer {
 public:
  Lexer(std::string_view text, const LexerOptions& options) : text_(text), options_(options) {}

  std::vector<Token> Run();

 private:
  void SkipBlanks();
  void TakeSymbol();
  void TakeQuoted();
  void TakeWord();
  bool TakeEscape(Text* text);
  bool TakeUnicode(Text* text);
  bool TakeEscapedKeyword(Text* text);
  void Fail(std::size_t begin, std::size_t end, std::string message);
  bool AtBlank() const;
  bool Has(std::size_t ahead) const { return at_ + ahead < text_.size(); }
  static void Append(std::string_view literal, Text* text) {
    text->text += literal;
    AppendPattern(literal, &text->pattern);
  }

  std::string_view text_;
  LexerOptions options_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  bool failed_ = false;
  bool escaped_ = false;   // the current word has an escape: it is no keyword
};

void Lexer::Fail(std::size_t begin, std::size_t end, std::string message) {
  Token token;
  token.kind = TokenKind::kError;
  token.text.text = std::move(message);
  token.text.range = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  tokens_.push_back(std::move(token));
  failed_ = true;
}

bool Lexer::AtBlank() const {
  const char c = text_[at_];
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' ||
         text_.substr(at_).starts_with(kNoBreakSpace);
}

void Lexer::SkipBlanks() {
  while (at_ < text_.size() && AtBlank()) {
    at_ += text_[at_] == kNoBreakSpace.front() ? kNoBreakSpace.size() : 1;
  }
}

void Lexer::TakeSymbol() {
  const bool equal = Has(1) && text_[at_ + 1] == '=';
  Token token;
  std::size_t size = 1;
  switch (text_[at_]) {
    case '(':
      token.kind = TokenKind::kOpen;
      break;
    case ')':
      token.kind = TokenKind::kClose;
      break;
    case '{':
      token.kind = TokenKind::kOpenBrace;
      break;
    case '}':
      token.kind = TokenKind::kCloseBrace;
      break;
    case ':':
      token.kind = TokenKind::kColon;
      break;
    case '<':
      token.kind = equal ? TokenKind::kLessEqual : TokenKind::kLess;
      size += equal ? 1 : 0;
      break;
    default:
      token.kind = equal ? TokenKind::kGreaterEqual : TokenKind::kGreater;
      size += equal ? 1 : 0;
      break;
  }
  token.text.range = {static_cast<uint32_t>(at_), static_cast<uint32_t>(at_ + size)};
  at_ += size;
  tokens_.push_back(std::move(token));
}

// \uXXXX; false when that is not what stands here.
bool Lexer::TakeUnicode(Text* text) {
  constexpr std::size_t kDigits = 4;
  if (!Has(1) || text_[at_ + 1] != 'u' || !Has(1 + kDigits)) {
    return false;
  }
  uint32_t code = 0;
  for (const char c : text_.substr(at_ + 2, kDigits)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) {
      return false;
    }
    const int digit = std::isdigit(static_cast<unsigned char>(c)) != 0
                          ? c - '0'
                          : std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
    code = code * 16 + static_cast<uint32_t>(digit);
  }
  if (code >= 0xd800 && code <= 0xdfff) {
    return false;   // half of a pair is no character
  }
  std::string bytes;
  AppendCodePoint(code, &bytes);
  Append(bytes, text);
  at_ += 2 + kDigits;
  return true;
}

// \and, \or, \not: the word, and nothing else.
bool Lexer::TakeEscapedKeyword(Text* text) {
  for (const std::string_view keyword : {"and", "or", "not"}) {
    const std::string_view word = text_.substr(at_ + 1, keyword.size());
    if (esql::EqualsIgnoreCase(word, keyword)) {
      Append(word, text);
      at_ += 1 + keyword.size();
      return true;
    }
  }
  return false;
}

bool Lexer::TakeEscape(Text* text) {
  escaped_ = true;
  if (!Has(1)) {
    Fail(at_, at_ + 1, "a backslash must stand before the character that it escapes");
    return false;
  }
  const char c = text_[at_ + 1];
  if (!text->quoted && TakeEscapedKeyword(text)) {
    return true;
  }
  if (const std::size_t blank = std::string_view("trn").find(c); blank != std::string_view::npos) {
    Append(std::string_view("\t\r\n").substr(blank, 1), text);
    at_ += 2;
    return true;
  }
  if (TakeUnicode(text)) {
    return true;
  }
  if (text->quoted ? c == '"' || c == '\\' : IsSpecial(c)) {
    Append(text_.substr(at_ + 1, 1), text);
    at_ += 2;
    return true;
  }
  if (text->quoted) {
    Append("\\", text);   // stands for itself
    ++at_;
    return true;
  }
  Fail(at_, at_ + 2, "unknown escape: outside of quotes a backslash stands before one of \\ ( ) : < > "
                     "\" * { }, t, r, n, uXXXX or a keyword");
  return false;
}

void Lexer::TakeQuoted() {
  Token token;
  token.kind = TokenKind::kQuoted;
  token.text.quoted = true;
  const std::size_t begin = at_++;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] == '\\') {
      if (!TakeEscape(&token.text)) {
        return;
      }
    } else {
      Append(text_.substr(at_++, 1), &token.text);
    }
  }
  if (at_ == text_.size()) {
    Fail(begin, begin + 1, "the string is not closed");
    return;
  }
  ++at_;
  token.text.range = {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
  tokens_.push_back(std::move(token));
}

void Lexer::TakeWord() {
  Token token;
  token.kind = TokenKind::kWord;
  escaped_ = false;
  const std::size_t begin = at_;
  while (at_ < text_.size() && !AtBlank()) {
    const char c = text_[at_];
    if (c == '\\') {
      if (!TakeEscape(&token.text)) {
        return;
      }
    } else if (c == '*') {
      token.text.text.push_back(c);
      token.text.pattern.push_back(c);
      token.text.has_wildcard = true;
      ++at_;
    } else if (IsSpecial(c)) {
      break;
    } else {
      Append(text_.substr(at_++, 1), &token.text);
    }
  }
  token.text.range = {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
  const std::string& word = token.text.text;
  const bool is_upper = word == "AND" || word == "OR" || word == "NOT";
  if (!escaped_ && (options_.upper_case_keywords ? is_upper : IsKeyword(word))) {
    token.kind = esql::EqualsIgnoreCase(word, "and")  ? TokenKind::kAnd
                 : esql::EqualsIgnoreCase(word, "or") ? TokenKind::kOr
                                                      : TokenKind::kNot;
  }
  tokens_.push_back(std::move(token));
}

std::vector<Token> Lexer::Run() {
  constexpr std::string_view kSymbols = "(){}:<>";
  for (SkipBlanks(); at_ < text_.size() && !failed_; SkipBlanks()) {
    if (kSymbols.find(text_[at_]) != std::string_view::npos) {
      TakeSymbol();
    } else if (text_[at_] == '"') {
      TakeQuoted();
    } else {
      TakeWord();
    }
  }
  if (!failed_) {
    Token end;
    const uint32_t last = tokens_.empty() ? 0 : tokens_.back().text.range.end;
    end.text.range = {last, last};
    tokens_.push_back(std::move(end));
  }
  return std::move(tokens_);
}

}  // namespace

bool IsKeyword(std::string_view word) {
  return esql::EqualsIgnoreCase(word, "and") || esql::EqualsIgnoreCase(word, "or") ||
         esql::EqualsIgnoreCase(word, "not");
}

bool IsSpecial(char c) {
  return kSpecials.find(c) != std::string_view::npos;
}

std::vector<Token> Tokenize(std::string_view text, const LexerOptions& options) {
  return Lexer(text, options).Run();
}

}  // namespace weir::kql
