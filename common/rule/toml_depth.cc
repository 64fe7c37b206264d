#include "common/rule/toml_depth_internal.h"

namespace weir::rule {
namespace {

// Skips the string that starts at the quote text[at]; returns the offset after it (a string that is
// not closed ends with its line, or with the text when it is a multi-line one).
std::size_t SkipString(std::string_view text, std::size_t at, int* line) {
  const char quote = text[at];
  const bool multi_line = text.substr(at).starts_with(quote == '"' ? R"(""")" : "'''");
  at += multi_line ? 3 : 1;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '\n') {
      if (!multi_line) {
        return at;
      }
      ++*line;
    }
    if (c == '\\' && quote == '"' && at + 1 < text.size() && text[at + 1] != '\n') {
      at += 2;
      continue;
    }
    if (c == quote) {
      if (!multi_line) {
        return at + 1;
      }
      if (at + 2 < text.size() && text[at + 1] == quote && text[at + 2] == quote) {
        return at + 3;
      }
    }
    ++at;
  }
  return at;
}

}  // namespace

int FindDeepKey(std::string_view text) {
  int line = 1;
  std::size_t dots = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '\n':
        ++line;
        dots = 0;
        break;
      case '=':
      case ',':
      case '{':
        dots = 0;
        break;
      case '.':
        if (++dots > kKeyPartsMax) {
          return line;
        }
        break;
      case '#':
        while (at + 1 < text.size() && text[at + 1] != '\n') {
          ++at;
        }
        break;
      case '"':
      case '\'':
        at = SkipString(text, at, &line);
        continue;
      default:
        break;
    }
    ++at;
  }
  return 0;
}

}  // namespace weir::rule
