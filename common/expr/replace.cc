// REPLACE: Java's regular expressions run by RE2.
#include <cctype>

#include <fmt/format.h>

#include "common/expr/functions_internal.h"
#include "common/expr/regex.h"
#include "common/expr/utf8_internal.h"

namespace weir::expr {

namespace {

constexpr int kGroupsMax = 64;

using Regex = std::shared_ptr<const re2::RE2>;

// Java's named groups, (?<name>...), as RE2 writes them.
std::string TranslateNamedGroups(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out.append(pattern.substr(i++, 2));
    } else if (pattern.substr(i).starts_with("(?<") && i + 3 < pattern.size() &&
               std::isalpha(static_cast<unsigned char>(pattern[i + 3])) != 0) {
      out.append("(?P<");
      i += 2;
    } else {
      out.push_back(pattern[i]);
    }
  }
  return out;
}

std::string SyntaxWarning(std::string_view pattern, std::string_view error) {
  return fmt::format("java.util.regex.PatternSyntaxException: {} near [{}]", error, pattern);
}

// Appends the replacement with $n and ${name} filled in; false when it is malformed.
bool AppendReplacement(const re2::RE2& regex, const re2::StringPiece* groups, int group_count,
                       std::string_view replacement, std::string* out) {
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
      const auto named =
          regex.NamedCapturingGroups().find(std::string(replacement.substr(i + 2, close - i - 2)));
      group = named == regex.NamedCapturingGroups().end() ? -1 : named->second;
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
    out->append(groups[group].data(), groups[group].size());
  }
  return true;
}

Value ReplaceAll(const Frame& frame, const re2::RE2& regex, std::string_view text,
                 std::string_view replacement) {
  const int group_count = std::min(regex.NumberOfCapturingGroups() + 1, kGroupsMax);
  re2::StringPiece groups[kGroupsMax];
  std::string out;
  std::size_t copied = 0;
  std::size_t position = 0;
  bool changed = false;
  while (position <= text.size() &&
         regex.Match(ToPiece(text), position, text.size(), re2::RE2::UNANCHORED, groups,
                     group_count)) {
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t end = begin + groups[0].size();
    out.append(text.substr(copied, begin - copied));
    if (!AppendReplacement(regex, groups, group_count, replacement, &out)) {
      return frame.Fail("java.lang.IllegalArgumentException: Illegal group reference");
    }
    changed = true;
    copied = end;
    position = end;
    if (groups[0].empty()) {
      position = end < text.size() ? NextCodePoint(text, end) : end + 1;
    }
  }
  if (!changed) {
    return Value::Keyword(text);
  }
  out.append(text.substr(copied));
  return frame.Text(out);
}

}  // namespace

ExprPtr MakeReplace(Call& call) {
  const Value* constant = call.constant(1);
  if (constant == nullptr) {
    return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
      const auto regex = CompileRegex(TranslateNamedGroups(args[1].text()), false);
      return regex.ok() ? ReplaceAll(frame, **regex, args[0].text(), args[2].text())
                        : frame.Fail(SyntaxWarning(args[1].text(), Message(regex.status())));
    });
  }
  const auto regex = CompileRegex(TranslateNamedGroups(constant->text()), false);
  if (regex.ok()) {
    return call.Make(DataType::kKeyword, [regex = *regex](const Frame& frame, Args args) {
      return ReplaceAll(frame, *regex, args[0].text(), args[2].text());
    });
  }
  // What Java would run and RE2 cannot is an error now; what is no regular expression at all is
  // null.
  if (regex.status().code() == StatusCode::kUnimplemented) {
    return call.Error(fmt::format("regular expression [{}] of [{}] is not supported: {}",
                                  constant->text(), call.site().text, Message(regex.status())));
  }
  return call.Make(DataType::kKeyword,
                   [warning = SyntaxWarning(constant->text(), Message(regex.status()))](
                       const Frame& frame, Args) { return frame.Fail(warning); });
}

}  // namespace weir::expr
