// Regular expressions of Splunk's search language: PCRE, unanchored, as far as RE2 reads it.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

constexpr std::size_t kCachedMax = 64;

// (?<name> as RE2 writes it, and a brace that repeats nothing as itself.
std::string Translate(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      out += pattern.substr(i++, 2);
    } else if (!in_class && pattern.substr(i).starts_with("(?<") && i + 3 < pattern.size() &&
               pattern[i + 3] != '=' && pattern[i + 3] != '!') {
      out += "(?P<";
      i += 2;
    } else {
      in_class = in_class ? c != ']' : c == '[';
      const bool bare_brace =
          !in_class && c == '{' && (i + 1 == pattern.size() || pattern[i + 1] < '0' ||
                                    pattern[i + 1] > '9');
      out += bare_brace ? "\\{" : std::string(1, c);
    }
  }
  return out;
}

struct Cache {
  std::map<std::string, std::shared_ptr<const re2::RE2>, std::less<>> compiled;
};

std::shared_ptr<const re2::RE2> Cached(std::string_view pattern) {
  thread_local Cache cache;
  const auto found = cache.compiled.find(pattern);
  if (found != cache.compiled.end()) {
    return found->second;
  }
  if (cache.compiled.size() >= kCachedMax) {
    cache.compiled.clear();
  }
  auto regex = CompileSplRegex(pattern);
  return cache.compiled.emplace(std::string(pattern), regex.ok() ? *regex : nullptr).first->second;
}

bool FindsAny(const re2::RE2& regex, const Value& cell, Arena& arena) {
  return std::any_of(cell.items().begin(), cell.items().end(), [&](const Value& item) {
    return re2::RE2::PartialMatch(ToPiece(SplText(item, arena)), regex);
  });
}

}  // namespace

StatusOr<std::shared_ptr<const re2::RE2>> CompileSplRegex(std::string_view pattern) {
  return CompileRegex(Translate(pattern), false);
}

bool SplRegexArgument::Prepare(const Call& call, std::size_t index) {
  const Value* pattern = call.constant(index);
  if (pattern == nullptr) {
    return true;
  }
  Arena arena;
  auto regex = CompileSplRegex(SplText(*pattern, arena));
  if (!regex.ok()) {
    const bool lacks = regex.status().code() == StatusCode::kUnimplemented;
    call.Error(fmt::format("regular expression [{}] {}: {}", SplText(*pattern, arena),
                           lacks ? "is not supported" : "cannot be read",
                           Message(regex.status())));
    return false;
  }
  constant_ = *regex;
  return true;
}

std::shared_ptr<const re2::RE2> SplRegexArgument::Get(const Frame& frame,
                                                      const Value& pattern) const {
  return constant_ != nullptr ? constant_ : Cached(SplText(pattern.items().front(), frame.arena()));
}

ExprPtr MakeSplMatch(Call& call) {
  SplRegexArgument regex;
  if (!regex.Prepare(call, 1)) {
    return nullptr;
  }
  return call.Make(DataType::kBoolean, [regex](const Frame& frame, Args args) {
    if (args[0].is_null() || args[1].is_null()) {
      return Value::Null();
    }
    const auto compiled = regex.Get(frame, args[1]);
    return compiled == nullptr ? frame.Fail("the regular expression cannot be read")
                               : Value::Boolean(FindsAny(*compiled, args[0], frame.arena()));
  });
}

ExprPtr MakeSplRegex(Call& call) {
  SplRegexArgument regex;
  if (!regex.Prepare(call, 1)) {
    return nullptr;
  }
  return call.Make(DataType::kBoolean, [regex](const Frame& frame, Args args) {
    const auto compiled = regex.Get(frame, args[1]);
    return Value::Boolean(compiled != nullptr && FindsAny(*compiled, args[0], frame.arena()));
  });
}

ExprPtr MakeSplRex(Call& call) {
  SplRegexArgument argument;
  if (!argument.Prepare(call, 1)) {
    return nullptr;
  }
  auto compiled = CompileSplRegex(call.constant(1)->text());
  const auto& groups = (*compiled)->NamedCapturingGroups();
  const auto group = groups.find(std::string(call.constant(2)->text()));
  if (group == groups.end()) {
    return call.Error(fmt::format("the pattern has no group [{}]", call.constant(2)->text()));
  }
  return call.Make(DataType::kKeyword, [regex = *compiled, index = group->second](
                                           const Frame& frame, Args args) {
    std::vector<re2::StringPiece> parts(static_cast<std::size_t>(index) + 1);
    for (const Value& item : args[0].items()) {
      const re2::StringPiece text = ToPiece(SplText(item, frame.arena()));
      if (regex->Match(text, 0, text.size(), re2::RE2::UNANCHORED, parts.data(), index + 1)) {
        const re2::StringPiece& part = parts.back();
        return part.data() == nullptr ? Value::Null() : frame.Text({part.data(), part.size()});
      }
    }
    return Value::Null();
  });
}

ExprPtr MakeSplReplace(Call& call) {
  SplRegexArgument regex;
  if (!regex.Prepare(call, 1)) {
    return nullptr;
  }
  return call.Make(DataType::kKeyword, [regex](const Frame& frame, Args args) {
    if (args[1].is_null() || args[2].is_null()) {
      return Value::Null();
    }
    const auto compiled = regex.Get(frame, args[1]);
    if (compiled == nullptr) {
      return frame.Fail("the regular expression cannot be read");
    }
    const std::string_view rewrite = SplText(args[2].items().front(), frame.arena());
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      std::string text(SplText(item, frame.arena()));
      re2::RE2::GlobalReplace(&text, *compiled, ToPiece(rewrite));
      return frame.Text(text);
    });
  });
}

ExprPtr MakeSplMvFind(Call& call) {
  SplRegexArgument regex;
  if (!regex.Prepare(call, 1)) {
    return nullptr;
  }
  return call.Make(DataType::kDouble, [regex](const Frame& frame, Args args) {
    if (args[0].is_null() || args[1].is_null()) {
      return Value::Null();
    }
    const auto compiled = regex.Get(frame, args[1]);
    const auto items = args[0].items();
    for (std::size_t i = 0; compiled != nullptr && i < items.size(); ++i) {
      if (FindsAny(*compiled, items[i], frame.arena())) {
        return Value::Double(static_cast<double>(i));
      }
    }
    return Value::Null();
  });
}

}  // namespace weir::expr
