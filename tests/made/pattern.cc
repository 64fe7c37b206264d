#include "tests/made/pattern.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <regex>

namespace weir::made {
namespace {

// Reads an expression once and writes the shortest text it sees on the way.
class Sampler {
 public:
  explicit Sampler(std::string_view expression) : rest_(expression) {}

  std::string Alternatives() {
    std::string first = Sequence();
    while (Take('|')) {
      const std::string other = Sequence();
      if (first.empty()) {
        first = other;
      }
    }
    return first;
  }

 private:
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  std::string Sequence() {
    std::string text;
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      const std::string item = Item();
      text += Repeated(item);
    }
    return text;
  }

  std::string Item() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    switch (c) {
      case '(':
        return Group();
      case '[':
        return Class();
      case '.':
        return "x";
      case '^':
      case '$':
        return "";
      case '"':   // Lucene's quotes are seldom meant: rules escape them
        return "\"";
      case '\\':
        return Escape();
      default:
        return std::string(1, c);
    }
  }

  std::string Group() {
    if (Take('?')) {
      if (rest_.starts_with("<") || rest_.starts_with("P<")) {
        rest_.remove_prefix(std::min(rest_.find('>') + 1, rest_.size()));
      } else {
        rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
      }
    }
    const std::string inner = Alternatives();
    Take(')');
    return inner;
  }

  std::string Escape() {
    if (rest_.empty()) {
      return "";
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    switch (c) {
      case 'd':
        return "7";
      case 'w':
        return "w";
      case 's':
        return " ";
      case 'b':
        return "";
      case 'D':
      case 'S':
        return "x";
      default:
        return std::string(1, c);
    }
  }

  std::string Class() {
    const bool negated = Take('^');
    std::string members;
    bool first = true;
    while (!rest_.empty() && (rest_.front() != ']' || first)) {
      first = false;
      if (rest_.front() == '\\' && rest_.size() > 1) {
        rest_.remove_prefix(1);
        members += Escape();
        continue;
      }
      members += rest_.front();
      rest_.remove_prefix(1);
      if (rest_.size() > 1 && rest_.front() == '-' && rest_[1] != ']') {
        for (int c = members.back(); c <= rest_[1]; ++c) {
          members += static_cast<char>(c);
        }
        rest_.remove_prefix(2);
      }
    }
    Take(']');
    if (!negated) {
      return members.substr(0, 1);
    }
    for (const char c : std::string_view("xyz189_")) {
      if (members.find(c) == std::string::npos) {
        return std::string(1, c);
      }
    }
    return "";
  }

  std::string Repeated(const std::string& item) {
    if (rest_.empty()) {
      return item;
    }
    std::size_t times = 1;
    if (Take('*') || Take('?')) {
      times = 0;
    } else if (!Take('+') && rest_.front() == '{' && rest_.size() > 1 && std::isdigit(rest_[1]) != 0) {
      rest_.remove_prefix(1);
      times = 0;
      while (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_.front())) != 0) {
        times = times * 10 + static_cast<std::size_t>(rest_.front() - '0');
        rest_.remove_prefix(1);
      }
      rest_.remove_prefix(std::min(rest_.find('}') + 1, rest_.size()));
    }
    Take('?');   // lazy
    Take('+');   // possessive
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
      text += item;
    }
    return text;
  }

  std::string_view rest_;
};

std::optional<uint32_t> V4Bits(std::string_view address) {
  uint32_t bits = 0;
  int parts = 0;
  uint32_t part = 0;
  bool digits = false;
  for (const char c : std::string(address) + ".") {
    if (c == '.') {
      if (!digits || part > 255) {
        return std::nullopt;
      }
      bits = bits << 8 | part;
      ++parts;
      part = 0;
      digits = false;
    } else if (c >= '0' && c <= '9') {
      part = part * 10 + static_cast<uint32_t>(c - '0');
      digits = true;
    } else {
      return std::nullopt;
    }
  }
  return parts == 4 ? std::optional(bits) : std::nullopt;
}

}  // namespace

std::string Lowered(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool WildcardMatches(std::string_view pattern, std::string_view text, bool ignore_case) {
  if (ignore_case) {
    return WildcardMatches(Lowered(pattern), Lowered(text), false);
  }
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '*') {
    for (std::size_t skip = 0; skip <= text.size(); ++skip) {
      if (WildcardMatches(pattern.substr(1), text.substr(skip), false)) {
        return true;
      }
    }
    return false;
  }
  const bool escaped = pattern.front() == '\\' && pattern.size() > 1;
  if (text.empty()) {
    return false;
  }
  const std::string_view rest = pattern.substr(escaped ? 2 : 1);
  const bool fits = escaped ? pattern[1] == text.front()
                            : pattern.front() == '?' || pattern.front() == text.front();
  return fits && WildcardMatches(rest, text.substr(1), false);
}

std::string WildcardSample(std::string_view pattern, std::string_view filler) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      text += filler;
    } else if (pattern[i] == '?') {
      text += 'x';
    } else {
      i += pattern[i] == '\\' && i + 1 < pattern.size() ? 1 : 0;
      text += pattern[i];
    }
  }
  return text;
}

bool RegexMatches(const std::string& expression, const std::string& text, bool ignore_case) {
  std::string plain;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression.compare(i, 3, "(?<") == 0 && expression[i + 3] != '=' && expression[i + 3] != '!') {
      plain += '(';
      i = expression.find('>', i);
      continue;
    }
    plain += expression[i];
  }
  try {
    const auto flags = std::regex::ECMAScript | (ignore_case ? std::regex::icase : std::regex::ECMAScript);
    return std::regex_match(text, std::regex(plain, flags));
  } catch (const std::regex_error&) {
    return false;
  }
}

std::string RegexSample(std::string_view expression) { return Sampler(expression).Alternatives(); }

std::string AddressIn(std::string_view block) {
  const std::size_t slash = block.find('/');
  std::string base(block.substr(0, slash));
  if (slash == std::string_view::npos || block.substr(slash) == "/32") {
    return base;
  }
  if (base.find(':') != std::string::npos) {
    return base.ends_with("::") ? base + "7" : base;
  }
  const std::size_t last = base.rfind('.') + 1;
  return base.substr(0, last) + std::to_string(std::stoi(base.substr(last)) + 1);
}

bool BlockHolds(std::string_view block, std::string_view address) {
  const std::size_t slash = block.find('/');
  const std::optional<uint32_t> base = V4Bits(block.substr(0, slash));
  const std::optional<uint32_t> bits = V4Bits(address);
  if (!base.has_value() || !bits.has_value()) {
    return AddressIn(block) == address;
  }
  const int length =
      slash == std::string_view::npos ? 32 : std::stoi(std::string(block.substr(slash + 1)));
  const uint32_t mask = length == 0 ? 0 : ~uint32_t{0} << (32 - length);
  return (*base & mask) == (*bits & mask);
}

}  // namespace weir::made
