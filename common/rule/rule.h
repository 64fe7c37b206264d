// A detection rule as its author published it: every field of the file, typed, nothing compiled
// yet. Loading reports all problems of a file with their position and never touches other files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/esql/diagnostic.h"
#include "common/rule/adjustments.h"
#include "common/spl/macros.h"

namespace weir::rule {

enum class Dialect : uint8_t { kEsql, kKuery, kEql, kLucene, kSpl };
enum class RuleType : uint8_t {
  kEsql, kQuery, kThreshold, kEql, kNewTerms, kThreatMatch, kMachineLearning, kUnknown, kSpl,
};
std::string_view DialectName(Dialect dialect);      // "esql", "kuery", ...
std::string_view RuleTypeName(RuleType type);       // as in rule files

enum class Severity : uint8_t { kLow, kMedium, kHigh, kCritical };
std::string_view SeverityName(Severity severity);

struct ThreatEntry {   // a tactic or (sub)technique
  std::string id;
  std::string name;
  std::string reference;
};
struct ThreatTechnique {
  ThreatEntry entry;
  std::vector<ThreatEntry> subtechniques;
};
struct ThreatMapping {
  std::string framework;            // "MITRE ATT&CK", "MITRE ATLAS"
  ThreatEntry tactic;
  std::vector<ThreatTechnique> techniques;
};

struct Suppression {
  enum class Missing : uint8_t { kSuppress, kDoNotSuppress };
  std::vector<std::string> group_by;
  std::optional<int64_t> duration_ms;   // absent: per rule execution
  Missing missing = Missing::kSuppress;
};

struct Threshold {
  std::vector<std::string> fields;
  int64_t value = 0;
  struct Cardinality {
    std::string field;
    int64_t value = 0;
  };
  std::vector<Cardinality> cardinality;
};

// What a detection of Splunk's layout has beside a rule's fields.
struct Detection {
  std::string type;                       // "TTP", "Anomaly", "Hunting", "Correlation"
  std::string status;                     // "production", "experimental"
  std::vector<std::string> stories;
  std::vector<std::string> data_sources;
  std::string message;                    // $field$ is a field of the alert
  struct Entity {
    std::string field;
    std::string type;                     // "user", "system", "other"
    int score = 0;                        // 0 for a threat object
  };
  std::vector<Entity> risk_objects;
  std::vector<Entity> threat_objects;
  spl::Macros macros;                     // those the search calls
  // The scheduler's run: every interval, over event time from `from` to `to` before it.
  int64_t clock_interval_ms = 60 * 60 * 1000;
  int64_t clock_from_ms = 70 * 60 * 1000;
  int64_t clock_to_ms = 10 * 60 * 1000;
  bool by_clock = false;                  // judged so, not over every range of that length
};

// A filter of Kibana's ([[rule.filters]]), which events must pass besides the query. A test holds when
// any value of the field passes.
struct Filter {
  enum class Kind : uint8_t {
    kAll,        // parts
    kAny,        // parts
    kNot,        // parts[0]
    kExists,     // field
    kEquals,     // field, values: any of them
    kPhrase,     // as kEquals; on text fields the words in their order
    kWords,      // as kEquals; on text fields any of the words
    kWildcard,   // field, values: patterns with * and ?
    kRegex,      // field, values: Lucene's expressions
    kLess, kLessEqual, kGreater, kGreaterEqual,   // field, values[0]
  };
  Kind kind = Kind::kAll;
  std::string field;
  std::vector<std::string> values;
  bool ignore_case = false;
  std::vector<Filter> parts;
};

struct Rule {
  std::string path;
  std::string id;
  std::string name;
  std::string description;
  RuleType type = RuleType::kUnknown;
  std::string type_name;              // as written
  Dialect dialect = Dialect::kEsql;
  std::string query;
  int query_line = 1;                 // line of the file on which the query's first line stands
  Severity severity = Severity::kLow;
  int risk_score = 0;
  int64_t interval_ms = 5 * 60 * 1000;    // Elastic's default
  int64_t lookback_ms = 6 * 60 * 1000;    // from "now-6m"
  int64_t to_ms = 0;                      // "now" = 0; "now-5m" = 300000
  std::string timestamp_override;         // "event.ingested" or empty
  bool timestamp_override_fallback_disabled = false;
  bool enabled = true;
  int64_t max_signals = 100;
  int version = 0;                        // 0: not given
  std::vector<std::string> index;
  std::string event_category_field = "event.category";   // what EQL's `category where` compares
  std::vector<std::string> author;
  std::vector<std::string> tags;
  std::vector<std::string> references;
  std::vector<std::string> false_positives;
  std::vector<std::string> investigation_fields;
  std::vector<ThreatMapping> threat;      // [[rule.threat]]; ATLAS ids found in tags are added
  std::optional<Suppression> suppression;
  std::optional<Threshold> threshold;
  std::optional<Detection> detection;     // dialect SPL only
  std::optional<Filter> filter;           // all of [[rule.filters]] that are switched on
  std::string note;
  std::string setup;
  std::string license;
  std::string building_block_type;
  // [metadata]
  std::string creation_date;
  std::string updated_date;
  std::string maturity;
  std::string min_stack_version;
  std::vector<std::string> integration;
  // What overlays change; nothing in the file as its author wrote it.
  Adjustments adjustments;
};

// A finding in a rule file. Line and column are those of the file; rendered is ready to print, with
// the source line and a caret.
struct Finding {
  esql::Severity severity = esql::Severity::kError;
  std::string path;
  int line = 0;       // 0: the file as a whole
  int column = 0;
  std::string message;
  std::string hint;
  std::string rendered;
};

// A finding at a place of a file that is no rule, with a line that is ready to print.
Finding MakeFinding(const Place& place, esql::Severity severity, std::string message,
                    std::string hint = "");

// Whether an error refuses what Weir does not run, rather than what is wrong: such messages say so.
bool IsRefusal(const Finding& finding);

// What one file gave. rule is empty when an error kept it from loading.
struct LoadResult {
  std::optional<Rule> rule;
  std::string path;
  std::string text;                       // the file's bytes, kept for activation
  std::vector<Finding> findings;
};

// Reads the text of one rule: TOML of Elastic's layout, or, where the path ends in .yml or .yaml, a
// detection of Splunk's, behind which macros may follow as a document of their own (BundleMacros).
LoadResult LoadRule(std::string path, std::string text);

struct LoadOptions {
  // Folders of macros for detections, beside the `macros` folder of their own checkout.
  std::vector<std::string> macro_folders;
};

// Loads every *.toml, and every *.yml with a search, below the paths (files or folders, recursively, without
// what is hidden, sorted by path). NotFound for a path that does not exist. An unreadable file is a finding
// of its result. A rule id met twice is an error of the later file.
StatusOr<std::vector<LoadResult>> LoadRules(const std::vector<std::string>& paths,
                                            const LoadOptions& options = {});

// "now-60m", "now-1h", "now-1d-6h", "now" -> milliseconds back; empty when it is none. Rounding
// ("now-1d/d") counts as its whole unit: as far back as it ever reaches.
std::optional<int64_t> ParseNowOffset(std::string_view text);

}  // namespace weir::rule
