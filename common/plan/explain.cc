// The plan of a rule as text for people: what runs where, what is kept, when it is judged and why.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/units.h"
#include "common/plan/plan.h"

namespace weir::plan {
namespace {

constexpr std::size_t kLabelWidth = 14;

class Explainer {
 public:
  Explainer(const RuleSet& rules, const CompiledRule& rule)
      : rules_(rules),
        rule_(rule),
        window_(rules.windows[rule.window_index]),
        key_class_(rules.classes[rule.class_index]) {}

  std::string Text();

 private:
  void Section(std::string_view name) { text_ += fmt::format("{}\n", name); }
  void Line(std::string_view label, std::string_view value) {
    text_ += fmt::format("  {:<{}}{}\n", label, kLabelWidth, value);
  }
  // One line per item, the label before the first.
  void Lines(std::string_view label, const std::vector<std::string>& values);
  template <typename Steps>
  void AddSteps(const Steps& steps);
  void AddIdentity();
  void AddOverlay();
  void AddHead();
  void AddFold();
  void AddTail();
  void AddRouting();
  void AddJudge();
  void AddSuppression();
  void AddState();
  std::string GrowthText(const GrowthCondition& growth) const;
  std::string FieldName(FieldId id) const { return rules_.fields->field(id).name; }

  const RuleSet& rules_;
  const CompiledRule& rule_;
  const Window& window_;
  const KeyClass& key_class_;
  std::string text_;
};

std::string Joined(const std::vector<std::string>& parts) {
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> Names(const std::vector<Tail::Output>& outputs) {
  std::vector<std::string> names;
  for (const Tail::Output& output : outputs) {
    names.push_back(output.name);
  }
  return names;
}

void Explainer::Lines(std::string_view label, const std::vector<std::string>& values) {
  if (values.empty()) {
    Line(label, "none");
  }
  for (const std::string& value : values) {
    Line(label, value);
    label = "";
  }
}

template <typename Steps>
void Explainer::AddSteps(const Steps& steps) {
  std::vector<std::string> texts;
  for (const auto& step : steps) {
    std::visit([&](const auto& body) { texts.push_back(body.text); }, step);
  }
  Lines("steps", texts);
}

std::string Explainer::GrowthText(const GrowthCondition& growth) const {
  return fmt::format("{} {} {}", window_.aggregates[growth.aggregate].text,
                     growth.strict ? ">" : ">=", ValueToString(growth.minimum));
}

std::string Explainer::Text() {
  AddIdentity();
  AddOverlay();
  AddHead();
  AddFold();
  AddTail();
  AddRouting();
  AddJudge();
  AddSuppression();
  AddState();
  if (!rule_.notes.empty() || !rule_.warnings.empty()) {
    Section("remarks");
    for (const std::string& note : rule_.notes) {
      Line("note", note);
    }
    for (const std::string& warning : rule_.warnings) {
      Line("warning", warning);
    }
  }
  return std::move(text_);
}

void Explainer::AddIdentity() {
  Section("rule");
  Line("name", rule_.source.name);
  Line("id", rule_.source.id);
  Line("type", rule::RuleTypeName(rule_.source.type));
  Line("severity", fmt::format("{}, risk score {}", rule::SeverityName(rule_.source.severity),
                               rule_.source.risk_score));
}

void Explainer::AddOverlay() {
  const rule::Adjustments& adjustments = rule_.source.adjustments;
  if (adjustments.changes.empty()) {
    return;
  }
  Section("overlay (vendor's value -> in force)");
  std::size_t width = kLabelWidth;
  for (const rule::Change& change : adjustments.changes) {
    width = std::max(width, change.field.size() + 2);
  }
  for (const rule::Change& change : adjustments.changes) {
    text_ += fmt::format("  {:<{}}{} -> {}  ({}:{})\n", change.field, width, change.vendor,
                         change.overlay, change.place.path, change.place.line);
  }
}

void Explainer::AddHead() {
  Section("head (on ingest, row by row)");
  Line("from", Joined(rule_.head.patterns));
  AddSteps(rule_.head.steps);
  std::vector<std::string> fields;
  for (const FieldId field : rule_.head.fields) {
    fields.push_back(FieldName(field));
  }
  std::sort(fields.begin(), fields.end());
  Line("fields", Joined(fields));
  std::vector<std::string> guards;
  for (const HeadGuard& guard : rule_.head.guards) {
    guards.push_back(fmt::format("{} in [{}]", FieldName(guard.field),
                                 fmt::join(guard.values, ", ")));
  }
  Lines("guards", guards);
}

void Explainer::AddFold() {
  Section("fold (on a shard)");
  if (window_.is_events) {
    Line("events", fmt::format("no STATS; a row carries {} cells", window_.event_cells.size()));
  } else {
    std::vector<std::string> keys;
    for (const FoldKey& key : window_.keys) {
      keys.push_back(fmt::format("{}{}", key.text, key.time_bucket ? "  (time bucket)" : ""));
    }
    Lines("keys", keys);
    std::vector<std::string> aggregates;
    for (std::size_t i = 0; i < window_.aggregates.size(); ++i) {
      const bool judged = std::any_of(
          rule_.judge.growth.begin(), rule_.judge.growth.end(),
          [&](const GrowthCondition& growth) { return growth.aggregate == i; });
      aggregates.push_back(
          fmt::format("{}{}", window_.aggregates[i].text, judged ? "  (judged)" : ""));
    }
    Lines("aggregates", aggregates);
  }
  Line("panes", fmt::format("{} wide, {} a look-back, by {}", FormatDuration(window_.pane_ms),
                            (rule_.judge.lookback_ms + window_.pane_ms - 1) / window_.pane_ms,
                            window_.by_ingested ? "event.ingested" : "@timestamp"));
  Line("window", window_.rules.size() == 1
                     ? window_.id.ToHex()
                     : fmt::format("{}, shared by {} rules", window_.id.ToHex(),
                                   window_.rules.size()));
}

void Explainer::AddTail() {
  Section("tail (on the results of the fold)");
  AddSteps(rule_.tail.steps);
  Line("output", Joined(Names(rule_.tail.outputs)));
  Line("group", Joined(Names(rule_.tail.group)));
}

void Explainer::AddRouting() {
  Section("routing");
  switch (key_class_.kind) {
    case KeyClass::Kind::kKeys:
      Line("class", fmt::format("{}, key [{}]", key_class_.id.ToHex(),
                                fmt::join(key_class_.key_texts, ", ")));
      break;
    case KeyClass::Kind::kIdentity:
      Line("class", fmt::format("{}, by event identity", key_class_.id.ToHex()));
      break;
    case KeyClass::Kind::kHome:
      Line("class", fmt::format("{}, home shard of rule {}", key_class_.id.ToHex(),
                                key_class_.home));
      break;
  }
  Line("why", rule_.routing_reason);
}

void Explainer::AddJudge() {
  const Judge& judge = rule_.judge;
  Section("judge");
  Line("mode", fmt::format("{}, alerts {}", JudgeModeName(judge.mode), AlertModeName(judge.alerts)));
  Line("why", judge.reason);
  Line("interval", FormatDuration(judge.interval_ms));
  if (judge.mode == JudgeMode::kSchedule && judge.tick_ms != judge.interval_ms) {
    Line("ticks", fmt::format("every {}", FormatDuration(judge.tick_ms)));
  }
  Line("look-back", FormatDuration(judge.lookback_ms));
  Line("lateness", FormatDuration(rules_.options.lateness_ms));
  std::vector<std::string> growth;
  for (const GrowthCondition& condition : judge.growth) {
    growth.push_back(GrowthText(condition));
  }
  Lines("growth", growth);
}

void Explainer::AddSuppression() {
  if (!rule_.suppression.has_value()) {
    return;
  }
  Section("suppression");
  std::vector<std::string> keys;
  for (const SuppressionKey& key : rule_.suppression->keys) {
    keys.push_back(key.slot.has_value() ? key.name : key.name + " (missing)");
  }
  Line("by", Joined(keys));
  Line("for", rule_.suppression->duration_ms.has_value()
                  ? FormatDuration(*rule_.suppression->duration_ms)
                  : "each execution");
  Line("missing", rule_.suppression->suppress_missing ? "suppress as one group" : "do not suppress");
}

// Rough sizes, for comparing rules: a count is 8 bytes, a sum 24, an extreme 16, anything else 32;
// sets grow by their distinct values.
void Explainer::AddState() {
  Section("state");
  if (window_.is_events) {
    Line("cost", "nothing is kept per group; a row lives for its alert");
    return;
  }
  constexpr std::size_t kGroupBytes = 64;
  constexpr std::size_t kKeyBytes = 32;
  constexpr std::size_t kPaneBytes = 16;   // start and row count
  std::size_t state_bytes = 0;
  std::size_t sets = 0;
  for (const FoldAggregate& aggregate : window_.aggregates) {
    const std::string_view text = aggregate.text;
    if (aggregate.function == nullptr) {
      continue;   // the pane's row count
    }
    if (text.starts_with("VALUES") || text.starts_with("COUNT_DISTINCT") ||
        text.starts_with("TOP")) {
      ++sets;
    } else {
      state_bytes += text.starts_with("COUNT") ? 8U : text.starts_with("SUM") ? 24U
                     : text.starts_with("M")   ? 16U
                                               : 32U;
    }
  }
  const std::size_t bytes =
      kGroupBytes + kKeyBytes * window_.keys.size() + kPaneBytes + state_bytes;
  Line("cost", fmt::format("about {} bytes a group with one pane: {} + {} x {} keys + {} the pane + "
                           "{} aggregates",
                           bytes, kGroupBytes, kKeyBytes, window_.keys.size(), kPaneBytes,
                           state_bytes));
  if (sets != 0) {
    Line("", fmt::format("and about 24 bytes for each distinct value of {} set{}", sets,
                         sets == 1 ? "" : "s"));
  }
  Line("", fmt::format("each further pane with rows: {} bytes", kPaneBytes + state_bytes));
}

}  // namespace

std::string Explain(const RuleSet& rules, const CompiledRule& rule) {
  return Explainer(rules, rule).Text();
}

}  // namespace weir::plan
