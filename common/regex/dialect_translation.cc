// Reads a pattern once, item by item. What is not named here is copied as it stands, and each engine
// accepts or refuses it.
#include "common/regex/dialect_translation_internal.h"

#include <cctype>

namespace weir::regex {

namespace {

// Members of a class. Each ends in a range, so that a "-" behind it stays a character.
constexpr std::string_view kSpaces = " \\t-\\r";   // with the vertical tab, which RE2's \s has not
constexpr std::string_view kBlanks =
    "\\t \\x{A0}\\x{1680}\\x{180E}\\x{202F}\\x{205F}\\x{3000}\\x{2000}-\\x{200A}";
constexpr std::string_view kNoLineEnd = "[^\\n\\r\\x{85}\\x{2028}\\x{2029}]";

class Translator {
 public:
  Translator(std::string_view pattern, Dialect dialect)
      : pattern_(pattern), is_java_(dialect == Dialect::kJava) {}

  DialectTranslation Run() {
    while (position_ < pattern_.size()) {
      const char c = pattern_[position_];
      if (c == '\\') {
        ReadEscape(false);
      } else if (c == '[') {
        ReadClass();
      } else if (c == '(') {
        ReadGroup();
      } else if (c == '.' && is_java_ && !dot_takes_all_) {
        Write(kNoLineEnd, 1);
      } else if (c == '$') {
        out_.ends_at_line = true;
        Copy(1);
      } else if (c == '{' && !StartsRepetition()) {
        Write("\\{", 1);
      } else {
        Copy(1);
      }
    }
    return std::move(out_);
  }

 private:
  char At(std::size_t i) const { return i < pattern_.size() ? pattern_[i] : '\0'; }
  bool StartsRepetition() const {
    return std::isdigit(static_cast<unsigned char>(At(position_ + 1))) != 0;
  }
  void Copy(std::size_t count) { Write(pattern_.substr(position_, count), count); }
  // Writes text to both engines for so many bytes of the pattern.
  void Write(std::string_view text, std::size_t count) {
    out_.re2.append(text);
    out_.onig.append(text);
    position_ = std::min(position_ + count, pattern_.size());
  }

  // A property's name without Java's prefix "Is", which both engines do without.
  void ReadProperty() {
    const std::size_t close = pattern_.find('}', position_);
    if (At(position_ + 2) != '{' || close == std::string_view::npos) {
      Copy(2);
      return;
    }
    std::string_view name = pattern_.substr(position_ + 3, close - position_ - 3);
    if (name.starts_with("Is")) {
      name.remove_prefix(2);
    }
    std::string property(pattern_.substr(position_, 3));
    property.append(name).append("}");
    Write(property, close + 1 - position_);
  }

  void ReadUnicodeEscape() {
    const std::string_view digits = pattern_.substr(position_ + 2).substr(0, 4);
    bool is_code = digits.size() == 4;
    for (const char digit : digits) {
      is_code = is_code && std::isxdigit(static_cast<unsigned char>(digit)) != 0;
    }
    if (!is_code) {
      Copy(2);
      return;
    }
    Write("\\x{" + std::string(digits) + "}", 6);
  }

  // \Q...\E, each character by itself: not every engine knows the form in classes.
  void ReadQuote() {
    const std::size_t close = pattern_.find("\\E", position_ + 2);
    const std::size_t end = std::min(close, pattern_.size());
    std::string quoted;
    for (const char c : pattern_.substr(position_ + 2, end - position_ - 2)) {
      if (std::ispunct(static_cast<unsigned char>(c)) != 0) {
        quoted.push_back('\\');
      }
      quoted.push_back(c);
    }
    Write(quoted, end + 2 - position_);
  }

  void ReadEscape(bool in_class) {
    switch (At(position_ + 1)) {
      case 's':
        Write(in_class ? std::string(kSpaces) : "[" + std::string(kSpaces) + "]", 2);
        return;
      case 'S':
        Write(in_class ? "\\S" : "[^" + std::string(kSpaces) + "]", 2);
        return;
      case 'h':
        Write(in_class ? std::string(kBlanks) : "[" + std::string(kBlanks) + "]", 2);
        return;
      case 'p':
      case 'P':
        ReadProperty();
        return;
      case 'u':
        ReadUnicodeEscape();
        return;
      case 'Q':
        ReadQuote();
        return;
      default:
        Copy(2);
    }
  }

  void ReadClass() {
    int nesting = 0;
    do {
      const char c = At(position_);
      if (c == '\\') {
        ReadEscape(true);
        continue;
      }
      if (c == '[') {
        ReadOpeningBracket(nesting);
        nesting += opened_ ? 1 : 0;
        continue;
      }
      out_.re2_agrees =
          out_.re2_agrees && !(is_java_ && pattern_.substr(position_).starts_with("&&"));
      nesting -= c == ']' ? 1 : 0;
      Copy(1);
    } while (nesting > 0 && position_ < pattern_.size());
  }

  // In Java a bracket in a class opens another class; in PCRE it is a character, or [:name:].
  void ReadOpeningBracket(int nesting) {
    opened_ = nesting == 0 || is_java_;
    if (nesting > 0 && !is_java_) {
      const std::size_t close = pattern_.substr(position_).starts_with("[:")
                                    ? pattern_.find(":]", position_ + 2)
                                    : std::string_view::npos;
      if (close == std::string_view::npos) {
        Write("\\[", 1);
      } else {
        Copy(close + 2 - position_);
      }
      return;
    }
    out_.re2_agrees = out_.re2_agrees && nesting == 0;
    Copy(1);
    if (At(position_) == '^') {
      Copy(1);
    }
    if (At(position_) == ']') {
      Write("\\]", 1);
    }
  }

  void ReadGroup() {
    if (At(position_ + 1) != '?') {
      Copy(1);
      return;
    }
    const char next = At(position_ + 3);
    if (At(position_ + 2) == '<' && next != '=' && next != '!') {
      out_.re2.append("(?P<");
      out_.onig.append("(?<");
      position_ += 3;
      return;
    }
    ReadFlags();
  }

  // (?i), (?i:...) and the like. Flags of Java about Unicode are left out: classes are ASCII's.
  void ReadFlags() {
    const std::size_t end = pattern_.find_first_not_of("imsxudU-", position_ + 2);
    const char after = At(end);
    if (end == std::string_view::npos || (after != ')' && after != ':')) {
      Copy(2);
      return;
    }
    std::string flags;
    bool on = true;
    for (const char flag : pattern_.substr(position_ + 2, end - position_ - 2)) {
      on = on && flag != '-';
      dot_takes_all_ = dot_takes_all_ || (on && flag == 's');
      if (!is_java_ || (flag != 'u' && flag != 'd' && flag != 'U')) {
        flags.push_back(flag);
      }
    }
    const bool empty = flags.empty() && after == ')';
    Write(empty ? "(?:)" : "(?" + flags + after, end + 1 - position_);
  }

  const std::string_view pattern_;
  const bool is_java_;
  std::size_t position_ = 0;
  bool dot_takes_all_ = false;
  bool opened_ = false;   // whether the bracket that was just read opened a class
  DialectTranslation out_;
};

}  // namespace

DialectTranslation TranslateDialect(std::string_view pattern, Dialect dialect) {
  return Translator(pattern, dialect).Run();
}

}  // namespace weir::regex
