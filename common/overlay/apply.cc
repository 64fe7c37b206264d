// Lays overlays over rules, and says what changed and what does not fit.
#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "common/base/units.h"
#include "common/esql/diagnostic.h"
#include "common/overlay/overlay.h"

namespace weir::overlay {
namespace {

std::string SuppressionText(const std::optional<rule::Suppression>& suppression) {
  if (!suppression.has_value()) {
    return "none";
  }
  return fmt::format("by [{}], {}{}", fmt::join(suppression->group_by, ", "),
                     suppression->duration_ms.has_value()
                         ? "for " + FormatDuration(*suppression->duration_ms)
                         : std::string("each execution"),
                     suppression->missing == rule::Suppression::Missing::kSuppress
                         ? ""
                         : ", not without the fields");
}

std::string ExceptionText(const rule::Exception& exception) {
  return fmt::format("{}{}; {}: {}", rule::ExceptionFilter(exception),
                     exception.until_ms.has_value() ? " until " + FormatTime(*exception.until_ms) : "",
                     exception.author, exception.reason);
}

// Changes one rule by one entry.
class Application {
 public:
  Application(const RuleOverlay& entry, rule::Rule* rule, std::vector<rule::Finding>* findings)
      : entry_(entry), rule_(*rule), adjustments_(rule->adjustments), findings_(findings) {}

  void Run() {
    CheckVersion();
    ChangeFields();
    ChangeJudging();
    ChangeSuppression();
    AddAdjustments();
  }

 private:
  void Warn(const rule::Place& place, std::string message) {
    findings_->push_back(
        rule::MakeFinding(place, esql::Severity::kWarning, "no longer fits: " + std::move(message)));
  }
  void Changed(std::string field, std::string vendor, std::string overlay, const rule::Place& place) {
    if (vendor != overlay) {
      adjustments_.changes.push_back(
          {std::move(field), std::move(vendor), std::move(overlay), place});
    }
  }
  void CheckVersion();
  void ChangeFields();
  void ChangeJudging();
  void ChangeSuppression();
  void AddAdjustments();

  const RuleOverlay& entry_;
  rule::Rule& rule_;
  rule::Adjustments& adjustments_;
  std::vector<rule::Finding>* findings_;
};

void Application::CheckVersion() {
  if (entry_.written_for_version.has_value() &&
      entry_.written_for_version->value != rule_.version) {
    Warn(entry_.written_for_version->place,
         rule_.version == 0
             ? fmt::format("written for version {} of rule [{}], which names none",
                           entry_.written_for_version->value, rule_.id)
             : fmt::format("written for version {} of rule [{}], which now is version {}",
                           entry_.written_for_version->value, rule_.id, rule_.version));
  }
  if (entry_.written_for_updated_date.has_value() &&
      entry_.written_for_updated_date->value != rule_.updated_date) {
    Warn(entry_.written_for_updated_date->place,
         fmt::format("written for rule [{}] as of {}, which now is of {}", rule_.id,
                     entry_.written_for_updated_date->value,
                     rule_.updated_date.empty() ? "no date" : rule_.updated_date));
  }
}

void Application::ChangeFields() {
  const auto yes = [](bool value) { return std::string(value ? "true" : "false"); };
  if (entry_.enabled.has_value()) {
    Changed("enabled", yes(rule_.enabled), yes(entry_.enabled->value), entry_.enabled->place);
    rule_.enabled = entry_.enabled->value;
  }
  if (entry_.shadow.has_value()) {
    Changed("shadow", yes(adjustments_.shadow), yes(entry_.shadow->value), entry_.shadow->place);
    adjustments_.shadow = entry_.shadow->value;
  }
  if (entry_.severity.has_value()) {
    Changed("severity", std::string(rule::SeverityName(rule_.severity)),
            std::string(rule::SeverityName(entry_.severity->value)), entry_.severity->place);
    rule_.severity = entry_.severity->value;
  }
  if (entry_.risk_score.has_value()) {
    Changed("risk_score", std::to_string(rule_.risk_score),
            std::to_string(entry_.risk_score->value), entry_.risk_score->place);
    rule_.risk_score = static_cast<int>(entry_.risk_score->value);
  }
  if (entry_.interval_ms.has_value()) {
    Changed("interval", FormatDuration(rule_.interval_ms),
            FormatDuration(entry_.interval_ms->value), entry_.interval_ms->place);
    rule_.interval_ms = entry_.interval_ms->value;
  }
  if (entry_.lookback_ms.has_value()) {
    Changed("look_back", FormatDuration(rule_.lookback_ms),
            FormatDuration(entry_.lookback_ms->value), entry_.lookback_ms->place);
    rule_.lookback_ms = entry_.lookback_ms->value;
    adjustments_.lookback_place = entry_.lookback_ms->place;
  }
}

void Application::ChangeJudging() {
  if (entry_.mode.has_value()) {
    Changed("mode", adjustments_.mode.empty() ? "as configured" : adjustments_.mode,
            entry_.mode->value, entry_.mode->place);
    adjustments_.mode = entry_.mode->value;
  }
  if (entry_.alerts.has_value()) {
    Changed("alerts", adjustments_.alerts.empty() ? "as configured" : adjustments_.alerts,
            entry_.alerts->value, entry_.alerts->place);
    adjustments_.alerts = entry_.alerts->value;
  }
  if (entry_.max_signal_ms.has_value()) {
    Changed("max_signal_duration", "none", FormatDuration(entry_.max_signal_ms->value),
            entry_.max_signal_ms->place);
    adjustments_.max_signal_ms = entry_.max_signal_ms->value;
  }
  if (entry_.storm_cap.has_value()) {
    const rule::StormCap& cap = entry_.storm_cap->value;
    Changed("storm_cap", "none", fmt::format("{} per {}", cap.alerts, FormatDuration(cap.period_ms)),
            entry_.storm_cap->place);
    adjustments_.storm_cap = cap;
  }
}

void Application::ChangeSuppression() {
  if (!entry_.suppression.has_value()) {
    return;
  }
  const SuppressionChange& change = entry_.suppression->value;
  const std::optional<rule::Suppression> vendor = rule_.suppression;
  const bool is_threshold = rule_.type == rule::RuleType::kThreshold;
  if (change.off) {
    rule_.suppression.reset();
    Changed("suppression", SuppressionText(vendor), "none", entry_.suppression->place);
    return;
  }
  if (is_threshold && change.group_by.has_value()) {
    Warn(change.group_by->place,
         fmt::format("rule [{}] is a threshold rule, whose alerts are suppressed by its own fields",
                     rule_.id));
  }
  if (!vendor.has_value() && !is_threshold && !change.group_by.has_value()) {
    Warn(entry_.suppression->place,
         fmt::format("rule [{}] has no suppression to change, and no [group_by] is given", rule_.id));
    return;
  }
  rule::Suppression changed = vendor.value_or(rule::Suppression());
  if (change.group_by.has_value() && !is_threshold) {
    changed.group_by = change.group_by->value;
    adjustments_.group_by_place = change.group_by->place;
  }
  if (change.duration_ms.has_value()) {
    changed.duration_ms = change.duration_ms->value;
  } else if (change.per_execution) {
    changed.duration_ms.reset();
  }
  changed.missing = change.missing.value_or(changed.missing);
  rule_.suppression = changed;
  Changed("suppression", SuppressionText(vendor), SuppressionText(changed),
          entry_.suppression->place);
}

void Application::AddAdjustments() {
  adjustments_.thresholds = entry_.thresholds;
  adjustments_.exceptions = entry_.exceptions;
  for (const rule::Exception& exception : entry_.exceptions) {
    Changed("exceptions." + exception.name, "none", ExceptionText(exception), exception.place);
  }
}

void CheckSilence(const rule::Silence& silence, const std::vector<rule::Rule>& rules,
                  std::vector<rule::Finding>* findings) {
  for (const std::string& name : silence.rules) {
    const bool known = std::any_of(rules.begin(), rules.end(), [&](const rule::Rule& rule) {
      return rule.id == name || rule.name == name;
    });
    if (!known && name.find_first_of("*?") == std::string::npos) {
      findings->push_back(rule::MakeFinding(
          silence.place, esql::Severity::kWarning,
          fmt::format("no longer fits: silence [{}] is for rule [{}], which no rule is called",
                      silence.name, name)));
    }
  }
}

void AddSilences(std::vector<Overlay>* overlays, std::vector<rule::Rule>* rules) {
  for (Overlay& overlay : *overlays) {
    for (const rule::Silence& silence : overlay.silences) {
      CheckSilence(silence, *rules, &overlay.findings);
    }
    for (rule::Rule& rule : *rules) {
      std::vector<rule::Silence>& silences = rule.adjustments.silences;
      silences.insert(silences.end(), overlay.silences.begin(), overlay.silences.end());
    }
  }
}

}  // namespace

void Apply(std::vector<Overlay>* overlays, std::vector<rule::Rule>* rules) {
  std::unordered_map<std::string, rule::Rule*> by_id;
  std::vector<std::string> ids;
  for (rule::Rule& rule : *rules) {
    by_id.emplace(rule.id, &rule);
    ids.push_back(rule.id);
  }
  // Of several entries for a rule the first counts, whole: which setting came from where stays plain.
  std::map<std::string, std::pair<Overlay*, const RuleOverlay*>> entries;
  for (Overlay& overlay : *overlays) {
    for (const RuleOverlay& entry : overlay.rules) {
      if (!by_id.contains(entry.rule_id)) {
        overlay.findings.push_back(rule::MakeFinding(
            entry.place, esql::Severity::kWarning,
            fmt::format("no longer fits: no rule has the id [{}]", entry.rule_id),
            esql::DidYouMean(entry.rule_id, ids)));
        continue;
      }
      const auto [known, added] = entries.emplace(entry.rule_id, std::pair(&overlay, &entry));
      if (!added) {
        const rule::Place& other = known->second.second->place;
        overlay.findings.push_back(rule::MakeFinding(
            entry.place, esql::Severity::kError,
            fmt::format("rule [{}] has settings at {}:{} already: these are not used", entry.rule_id,
                        other.path, other.line)));
      }
    }
  }
  for (const auto& [id, entry] : entries) {
    Application(*entry.second, by_id.at(id), &entry.first->findings).Run();
  }
  AddSilences(overlays, rules);
}

void TakeFindings(std::vector<rule::Finding>* of_rule, std::vector<Overlay>* overlays) {
  std::vector<rule::Finding> kept;
  for (rule::Finding& finding : *of_rule) {
    const auto overlay = std::find_if(overlays->begin(), overlays->end(), [&](const Overlay& one) {
      return one.path == finding.path;
    });
    (overlay == overlays->end() ? kept : overlay->findings).push_back(std::move(finding));
  }
  *of_rule = std::move(kept);
}

}  // namespace weir::overlay
