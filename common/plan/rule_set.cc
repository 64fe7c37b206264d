// CompileRules: analyses every rule on its own, then decides over all of them.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/plan/field_types_internal.h"
#include "common/plan/query_rules_internal.h"
#include "common/plan/rule_set_internal.h"

namespace weir::plan {
namespace {

rule::Finding RuleFinding(const rule::Rule& rule, esql::Severity severity, std::string message) {
  rule::Finding finding;
  finding.severity = severity;
  finding.path = rule.path;
  finding.rendered =
      fmt::format("{}: {}: {}\n", rule.path,
                  severity == esql::Severity::kError ? "error" : "warning", message);
  finding.message = std::move(message);
  return finding;
}

rule::Finding QueryFinding(const rule::Rule& rule, const esql::Source& source,
                           const esql::Diagnostic& diagnostic) {
  rule::Finding finding;
  finding.severity = diagnostic.severity;
  finding.path = rule.path;
  finding.line = diagnostic.line + source.line_offset();
  finding.column = diagnostic.column;
  finding.message = diagnostic.message;
  finding.hint = diagnostic.hint;
  finding.rendered = esql::Render(source, diagnostic);
  return finding;
}

// Empty when the rule can be compiled.
std::string WhyUnsupported(const rule::Rule& rule) {
  if (std::string why = WhyKindUnsupported(rule); !why.empty()) {
    return why;
  }
  if (rule.to_ms != 0) {
    return "field [rule.to] other than now is not supported: windows end at the judged instant";
  }
  if (rule.lookback_ms <= 0 || rule.interval_ms <= 0) {
    return "the look-back and the interval of a rule must be positive";
  }
  return "";
}

class RuleSetCompiler {
 public:
  RuleSetCompiler(const std::vector<rule::Rule>& rules, const CompileOptions& options,
                  const FieldCatalogue& catalogue)
      : options_(options), catalogue_(catalogue), findings_(rules.size()) {
    for (const rule::Rule& rule : rules) {
      const CompileOptions own = OptionsOf(rule);
      rules_.push_back(RuleAsJudged(
          rule, own.mode == JudgeMode::kSchedule || own.alerts == AlertMode::kParity));
    }
  }

  CompileResult Compile(RuleSetVersion version, const ClassList& live);

 private:
  void AddDraft(std::size_t index);
  std::optional<Analysis> Analyze(std::size_t index);
  CompileOptions OptionsOf(const rule::Rule& rule) const;
  void WarnOfInvestigationFields(const rule::Rule& rule, Analysis* analysis) const;
  static CompiledRule Assemble(Draft draft, const std::vector<KeyClass>& classes);

  std::vector<rule::Rule> rules_;   // as they are judged; drafts point to them
  const CompileOptions& options_;
  const FieldCatalogue& catalogue_;
  std::vector<std::vector<rule::Finding>> findings_;
  FieldRegistry fields_;
  std::set<std::string> ids_;
  std::vector<Draft> drafts_;
};

CompileResult RuleSetCompiler::Compile(RuleSetVersion version, const ClassList& live) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    AddDraft(i);
  }
  auto set = std::make_shared<RuleSet>();
  set->version = version;
  set->options = options_;
  set->classes = AssignClasses(&drafts_, live);
  set->windows = AssignWindows(&drafts_, set->classes);
  set->fields = std::make_shared<const FieldRegistry>(std::move(fields_));
  for (Draft& draft : drafts_) {
    set->rules.push_back(Assemble(std::move(draft), set->classes));
  }
  return {std::move(set), std::move(findings_)};
}

void RuleSetCompiler::AddDraft(std::size_t index) {
  const rule::Rule& rule = rules_[index];
  if (!rule.enabled) {
    return;
  }
  std::string why = WhyUnsupported(rule);
  if (why.empty() && ids_.contains(rule.id)) {
    why = fmt::format("rule_id [{}] is already used by another rule", rule.id);
  }
  if (!why.empty()) {
    findings_[index].push_back(RuleFinding(rule, esql::Severity::kError, std::move(why)));
    return;
  }
  std::optional<Analysis> analysis = Analyze(index);
  if (!analysis.has_value()) {
    return;
  }
  ids_.insert(rule.id);
  Draft draft;
  draft.input = index;
  draft.rule = &rule;
  draft.analysis = std::move(*analysis);
  draft.judge = DecideJudge(draft.analysis, rule, OptionsOf(rule));
  FindClassKeys(&draft);
  if (draft.spread) {
    JudgeSpread(draft, &draft.judge);
  }
  CheckAdjustments(draft, &findings_[index]);
  drafts_.push_back(std::move(draft));
}

CompileOptions RuleSetCompiler::OptionsOf(const rule::Rule& rule) const {
  CompileOptions options = options_;
  if (!rule.adjustments.mode.empty()) {
    options.mode = rule.adjustments.mode == JudgeModeName(JudgeMode::kSchedule)
                       ? JudgeMode::kSchedule
                       : JudgeMode::kContinuous;
    // Parity is what continuous mode cannot give: the rule's own word counts.
    options.alerts = options.mode == JudgeMode::kContinuous ? AlertMode::kEpisodes : options.alerts;
  }
  if (rule.detection.has_value() && options.mode == JudgeMode::kSchedule) {
    // A scheduler's run knows nothing of the one before.
    options.alerts = AlertMode::kParity;
  }
  if (!rule.adjustments.alerts.empty()) {
    options.alerts = rule.adjustments.alerts == AlertModeName(AlertMode::kParity)
                         ? AlertMode::kParity
                         : AlertMode::kEpisodes;
  }
  return options;
}

std::optional<Analysis> RuleSetCompiler::Analyze(std::size_t index) {
  const rule::Rule& rule = rules_[index];
  const esql::Source source(rule.query, rule.path, rule.query_line - 1);
  esql::Diagnostics diagnostics(&source);
  // A rule that fails must not leave its fields to the others.
  FieldRegistry fields = fields_;
  std::optional<Analysis> analysis;
  std::vector<rule::Finding> unfit;
  if (std::optional<esql::Query> query = QueryOfRule(rule, catalogue_, &diagnostics);
      query.has_value() && !diagnostics.has_errors()) {
    const std::vector<rule::Change> changes = ChangeThresholds(rule, &*query, &unfit);
    const RuleCatalogue catalogue(&catalogue_, AssumeFieldTypes(*query, catalogue_));
    const rule::Rule analysed = AnalysedRule(rule);
    Analyzer analyzer(analysed, catalogue, &fields, &diagnostics);
    analyzer.SetEvidence(options_.evidence);
    analyzer.Except(LowerExceptions(rule, catalogue, &unfit), &unfit);
    analysis = analyzer.Run(*query);
    if (analysis.has_value()) {
      analysis->changes = changes;
    }
  }
  if (analysis.has_value()) {
    fields_ = std::move(fields);
    WarnOfInvestigationFields(rule, &*analysis);
    for (const std::string& warning : analysis->warnings) {
      findings_[index].push_back(RuleFinding(rule, esql::Severity::kWarning, warning));
    }
  }
  std::move(unfit.begin(), unfit.end(), std::back_inserter(findings_[index]));
  for (const esql::Diagnostic& diagnostic : diagnostics.list()) {
    findings_[index].push_back(QueryFinding(rule, source, diagnostic));
    if (analysis.has_value()) {
      analysis->warnings.push_back(fmt::format("line {}:{}: {}", findings_[index].back().line,
                                               diagnostic.column, diagnostic.message));
    }
  }
  return analysis;
}

void RuleSetCompiler::WarnOfInvestigationFields(const rule::Rule& rule, Analysis* analysis) const {
  for (const std::string& name : rule.investigation_fields) {
    const bool is_output =
        std::any_of(analysis->tail.outputs.begin(), analysis->tail.outputs.end(),
                    [&](const Tail::Output& output) { return output.name == name; });
    if (!is_output && !catalogue_.TypeOf(name).has_value()) {
      analysis->warnings.push_back(
          fmt::format("investigation field [{}] is neither an output of the query nor a known field",
                      name));
    }
  }
}

CompiledRule RuleSetCompiler::Assemble(Draft draft, const std::vector<KeyClass>& classes) {
  CompiledRule rule;
  rule.source = *draft.rule;
  std::move(draft.analysis.changes.begin(), draft.analysis.changes.end(),
            std::back_inserter(rule.source.adjustments.changes));
  rule.window_index = draft.window_index;
  rule.class_index = draft.class_index;
  rule.class_key_cells = ClassKeyCells(classes[draft.class_index], draft.analysis);
  rule.head = std::move(draft.analysis.head);
  rule.tail = std::move(draft.analysis.tail);
  rule.judge = std::move(draft.judge);
  rule.suppression = std::move(draft.analysis.suppression);
  rule.spread = draft.spread;
  rule.routing_reason = std::move(draft.routing_reason);
  rule.notes = std::move(draft.analysis.notes);
  rule.warnings = std::move(draft.analysis.warnings);
  return rule;
}

}  // namespace

std::string_view JudgeModeName(JudgeMode mode) {
  return mode == JudgeMode::kSchedule ? "schedule" : "continuous";
}

std::string_view AlertModeName(AlertMode mode) {
  return mode == AlertMode::kParity ? "parity" : "episodes";
}

bool Head::Reads(std::string_view data_stream) const {
  bool reads = false;
  for (const std::string& pattern : patterns) {
    const std::string_view name = pattern;
    if (name.starts_with('-')) {
      if (MatchesWildcard(name.substr(1), data_stream)) {
        return false;
      }
    } else {
      reads = reads || name == "_all" || MatchesWildcard(name, data_stream);
    }
  }
  return reads;
}

const CompiledRule* RuleSet::FindRule(std::string_view id) const {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const CompiledRule& rule) { return rule.source.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

int RuleSet::FindWindow(const Hash128& id) const {
  const auto found = std::find_if(windows.begin(), windows.end(),
                                  [&](const Window& window) { return window.id == id; });
  return found == windows.end() ? -1 : static_cast<int>(found - windows.begin());
}

CompileResult CompileRules(const std::vector<rule::Rule>& rules, const CompileOptions& options,
                           const FieldCatalogue& catalogue, RuleSetVersion version) {
  return CompileRules(rules, options, catalogue, version, {});
}

CompileResult CompileRules(const std::vector<rule::Rule>& rules, const CompileOptions& options,
                           const FieldCatalogue& catalogue, RuleSetVersion version,
                           const ClassList& live) {
  return RuleSetCompiler(rules, options, catalogue).Compile(version, live);
}

}  // namespace weir::plan
