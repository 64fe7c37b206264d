// How a rule's page looks, as text and as JSON.
#include <algorithm>

#include <fmt/format.h>

#include "cli/rules_show_internal.h"
#include "common/base/json_writer.h"
#include "common/base/units.h"

namespace weir::cli {
namespace {

constexpr std::size_t kLabelWidth = 16;

std::string Trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

class TextPage {
 public:
  explicit TextPage(const RulePage& page) : page_(page), rule_(*page.rule) {}

  std::string Write();

 private:
  void Line(std::string_view label, std::string_view value) {
    out_ += fmt::format("{:<{}}{}\n", label, kLabelWidth, value);
  }
  void Lines(std::string_view label, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      Line(label, OneLine(value));
      label = "";
    }
  }
  // A heading and the text under it, indented; nothing for an empty text.
  void Block(std::string_view heading, const std::string& text);
  void Heading(std::string_view heading) { out_ += fmt::format("\n{}\n", heading); }
  void AddTime();
  void AddOverlay();
  void AddStages();
  void AddIndicators();
  void AddOutputs();
  void AddThreat();
  void AddRisk();
  void AddNeighbours();

  const RulePage& page_;
  const rule::Rule& rule_;
  std::string out_;
};

std::string TextPage::Write() {
  Line("rule", rule_.name);
  Line("id", rule_.id);
  Line("status", page_.status);
  Lines("", page_.reasons);
  Line("severity", fmt::format("{}, risk score {}", rule::SeverityName(rule_.severity),
                               rule_.risk_score));
  Lines("authors", rule_.author);
  Line("source", rule_.path);
  Line("type", rule_.type_name == rule::DialectName(rule_.dialect)
                   ? rule_.type_name
                   : fmt::format("{}, {}", rule_.type_name, rule::DialectName(rule_.dialect)));
  if (!rule_.enabled) {
    Line("switched off", "enabled = false");
  }
  AddTime();
  if (page_.facts.has_value()) {
    Line("from", fmt::format("{}", fmt::join(page_.facts->from, ", ")));
    Line("group by", page_.facts->group_by.empty()
                         ? "nothing"
                         : fmt::format("{}", fmt::join(page_.facts->group_by, ", ")));
  }
  Block("description", rule_.description);
  AddOverlay();
  AddStages();
  AddIndicators();
  AddOutputs();
  AddThreat();
  AddRisk();
  AddNeighbours();
  if (!rule_.false_positives.empty()) {
    Heading("false positives");
    for (const std::string& text : rule_.false_positives) {
      out_ += fmt::format("  - {}\n", OneLine(Trimmed(text)));
    }
  }
  Block("setup", rule_.setup);
  Block("note", rule_.note);
  Block("references", fmt::format("{}", fmt::join(rule_.references, "\n")));
  return std::move(out_);
}

void TextPage::Block(std::string_view heading, const std::string& text) {
  const std::string body = Trimmed(text);
  if (body.empty()) {
    return;
  }
  Heading(heading);
  for (std::size_t begin = 0; begin <= body.size();) {
    const std::size_t end = std::min(body.find('\n', begin), body.size());
    const std::string line = body.substr(begin, end - begin);
    out_ += line.empty() ? "\n" : fmt::format("  {}\n", line);
    begin = end + 1;
  }
}

void TextPage::AddTime() {
  Line("look-back", FormatDuration(rule_.lookback_ms));
  Line("interval", FormatDuration(rule_.interval_ms));
  if (page_.compiled != nullptr) {
    const plan::Judge& judge = page_.compiled->judge;
    Line("judged", fmt::format("{}: {}", plan::JudgeModeName(judge.mode), judge.reason));
  }
  if (rule_.suppression.has_value()) {
    Line("suppressed", fmt::format("by {}, {}", fmt::join(rule_.suppression->group_by, ", "),
                                   rule_.suppression->duration_ms.has_value()
                                       ? "for " + FormatDuration(*rule_.suppression->duration_ms)
                                       : "each execution"));
  }
}

void TextPage::AddOverlay() {
  const rule::Adjustments& adjustments =
      page_.compiled != nullptr ? page_.compiled->source.adjustments : rule_.adjustments;
  if (!adjustments.changes.empty()) {
    Heading("overlay (vendor's value -> in force)");
    out_ += ChangesText(adjustments);
  }
  if (!page_.overlay_findings.empty()) {
    Heading("overlay findings");
    for (const std::string& finding : page_.overlay_findings) {
      out_ += fmt::format("  {}\n", finding);
    }
  }
}

void TextPage::AddStages() {
  const std::vector<StageStep> steps = StageSteps(page_);
  if (steps.empty()) {
    return;
  }
  Heading("stages");
  std::string_view last;
  for (const StageStep& step : steps) {
    out_ += fmt::format("  {:<8}{}\n", step.stage == last ? "" : step.stage, OneLine(step.text));
    last = step.stage;
  }
}

void TextPage::AddIndicators() {
  if (page_.indicators.empty()) {
    return;
  }
  Heading("indicators");
  for (const RulePage::Indicator& indicator : page_.indicators) {
    const plan::Indicator& test = indicator.test;
    const std::string subject = test.expression.empty() ? test.field
                                : test.on_results && !test.field.empty() &&
                                          test.expression.find(test.field) == std::string::npos
                                    ? fmt::format("{} = {}", test.field, test.expression)
                                    : test.expression;
    out_ += fmt::format("  {}  {}{}{}\n", subject, test.kind, test.values.empty() ? "" : "  ",
                        OneLine(fmt::format("{}", fmt::join(test.values, ", "))));
    if (page_.loaded_rules > 1) {
      out_ += fmt::format("      {} other {} for the same\n", indicator.other_rules,
                          indicator.other_rules == 1 ? "rule looks" : "rules look");
    }
  }
}

void TextPage::AddOutputs() {
  if (page_.outputs.empty()) {
    return;
  }
  Heading("output");
  for (const RulePage::Output& output : page_.outputs) {
    out_ += fmt::format("  {} ({})  {}\n", output.name, output.type,
                        output.source == "field" ? "the event's field" : "= " + output.source);
  }
}

void TextPage::AddThreat() {
  if (ThreatOf(rule_).empty()) {
    return;
  }
  Heading("coverage");
  for (const rule::ThreatMapping& threat : ThreatOf(rule_)) {
    out_ += fmt::format("  {}: {}{}{}\n", threat.framework, threat.tactic.id,
                        threat.tactic.id.empty() ? "" : " ",
                        threat.tactic.name.empty() ? "(no tactic named)" : threat.tactic.name);
    for (const rule::ThreatTechnique& technique : threat.techniques) {
      out_ += fmt::format("    {}  {}\n", technique.entry.id, technique.entry.name);
      for (const rule::ThreatEntry& part : technique.subtechniques) {
        out_ += fmt::format("    {}  {}\n", part.id, part.name);
      }
    }
  }
}

// What an alert of a detection says, of whom, and from what.
void TextPage::AddRisk() {
  if (!rule_.detection.has_value()) {
    return;
  }
  const rule::Detection& detection = *rule_.detection;
  if (detection.message.empty() && detection.risk_objects.empty() &&
      detection.threat_objects.empty()) {
    return;
  }
  Heading("risk");
  if (!detection.message.empty()) {
    out_ += fmt::format("  {}\n", OneLine(Trimmed(detection.message)));
  }
  for (const rule::Detection::Entity& entity : detection.risk_objects) {
    out_ += fmt::format("  at risk: {} ({}), score {}\n", entity.field, entity.type, entity.score);
  }
  for (const rule::Detection::Entity& entity : detection.threat_objects) {
    out_ += fmt::format("  threat object: {} ({})\n", entity.field, entity.type);
  }
}

void TextPage::AddNeighbours() {
  if (page_.same_actions.empty()) {
    return;
  }
  Heading("other rules on the same action");
  for (const RulePage::SameAction& same : page_.same_actions) {
    out_ += fmt::format("  {}  ({})\n", same.rule->name, fmt::join(same.actions, ", "));
  }
}

class JsonPage {
 public:
  JsonPage(const RulePage& page, std::string* out) : page_(page), rule_(*page.rule), json_(out) {}

  void Write();

 private:
  void Text(std::string_view key, std::string_view value) {
    json_.Key(key);
    json_.String(value);
  }
  void Number(std::string_view key, int64_t value) {
    json_.Key(key);
    json_.Int(value);
  }
  void Texts(std::string_view key, const std::vector<std::string>& values) {
    json_.Key(key);
    json_.BeginArray();
    for (const std::string& value : values) {
      json_.String(value);
    }
    json_.EndArray();
  }
  void AddOverlay();
  void AddStages();
  void AddIndicators();
  void AddOutputs();
  void AddEntry(const rule::ThreatEntry& entry) {
    Text("id", entry.id);
    Text("name", entry.name);
  }
  void AddRisk();
  void AddThreat();
  void AddNeighbours();

  const RulePage& page_;
  const rule::Rule& rule_;
  JsonWriter json_;
};

void JsonPage::Write() {
  json_.BeginObject();
  Text("rule_id", rule_.id);
  Text("name", rule_.name);
  Text("status", page_.status);
  Texts("reasons", page_.reasons);
  Text("severity", rule::SeverityName(rule_.severity));
  Number("risk_score", rule_.risk_score);
  Texts("authors", rule_.author);
  Text("path", rule_.path);
  Text("type", rule_.type_name);
  Text("dialect", rule::DialectName(rule_.dialect));
  json_.Key("enabled");
  json_.Bool(rule_.enabled);
  Number("look_back_ms", rule_.lookback_ms);
  Number("interval_ms", rule_.interval_ms);
  Text("mode", page_.compiled == nullptr ? "" : plan::JudgeModeName(page_.compiled->judge.mode));
  Texts("from", page_.facts.has_value() ? page_.facts->from : std::vector<std::string>());
  Texts("group_by", page_.facts.has_value() ? page_.facts->group_by : std::vector<std::string>());
  Text("description", Trimmed(rule_.description));
  AddOverlay();
  AddStages();
  AddIndicators();
  AddOutputs();
  AddThreat();
  AddRisk();
  AddNeighbours();
  Texts("false_positives", rule_.false_positives);
  Text("setup", Trimmed(rule_.setup));
  Text("note", Trimmed(rule_.note));
  Texts("references", rule_.references);
  json_.EndObject();
}

void JsonPage::AddOverlay() {
  const rule::Adjustments& adjustments =
      page_.compiled != nullptr ? page_.compiled->source.adjustments : rule_.adjustments;
  json_.Key("overlay");
  json_.BeginArray();
  for (const rule::Change& change : adjustments.changes) {
    json_.BeginObject();
    Text("field", change.field);
    Text("vendor", change.vendor);
    Text("in_force", change.overlay);
    Text("path", change.place.path);
    Number("line", change.place.line);
    json_.EndObject();
  }
  json_.EndArray();
  Texts("overlay_findings", page_.overlay_findings);
}

void JsonPage::AddStages() {
  json_.Key("stages");
  json_.BeginArray();
  for (const StageStep& step : StageSteps(page_)) {
    json_.BeginObject();
    Text("stage", step.stage);
    Text("step", step.text);
    json_.EndObject();
  }
  json_.EndArray();
}

void JsonPage::AddIndicators() {
  json_.Key("indicators");
  json_.BeginArray();
  for (const RulePage::Indicator& indicator : page_.indicators) {
    json_.BeginObject();
    Text("field", indicator.test.field);
    Text("expression", indicator.test.expression);
    Text("kind", indicator.test.kind);
    Texts("values", indicator.test.values);
    Text("on", indicator.test.on_results ? "results" : "events");
    Number("other_rules", static_cast<int64_t>(indicator.other_rules));
    json_.EndObject();
  }
  json_.EndArray();
}

void JsonPage::AddOutputs() {
  json_.Key("output");
  json_.BeginArray();
  for (const RulePage::Output& output : page_.outputs) {
    json_.BeginObject();
    Text("name", output.name);
    Text("type", output.type);
    Text("source", output.source);
    json_.EndObject();
  }
  json_.EndArray();
}

void JsonPage::AddRisk() {
  static const rule::Detection kNone;
  const rule::Detection& detection = rule_.detection.has_value() ? *rule_.detection : kNone;
  json_.Key("risk");
  json_.BeginObject();
  Text("message", Trimmed(detection.message));
  const auto entities = [this](std::string_view key,
                               const std::vector<rule::Detection::Entity>& list) {
    json_.Key(key);
    json_.BeginArray();
    for (const rule::Detection::Entity& entity : list) {
      json_.BeginObject();
      Text("field", entity.field);
      Text("type", entity.type);
      Number("score", entity.score);
      json_.EndObject();
    }
    json_.EndArray();
  };
  entities("risk_objects", detection.risk_objects);
  entities("threat_objects", detection.threat_objects);
  json_.EndObject();
}

void JsonPage::AddThreat() {
  json_.Key("coverage");
  json_.BeginArray();
  for (const rule::ThreatMapping& threat : ThreatOf(rule_)) {
    json_.BeginObject();
    Text("framework", threat.framework);
    Text("tactic_id", threat.tactic.id);
    Text("tactic", threat.tactic.name);
    json_.Key("techniques");
    json_.BeginArray();
    for (const rule::ThreatTechnique& technique : threat.techniques) {
      json_.BeginObject();
      AddEntry(technique.entry);
      json_.EndObject();
      for (const rule::ThreatEntry& part : technique.subtechniques) {
        json_.BeginObject();
        AddEntry(part);
        json_.EndObject();
      }
    }
    json_.EndArray();
    json_.EndObject();
  }
  json_.EndArray();
}

void JsonPage::AddNeighbours() {
  json_.Key("same_action");
  json_.BeginArray();
  for (const RulePage::SameAction& same : page_.same_actions) {
    json_.BeginObject();
    Text("rule_id", same.rule->id);
    Text("name", same.rule->name);
    Texts("actions", same.actions);
    json_.EndObject();
  }
  json_.EndArray();
}

template <typename Steps>
void AddSteps(std::string_view stage, const Steps& list, std::vector<StageStep>* steps) {
  for (const auto& step : list) {
    std::visit([&](const auto& body) { steps->push_back({std::string(stage), body.text}); }, step);
  }
}

}  // namespace

std::vector<StageStep> StageSteps(const RulePage& page) {
  std::vector<StageStep> steps;
  if (page.compiled == nullptr) {
    for (const std::string& command :
         page.facts.has_value() ? page.facts->commands : std::vector<std::string>()) {
      steps.push_back({"query", command});
    }
    return steps;
  }
  AddSteps("head", page.compiled->head.steps, &steps);
  const plan::Window& window = page.set->windows[page.compiled->window_index];
  if (window.is_events) {
    steps.push_back({"fold", "none: each row is judged by itself"});
  } else {
    for (const plan::FoldAggregate& aggregate : window.aggregates) {
      steps.push_back({"fold", aggregate.text});
    }
    for (const plan::FoldKey& key : window.keys) {
      steps.push_back({"fold", "BY " + key.text});
    }
  }
  AddSteps("tail", page.compiled->tail.steps, &steps);
  return steps;
}

std::string PageText(const RulePage& page) {
  return TextPage(page).Write();
}

std::string PageJson(const RulePage& page) {
  std::string out;
  JsonPage(page, &out).Write();
  return out + "\n";
}

}  // namespace weir::cli
