// A detection file of Splunk's layout: metadata, search, risk, throttling, into a Rule. Every layout of
// the risk part is read: `tags` with a risk object or a list of observables, `rba`, and `finding` or
// `intermediate_findings`; metadata stands under `tags` or at the top.
#include <algorithm>

#include "common/base/units.h"
#include "common/rule/attack_names.h"
#include "common/rule/detection_schedule_internal.h"
#include "common/rule/yaml_reader_internal.h"
#include "common/spl/macros.h"

namespace weir::rule {
namespace {

constexpr int kScoreMax = 100;
// How often the windows of a detection without the scheduler are judged, and how far apart alerts are.
constexpr int64_t kIntervalMs = 5 * 60 * 1000;

constexpr std::string_view kTypes[] = {"TTP", "Anomaly", "Hunting", "Correlation", "Baseline",
                                       "Investigation"};

// As the severities of Elastic's scores, so that both kinds of rules sort alike.
Severity SeverityOf(int score) {
  constexpr int kLowMax = 21;
  constexpr int kMediumMax = 47;
  constexpr int kHighMax = 73;
  return score <= kLowMax      ? Severity::kLow
         : score <= kMediumMax ? Severity::kMedium
         : score <= kHighMax   ? Severity::kHigh
                               : Severity::kCritical;
}

class Loader {
 public:
  Loader(LoadResult* result, const YAML::Node& file, const YAML::Node& macros)
      : text_(result->text), reader_(result), file_(file), macros_(macros), tags_(reader_.Find(file, "tags")) {
    rule_.path = result->path;
  }

  std::optional<Rule> Load();

 private:
  void LoadIdentity();
  void LoadTexts();
  void LoadThreat();
  void LoadRisk();
  void LoadObservables();
  void LoadRiskObject(const YAML::Node& risk);
  void LoadRiskObjects();
  void LoadEntities(const YAML::Node& list, std::vector<Detection::Entity>* out);
  void LoadThrottling();
  void LoadSchedule();
  void LoadMacros();
  // Under tags, else at the top.
  bool Metadata(const std::string& key, std::vector<std::string>* out) {
    return reader_.Strings(tags_, key, out) || reader_.Strings(file_, key, out);
  }

  std::string_view text_;
  YamlReader reader_;
  YAML::Node file_;
  YAML::Node macros_;
  YAML::Node tags_;
  Rule rule_;
  Detection detection_;
};

std::optional<Rule> Loader::Load() {
  rule_.type = RuleType::kSpl;
  rule_.type_name = "spl";
  rule_.dialect = Dialect::kSpl;
  rule_.interval_ms = kIntervalMs;
  LoadIdentity();
  LoadTexts();
  LoadThreat();
  LoadRisk();
  LoadThrottling();
  LoadSchedule();
  LoadMacros();
  rule_.detection = std::move(detection_);
  if (reader_.has_errors()) {
    return std::nullopt;
  }
  return std::move(rule_);
}

void Loader::LoadIdentity() {
  reader_.String(file_, "name", &rule_.name, true);
  reader_.String(file_, "id", &rule_.id, true);
  reader_.String(file_, "description", &rule_.description);
  int version = 0;
  if (reader_.Integer(file_, "version", 0, 1'000'000, &version)) {
    rule_.version = version;
  }
  if (reader_.String(file_, "search", &rule_.query, true)) {
    const YAML::Node search = reader_.Find(file_, "search");
    // A block's text begins on the line behind its indicator.
    const auto at = static_cast<std::size_t>(std::max(search.Mark().pos, 0));
    const bool is_block = at < text_.size() && (text_[at] == '|' || text_[at] == '>');
    rule_.query_line = search.Mark().line + (is_block ? 2 : 1);
  }
  if (reader_.String(file_, "type", &detection_.type) &&
      std::find(std::begin(kTypes), std::end(kTypes), detection_.type) == std::end(kTypes)) {
    reader_.Warning(reader_.Find(file_, "type").Mark(),
                    fmt::format("unknown type of detection [{}]", detection_.type));
  }
  reader_.String(file_, "status", &detection_.status);
  rule_.enabled = detection_.status != "deprecated" && detection_.status != "removed";
  rule_.maturity = detection_.status;
  if (detection_.type == "Anomaly" || detection_.type == "Hunting") {
    rule_.building_block_type = "default";
  }
}

void Loader::LoadTexts() {
  reader_.Strings(file_, "author", &rule_.author);
  reader_.Strings(file_, "references", &rule_.references);
  reader_.Strings(file_, "known_false_positives", &rule_.false_positives);
  reader_.String(file_, "how_to_implement", &rule_.setup);
  reader_.String(file_, "note", &rule_.note);
  if (!reader_.String(file_, "modification_date", &rule_.updated_date)) {
    reader_.String(file_, "date", &rule_.updated_date);
  }
  reader_.Strings(file_, "data_source", &detection_.data_sources);
  // To 2021 the key had another name.
  if (!Metadata("analytic_story", &detection_.stories)) {
    Metadata("analytics_story", &detection_.stories);
  }
  for (const std::string& story : detection_.stories) {
    rule_.tags.push_back("Story: " + story);
  }
  if (!detection_.type.empty()) {
    rule_.tags.push_back("Type: " + detection_.type);
  }
  std::vector<std::string> domain;
  Metadata("security_domain", &domain);
  for (const std::string& name : domain) {
    rule_.tags.push_back("Domain: " + name);
  }
}

void Loader::LoadThreat() {
  std::vector<std::string> ids;
  Metadata("mitre_attack_id", &ids);
  if (ids.empty()) {
    return;
  }
  ThreatMapping mapping;
  mapping.framework = "MITRE ATT&CK";
  for (const std::string& id : ids) {
    const std::size_t dot = id.find('.');
    const std::string parent = id.substr(0, dot);
    auto technique = std::find_if(
        mapping.techniques.begin(), mapping.techniques.end(),
        [&](const ThreatTechnique& one) { return one.entry.id == parent; });
    if (technique == mapping.techniques.end()) {
      ThreatTechnique added;
      added.entry = {parent, std::string(AttackTechniqueName(parent)), ""};
      technique = mapping.techniques.insert(mapping.techniques.end(), std::move(added));
    }
    if (dot != std::string::npos) {
      technique->subtechniques.push_back({id, std::string(AttackTechniqueName(id)), ""});
    }
  }
  rule_.threat.push_back(std::move(mapping));
}

void Loader::LoadEntities(const YAML::Node& list, std::vector<Detection::Entity>* out) {
  if (!list.IsDefined()) {
    return;
  }
  if (!list.IsSequence()) {
    reader_.Error(list.Mark(), "expected a list of entities");
    return;
  }
  for (const YAML::Node& item : list) {
    Detection::Entity entity;
    reader_.String(item, "field", &entity.field, true);
    reader_.String(item, "type", &entity.type);
    reader_.Integer(item, "score", 0, kScoreMax, &entity.score);
    if (detection_.message.empty()) {
      reader_.String(item, "message", &detection_.message);
    }
    out->push_back(std::move(entity));
  }
}

// To early 2025: roles of observables; a score is impact times confidence.
void Loader::LoadObservables() {
  const YAML::Node list = reader_.Find(tags_, "observable");
  int score = 0;
  int impact = 0;
  int confidence = 0;
  if (!reader_.Integer(tags_, "risk_score", 0, kScoreMax, &score) &&
      reader_.Integer(tags_, "impact", 0, kScoreMax, &impact) &&
      reader_.Integer(tags_, "confidence", 0, kScoreMax, &confidence)) {
    score = impact * confidence / kScoreMax;
  }
  reader_.String(tags_, "message", &detection_.message);
  rule_.risk_score = std::max(rule_.risk_score, score);
  if (!list.IsDefined() || !list.IsSequence()) {
    return;
  }
  for (const YAML::Node& item : list) {
    Detection::Entity entity;
    std::vector<std::string> roles;
    reader_.String(item, "name", &entity.field, true);
    reader_.String(item, "type", &entity.type);
    reader_.Strings(item, "role", &roles);
    const bool attacker = std::find(roles.begin(), roles.end(), "Attacker") != roles.end();
    entity.score = attacker ? 0 : score;
    (attacker ? detection_.threat_objects : detection_.risk_objects).push_back(std::move(entity));
  }
}

// To 2021: one object, whose score it is.
void Loader::LoadRiskObject(const YAML::Node& risk) {
  Detection::Entity entity;
  if (!reader_.String(risk, "risk_object", &entity.field)) {
    return;
  }
  reader_.String(risk, "risk_object_type", &entity.type);
  reader_.Integer(risk, "risk_score", 0, kScoreMax, &entity.score);
  detection_.risk_objects.push_back(std::move(entity));
}

// In `tags`, or in its list `risk`.
void Loader::LoadRiskObjects() {
  LoadRiskObject(tags_);
  const YAML::Node list = reader_.Find(tags_, "risk");
  if (!list.IsDefined() || !list.IsSequence()) {
    return;
  }
  for (const YAML::Node& item : list) {
    LoadRiskObject(item);
  }
}

void Loader::LoadRisk() {
  const YAML::Node rba = reader_.Find(file_, "rba");
  const YAML::Node finding = reader_.Find(file_, "finding");
  const YAML::Node intermediate = reader_.Find(file_, "intermediate_findings");
  reader_.String(rba, "message", &detection_.message);
  LoadEntities(reader_.Find(rba, "risk_objects"), &detection_.risk_objects);
  LoadEntities(reader_.Find(rba, "threat_objects"), &detection_.threat_objects);
  if (finding.IsDefined()) {
    reader_.String(finding, "title", &detection_.message);
    const YAML::Node entity = reader_.Find(finding, "entity");
    if (entity.IsDefined()) {
      YAML::Node list(YAML::NodeType::Sequence);
      list.push_back(entity);
      LoadEntities(list, &detection_.risk_objects);
    }
    LoadEntities(reader_.Find(finding, "threat_objects"), &detection_.threat_objects);
  }
  LoadEntities(reader_.Find(intermediate, "entities"), &detection_.risk_objects);
  LoadEntities(reader_.Find(intermediate, "threat_objects"), &detection_.threat_objects);
  LoadEntities(reader_.Find(file_, "threat_objects"), &detection_.threat_objects);
  LoadObservables();
  LoadRiskObjects();
  for (const Detection::Entity& entity : detection_.risk_objects) {
    rule_.risk_score = std::max(rule_.risk_score, entity.score);
    rule_.investigation_fields.push_back(entity.field);
  }
  for (const Detection::Entity& entity : detection_.threat_objects) {
    rule_.investigation_fields.push_back(entity.field);
  }
  rule_.severity = SeverityOf(rule_.risk_score);
}

void Loader::LoadThrottling() {
  YAML::Node throttling = reader_.Find(file_, "throttling");
  if (!throttling.IsDefined()) {
    throttling = reader_.Find(tags_, "throttling");
  }
  if (!throttling.IsDefined()) {
    return;
  }
  Suppression suppression;
  reader_.Strings(throttling, "fields", &suppression.group_by);
  std::string period;
  if (!reader_.String(throttling, "period", &period, true)) {
    return;
  }
  const StatusOr<int64_t> duration = ParseDuration(period);
  const bool unit_fits = !period.empty() && (period.back() == 's' || period.back() == 'm' ||
                                             period.back() == 'h');
  if (!duration.ok() || *duration <= 0 || !unit_fits) {
    reader_.Error(reader_.Find(throttling, "period").Mark(),
                  fmt::format("field [throttling.period] must be a number with s, m or h, found [{}]",
                              period));
    return;
  }
  suppression.duration_ms = *duration;
  rule_.suppression = std::move(suppression);
}

// Whether it is judged by the clock, in our own key, and the clock, as the scheduler has it.
void Loader::LoadSchedule() {
  std::string schedule;
  if (reader_.String(file_, "schedule", &schedule)) {
    if (schedule != "clock" && schedule != "sliding") {
      reader_.Error(reader_.Find(file_, "schedule").Mark(),
                    fmt::format("field [schedule] must be clock or sliding, found [{}]", schedule));
    }
    rule_.adjustments.mode = schedule == "clock" ? "schedule" : "continuous";
  }
  YAML::Node runs = reader_.Find(reader_.Find(file_, "deployment"), "scheduling");
  if (!runs.IsDefined()) {
    runs = reader_.Find(file_, "scheduling");
  }
  if (runs.IsDefined()) {
    std::string cron = "0 * * * *";
    std::string earliest = "-70m@m";
    std::string latest = "-10m@m";
    reader_.String(runs, "cron_schedule", &cron);
    reader_.String(runs, "earliest_time", &earliest);
    reader_.String(runs, "latest_time", &latest);
    const StatusOr<DetectionSchedule> parsed = ParseDetectionSchedule(cron, earliest, latest);
    if (parsed.ok()) {
      detection_.clock_interval_ms = parsed->interval_ms;
      detection_.clock_from_ms = parsed->from_ms;
      detection_.clock_to_ms = parsed->to_ms;
    } else {
      reader_.Warning(runs.Mark(), fmt::format("field [scheduling] is not applied: {}",
                                               Message(parsed.status())),
                      "it is judged as one that runs every hour from -70m@m to -10m@m");
    }
  }
  rule_.lookback_ms = detection_.clock_from_ms - detection_.clock_to_ms;
}

void Loader::LoadMacros() {
  const YAML::Node list = reader_.Find(macros_, "macros");
  if (!list.IsDefined() || !list.IsSequence()) {
    return;
  }
  for (const YAML::Node& item : list) {
    std::string name;
    spl::Macro macro;
    reader_.String(item, "name", &name, true);
    reader_.Strings(item, "arguments", &macro.arguments);
    reader_.String(item, "definition", &macro.definition);
    detection_.macros[name] = std::move(macro);
  }
}

}  // namespace

void LoadDetection(LoadResult* result) {
  YamlReader reader(result);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(result->text);
    if (documents.empty() || !documents.front().IsMap()) {
      reader.Error(YAML::Mark::null_mark(), "the file holds no keys and values");
      return;
    }
    if (documents.size() > 2) {
      reader.Error(documents[1].Mark(), "a file holds one detection");
      return;
    }
    const YAML::Node macros =
        documents.size() == 2 ? documents[1] : YAML::Node(YAML::NodeType::Undefined);
    result->rule = Loader(result, documents.front(), macros).Load();
  } catch (const YAML::Exception& error) {
    reader.Error(error.mark, fmt::format("cannot parse YAML: {}", error.msg));
  } catch (const std::exception& error) {
    reader.Error(YAML::Mark::null_mark(), fmt::format("cannot parse YAML: {}", error.what()));
  }
}

}  // namespace weir::rule
