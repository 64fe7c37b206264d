#include "common/esql/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/esql/names.h"

namespace weir::esql {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Length of the valid UTF-8 sequence at the start of text, 0 when there is none. Overlong forms,
// surrogates and anything above U+10FFFF are not valid.
std::size_t DecodeCodePoint(std::string_view text, uint32_t* code_point) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    *code_point = lead;
    return 1;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
    return 0;
  }
  uint32_t value = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return 0;
  }
  *code_point = value;
  return length;
}

struct Punctuation {
  std::string_view text;
  TokenKind kind;
};
// Longer ones first.
constexpr std::array<Punctuation, 23> kPunctuation = {{
    {"::", TokenKind::kCast},         {"==", TokenKind::kEqual},
    {"!=", TokenKind::kNotEqual},     {"<=", TokenKind::kLessEqual},
    {">=", TokenKind::kGreaterEqual}, {"|", TokenKind::kPipe},
    {",", TokenKind::kComma},         {".", TokenKind::kDot},
    {":", TokenKind::kColon},         {"=", TokenKind::kAssign},
    {"<", TokenKind::kLess},          {">", TokenKind::kGreater},
    {"+", TokenKind::kPlus},          {"-", TokenKind::kMinus},
    {"*", TokenKind::kStar},          {"/", TokenKind::kSlash},
    {"%", TokenKind::kPercent},       {"(", TokenKind::kLeftParen},
    {")", TokenKind::kRightParen},    {"[", TokenKind::kLeftBracket},
    {"]", TokenKind::kRightBracket},  {"{", TokenKind::kLeftBrace},
    {"}", TokenKind::kRightBrace},
}};

struct ForeignOperator {
  std::string_view text;
  std::string_view hint;
};
// Operators of other languages.
constexpr std::array<ForeignOperator, 5> kForeignOperators = {{
    {"===", "values are compared with '=='"},
    {"&&", "the operator is AND"},
    {"||", "the operator is OR; commands are separated by a single '|'"},
    {"<>", "the operator is '!='"},
    {"=~", "compare with '==', or with LIKE or RLIKE for patterns"},
}};

constexpr std::string_view kEscapeHint =
    "the escapes are \\t \\n \\r \\\" and \\\\; a triple-quoted string \"\"\"...\"\"\" has none";

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    while (SkipBlanks()) {
      const std::size_t count = tokens_.size();
      LexToken();
      if (tokens_.size() > count) {
        UpdateMode();
      }
    }
    const uint32_t end = tokens_.empty() ? 0 : tokens_.back().range.end;
    tokens_.push_back({TokenKind::kEnd, {end, end}, "", ""});
    return std::move(tokens_);
  }

 private:
  // False at the end of the text.
  bool SkipBlanks() {
    while (position_ < text_.size()) {
      if (IsBlank(text_[position_])) {
        ++position_;
      } else if (StartsWith("//")) {
        position_ = std::min(text_.find('\n', position_), text_.size());
      } else if (StartsWith("/*")) {
        const std::size_t close = text_.find("*/", position_ + 2);
        if (close == std::string_view::npos) {
          AddError(position_, position_ + 2, "the comment is not closed",
                   "a comment ends with '*/'");
          position_ = text_.size();
          return false;
        }
        position_ = close + 2;
      } else {
        return true;
      }
    }
    return false;
  }

  // FROM at the start of a command turns to index patterns, '|' turns back.
  void UpdateMode() {
    const Token& token = tokens_.back();
    const bool boundary = token.kind == TokenKind::kPipe || token.kind == TokenKind::kSemicolon;
    if (boundary) {
      in_source_ = false;
    } else if (command_start_ && token.kind == TokenKind::kWord) {
      in_source_ = EqualsIgnoreCase(token.text, "FROM");
    }
    command_start_ = boundary;
  }

  void LexToken() {
    const char c = text_[position_];
    if (c == '"') {
      LexString();
    } else if (in_source_ && IsSourceCharacter(c)) {
      LexSource();
    } else if (c == '`') {
      LexQuotedName();
    } else if (IsDigit(c) || (c == '.' && IsDigit(At(1)))) {
      LexNumber();
    } else if (IsNameStart(c) || ((c == '_' || c == '@') && IsNameBody(At(1)))) {
      LexWord();
    } else if (!LexForeignOperator() && !LexPunctuation()) {
      LexUnknown();
    }
  }

  void LexSource() {
    const std::size_t begin = position_;
    while (position_ < text_.size() && IsSourceCharacter(text_[position_]) && !StartsWith("//") &&
           !StartsWith("/*")) {
      ++position_;
    }
    Add(TokenKind::kSource, begin, std::string(text_.substr(begin, position_ - begin)));
  }

  void LexWord() {
    const std::size_t begin = position_++;
    while (position_ < text_.size() && IsNameBody(text_[position_])) {
      ++position_;
    }
    Add(TokenKind::kWord, begin, std::string(text_.substr(begin, position_ - begin)));
  }

  void LexNumber() {
    const std::size_t begin = position_;
    TokenKind kind = TokenKind::kInteger;
    SkipDigits();
    if (At(0) == '.') {
      kind = TokenKind::kDecimal;
      ++position_;
      SkipDigits();
    }
    if (At(0) == 'e' || At(0) == 'E') {
      const std::size_t sign = At(1) == '+' || At(1) == '-' ? 1 : 0;
      if (IsDigit(At(1 + sign))) {
        kind = TokenKind::kDecimal;
        position_ += 1 + sign;
        SkipDigits();
      }
    }
    Add(kind, begin, std::string(text_.substr(begin, position_ - begin)));
  }

  void LexQuotedName() {
    const std::size_t begin = position_++;
    std::string name;
    while (position_ < text_.size()) {
      const char c = text_[position_++];
      if (c != '`') {
        name.push_back(c);
      } else if (At(0) == '`') {
        name.push_back(c);
        ++position_;
      } else if (name.empty()) {
        AddError(begin, position_, "the name in backquotes is empty", "");
        return;
      } else {
        Add(TokenKind::kQuotedName, begin, std::move(name));
        return;
      }
    }
    AddError(begin, begin + 1, "the name in backquotes is not closed",
             "a backquote within a name is doubled");
  }

  void LexString() {
    const std::size_t begin = position_;
    const std::size_t line_end = std::min(text_.find_first_of("\r\n", begin), text_.size());
    if (StartsWith("\"\"\"")) {
      LexTripleQuoted(line_end);
      return;
    }
    std::string value;
    std::size_t bad_escape = std::string_view::npos;
    for (std::size_t i = begin + 1; i < line_end; ++i) {
      const char c = text_[i];
      if (c == '"') {
        position_ = i + 1;
        if (bad_escape != std::string_view::npos) {
          AddBadEscape(bad_escape);
        } else {
          Add(TokenKind::kString, begin, std::move(value));
        }
        return;
      }
      if (c != '\\' || i + 1 == line_end) {
        value.push_back(c);
        continue;
      }
      if (!AppendEscape(text_[++i], &value) && bad_escape == std::string_view::npos) {
        bad_escape = i - 1;
      }
    }
    position_ = line_end;
    AddError(begin, line_end, "the string is not closed on its line", "");
  }

  static bool AppendEscape(char c, std::string* value) {
    constexpr std::string_view kCodes = "tnr\"\\";
    constexpr std::string_view kCharacters = "\t\n\r\"\\";
    const std::size_t index = kCodes.find(c);
    if (index == std::string_view::npos) {
      return false;
    }
    value->push_back(kCharacters[index]);
    return true;
  }

  void AddBadEscape(std::size_t begin) {
    uint32_t code_point = 0;
    const std::size_t end = begin + 1 + DecodeCodePoint(text_.substr(begin + 1), &code_point);
    AddError(begin, end, fmt::format("unknown escape [{}] in a string", Text(begin, end)),
             kEscapeHint);
  }

  void LexTripleQuoted(std::size_t line_end) {
    const std::size_t begin = position_;
    std::size_t close = text_.find("\"\"\"", begin + 3);
    if (close == std::string_view::npos || close >= line_end) {
      position_ = line_end;
      AddError(begin, line_end, "the triple-quoted string is not closed on its line", "");
      return;
    }
    // One or two more quotes belong to the text.
    for (int extra = 0; extra < 2 && close + 3 < text_.size() && text_[close + 3] == '"'; ++extra) {
      ++close;
    }
    position_ = close + 3;
    Add(TokenKind::kString, begin, std::string(Text(begin + 3, close)));
  }

  bool LexForeignOperator() {
    for (const ForeignOperator& foreign : kForeignOperators) {
      if (StartsWith(foreign.text)) {
        position_ += foreign.text.size();
        AddError(position_ - foreign.text.size(), position_,
                 fmt::format("unknown operator [{}]", foreign.text), foreign.hint);
        return true;
      }
    }
    return false;
  }

  bool LexPunctuation() {
    if (text_[position_] == ';') {
      ++position_;
      Add(TokenKind::kSemicolon, position_ - 1, "");
      return true;
    }
    for (const Punctuation& punctuation : kPunctuation) {
      if (StartsWith(punctuation.text)) {
        position_ += punctuation.text.size();
        Add(punctuation.kind, position_ - punctuation.text.size(), "");
        return true;
      }
    }
    return false;
  }

  void LexUnknown() {
    const std::size_t begin = position_;
    uint32_t code_point = 0;
    position_ += std::max<std::size_t>(DecodeCodePoint(text_.substr(begin), &code_point), 1);
    const std::string message = fmt::format("unexpected character [{}]", Text(begin, position_));
    if (code_point == '\'') {
      LexSingleQuoted(begin);
    } else if (code_point == '!') {
      AddError(begin, position_, message, "the operator is NOT");
    } else if (code_point == '?') {
      AddError(begin, position_, "query parameters are not supported", "write the value itself");
    } else if (code_point == 0x201c || code_point == 0x201d || code_point == 0x2018 ||
               code_point == 0x2019) {
      AddError(begin, position_, message, "strings are written in plain double quotes");
    } else if (code_point == 0xa0 || code_point == 0xfeff || code_point == 0x200b) {
      AddError(begin, position_, fmt::format("unexpected character [U+{:04X}]", code_point),
               "an invisible character, likely pasted; remove it");
    } else if (code_point == '#') {
      AddError(begin, position_, message, "a comment begins with '//'");
    } else if (code_point >= 0x80 || code_point == '_' || code_point == '@' || code_point == '$') {
      AddError(begin, position_, message,
               "a name of other than ASCII letters, digits and '_' is written in backquotes");
    } else {
      AddError(begin, position_, message, "");
    }
  }

  void LexSingleQuoted(std::size_t begin) {
    const std::size_t close = text_.find_first_of("'\r\n", begin + 1);
    const bool closed = close != std::string_view::npos && text_[close] == '\'';
    position_ = closed ? close + 1 : begin + 1;
    AddError(begin, position_, "a string is not written in single quotes", "use double quotes");
  }

  bool StartsWith(std::string_view prefix) const {
    return text_.substr(position_, prefix.size()) == prefix;
  }
  char At(std::size_t ahead) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  void SkipDigits() {
    while (IsDigit(At(0))) {
      ++position_;
    }
  }
  std::string_view Text(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin);
  }

  void Add(TokenKind kind, std::size_t begin, std::string text) {
    tokens_.push_back({kind,
                       {static_cast<uint32_t>(begin), static_cast<uint32_t>(position_)},
                       std::move(text),
                       ""});
  }
  void AddError(std::size_t begin, std::size_t end, std::string message, std::string_view hint) {
    tokens_.push_back({TokenKind::kError,
                       {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)},
                       std::move(message),
                       hint});
  }

  std::string_view text_;
  std::size_t position_ = 0;
  bool command_start_ = true;
  bool in_source_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::optional<TextFault> FindTextFault(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    uint32_t code_point = 0;
    const std::size_t length = DecodeCodePoint(text.substr(i), &code_point);
    const auto begin = static_cast<uint32_t>(i);
    if (length == 0) {
      return TextFault{{begin, begin + 1},
                       fmt::format("the text is not valid UTF-8: byte 0x{:02X}",
                                   static_cast<unsigned char>(text[i]))};
    }
    if ((code_point < 0x20 && !IsBlank(text[i])) || code_point == 0x7f) {
      return TextFault{{begin, begin + 1},
                       fmt::format("unexpected control character U+{:04X}", code_point)};
    }
    i += length;
  }
  return std::nullopt;
}

std::vector<Token> Tokenize(std::string_view text) {
  return Lexer(text).Run();
}

}  // namespace weir::esql
