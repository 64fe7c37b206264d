#include "common/esql/names.h"

#include <algorithm>
#include <array>

namespace weir::esql {
namespace {

constexpr std::array<std::string_view, 16> kReservedWords = {
    "AND", "ASC", "BY",    "DESC", "FALSE", "IN",    "IS",   "LIKE",
    "NOT", "NULL", "NULLS", "OR",   "RLIKE", "TRUE", "WHERE", "WITH",
};

char Upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsIdentifier(std::string_view part) {
  if (part.empty()) {
    return false;
  }
  const bool marked = part.front() == '_' || part.front() == '@';
  if (!IsNameStart(part.front()) && !(marked && part.size() > 1)) {
    return false;
  }
  return std::all_of(part.begin() + 1, part.end(), IsNameBody);
}

bool Contains(const std::vector<std::string>& names, std::string_view word) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return EqualsIgnoreCase(name, word); });
}

}  // namespace

bool EqualsIgnoreCase(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return Upper(a) == Upper(b); });
}

std::string ToUpperAscii(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), Upper);
  return result;
}

std::string ToLowerAscii(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), Lower);
  return result;
}

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsNameBody(char c) {
  return IsNameStart(c) || (c >= '0' && c <= '9') || c == '_';
}

bool IsReservedWord(std::string_view word) {
  return std::any_of(kReservedWords.begin(), kReservedWords.end(),
                     [&](std::string_view reserved) { return EqualsIgnoreCase(reserved, word); });
}

bool IsPlainName(std::string_view name) {
  for (std::size_t begin = 0;;) {
    const std::size_t dot = name.find('.', begin);
    const std::string_view part = name.substr(begin, dot - begin);
    if (!IsIdentifier(part) || (begin == 0 && IsReservedWord(part))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    begin = dot + 1;
  }
}

std::string QuoteName(std::string_view name) {
  if (IsPlainName(name)) {
    return std::string(name);
  }
  std::string result = "`";
  for (const char c : name) {
    result.append(c == '`' ? 2 : 1, c);
  }
  result.push_back('`');
  return result;
}

bool IsSourceCharacter(char c) {
  constexpr std::string_view kEnding = "\"|,=[]()` \t\r\n";
  return kEnding.find(c) == std::string_view::npos;
}

std::string QuoteSource(std::string_view pattern) {
  const bool plain = !pattern.empty() && !EqualsIgnoreCase(pattern, "METADATA") &&
                     std::all_of(pattern.begin(), pattern.end(), IsSourceCharacter) &&
                     pattern.find("//") == std::string_view::npos &&
                     pattern.find("/*") == std::string_view::npos;
  return plain ? std::string(pattern) : QuoteString(pattern);
}

std::string QuoteString(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '\t':
        result += "\\t";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '"':
      case '\\':
        result.push_back('\\');
        [[fallthrough]];
      default:
        result.push_back(c);
    }
  }
  result.push_back('"');
  return result;
}

const std::vector<std::string>& CommandNames() {
  static const std::vector<std::string> names = {
      "FROM",  "ROW",    "WHERE", "EVAL",  "STATS", "INLINE",  "INLINESTATS", "KEEP",
      "DROP",  "RENAME", "SORT",  "LIMIT", "GROK",  "DISSECT", "MV_EXPAND",
  };
  return names;
}

const std::vector<std::string>& UnsupportedCommandNames() {
  static const std::vector<std::string> names = {
      "ENRICH", "LOOKUP", "COMPLETION", "CHANGE_POINT", "FORK",    "FUSE",
      "SAMPLE", "RERANK", "TS",         "SHOW",         "EXPLAIN", "METRICS",
  };
  return names;
}

bool IsCommandName(std::string_view word) {
  return Contains(CommandNames(), word) || Contains(UnsupportedCommandNames(), word);
}

}  // namespace weir::esql
