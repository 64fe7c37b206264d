// What overlays change in a rule's query, and what of them does not fit it (any more). Such a part is
// named and left out: the rule runs all the same.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/time.h"
#include "common/base/units.h"
#include "common/esql/any_value.h"
#include "common/kql/lower.h"
#include "common/kql/parser.h"
#include "common/plan/analyzer_internal.h"
#include "common/plan/query_rules_internal.h"
#include "common/plan/rule_set_internal.h"

namespace weir::plan {
namespace {

rule::Finding Unfit(const rule::Place& place, const std::string& message, std::string hint = "") {
  return rule::MakeFinding(place, esql::Severity::kWarning, "no longer fits: " + message,
                           std::move(hint));
}

bool IsComparison(esql::Operator op) {
  return op == esql::Operator::kEqual || op == esql::Operator::kNotEqual ||
         op == esql::Operator::kLess || op == esql::Operator::kLessEqual ||
         op == esql::Operator::kGreater || op == esql::Operator::kGreaterEqual;
}

bool HasColumn(const esql::Expression& expression) {
  return expression.kind == esql::ExpressionKind::kColumn ||
         std::any_of(expression.args.begin(), expression.args.end(),
                     [](const esql::ExpressionPtr& argument) { return HasColumn(*argument); });
}

// A constant that a column is compared with.
struct Comparison {
  std::string column;
  esql::ExpressionPtr* constant = nullptr;
  bool is_lower_bound = false;
};

void FindComparisons(esql::Expression* expression, std::vector<Comparison>* found) {
  if (expression->kind == esql::ExpressionKind::kBinary && IsComparison(expression->op)) {
    for (const std::size_t side : {0U, 1U}) {
      const esql::Expression& column = *expression->args[side];
      esql::ExpressionPtr* constant = &expression->args[1 - side];
      if (column.kind == esql::ExpressionKind::kColumn && !HasColumn(**constant)) {
        const bool greater = expression->op == esql::Operator::kGreater ||
                             expression->op == esql::Operator::kGreaterEqual;
        const bool less = expression->op == esql::Operator::kLess ||
                          expression->op == esql::Operator::kLessEqual;
        found->push_back({column.name, constant, side == 0 ? greater : less});
      }
    }
  }
  for (const esql::ExpressionPtr& argument : expression->args) {
    FindComparisons(argument.get(), found);
  }
}

// The comparisons of all conditions behind the first STATS.
std::vector<Comparison> ComparisonsAfterStats(esql::Query* query) {
  std::vector<Comparison> found;
  bool after = false;
  for (esql::Command& command : query->commands) {
    if (std::holds_alternative<esql::StatsCommand>(command.body)) {
      after = true;
    } else if (auto* where = std::get_if<esql::WhereCommand>(&command.body); where != nullptr && after) {
      FindComparisons(where->condition.get(), &found);
    }
  }
  return found;
}

esql::ExpressionPtr NumberNode(const rule::ThresholdChange& change, esql::SourceRange range) {
  const bool is_whole = change.text.find_first_of(".eE") == std::string::npos &&
                        change.value > -9e15 && change.value < 9e15;
  return is_whole ? esql::MakeIntegerNode(static_cast<int64_t>(change.value), range)
                  : esql::MakeDoubleNode(change.value, range);
}

std::string SourceText(const rule::Rule& rule, esql::SourceRange range) {
  return rule.query.size() >= range.end && range.end > range.begin
             ? rule.query.substr(range.begin, range.end - range.begin)
             : "";
}

// What the constant was, for people. A threshold rule has its own key for it.
std::string VendorText(const rule::Rule& rule, const esql::Expression& constant) {
  const std::string text = SourceText(rule, constant.range);
  return text.empty() && constant.kind == esql::ExpressionKind::kLiteral
             ? std::to_string(constant.literal.integer)
             : text;
}

}  // namespace

std::vector<rule::Change> ChangeThresholds(const rule::Rule& rule, esql::Query* query,
                                           std::vector<rule::Finding>* findings) {
  std::vector<rule::Change> changes;
  std::vector<Comparison> all = ComparisonsAfterStats(query);
  for (const rule::ThresholdChange& change : rule.adjustments.thresholds) {
    std::vector<Comparison> of_column;
    std::copy_if(all.begin(), all.end(), std::back_inserter(of_column),
                 [&](const Comparison& comparison) { return comparison.column == change.column; });
    // Of a range, the lower bound is the threshold.
    const bool has_bound = std::any_of(of_column.begin(), of_column.end(),
                                       [](const Comparison& one) { return one.is_lower_bound; });
    std::erase_if(of_column, [&](const Comparison& one) { return has_bound && !one.is_lower_bound; });
    if (of_column.size() == 1) {
      esql::ExpressionPtr& constant = *of_column.front().constant;
      changes.push_back({"thresholds." + change.column, VendorText(rule, *constant), change.text,
                         change.place});
      constant = NumberNode(change, constant->range);
      continue;
    }
    std::vector<std::string> names;
    for (const Comparison& comparison : all) {
      names.push_back(comparison.column);
    }
    findings->push_back(Unfit(
        change.place,
        of_column.empty()
            ? fmt::format("rule [{}] compares no column [{}] with a constant after STATS", rule.id,
                          change.column)
            : fmt::format("rule [{}] compares column [{}] with {} constants: which one is meant is "
                          "not clear",
                          rule.id, change.column, of_column.size()),
        of_column.empty() ? esql::DidYouMean(change.column, names) : ""));
  }
  return changes;
}

std::vector<ExceptionCondition> LowerExceptions(const rule::Rule& rule,
                                                const FieldCatalogue& catalogue,
                                                std::vector<rule::Finding>* findings) {
  std::vector<ExceptionCondition> conditions;
  const std::vector<rule::Exception>& exceptions = rule.adjustments.exceptions;
  for (std::size_t i = 0; i < exceptions.size(); ++i) {
    const esql::Source source(rule::ExceptionFilter(exceptions[i]));
    esql::Diagnostics inner(&source);
    const kql::NodePtr node = kql::Parse(kql::Syntax::kKql, &inner);
    esql::ExpressionPtr filter =
        node == nullptr ? nullptr : kql::Lower(*node, catalogue, &inner);
    for (const esql::Diagnostic& diagnostic : inner.list()) {
      findings->push_back(rule::MakeFinding(
          exceptions[i].place, diagnostic.severity,
          fmt::format("exception [{}]: in KQL at {}:{}: {}", exceptions[i].name, diagnostic.line,
                      diagnostic.column, diagnostic.message),
          diagnostic.hint));
    }
    if (filter == nullptr || inner.has_errors()) {
      continue;
    }
    esql::ExpressionPtr condition = esql::MakeNotNode(std::move(filter), {});
    if (exceptions[i].until_ms.has_value()) {
      esql::ExpressionPtr over = esql::MakeCallNode(esql::kAnyGreater, {});
      over->args.push_back(esql::MakeColumnNode("@timestamp", {}));
      over->args.push_back(esql::MakeKeywordNode(FormatTime(*exceptions[i].until_ms), {}));
      condition =
          esql::MakeBinaryNode(esql::Operator::kOr, std::move(condition), std::move(over));
    }
    conditions.push_back({i, std::move(condition)});
  }
  return conditions;
}

void Analyzer::CompileExceptions() {
  for (const ExceptionCondition& exception : exceptions_) {
    const rule::Exception& written = rule_.adjustments.exceptions[exception.index];
    const esql::Source source(rule::ExceptionFilter(written));
    esql::Diagnostics inner(&source);
    const expr::ExprPtr compiled =
        expr::CompileCondition(*exception.condition, stage_->scope, &inner);
    for (const esql::Diagnostic& diagnostic : inner.list()) {
      exception_findings_->push_back(rule::MakeFinding(
          written.place, diagnostic.severity,
          fmt::format("exception [{}]: {}", written.name, diagnostic.message), diagnostic.hint));
    }
    if (compiled == nullptr || inner.has_errors()) {
      continue;
    }
    Step step;
    FilterStep filter{compiled,
                      fmt::format("EXCEPT {}: {}{}", written.name, rule::ExceptionFilter(written),
                                  written.until_ms.has_value()
                                      ? " until " + FormatTime(*written.until_ms)
                                      : ""),
                      false, static_cast<int>(exception.index)};
    step.step = std::move(filter);
    // Whose it is, too: heads with equal texts are run once, and what they drop counted once.
    step.identity = fmt::format("EXCEPT {} {} {}", rule_.id, written.name,
                                ExpandedText(*exception.condition, stage_->scope));
    step.reads = ReadsOf(*exception.condition);
    for (const std::string& field : step.reads.fields) {
      if (!stage_->scope.IsKnownField(field)) {
        exception_findings_->push_back(
            Unfit(written.place,
                  fmt::format("exception [{}] tests field [{}], which no data stream that Weir "
                              "normalises has",
                              written.name, field),
                  esql::DidYouMean(field, catalogue_.Names())));
      }
    }
    exception_steps_.push_back(std::move(step));
  }
}

void CheckAdjustments(const Draft& draft, std::vector<rule::Finding>* findings) {
  const rule::Rule& rule = *draft.rule;
  const rule::Adjustments& adjustments = rule.adjustments;
  const Analysis& analysis = draft.analysis;
  const auto place_of = [&](std::string_view field) {
    const auto found =
        std::find_if(adjustments.changes.begin(), adjustments.changes.end(),
                     [&](const rule::Change& change) { return change.field == field; });
    return found == adjustments.changes.end() ? rule::Place() : found->place;
  };
  if (adjustments.lookback_place.line > 0 && analysis.lookback_ms.has_value() &&
      *analysis.lookback_ms < rule.lookback_ms) {
    findings->push_back(Unfit(adjustments.lookback_place,
                              fmt::format("the query of rule [{}] itself looks back {} only", rule.id,
                                          FormatDuration(*analysis.lookback_ms))));
  }
  if (adjustments.mode == JudgeModeName(JudgeMode::kContinuous) && place_of("mode").line > 0 &&
      draft.judge.mode != JudgeMode::kContinuous && !draft.judge.monotone) {
    findings->push_back(Unfit(place_of("mode"), fmt::format("rule [{}] is judged at ticks: {}",
                                                            rule.id, draft.judge.reason)));
  }
  if (adjustments.group_by_place.line > 0 && analysis.suppression.has_value()) {
    for (const SuppressionKey& key : analysis.suppression->keys) {
      if (!key.slot.has_value()) {
        findings->push_back(Unfit(adjustments.group_by_place,
                                  fmt::format("rule [{}] has no output column [{}] to suppress by",
                                              rule.id, key.name)));
      }
    }
  }
  for (const rule::Silence& silence : adjustments.silences) {
    const bool named = std::any_of(silence.rules.begin(), silence.rules.end(), [&](const auto& name) {
      return name == rule.id || name == rule.name;
    });
    for (const auto& [column, pattern] : silence.group) {
      const bool has = std::any_of(analysis.tail.group.begin(), analysis.tail.group.end(),
                                   [&](const Tail::Output& output) { return output.name == column; });
      if (named && !has) {
        findings->push_back(Unfit(
            silence.place, fmt::format("silence [{}] asks for group column [{}], which rule [{}] does "
                                       "not have",
                                       silence.name, column, rule.id)));
      }
    }
  }
}

}  // namespace weir::plan
