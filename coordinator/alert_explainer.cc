#include "coordinator/alert_explainer.h"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/units.h"
#include "common/exec/shown_value.h"
#include "common/rule/adjustments.h"
#include "common/types/coding.h"

namespace weir::coordinator {
namespace {

std::string FoldText(const plan::CompiledRule& rule, const plan::Window& window) {
  if (window.is_events) {
    return "";
  }
  std::vector<std::string> aggregates;
  for (const plan::FoldAggregate& aggregate : window.aggregates) {
    aggregates.push_back(aggregate.text);
  }
  std::vector<std::string> keys;
  for (const plan::FoldKey& key : window.keys) {
    keys.push_back(key.text);
  }
  return fmt::format("STATS {}{}{}, over {} in panes of {}", fmt::join(aggregates, ", "),
                     keys.empty() ? "" : " BY ", fmt::join(keys, ", "),
                     FormatDuration(rule.judge.lookback_ms), FormatDuration(window.pane_ms));
}

// What of the rule's outputs repeats text of prompts or completions.
bool IsHidden(const plan::CompiledRule& rule, const plan::Window& window, const std::string& column) {
  for (const plan::Tail::Output& output : rule.tail.outputs) {
    if (output.name != column) {
      continue;
    }
    const std::size_t keys = window.keys.size();
    if (!window.is_events && output.slot < keys) {
      return exec::MayHoldPrivateText(window.keys[output.slot].text);
    }
    if (!window.is_events && output.slot < keys + window.aggregates.size()) {
      return exec::MayHoldPrivateText(window.aggregates[output.slot - keys].text);
    }
  }
  return exec::MayHoldPrivateText(column);
}

AlertExplanation::Condition ConditionOf(const std::string& text, const alert::Alert& alert,
                                        const plan::CompiledRule& rule, const plan::Window& window) {
  AlertExplanation::Condition condition{text, {}};
  Arena arena;
  for (const std::string& name : exec::ColumnsOfStep(text)) {
    for (const alert::NamedCell& cell : alert.columns) {
      if (cell.name == name) {
        ByteReader reader(cell.encoded);
        condition.values.push_back({name, exec::ShowValue(DecodeValue(&reader, &arena),
                                                          IsHidden(rule, window, name))});
      }
    }
  }
  return condition;
}

}  // namespace

StatusOr<AlertExplanation> ExplainAlert(AlertBackend* backend, const Hash128& id) {
  AlertExplanation explanation;
  WEIR_ASSIGN_OR_RETURN(explanation.details, backend->Show(id));
  const plan::RuleSetPtr rules = backend->Rules();
  const plan::CompiledRule* rule =
      rules == nullptr ? nullptr : rules->FindRule(explanation.details.alert.rule_id);
  if (rule == nullptr) {
    return explanation;
  }
  const plan::Window& window = rules->windows[rule->window_index];
  explanation.version = rules->version;
  explanation.head.push_back(fmt::format("FROM {}", fmt::join(rule->head.patterns, ", ")));
  for (const plan::RowStep& step : rule->head.steps) {
    const auto* filter = std::get_if<plan::FilterStep>(&step);
    if (filter == nullptr || filter->exception < 0) {
      explanation.head.push_back(std::visit([](const auto& each) { return each.text; }, step));
    }
  }
  explanation.fold = FoldText(*rule, window);
  for (const plan::TailStep& step : rule->tail.steps) {
    const std::string text = std::visit([](const auto& each) { return each.text; }, step);
    if (std::holds_alternative<plan::FilterStep>(step)) {
      explanation.tail.push_back(ConditionOf(text, explanation.details.alert, *rule, window));
    } else {
      explanation.tail.push_back({text, {}});
    }
  }
  for (const rule::Exception& exception : rule->source.adjustments.exceptions) {
    explanation.exceptions.push_back(
        fmt::format("{}: {}", exception.name, rule::ExceptionFilter(exception)));
  }
  return explanation;
}

}  // namespace weir::coordinator
