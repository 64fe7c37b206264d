// Elastic's rule file (detection-rules TOML): [metadata], [rule] and their sub-tables into a Rule.
#include <algorithm>
#include <cctype>
#include <limits>
#include <map>

#include "common/base/units.h"
#include "common/rule/filters_internal.h"
#include "common/rule/toml_depth_internal.h"
#include "common/rule/toml_reader_internal.h"
#include "common/rule/yaml_reader_internal.h"

namespace weir::rule {
namespace {

using Need = TomlReader::Need;

constexpr int64_t kMaxSignalsMax = 1'000'000;
constexpr std::size_t kGroupByMax = 3;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

class Loader {
 public:
  Loader(LoadResult* result, const toml::table* file)
      : reader_(result), file_{file, ""}, path_(result->path) {}

  // Empty when there was an error.
  std::optional<Rule> Load();

 private:
  void LoadMetadata();
  void LoadIdentity();
  void LoadKind();
  void LoadScores();
  void LoadTimes();
  void LoadTexts();
  void LoadThreat();
  void LoadEntry(const TableRef& table, ThreatEntry* entry);
  void AddAtlasTags();
  void LoadSuppression();
  void LoadThreshold();
  void LoadInvestigationFields();
  void LoadFilters();
  void WarnNotApplied();
  void WarnUnknownFields();

  TomlReader reader_;
  TableRef file_;
  TableRef rule_table_;
  std::string path_;
  Rule rule_;
};

std::optional<Rule> Loader::Load() {
  rule_.path = path_;
  reader_.WarnUnknown(file_, {"metadata", "rule", "transform"});
  const toml::table* rule = reader_.Table(file_, "rule");
  if (rule == nullptr) {
    if (file_.table->get("rule") == nullptr) {
      reader_.Error({}, "the file has no [rule] table");
    }
    return std::nullopt;
  }
  rule_table_ = {rule, "rule"};
  LoadMetadata();
  LoadIdentity();
  LoadKind();
  LoadScores();
  LoadTimes();
  LoadTexts();
  LoadThreat();
  AddAtlasTags();
  LoadSuppression();
  LoadThreshold();
  LoadInvestigationFields();
  LoadFilters();
  WarnNotApplied();
  WarnUnknownFields();
  if (reader_.has_errors()) {
    return std::nullopt;
  }
  return std::move(rule_);
}

void Loader::LoadMetadata() {
  const toml::table* metadata = reader_.Table(file_, "metadata");
  if (metadata == nullptr) {
    return;
  }
  const TableRef table{metadata, "metadata"};
  reader_.String(table, "creation_date", &rule_.creation_date);
  reader_.String(table, "updated_date", &rule_.updated_date);
  reader_.String(table, "maturity", &rule_.maturity);
  reader_.String(table, "min_stack_version", &rule_.min_stack_version);
  reader_.Strings(table, "integration", true, &rule_.integration);
  reader_.WarnUnknown(table, {"creation_date", "updated_date", "deprecation_date", "maturity",
                              "min_stack_version", "min_stack_comments", "integration", "comments",
                              "bypass_bbr_timing", "extended", "os_type_list", "promotion",
                              "query_schema_validation", "released", "relative_from",
                              "local_creation_date"});
}

void Loader::LoadIdentity() {
  reader_.String(rule_table_, "rule_id", &rule_.id, Need::kRequired);
  reader_.String(rule_table_, "name", &rule_.name, Need::kRequired);
  reader_.String(rule_table_, "description", &rule_.description);
  reader_.Boolean(rule_table_, "enabled", &rule_.enabled);
  int64_t version = 0;
  if (reader_.Integer(rule_table_, "version", 0, std::numeric_limits<int>::max(), &version)) {
    rule_.version = static_cast<int>(version);
  }
}

void Loader::LoadKind() {
  static const std::map<std::string_view, RuleType> kTypes = {
      {"esql", RuleType::kEsql},
      {"query", RuleType::kQuery},
      {"saved_query", RuleType::kQuery},
      {"threshold", RuleType::kThreshold},
      {"eql", RuleType::kEql},
      {"new_terms", RuleType::kNewTerms},
      {"threat_match", RuleType::kThreatMatch},
      {"machine_learning", RuleType::kMachineLearning},
  };
  static const std::map<std::string_view, Dialect> kDialects = {
      {"esql", Dialect::kEsql},
      {"kuery", Dialect::kKuery},
      {"eql", Dialect::kEql},
      {"lucene", Dialect::kLucene},
  };
  if (reader_.String(rule_table_, "type", &rule_.type_name, Need::kRequired)) {
    const auto type = kTypes.find(rule_.type_name);
    if (type != kTypes.end()) {
      rule_.type = type->second;
    } else {
      std::vector<std::string> names;
      for (const auto& [name, ignored] : kTypes) {
        names.emplace_back(name);
      }
      reader_.Error(rule_table_.table->get("type")->source(),
                    fmt::format("unknown rule type [{}]", rule_.type_name),
                    esql::DidYouMean(rule_.type_name, names));
    }
  }
  rule_.dialect = rule_.type == RuleType::kEsql  ? Dialect::kEsql
                  : rule_.type == RuleType::kEql ? Dialect::kEql
                                                 : Dialect::kKuery;
  std::string language;
  if (reader_.String(rule_table_, "language", &language)) {
    const toml::source_region& region = rule_table_.table->get("language")->source();
    const auto dialect = kDialects.find(language);
    if (dialect == kDialects.end()) {
      reader_.Error(region, fmt::format("unknown query language [{}]", language));
    } else if ((rule_.type == RuleType::kEsql) != (dialect->second == Dialect::kEsql) &&
               rule_.type != RuleType::kUnknown) {
      reader_.Error(region, fmt::format("rule type [{}] cannot have language [{}]", rule_.type_name,
                                        language));
    } else {
      rule_.dialect = dialect->second;
    }
  }
  const Need need =
      rule_.type == RuleType::kMachineLearning ? Need::kOptional : Need::kRequired;
  if (reader_.String(rule_table_, "query", &rule_.query, need)) {
    rule_.query_line = reader_.TextLine(*rule_table_.table->get("query"));
  }
}

void Loader::LoadScores() {
  static const std::map<std::string_view, Severity> kSeverities = {
      {"low", Severity::kLow},
      {"medium", Severity::kMedium},
      {"high", Severity::kHigh},
      {"critical", Severity::kCritical},
  };
  std::string severity;
  if (reader_.String(rule_table_, "severity", &severity, Need::kRequired)) {
    const auto known = kSeverities.find(severity);
    if (known == kSeverities.end()) {
      reader_.Error(rule_table_.table->get("severity")->source(),
                    fmt::format("field [rule.severity] must be one of low, medium, high, critical, "
                                "found [{}]",
                                severity));
    } else {
      rule_.severity = known->second;
    }
  }
  int64_t risk_score = 0;
  if (reader_.Integer(rule_table_, "risk_score", 0, 100, &risk_score, Need::kRequired)) {
    rule_.risk_score = static_cast<int>(risk_score);
  }
  reader_.Integer(rule_table_, "max_signals", 1, kMaxSignalsMax, &rule_.max_signals);
}

void Loader::LoadTimes() {
  int64_t from_ms = rule_.lookback_ms;
  std::string text;
  const auto read_offset = [&](std::string_view key, int64_t* offset_ms) {
    if (!reader_.String(rule_table_, key, &text)) {
      return;
    }
    if (const std::optional<int64_t> parsed = ParseNowOffset(text); parsed.has_value()) {
      *offset_ms = *parsed;
      if (text.find('/') != std::string::npos) {
        reader_.Warning(rule_table_.table->get(key)->source(),
                        fmt::format("field [rule.{}] is not rounded: [{}] is taken as {} s ago", key,
                                    text, *parsed / 1000));
      }
    } else {
      reader_.Error(rule_table_.table->get(key)->source(),
                    fmt::format("field [rule.{}] must be now or now-<number><unit>, unit s, m, h, d "
                                "or w, found [{}]",
                                key, text));
    }
  };
  read_offset("from", &from_ms);
  read_offset("to", &rule_.to_ms);
  if (reader_.String(rule_table_, "interval", &text)) {
    const StatusOr<int64_t> interval = ParseDuration(text);
    if (interval.ok() && *interval > 0) {
      rule_.interval_ms = *interval;
    } else {
      reader_.Error(rule_table_.table->get("interval")->source(),
                    fmt::format("field [rule.interval] must be a positive duration, found [{}]",
                                text));
    }
  }
  rule_.lookback_ms = from_ms - rule_.to_ms;
  if (rule_.lookback_ms <= 0) {
    const toml::node* node = rule_table_.table->get("from");
    reader_.Error(node != nullptr ? node->source() : rule_table_.table->source(),
                  "field [rule.from] must lie before [rule.to]");
  }
  reader_.String(rule_table_, "timestamp_override", &rule_.timestamp_override);
  reader_.Boolean(rule_table_, "timestamp_override_fallback_disabled",
                  &rule_.timestamp_override_fallback_disabled);
  if (!rule_.timestamp_override.empty() && rule_.timestamp_override != "event.ingested" &&
      rule_.timestamp_override != "@timestamp") {
    reader_.Warning(rule_table_.table->get("timestamp_override")->source(),
                    fmt::format("timestamp_override [{}] is not applied: @timestamp is used",
                                rule_.timestamp_override));
  }
}

void Loader::LoadTexts() {
  reader_.Strings(rule_table_, "index", true, &rule_.index);
  reader_.String(rule_table_, "event_category_override", &rule_.event_category_field);
  reader_.Strings(rule_table_, "author", true, &rule_.author);
  reader_.Strings(rule_table_, "tags", false, &rule_.tags);
  reader_.Strings(rule_table_, "references", false, &rule_.references);
  reader_.Strings(rule_table_, "false_positives", false, &rule_.false_positives);
  reader_.String(rule_table_, "note", &rule_.note);
  reader_.String(rule_table_, "setup", &rule_.setup);
  reader_.String(rule_table_, "license", &rule_.license);
  reader_.String(rule_table_, "building_block_type", &rule_.building_block_type);
}

void Loader::LoadEntry(const TableRef& table, ThreatEntry* entry) {
  reader_.String(table, "id", &entry->id, Need::kRequired);
  reader_.String(table, "name", &entry->name);
  reader_.String(table, "reference", &entry->reference);
}

void Loader::LoadThreat() {
  for (const TableRef& table : reader_.Tables(rule_table_, "threat")) {
    ThreatMapping mapping;
    reader_.String(table, "framework", &mapping.framework, Need::kRequired);
    if (const toml::table* tactic = reader_.Table(table, "tactic"); tactic != nullptr) {
      const TableRef tactic_table{tactic, table.Path("tactic")};
      LoadEntry(tactic_table, &mapping.tactic);
      reader_.WarnUnknown(tactic_table, {"id", "name", "reference"});
    }
    for (const TableRef& technique_table : reader_.Tables(table, "technique")) {
      ThreatTechnique technique;
      LoadEntry(technique_table, &technique.entry);
      for (const TableRef& sub_table : reader_.Tables(technique_table, "subtechnique")) {
        LoadEntry(sub_table, &technique.subtechniques.emplace_back());
        reader_.WarnUnknown(sub_table, {"id", "name", "reference"});
      }
      reader_.WarnUnknown(technique_table, {"id", "name", "reference", "subtechnique"});
      mapping.techniques.push_back(std::move(technique));
    }
    reader_.WarnUnknown(table, {"framework", "tactic", "technique"});
    rule_.threat.push_back(std::move(mapping));
  }
}

// Rules name MITRE ATLAS techniques in tags: "Mitre Atlas: T0024.000" is AML.T0024.000, a
// subtechnique of AML.T0024. What the rule's threat mappings name already is not named again.
void Loader::AddAtlasTags() {
  constexpr std::string_view kPrefix = "mitre atlas:";
  constexpr std::string_view kReference = "https://atlas.mitre.org/techniques/";
  ThreatMapping mapping;
  mapping.framework = "MITRE ATLAS";
  const auto find = [](ThreatMapping* in, const std::string& id) -> ThreatTechnique* {
    const auto found = std::find_if(in->techniques.begin(), in->techniques.end(),
                                    [&](const ThreatTechnique& each) { return each.entry.id == id; });
    return found == in->techniques.end() ? nullptr : &*found;
  };
  // The technique where the rule's mappings, or an earlier tag, name it.
  const auto find_or_add = [&](const std::string& id) -> ThreatTechnique& {
    for (ThreatMapping& known : rule_.threat) {
      if (ThreatTechnique* technique = find(&known, id); technique != nullptr) {
        return *technique;
      }
    }
    if (ThreatTechnique* technique = find(&mapping, id); technique != nullptr) {
      return *technique;
    }
    ThreatTechnique& added = mapping.techniques.emplace_back();
    added.entry = {id, "", std::string(kReference) + id};
    return added;
  };
  for (const std::string& tag : rule_.tags) {
    if (!Lower(tag).starts_with(kPrefix)) {
      continue;
    }
    std::string id = tag.substr(kPrefix.size());
    id.erase(0, std::min(id.find_first_not_of(' '), id.size()));
    id.erase(id.find_last_not_of(' ') + 1);
    if (!id.starts_with("AML.")) {
      id = "AML." + id;
    }
    const std::size_t number = std::string_view("AML.T").size();
    if (id.size() <= number || !id.starts_with("AML.T") ||
        id.find_first_not_of("0123456789.", number) != std::string::npos) {
      continue;   // a tactic or free text: it stays a tag
    }
    const std::size_t dot = id.find('.', number);
    ThreatTechnique& technique = find_or_add(id.substr(0, dot));
    const auto same_id = [&](const ThreatEntry& entry) { return entry.id == id; };
    if (dot != std::string::npos &&
        std::none_of(technique.subtechniques.begin(), technique.subtechniques.end(), same_id)) {
      technique.subtechniques.push_back({id, "", std::string(kReference) + id});
    }
  }
  if (!mapping.techniques.empty()) {
    rule_.threat.push_back(std::move(mapping));
  }
}

void Loader::LoadSuppression() {
  const toml::table* node = reader_.Table(rule_table_, "alert_suppression");
  if (node == nullptr) {
    return;
  }
  const TableRef table{node, "rule.alert_suppression"};
  Suppression suppression;
  const Need need = rule_.type == RuleType::kThreshold ? Need::kOptional : Need::kRequired;
  if (reader_.Strings(table, "group_by", false, &suppression.group_by, need) &&
      (suppression.group_by.empty() || suppression.group_by.size() > kGroupByMax)) {
    reader_.Error(node->get("group_by")->source(),
                  fmt::format("field [rule.alert_suppression.group_by] must name 1 to {} fields, "
                              "found {}",
                              kGroupByMax, suppression.group_by.size()));
  }
  if (const toml::table* duration = reader_.Table(table, "duration"); duration != nullptr) {
    const TableRef duration_table{duration, "rule.alert_suppression.duration"};
    static const std::map<std::string_view, int64_t> kUnits = {
        {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};
    int64_t value = 0;
    std::string unit;
    const bool has_value = reader_.Integer(duration_table, "value", 1, 1'000'000, &value,
                                           Need::kRequired);
    if (reader_.String(duration_table, "unit", &unit, Need::kRequired)) {
      const auto unit_ms = kUnits.find(unit);
      if (unit_ms == kUnits.end()) {
        reader_.Error(duration->get("unit")->source(),
                      fmt::format("field [rule.alert_suppression.duration.unit] must be s, m or h, "
                                  "found [{}]",
                                  unit));
      } else if (has_value) {
        suppression.duration_ms = value * unit_ms->second;
      }
    }
    reader_.WarnUnknown(duration_table, {"value", "unit"});
  }
  std::string missing;
  if (reader_.String(table, "missing_fields_strategy", &missing)) {
    if (missing == "doNotSuppress") {
      suppression.missing = Suppression::Missing::kDoNotSuppress;
    } else if (missing != "suppress") {
      reader_.Error(node->get("missing_fields_strategy")->source(),
                    fmt::format("field [rule.alert_suppression.missing_fields_strategy] must be "
                                "suppress or doNotSuppress, found [{}]",
                                missing));
    }
  }
  reader_.WarnUnknown(table, {"group_by", "duration", "missing_fields_strategy"});
  rule_.suppression = std::move(suppression);
}

void Loader::LoadThreshold() {
  if (rule_.type == RuleType::kThreshold) {
    reader_.Find(rule_table_, "threshold", Need::kRequired);
  }
  const toml::table* node = reader_.Table(rule_table_, "threshold");
  if (node == nullptr) {
    return;
  }
  const TableRef table{node, "rule.threshold"};
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  Threshold threshold;
  reader_.Strings(table, "field", true, &threshold.fields);
  std::erase(threshold.fields, "");
  reader_.Integer(table, "value", 1, kMax, &threshold.value, Need::kRequired);
  for (const TableRef& entry : reader_.Tables(table, "cardinality")) {
    Threshold::Cardinality cardinality;
    reader_.String(entry, "field", &cardinality.field, Need::kRequired);
    reader_.Integer(entry, "value", 1, kMax, &cardinality.value, Need::kRequired);
    reader_.WarnUnknown(entry, {"field", "value"});
    threshold.cardinality.push_back(std::move(cardinality));
  }
  reader_.WarnUnknown(table, {"field", "value", "cardinality"});
  rule_.threshold = std::move(threshold);
}

void Loader::LoadInvestigationFields() {
  const toml::table* node = reader_.Table(rule_table_, "investigation_fields");
  if (node == nullptr) {
    return;
  }
  const TableRef table{node, "rule.investigation_fields"};
  reader_.Strings(table, "field_names", false, &rule_.investigation_fields);
  reader_.WarnUnknown(table, {"field_names"});
}

void Loader::LoadFilters() {
  const toml::node* node = rule_table_.table->get("filters");
  const toml::array* list = node == nullptr ? nullptr : node->as_array();
  if (node == nullptr || (list != nullptr && list->empty())) {
    return;
  }
  if (rule_.type == RuleType::kEsql) {
    reader_.Error(node->source(), "field [rule.filters] is not supported by rules of type [esql]",
                  "write the filter as a WHERE of the query");
    return;
  }
  rule_.filter = ReadFilters(rule_table_, &reader_);
}

// Fields that change what the SIEM does with the rule and have no effect here: silence about them
// would be a wrong answer.
void Loader::WarnNotApplied() {
  for (const std::string_view key :
       {"data_view_id", "exceptions_list", "severity_mapping", "risk_score_mapping", "rule_name_override",
        "tiebreaker_field", "timestamp_field", "actions", "response_actions"}) {
    const toml::node* node = rule_table_.table->get(key);
    const toml::array* list = node == nullptr ? nullptr : node->as_array();
    if (node != nullptr && (list == nullptr || !list->empty())) {
      reader_.Warning(node->source(), fmt::format("field [rule.{}] is not applied", key));
    }
  }
}

void Loader::WarnUnknownFields() {
  reader_.WarnUnknown(
      rule_table_,
      {"actions", "alert_suppression", "anomaly_threshold", "author", "building_block_type",
       "concurrent_searches", "data_view_id", "description", "enabled", "event_category_override",
       "exceptions_list", "false_positives", "filters", "from", "history_window_start", "index",
       "interval", "investigation_fields", "items_per_search", "language", "license",
       "machine_learning_job_id", "max_signals", "meta", "name", "namespace", "new_terms",
       "new_terms_fields", "note", "outcome", "output_index", "query", "references",
       "related_integrations", "required_fields", "response_actions", "revision", "risk_score",
       "risk_score_mapping", "rule_id", "rule_name_override", "saved_id", "setup", "severity",
       "severity_mapping", "tags", "threat", "threat_filters", "threat_index",
       "threat_indicator_path", "threat_language", "threat_mapping", "threat_query", "threshold",
       "throttle", "tiebreaker_field", "timeline_id", "timeline_title", "timestamp_field",
       "timestamp_override", "timestamp_override_fallback_disabled", "to", "type", "version"});
}

toml::source_region RegionOfLine(int line) {
  const toml::source_position begin{static_cast<toml::source_index>(line), 1};
  return {begin, begin, nullptr};
}

}  // namespace

LoadResult LoadRule(std::string path, std::string text) {
  LoadResult result;
  result.path = std::move(path);
  result.text = std::move(text);
  if (result.text.size() > kFileBytesMax) {
    result.text.clear();
    TomlReader(&result).Error({}, fmt::format("the file has more than {} bytes", kFileBytesMax));
    return result;
  }
  if (result.path.ends_with(".yml") || result.path.ends_with(".yaml")) {
    LoadDetection(&result);
    return result;
  }
  if (const int line = FindDeepKey(result.text); line != 0) {
    TomlReader(&result).Error(RegionOfLine(line),
                              fmt::format("a key has more than {} parts", kKeyPartsMax));
    return result;
  }
  if (result.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    TomlReader(&result).Error({}, "the file is empty");
    return result;
  }
  try {
    const toml::table file = toml::parse(std::string_view(result.text), std::string_view(result.path));
    result.rule = Loader(&result, &file).Load();
  } catch (const toml::parse_error& error) {
    TomlReader(&result).Error(error.source(), fmt::format("cannot parse TOML: {}",
                                                          std::string_view(error.description())));
  } catch (const std::exception& error) {
    TomlReader(&result).Error({}, fmt::format("cannot parse TOML: {}", error.what()));
  }
  return result;
}

}  // namespace weir::rule
