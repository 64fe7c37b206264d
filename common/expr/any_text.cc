// Any-value tests on text: equality, words, wildcards, regular expressions, parts.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/expr/any_value_internal.h"
#include "common/expr/lucene_regex.h"
#include "common/expr/regex.h"
#include "common/expr/text_case.h"
#include "common/expr/wildcard.h"

namespace weir::expr {
namespace {

std::string Lower(std::string_view text) {
  Arena arena;
  return std::string(ToLower(text, arena));
}

// Takes the next word: letters, digits and everything beyond ASCII. Empty at the end.
std::string_view TakeWord(std::string_view* text) {
  const auto is_word = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_';
  };
  std::size_t begin = 0;
  while (begin < text->size() && !is_word((*text)[begin])) {
    ++begin;
  }
  std::size_t end = begin;
  while (end < text->size() && is_word((*text)[end])) {
    ++end;
  }
  const std::string_view word = text->substr(begin, end - begin);
  text->remove_prefix(end);
  return word;
}

std::vector<std::string> WordsOf(std::string_view text) {
  const std::string lower = Lower(text);
  std::vector<std::string> words;
  std::string_view rest = lower;
  for (std::string_view word = TakeWord(&rest); !word.empty(); word = TakeWord(&rest)) {
    words.emplace_back(word);
  }
  return words;
}

struct IsOneOf {
  std::vector<std::string> texts;  // sorted
  bool ignore_case = false;

  bool operator()(const Value& item, EvalContext& context) const {
    std::string_view text = TextOfItem(item, *context.arena);
    if (ignore_case) {
      text = ToLower(text, *context.arena);
    }
    return texts.size() == 1 ? texts.front() == text
                             : std::binary_search(texts.begin(), texts.end(), text, std::less<>());
  }
};

// Several lists of words; a list matches where its words follow each other.
struct HasWords {
  std::vector<std::vector<std::string>> lists;

  bool operator()(const Value& item, EvalContext& context) const {
    std::vector<std::string_view> words;
    std::string_view rest = ToLower(TextOfItem(item, *context.arena), *context.arena);
    for (std::string_view word = TakeWord(&rest); !word.empty(); word = TakeWord(&rest)) {
      words.push_back(word);
    }
    return std::any_of(lists.begin(), lists.end(), [&](const std::vector<std::string>& list) {
      return std::search(words.begin(), words.end(), list.begin(), list.end()) != words.end();
    });
  }
};

struct IsLike {
  std::vector<Wildcard> patterns;
  bool ignore_case = false;

  bool Matches(std::string_view text) const {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const Wildcard& pattern) { return pattern.Matches(text); });
  }
  bool operator()(const Value& item, EvalContext& context) const {
    const std::string_view text = TextOfItem(item, *context.arena);
    return Matches(ignore_case ? ToLower(text, *context.arena) : text);
  }
};

// A text field is indexed by its words: one of them may match, too.
struct HasWordLike {
  IsLike like;

  bool operator()(const Value& item, EvalContext& context) const {
    std::string_view rest = ToLower(item.text(), *context.arena);
    bool matches = like.Matches(rest);
    for (std::string_view word = TakeWord(&rest); !matches && !word.empty();
         word = TakeWord(&rest)) {
      matches = like.Matches(word);
    }
    return matches;
  }
};

struct MatchesWhole {
  std::shared_ptr<const re2::RE2> regex;   // null when there are only automata
  std::vector<std::shared_ptr<const LuceneAutomaton>> automata;

  bool operator()(const Value& item, EvalContext& context) const {
    const std::string_view text = TextOfItem(item, *context.arena);
    return (regex != nullptr && re2::RE2::FullMatch(ToPiece(text), *regex)) ||
           std::any_of(automata.begin(), automata.end(),
                       [text](const auto& automaton) { return automaton->Matches(text); });
  }
};

enum class Part : uint8_t { kContains, kStarts, kEnds };

bool HasPart(std::string_view text, std::string_view part, Part where) {
  switch (where) {
    case Part::kContains:
      return text.find(part) != std::string_view::npos;
    case Part::kStarts:
      return text.starts_with(part);
    case Part::kEnds:
      return text.ends_with(part);
  }
  return false;
}

struct HasAnyPart {
  Part where;
  bool ignore_case;
  std::vector<ExprPtr> parts;

  bool operator()(const Value& item, EvalContext& context) const {
    const auto text_of = [&](const Value& value) {
      const std::string_view text = TextOfItem(value, *context.arena);
      return ignore_case ? ToLower(text, *context.arena) : text;
    };
    const std::string_view text = text_of(item);
    return std::any_of(parts.begin(), parts.end(), [&](const ExprPtr& part) {
      const Value cell = part->Eval(context);
      const auto items = cell.items();
      return std::any_of(items.begin(), items.end(), [&](const Value& value) {
        return HasPart(text, text_of(value), where);
      });
    });
  }
};

}  // namespace

std::string_view TextOfItem(const Value& item, Arena& arena) {
  return IsString(item.type()) || item.type() == DataType::kVersion
             ? item.text()
             : arena.Copy(ValueToString(item));
}

ExprPtr BuildAnyTexts(const ExprPtr& field, std::vector<std::string> texts, bool ignore_case) {
  if (ignore_case) {
    std::transform(texts.begin(), texts.end(), texts.begin(),
                   [](const std::string& text) { return Lower(text); });
  }
  std::sort(texts.begin(), texts.end());
  return MakeAnyValue(field, IsOneOf{std::move(texts), ignore_case});
}

ExprPtr BuildAnyWords(const ExprPtr& field, const std::vector<std::string>& texts, bool phrase) {
  HasWords test;
  for (const std::string& text : texts) {
    std::vector<std::string> words = WordsOf(text);
    if (words.empty()) {
      continue;  // finds nothing
    }
    if (phrase) {
      test.lists.push_back(std::move(words));
      continue;
    }
    for (std::string& word : words) {
      test.lists.push_back({std::move(word)});
    }
  }
  return MakeAnyValue(field, std::move(test));
}

ExprPtr BuildAnyLike(const ExprPtr& field, const std::vector<std::string>& patterns,
                     bool ignore_case) {
  const bool is_text = field->type() == DataType::kText;
  IsLike test;
  test.ignore_case = ignore_case;
  for (const std::string& pattern : patterns) {
    test.patterns.push_back(Wildcard::FromLike(ignore_case || is_text ? Lower(pattern) : pattern));
  }
  return is_text ? MakeAnyValue(field, HasWordLike{std::move(test)})
                 : MakeAnyValue(field, std::move(test));
}

ExprPtr BuildAnyRegex(const esql::Expression& node, const ExprPtr& field,
                      const std::vector<std::string>& patterns, bool ignore_case,
                      esql::Diagnostics* diagnostics) {
  MatchesWhole test;
  std::string joined;
  for (const std::string& pattern : patterns) {
    StatusOr<LuceneRegex> translated = TranslateLuceneRegex(pattern, ignore_case);
    Status status = translated.status();
    if (status.ok() && translated->automaton != nullptr) {
      test.automata.push_back(std::move(translated->automaton));
      continue;
    }
    if (status.ok()) {
      status = CompileRegex(translated->re2, true).status();
    }
    if (!status.ok()) {
      diagnostics->Error(node.range, fmt::format("invalid regular expression [{}]: {}", pattern,
                                                 Message(status)));
      return nullptr;
    }
    joined += fmt::format("{}(?:{})", joined.empty() ? "" : "|", translated->re2);
  }
  if (joined.empty() && !test.automata.empty()) {
    return MakeAnyValue(field, std::move(test));
  }
  auto regex = CompileRegex(ignore_case ? fmt::format("(?i:{})", joined) : joined, true);
  if (!regex.ok()) {
    diagnostics->Error(node.range, fmt::format("the regular expressions are too large together: {}",
                                               Message(regex.status())));
    return nullptr;
  }
  test.regex = *regex;
  return MakeAnyValue(field, std::move(test));
}

ExprPtr BuildAnyPart(const esql::Expression& node, const std::vector<Operand>& operands) {
  HasAnyPart test;
  const std::string_view name = node.name;
  test.ignore_case = name.ends_with("_ci");
  test.where = name.starts_with(esql::kAnyContains) ? Part::kContains
               : name.starts_with(esql::kAnyStarts) ? Part::kStarts
                                                    : Part::kEnds;
  for (std::size_t i = 1; i < operands.size(); ++i) {
    test.parts.push_back(operands[i].expr);
  }
  return MakeAnyValue(operands.front().expr, std::move(test));
}

}  // namespace weir::expr
