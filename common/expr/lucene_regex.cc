#include "common/expr/lucene_regex.h"

#include <algorithm>
#include <vector>

#include "common/expr/conversion_internal.h"
#include "common/expr/utf8_internal.h"

namespace weir::expr {

namespace {

using Token = Wildcard::Token;

void AppendLiteral(std::string_view character, std::string* out) {
  static constexpr std::string_view kSpecial = "\\.+*?()|[]{}^$-";
  if (character.size() == 1 && kSpecial.find(character[0]) != std::string_view::npos) {
    out->push_back('\\');
  }
  out->append(character);
}

// Alternatives for the numbers of exactly as many digits as both bounds have.
void AppendSameWidthRange(const std::string& low, const std::string& high, std::string* out) {
  if (low.empty()) {
    return;
  }
  const std::string low_rest = low.substr(1);
  const std::string high_rest = high.substr(1);
  if (low[0] == high[0]) {
    out->push_back(low[0]);
    AppendSameWidthRange(low_rest, high_rest, out);
    return;
  }
  const std::string zeros(low_rest.size(), '0');
  const std::string nines(low_rest.size(), '9');
  out->append("(").append(1, low[0]);
  AppendSameWidthRange(low_rest, nines, out);
  if (low[0] + 1 < high[0]) {
    out->append("|[").append(1, static_cast<char>(low[0] + 1)).append("-");
    out->append(1, static_cast<char>(high[0] - 1)).append("]");
    AppendSameWidthRange(zeros, nines, out);
  }
  out->append("|").append(1, high[0]);
  AppendSameWidthRange(zeros, high_rest, out);
  out->append(")");
}

std::string NumericRange(std::string low, std::string high) {
  std::string out = "(";
  if (low.size() == high.size()) {
    AppendSameWidthRange(low, high, &out);
    return out + ")";
  }
  low.erase(0, std::min(low.find_first_not_of('0'), low.size() - 1));
  high.erase(0, std::min(high.find_first_not_of('0'), high.size() - 1));
  out.append("0*(");
  for (std::size_t width = low.size(); width <= high.size(); ++width) {
    if (width > low.size()) {
      out.push_back('|');
    }
    const std::string from = width == low.size() ? low : "1" + std::string(width - 1, '0');
    AppendSameWidthRange(from, width == high.size() ? high : std::string(width, '9'), &out);
  }
  return out + "))";
}

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  StatusOr<LuceneRegex> Run() {
    while (position_ < pattern_.size()) {
      WEIR_RETURN_IF_ERROR(Step());
    }
    LuceneRegex result;
    result.re2 = std::move(out_);
    if (simple_) {
      result.wildcard.emplace(tokens_);
    }
    return result;
  }

 private:
  Status Step() {
    const char c = pattern_[position_];
    switch (c) {
      case '~':
      case '&':
        return Unimplemented("an automaton is needed");
      case '"':
        return Quoted();
      case '<':
        return Range();
      case '[':
        return CharacterClass();
      case '\\':
        return Escape();
      case '.':
        ++position_;
        out_.push_back('.');
        tokens_.push_back({Token::Kind::kAnyOne, ""});
        return OkStatus();
      case '@':
        ++position_;
        out_.append("(?:.*)");
        tokens_.push_back({Token::Kind::kAnyRun, ""});
        return OkStatus();
      case '#':
        ++position_;
        out_.append("[^\\x00-\\x{10FFFF}]");
        simple_ = false;
        return OkStatus();
      case '*':
        if (NothingToRepeat()) {
          return OwnSelf();
        }
        ++position_;
        out_.push_back(c);
        if (!tokens_.empty() && tokens_.back().kind == Token::Kind::kAnyOne) {
          tokens_.back().kind = Token::Kind::kAnyRun;
        } else {
          simple_ = false;
        }
        return OkStatus();
      case '{':
        return Repeat();
      case '+':
      case '?':
        if (NothingToRepeat()) {
          return OwnSelf();
        }
        [[fallthrough]];
      case '|':
      case '(':
      case ')':
        ++position_;
        if (c == '(' && position_ < pattern_.size() && pattern_[position_] == ')') {
          ++position_;
          out_.append("(?:)");
        } else {
          out_.append(c == '(' ? "(?:" : std::string_view(&c, 1));
        }
        simple_ = false;
        return OkStatus();
      default: {
        const std::size_t end = NextCodePoint(pattern_, position_);
        Literal(pattern_.substr(position_, end - position_));
        position_ = end;
        return OkStatus();
      }
    }
  }

  // Where an operand has to come, Lucene takes a repetition operator for an ordinary character.
  bool NothingToRepeat() const {
    if (position_ == 0) {
      return true;
    }
    const char before = pattern_[position_ - 1];
    const bool escaped = position_ >= 2 && pattern_[position_ - 2] == '\\';
    return (before == '(' || before == '|') && !escaped;
  }
  Status OwnSelf() {
    Literal(pattern_.substr(position_++, 1));
    return OkStatus();
  }

  void Literal(std::string_view character) {
    AppendLiteral(character, &out_);
    tokens_.push_back({Token::Kind::kLiteral, std::string(character)});
  }

  Status Quoted() {
    const std::size_t close = pattern_.find('"', position_ + 1);
    if (close == std::string_view::npos) {
      return InvalidArgument("unclosed '\"' at offset {}", position_);
    }
    const std::string_view text = pattern_.substr(position_ + 1, close - position_ - 1);
    out_.append("(?:");  // so that a repetition after it takes all of it
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t end = NextCodePoint(text, i);
      AppendLiteral(text.substr(i, end - i), &out_);
      i = end;
    }
    out_.append(")");
    simple_ = false;
    position_ = close + 1;
    return OkStatus();
  }

  Status Range() {
    WEIR_ASSIGN_OR_RETURN(const std::string range, TakeLuceneRange(pattern_, &position_));
    out_.append(range);
    simple_ = false;
    return OkStatus();
  }

  Status CharacterClass() {
    const std::size_t start = position_;
    out_.push_back('[');
    ++position_;
    if (position_ < pattern_.size() && pattern_[position_] == '^') {
      out_.push_back('^');
      ++position_;
    }
    bool first = true;
    while (position_ < pattern_.size() && (first || pattern_[position_] != ']')) {
      const char c = pattern_[position_];
      if (c == '\\' && position_ + 1 < pattern_.size()) {
        ++position_;
        if (std::string_view("dDsSwW").find(pattern_[position_]) != std::string_view::npos) {
          out_.push_back('\\');
          out_.push_back(pattern_[position_++]);
          first = false;
          continue;
        }
      } else if (c == '-' && !first && position_ + 1 < pattern_.size() &&
                 pattern_[position_ + 1] != ']') {
        out_.push_back('-');
        ++position_;
        continue;
      }
      const std::size_t end = NextCodePoint(pattern_, position_);
      AppendLiteral(pattern_.substr(position_, end - position_), &out_);
      position_ = end;
      first = false;
    }
    if (position_ >= pattern_.size()) {
      return InvalidArgument("unclosed '[' at offset {}", start);
    }
    out_.push_back(']');
    ++position_;
    simple_ = false;
    return OkStatus();
  }

  Status Escape() {
    if (position_ + 1 >= pattern_.size()) {
      return InvalidArgument("lone '\\' at the end");
    }
    ++position_;
    if (std::string_view("dDsSwW").find(pattern_[position_]) != std::string_view::npos) {
      out_.push_back('\\');
      out_.push_back(pattern_[position_++]);
      simple_ = false;
      return OkStatus();
    }
    const std::size_t end = NextCodePoint(pattern_, position_);
    Literal(pattern_.substr(position_, end - position_));
    position_ = end;
    return OkStatus();
  }

  // {n}, {n,} and {n,m}; RE2 refuses counts above 1000.
  Status Repeat() {
    const std::size_t close = pattern_.find('}', position_);
    if (close == std::string_view::npos) {
      return InvalidArgument("unclosed '{{' at offset {}", position_);
    }
    const std::string_view counts = pattern_.substr(position_ + 1, close - position_ - 1);
    const std::size_t comma = counts.find(',');
    const auto low = ParseWhole(counts.substr(0, comma));
    const bool open = comma != std::string_view::npos && comma + 1 == counts.size();
    if (!low.has_value() || (comma != std::string_view::npos && !open &&
                             !ParseWhole(counts.substr(comma + 1)).has_value())) {
      return InvalidArgument("malformed repetition at offset {}", position_);
    }
    out_.append(pattern_.substr(position_, close - position_ + 1));
    position_ = close + 1;
    simple_ = false;
    return OkStatus();
  }

  std::string_view pattern_;
  std::size_t position_ = 0;
  std::string out_;
  std::vector<Token> tokens_;
  bool simple_ = true;
};

}  // namespace

StatusOr<std::string> TakeLuceneRange(std::string_view pattern, std::size_t* position) {
  const std::size_t close = pattern.find('>', *position);
  const std::size_t dash = pattern.find('-', *position);
  if (close == std::string_view::npos || dash == std::string_view::npos || dash > close) {
    return InvalidArgument("malformed numeric range at offset {}", *position);
  }
  std::string low(pattern.substr(*position + 1, dash - *position - 1));
  std::string high(pattern.substr(dash + 1, close - dash - 1));
  const auto low_number = ParseWhole(low);
  const auto high_number = ParseWhole(high);
  if (!low_number.has_value() || !high_number.has_value() || *low_number < 0 || *high_number < 0) {
    return InvalidArgument("malformed numeric range at offset {}", *position);
  }
  if (*low_number > *high_number) {
    std::swap(low, high);
  }
  *position = close + 1;
  return NumericRange(std::move(low), std::move(high));
}

StatusOr<LuceneRegex> TranslateLuceneRegex(std::string_view pattern, bool ignore_case) {
  StatusOr<LuceneRegex> translated = Translator(pattern).Run();
  if (translated.ok() || translated.status().code() != StatusCode::kUnimplemented) {
    return translated;
  }
  LuceneRegex regex;
  WEIR_ASSIGN_OR_RETURN(regex.automaton, LuceneAutomaton::Compile(pattern, ignore_case));
  return regex;
}

}  // namespace weir::expr
