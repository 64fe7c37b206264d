// Regular expressions of Splunk's search language: PCRE, unanchored.
#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "common/expr/regex.h"
#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

using regex::Outcome;
using regex::SearchRegex;
using RegexPtr = std::shared_ptr<const SearchRegex>;

constexpr std::size_t kCachedMax = 64;

struct Cache {
  std::map<std::string, RegexPtr, std::less<>> compiled;
};

RegexPtr Cached(std::string_view pattern) {
  thread_local Cache cache;
  const auto found = cache.compiled.find(pattern);
  if (found != cache.compiled.end()) {
    return found->second;
  }
  if (cache.compiled.size() >= kCachedMax) {
    cache.compiled.clear();
  }
  auto compiled = SearchRegex::Compile(pattern, regex::Dialect::kPerl);
  return cache.compiled.emplace(std::string(pattern), compiled.ok() ? *compiled : nullptr)
      .first->second;
}

// Whether a value of the cell has a match. A stopped search is reported, and finds nothing.
bool FindsAny(const Frame& frame, const SearchRegex& regex, const Value& cell) {
  return std::any_of(cell.items().begin(), cell.items().end(), [&](const Value& item) {
    const std::string_view text = SplText(item, frame.arena());
    regex::StepBudget budget(text.size());
    const Outcome outcome = regex.Find(text, 0, &budget, {});
    if (outcome == Outcome::kStopped) {
      frame.Warn(kRegexStoppedWarning);
    }
    return outcome == Outcome::kMatch;
  });
}

// \1 is a group, \0 the whole match; a group that is not there is empty.
bool AppendRewrite(std::string_view rewrite, std::span<const std::string_view> groups,
                   std::string* out) {
  for (std::size_t i = 0; i < rewrite.size(); ++i) {
    if (rewrite[i] != '\\' || i + 1 == rewrite.size()) {
      out->push_back(rewrite[i]);
      continue;
    }
    const char next = rewrite[++i];
    if (std::isdigit(static_cast<unsigned char>(next)) != 0) {
      const auto group = static_cast<std::size_t>(next - '0');
      out->append(group < groups.size() ? groups[group] : std::string_view());
    } else {
      out->append(next == '\\' ? "\\" : std::string{'\\', next});
    }
  }
  return true;
}

Value ReplaceItem(const Frame& frame, const SearchRegex& regex, std::string_view text,
                  std::string_view rewrite) {
  std::string out;
  const auto append = [rewrite](std::span<const std::string_view> groups, std::string* to) {
    return AppendRewrite(rewrite, groups, to);
  };
  switch (regex::ReplaceAll(regex, text, append, &out)) {
    case regex::Replaced::kChanged:
      return frame.Text(out);
    case regex::Replaced::kStopped:
      return frame.Fail(kRegexStoppedWarning);
    default:
      return frame.Text(text);
  }
}

}  // namespace

bool SplRegexArgument::Prepare(const Call& call, std::size_t index) {
  const Value* pattern = call.constant(index);
  if (pattern == nullptr) {
    return true;
  }
  Arena arena;
  auto compiled = SearchRegex::Compile(SplText(*pattern, arena), regex::Dialect::kPerl);
  if (!compiled.ok()) {
    call.Error(fmt::format("regular expression [{}] cannot be read: {}", SplText(*pattern, arena),
                           Message(compiled.status())));
    return false;
  }
  constant_ = *compiled;
  return true;
}

RegexPtr SplRegexArgument::Get(const Frame& frame, const Value& pattern) const {
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
    const RegexPtr compiled = regex.Get(frame, args[1]);
    return compiled == nullptr ? frame.Fail("the regular expression cannot be read")
                               : Value::Boolean(FindsAny(frame, *compiled, args[0]));
  });
}

ExprPtr MakeSplRegex(Call& call) {
  SplRegexArgument regex;
  if (!regex.Prepare(call, 1)) {
    return nullptr;
  }
  return call.Make(DataType::kBoolean, [regex](const Frame& frame, Args args) {
    const RegexPtr compiled = regex.Get(frame, args[1]);
    return Value::Boolean(compiled != nullptr && FindsAny(frame, *compiled, args[0]));
  });
}

ExprPtr MakeSplRex(Call& call) {
  SplRegexArgument argument;
  if (!argument.Prepare(call, 1)) {
    return nullptr;
  }
  const RegexPtr compiled =
      *SearchRegex::Compile(call.constant(1)->text(), regex::Dialect::kPerl);
  const int group = compiled->GroupNamed(call.constant(2)->text());
  if (group < 0) {
    return call.Error(fmt::format("the pattern has no group [{}]", call.constant(2)->text()));
  }
  return call.Make(DataType::kKeyword, [compiled, group](const Frame& frame, Args args) {
    std::string_view storage[SearchRegex::kGroupsMax];
    const std::span<std::string_view> groups(storage, static_cast<std::size_t>(group) + 1);
    for (const Value& item : args[0].items()) {
      const std::string_view text = SplText(item, frame.arena());
      regex::StepBudget budget(text.size());
      const Outcome outcome = compiled->Find(text, 0, &budget, groups);
      if (outcome == Outcome::kStopped) {
        return frame.Fail(kRegexStoppedWarning);
      }
      if (outcome == Outcome::kMatch) {
        const std::string_view part = groups.back();
        return part.data() == nullptr ? Value::Null() : frame.Text(part);
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
    const RegexPtr compiled = regex.Get(frame, args[1]);
    if (compiled == nullptr) {
      return frame.Fail("the regular expression cannot be read");
    }
    const std::string_view rewrite = SplText(args[2].items().front(), frame.arena());
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      return ReplaceItem(frame, *compiled, SplText(item, frame.arena()), rewrite);
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
    const RegexPtr compiled = regex.Get(frame, args[1]);
    const auto items = args[0].items();
    for (std::size_t i = 0; compiled != nullptr && i < items.size(); ++i) {
      if (FindsAny(frame, *compiled, items[i])) {
        return Value::Double(static_cast<double>(i));
      }
    }
    return Value::Null();
  });
}

}  // namespace weir::expr
