// REPLACE: Java's regular expressions and replacements.
#include <cctype>

#include <fmt/format.h>

#include "common/expr/functions_internal.h"
#include "common/expr/regex.h"
#include "common/regex/search_regex.h"

namespace weir::expr {

namespace {

using regex::SearchRegex;

std::string SyntaxWarning(std::string_view pattern, std::string_view error) {
  return fmt::format("java.util.regex.PatternSyntaxException: {} near [{}]", error, pattern);
}

// Appends the replacement with $n and ${name} filled in; false when it is malformed.
bool AppendReplacement(const SearchRegex& regex, std::span<const std::string_view> groups,
                       std::string_view replacement, std::string* out) {
  const auto group_count = static_cast<int>(groups.size());
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    if (c == '\\') {
      if (++i == replacement.size()) {
        return false;
      }
      out->push_back(replacement[i]);
      continue;
    }
    if (c != '$') {
      out->push_back(c);
      continue;
    }
    int group = -1;
    if (i + 1 < replacement.size() && replacement[i + 1] == '{') {
      const std::size_t close = replacement.find('}', i);
      if (close == std::string_view::npos) {
        return false;
      }
      group = regex.GroupNamed(replacement.substr(i + 2, close - i - 2));
      i = close;
    } else {
      // As many digits as name an existing group.
      while (i + 1 < replacement.size() &&
             std::isdigit(static_cast<unsigned char>(replacement[i + 1])) != 0) {
        const int next = (group < 0 ? 0 : group * 10) + (replacement[i + 1] - '0');
        if (group >= 0 && next >= group_count) {
          break;
        }
        group = next;
        ++i;
      }
    }
    if (group < 0 || group >= group_count) {
      return false;
    }
    out->append(groups[static_cast<std::size_t>(group)]);
  }
  return true;
}

Value Replace(const Frame& frame, const SearchRegex& regex, std::string_view text,
              std::string_view replacement) {
  std::string out;
  const auto append = [&](std::span<const std::string_view> groups, std::string* to) {
    return AppendReplacement(regex, groups, replacement, to);
  };
  switch (regex::ReplaceAll(regex, text, append, &out)) {
    case regex::Replaced::kUnchanged:
      return Value::Keyword(text);
    case regex::Replaced::kChanged:
      return frame.Text(out);
    case regex::Replaced::kStopped:
      return frame.Fail(kRegexStoppedWarning);
    case regex::Replaced::kBadTemplate:
      break;
  }
  return frame.Fail("java.lang.IllegalArgumentException: Illegal group reference");
}

}  // namespace

ExprPtr MakeReplace(Call& call) {
  const Value* constant = call.constant(1);
  if (constant == nullptr) {
    return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
      const auto regex = SearchRegex::Compile(args[1].text(), regex::Dialect::kJava);
      return regex.ok() ? Replace(frame, **regex, args[0].text(), args[2].text())
                        : frame.Fail(SyntaxWarning(args[1].text(), Message(regex.status())));
    });
  }
  const auto regex = SearchRegex::Compile(constant->text(), regex::Dialect::kJava);
  if (regex.ok()) {
    return call.Make(DataType::kKeyword, [regex = *regex](const Frame& frame, Args args) {
      return Replace(frame, *regex, args[0].text(), args[2].text());
    });
  }
  return call.Make(DataType::kKeyword,
                   [warning = SyntaxWarning(constant->text(), Message(regex.status()))](
                       const Frame& frame, Args) { return frame.Fail(warning); });
}

}  // namespace weir::expr
