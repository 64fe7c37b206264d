#include "common/eql/lexer_internal.h"

#include <array>
#include <cctype>

#include "common/base/utf8.h"

namespace weir::eql {
namespace {

constexpr std::array<std::string_view, 23> kSymbols = {
    "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(",
    ")",  "[",  "]",  ",",  "|", ":", "?", ".", "~", "=", "!"};

bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '@';
}
bool IsNameBody(char c) {
  return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool IsDigit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run();

 private:
  bool SkipBlanksAndComments();
  void TakeNumber();
  void TakeString();
  void TakeRawString();
  bool TakeEscape(std::string* out);
  void TakeQuotedName();
  void TakeSymbol();
  void Push(TokenKind kind, std::size_t begin, std::string text) {
    tokens_.push_back(
        {kind, std::move(text), {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)}});
  }
  void Fail(std::size_t begin, std::string message) {
    tokens_.push_back({TokenKind::kError, std::move(message),
                       {static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + 1)}});
    failed_ = true;
  }
  bool StartsWith(std::string_view prefix) const { return text_.substr(at_).starts_with(prefix); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  bool failed_ = false;
};

// False after a comment that does not end.
bool Lexer::SkipBlanksAndComments() {
  while (at_ < text_.size()) {
    if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    } else if (StartsWith("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (StartsWith("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) {
        Fail(at_, "the comment is not closed");
        return false;
      }
      at_ = end + 2;
    } else {
      return true;
    }
  }
  return true;
}

void Lexer::TakeNumber() {
  const std::size_t begin = at_;
  const auto take_digits = [&] {
    while (at_ < text_.size() && IsDigit(text_[at_])) {
      ++at_;
    }
  };
  bool decimal = false;
  take_digits();
  if (at_ + 1 < text_.size() && text_[at_] == '.' && IsDigit(text_[at_ + 1])) {
    decimal = true;
    ++at_;
    take_digits();
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    const std::size_t sign = at_ + 1 < text_.size() && (text_[at_ + 1] == '+' || text_[at_ + 1] == '-')
                                 ? 2
                                 : 1;
    if (at_ + sign < text_.size() && IsDigit(text_[at_ + sign])) {
      decimal = true;
      at_ += sign;
      take_digits();
    }
  }
  if (at_ < text_.size() && IsNameBody(text_[at_])) {
    Fail(begin, "a name cannot begin with a digit; write it in backquotes");
    return;
  }
  Push(decimal ? TokenKind::kDecimal : TokenKind::kInteger, begin,
       std::string(text_.substr(begin, at_ - begin)));
}

bool Lexer::TakeEscape(std::string* out) {
  constexpr std::string_view kNames = "btnfr\\\"'";
  constexpr std::string_view kValues = "\b\t\n\f\r\\\"'";
  const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (const std::size_t known = kNames.find(c); known != std::string_view::npos) {
    out->push_back(kValues[known]);
    at_ += 2;
    return true;
  }
  if (c == 'u' && at_ + 2 < text_.size() && text_[at_ + 2] == '{') {
    const std::size_t close = text_.find('}', at_);
    uint32_t code = 0;
    const std::string_view digits =
        close == std::string_view::npos ? "" : text_.substr(at_ + 3, close - at_ - 3);
    bool valid = digits.size() >= 2 && digits.size() <= 8;
    for (const char digit : digits.substr(0, 8)) {
      valid = valid && std::isxdigit(static_cast<unsigned char>(digit)) != 0;
      const int value = IsDigit(digit) ? digit - '0'
                                       : std::tolower(static_cast<unsigned char>(digit)) - 'a' + 10;
      code = valid ? code * 16 + static_cast<uint32_t>(value) : 0;
    }
    if (valid && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) {
      AppendCodePoint(code, out);
      at_ = close + 1;
      return true;
    }
  }
  Fail(at_, "unknown escape: a backslash stands before one of b t n f r \\ \" ' or u{XXXX}; strings "
            "in three double quotes have no escapes");
  return false;
}

void Lexer::TakeRawString() {
  constexpr std::string_view kQuotes = "\"\"\"";
  const std::size_t begin = at_;
  std::size_t end = text_.find(kQuotes, at_ + kQuotes.size());
  if (end == std::string_view::npos) {
    Fail(begin, "the string is not closed");
    return;
  }
  while (end + kQuotes.size() < text_.size() && text_[end + kQuotes.size()] == '"') {
    ++end;   // the last three of more quotes close it
  }
  std::string value(text_.substr(begin + kQuotes.size(), end - begin - kQuotes.size()));
  at_ = end + kQuotes.size();
  Push(TokenKind::kString, begin, std::move(value));
}

void Lexer::TakeString() {
  const std::size_t begin = at_++;
  std::string value;
  while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
    if (text_[at_] != '\\') {
      value.push_back(text_[at_++]);
    } else if (!TakeEscape(&value)) {
      return;
    }
  }
  if (at_ == text_.size() || text_[at_] == '\n') {
    Fail(begin, "the string is not closed");
    return;
  }
  ++at_;
  Push(TokenKind::kString, begin, std::move(value));
}

void Lexer::TakeQuotedName() {
  const std::size_t begin = at_++;
  std::string name;
  while (at_ < text_.size()) {
    if (text_[at_] == '`' && !StartsWith("``")) {
      ++at_;
      Push(TokenKind::kQuotedName, begin, std::move(name));
      return;
    }
    at_ += text_[at_] == '`' ? 1 : 0;
    name.push_back(text_[at_++]);
  }
  Fail(begin, "the name in backquotes is not closed");
}

void Lexer::TakeSymbol() {
  for (const std::string_view symbol : kSymbols) {
    if (StartsWith(symbol)) {
      const std::size_t begin = at_;
      at_ += symbol.size();
      Push(TokenKind::kSymbol, begin, std::string(symbol));
      return;
    }
  }
  Fail(at_, text_[at_] == '\'' ? "strings stand in double quotes" : "a character that is no part of EQL");
}

std::vector<Token> Lexer::Run() {
  while (!failed_ && SkipBlanksAndComments() && at_ < text_.size()) {
    const char c = text_[at_];
    if (IsNameStart(c)) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && IsNameBody(text_[at_])) {
        ++at_;
      }
      Push(TokenKind::kWord, begin, std::string(text_.substr(begin, at_ - begin)));
    } else if (IsDigit(c)) {
      TakeNumber();
    } else if (StartsWith("\"\"\"")) {
      TakeRawString();
    } else if (c == '"') {
      TakeString();
    } else if (c == '`') {
      TakeQuotedName();
    } else {
      TakeSymbol();
    }
  }
  if (!failed_) {
    const uint32_t last = tokens_.empty() ? 0 : tokens_.back().range.end;
    tokens_.push_back({TokenKind::kEnd, "", {last, last}});
  }
  return std::move(tokens_);
}

}  // namespace

std::vector<Token> Tokenize(std::string_view text) {
  return Lexer(text).Run();
}

}  // namespace weir::eql
