// The tests of `search`: true or false, never null, for any value of the field.
#include <algorithm>

#include <fmt/format.h>

#include "common/expr/regex.h"
#include "common/expr/spl_internal.h"
#include "common/expr/text_case.h"
#include "common/expr/wildcard.h"

namespace weir::expr {
namespace {

struct Pattern {
  std::optional<double> number;
  Wildcard text;   // in lower case

  bool Matches(const Value& item, Arena& arena) const {
    if (number.has_value()) {
      if (const std::optional<double> value = SplNumber(item); value.has_value()) {
        return *value == *number;
      }
    }
    return text.Matches(ToLower(SplText(item, arena), arena));
  }
};

Pattern MakePattern(std::string_view text) {
  Arena arena;
  const std::string_view lower = ToLower(text, arena);
  std::vector<Wildcard::Token> tokens;
  std::size_t begin = 0;
  while (begin <= lower.size()) {
    const std::size_t star = std::min(lower.find('*', begin), lower.size());
    if (star > begin) {
      tokens.push_back({Wildcard::Token::Kind::kLiteral,
                        std::string(lower.substr(begin, star - begin))});
    }
    if (star < lower.size()) {
      tokens.push_back({Wildcard::Token::Kind::kAnyRun, ""});
    }
    begin = star + 1;
  }
  return {SplNumber(Value::Keyword(text)), Wildcard(tokens)};
}

std::vector<Pattern> Patterns(const Call& call) {
  std::vector<Pattern> patterns;
  for (std::size_t i = 1; i < call.size(); ++i) {
    const Value* constant = call.constant(i);
    patterns.push_back(MakePattern(constant == nullptr ? "" : constant->text()));
  }
  return patterns;
}

template <typename Test>
ExprPtr MakeAnyOf(Call& call, Test test) {
  return call.Make(DataType::kBoolean, [test](const Frame& frame, Args args) {
    return Value::Boolean(std::any_of(
        args[0].items().begin(), args[0].items().end(),
        [&](const Value& item) { return test(item, args[1], frame.arena()); }));
  });
}

// Case does not count where texts are compared.
int OrderOf(const Value& item, const Value& literal, Arena& arena) {
  const std::optional<double> left = SplNumber(item);
  const std::optional<double> right = left ? SplNumber(literal) : std::nullopt;
  if (right.has_value()) {
    return (*left > *right) - (*left < *right);
  }
  return ToLower(SplText(item, arena), arena).compare(ToLower(literal.text(), arena));
}

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// The term stands between characters that are no part of words.
std::string TermRegex(std::string_view term) {
  std::string regex = "(?is)";
  if (!term.empty() && IsWordByte(term.front())) {
    regex += "(?:^|[^a-z0-9_])";
  }
  for (std::size_t begin = 0; begin <= term.size();) {
    const std::size_t star = std::min(term.find('*', begin), term.size());
    regex += re2::RE2::QuoteMeta(ToPiece(term.substr(begin, star - begin)));
    regex += star < term.size() ? "[^\\s\"]*" : "";
    begin = star + 1;
  }
  if (!term.empty() && IsWordByte(term.back())) {
    regex += "(?:$|[^a-z0-9_])";
  }
  return regex;
}

}  // namespace

ExprPtr MakeSplSearchEqual(Call& call) {
  return MakeAnyOf(call, [patterns = Patterns(call)](const Value& item, const Value&, Arena& arena) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const Pattern& pattern) { return pattern.Matches(item, arena); });
  });
}

ExprPtr MakeSplSearchNotEqual(Call& call) {
  return MakeAnyOf(call, [patterns = Patterns(call)](const Value& item, const Value&, Arena& arena) {
    return !patterns.front().Matches(item, arena);
  });
}

ExprPtr MakeSplSearchLess(Call& call) {
  return MakeAnyOf(call, [](const Value& item, const Value& literal, Arena& arena) {
    return OrderOf(item, literal, arena) < 0;
  });
}

ExprPtr MakeSplSearchLessEqual(Call& call) {
  return MakeAnyOf(call, [](const Value& item, const Value& literal, Arena& arena) {
    return OrderOf(item, literal, arena) <= 0;
  });
}

ExprPtr MakeSplSearchGreater(Call& call) {
  return MakeAnyOf(call, [](const Value& item, const Value& literal, Arena& arena) {
    return OrderOf(item, literal, arena) > 0;
  });
}

ExprPtr MakeSplSearchGreaterEqual(Call& call) {
  return MakeAnyOf(call, [](const Value& item, const Value& literal, Arena& arena) {
    return OrderOf(item, literal, arena) >= 0;
  });
}

ExprPtr MakeSplTerm(Call& call) {
  const Value* term = call.constant(1);
  auto regex = CompileRegex(TermRegex(term == nullptr ? "" : term->text()), false);
  if (!regex.ok()) {
    return call.Error(fmt::format("the term cannot be searched: {}", Message(regex.status())));
  }
  return MakeAnyOf(call, [regex = *regex](const Value& item, const Value&, Arena& arena) {
    return re2::RE2::PartialMatch(ToPiece(SplText(item, arena)), *regex);
  });
}

}  // namespace weir::expr
