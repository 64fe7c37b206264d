// LIKE and RLIKE, with one pattern or a list of them.
#include <algorithm>

#include <fmt/format.h>

#include "common/expr/lucene_regex.h"
#include "common/expr/operators_internal.h"
#include "common/expr/regex.h"
#include "common/expr/wildcard.h"

namespace weir::expr {

namespace {

using Form = Wildcard::Form;

struct CompiledPatterns {
  std::vector<Wildcard> wildcards;
  std::shared_ptr<const re2::RE2> regex;  // set when some pattern is no wildcard
  std::vector<std::shared_ptr<const LuceneAutomaton>> automata;

  // With automata: whether the regex or one of them matches the whole text.
  bool Match(std::string_view text) const {
    return (regex != nullptr && re2::RE2::FullMatch(ToPiece(text), *regex)) ||
           std::any_of(automata.begin(), automata.end(),
                       [text](const auto& automaton) { return automaton->Matches(text); });
  }
};

// One test per cheap form, so that the hot path neither branches on the form nor calls out.
struct TextStarts {
  std::string literal;
  bool negated;
  bool operator()(const Value& value) const {
    return value.text().starts_with(literal) != negated;
  }
};
struct TextEnds {
  std::string literal;
  bool negated;
  bool operator()(const Value& value) const { return value.text().ends_with(literal) != negated; }
};
struct TextContains {
  std::string literal;
  bool negated;
  bool operator()(const Value& value) const {
    return (value.text().find(literal) != std::string_view::npos) != negated;
  }
};
struct TextIs {
  std::string literal;
  bool negated;
  bool operator()(const Value& value) const { return (value.text() == literal) != negated; }
};
struct MatchesAnyWildcard {
  std::vector<Wildcard> patterns;
  bool negated;
  bool operator()(const Value& value) const {
    for (const Wildcard& pattern : patterns) {
      if (pattern.Matches(value.text())) {
        return !negated;
      }
    }
    return negated;
  }
};
struct MatchesRegex {
  std::shared_ptr<const re2::RE2> regex;
  bool negated;
  bool operator()(const Value& value) const {
    return re2::RE2::FullMatch(ToPiece(value.text()), *regex) != negated;
  }
};
struct MatchesAnyPattern {
  CompiledPatterns patterns;
  bool negated;
  bool operator()(const Value& value) const {
    return patterns.Match(value.text()) != negated;
  }
};

ExprPtr MakeWildcardTest(Site site, const ExprPtr& operand, std::vector<Wildcard> patterns,
                         bool negated) {
  if (patterns.size() == 1) {
    const std::string& literal = patterns[0].literal();
    switch (patterns[0].form()) {
      case Form::kExact:
        return MakeTest(std::move(site), operand, TextIs{literal, negated});
      case Form::kPrefix:
        return MakeTest(std::move(site), operand, TextStarts{literal, negated});
      case Form::kSuffix:
        return MakeTest(std::move(site), operand, TextEnds{literal, negated});
      case Form::kContains:
        return MakeTest(std::move(site), operand, TextContains{literal, negated});
      default:
        break;
    }
  }
  return MakeTest(std::move(site), operand, MatchesAnyWildcard{std::move(patterns), negated});
}

// The texts of the patterns; false after reporting one that is no constant string.
bool TakePatterns(const esql::Expression& node, const std::vector<Operand>& operands,
                  esql::Diagnostics* diagnostics, std::vector<std::string>* patterns) {
  bool fits = true;
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const Operand& operand = operands[i];
    const Value* constant = operand.expr->constant();
    const esql::Source& source = diagnostics->source();
    if (constant == nullptr || constant->is_null()) {
      diagnostics->Error(operand.source->range,
                         fmt::format("{} argument of [{}] must be a constant, received [{}]",
                                     Ordinal(std::min<std::size_t>(i, 1)),
                                     source.Slice(node.range),
                                     source.Slice(operand.source->range)));
      fits = false;
      continue;
    }
    if (!IsString(operand.expr->type())) {
      ReportArgumentType(node, operand, std::min<std::size_t>(i, 1), false, "string", diagnostics);
      fits = false;
      continue;
    }
    for (const Value& item : constant->items()) {
      patterns->emplace_back(item.text());
    }
  }
  return fits;
}

bool CompileRlike(const esql::Expression& node, const std::vector<std::string>& patterns,
                  esql::Diagnostics* diagnostics, CompiledPatterns* compiled) {
  std::string joined;
  bool simple = true;
  bool fits = true;
  for (const std::string& pattern : patterns) {
    StatusOr<LuceneRegex> translated = TranslateLuceneRegex(pattern);
    Status status = translated.status();
    if (status.ok() && translated->automaton != nullptr) {
      compiled->automata.push_back(std::move(translated->automaton));
      simple = false;
      continue;
    }
    if (status.ok()) {
      status = CompileRegex(translated->re2, true).status();
    }
    if (!status.ok()) {
      diagnostics->Error(node.range, fmt::format("Invalid regex pattern for RLIKE [{}]: [{}]",
                                                 pattern, Message(status)));
      fits = false;
      continue;
    }
    joined.append(joined.empty() ? "" : "|").append("(?:").append(translated->re2).append(")");
    simple = simple && translated->wildcard.has_value();
    if (translated->wildcard.has_value()) {
      compiled->wildcards.push_back(*std::move(translated->wildcard));
    }
  }
  if (!fits || simple || joined.empty()) {
    return fits;
  }
  auto regex = CompileRegex(joined, true);
  if (!regex.ok()) {
    diagnostics->Error(node.range, fmt::format("patterns of RLIKE are too large together: {}",
                                               Message(regex.status())));
    return false;
  }
  compiled->regex = *regex;
  return true;
}

}  // namespace

ExprPtr BuildLike(const esql::Expression& node, std::vector<Operand> operands,
                  esql::Diagnostics* diagnostics) {
  const Operand& operand = operands[0];
  const DataType type = operand.expr->type();
  bool fits = true;
  if (!IsString(type) && type != DataType::kNull) {
    ReportArgumentType(node, operand, 0, false, "string", diagnostics);
    fits = false;
  }
  std::vector<std::string> patterns;
  fits = TakePatterns(node, operands, diagnostics, &patterns) && fits;
  CompiledPatterns compiled;
  if (node.kind == esql::ExpressionKind::kRlike) {
    fits = CompileRlike(node, patterns, diagnostics, &compiled) && fits;
  } else {
    for (const std::string& pattern : patterns) {
      compiled.wildcards.push_back(Wildcard::FromLike(pattern));
    }
  }
  if (!fits) {
    return nullptr;
  }
  // A pattern that matches everything asks for presence; so its negation keeps the nulls, unlike
  // every other negated match.
  const bool all =
      std::any_of(compiled.wildcards.begin(), compiled.wildcards.end(),
                  [](const Wildcard& wildcard) { return wildcard.form() == Form::kAll; });
  if (all) {
    return BuildIsNull(operand.expr, !node.negated);
  }
  Site site = MakeSite(node, diagnostics->source());
  if (!compiled.automata.empty()) {
    return MakeTest(std::move(site), operand.expr,
                    MatchesAnyPattern{std::move(compiled), node.negated});
  }
  if (compiled.regex != nullptr) {
    return MakeTest(std::move(site), operand.expr, MatchesRegex{compiled.regex, node.negated});
  }
  return MakeWildcardTest(std::move(site), operand.expr, std::move(compiled.wildcards),
                          node.negated);
}

}  // namespace weir::expr
