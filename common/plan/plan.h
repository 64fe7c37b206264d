// A rule compiled into its three stages: head (row-wise, on ingest), fold (mergeable partial states per
// group and pane, on a shard) and tail (merge, condition, alert rows). A RuleSet is what one version of
// the loaded rules compiles to; it is immutable and shared by all threads. docs/ARCHITECTURE.md shows a
// rule on its way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "common/agg/aggregate.h"
#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/expr/expr.h"
#include "common/grok/grok.h"
#include "common/rule/rule.h"
#include "common/types/field_catalogue.h"
#include "common/types/field_registry.h"

namespace weir::plan {

// How a rule's windows are judged: at ticks over a fixed grid, as the SIEM's scheduler would, or
// whenever a row is folded.
enum class JudgeMode : uint8_t { kSchedule, kContinuous };
// What becomes an alert: every row of every tick (parity with Elastic), or each run of firing windows.
enum class AlertMode : uint8_t { kParity, kEpisodes };
std::string_view JudgeModeName(JudgeMode mode);    // "schedule", "continuous"
std::string_view AlertModeName(AlertMode mode);    // "parity", "episodes"

// What rows, and so everything after them, have of prompts and completions: nothing by which a text could
// be told but a hash, also its length and the rule's own words in it, or all of it.
enum class Evidence : uint8_t { kNone, kRedacted, kFull };
std::string_view EvidenceName(Evidence evidence);   // "none", "redacted", "full"
// Empty for any other name.
std::optional<Evidence> EvidenceNamed(std::string_view name);

// ---- steps -----------------------------------------------------------------------------------------
// Steps work on a row of slots; a step that assigns writes a slot nobody read before. text is how a
// person would write the step, for explain.

struct FilterStep {
  expr::ExprPtr condition;      // keeps rows for which it is true
  std::string text;
  bool counts_dropped = false;  // rows it drops have no group: they are counted
  // In a head: which of the rule's exceptions drops the row, so that it can be counted; -1: none does.
  int exception = -1;
};
struct AssignStep {
  uint32_t slot = 0;
  expr::ExprPtr value;
  std::string text;
};
struct GrokStep {
  expr::ExprPtr input;
  grok::GrokPtr grok;
  std::vector<uint32_t> slots;  // one per grok->columns()
  std::string text;
};
struct DissectStep {
  expr::ExprPtr input;
  grok::DissectPtr dissect;
  std::vector<uint32_t> slots;
  std::string text;
};
struct MvExpandStep {
  expr::ExprPtr input;
  uint32_t slot = 0;            // one row per value, the value here
  std::string text;
};
using RowStep = std::variant<FilterStep, AssignStep, GrokStep, DissectStep, MvExpandStep>;

struct SortKey {
  expr::ExprPtr value;
  bool descending = false;
  bool nulls_first = false;
};
struct SortStep {
  std::vector<SortKey> keys;
  std::string text;
};
struct LimitStep {
  int64_t count = 0;
  std::string text;
};
// First step of a tail whose fold keeps whole rows: a group is a distinct row and its count says how
// often it occurred. Moves key i to slots[i] and repeats the row. Slots ascend and are above their key.
struct RepeatStep {
  uint32_t count_slot = 0;
  std::vector<uint32_t> slots;
  std::string text;
};

// ---- fold ------------------------------------------------------------------------------------------

struct FoldKey {
  std::string name;
  DataType type = DataType::kNull;
  expr::ExprPtr value;          // null-typed keys allowed; multivalues are exploded
  std::string text;             // canonical text in terms of source fields (identity of the key)
  bool time_bucket = false;     // a function of time only (DATE_TRUNC, BUCKET over @timestamp)
  bool whole = false;           // the cell as it is: a multivalue is not exploded
};

struct FoldAggregate {
  std::string name;             // output column, or a hidden name for a part of an expression
  std::string text;             // canonical text, with its filter
  agg::AggregatePtr function;   // null: the row count, which every pane keeps anyway
  std::vector<expr::ExprPtr> inputs;
  expr::ExprPtr filter;         // null: every row; rows count where it is true
  DataType result_type = DataType::kLong;
};

// A STATS in the tail: folds the rows of one evaluation, nothing is stored.
struct StatsStep {
  // INLINE STATS: the rows stay, and each gets the aggregates of its group; one of several groups (a
  // multivalued key) gets a multivalue. key_slots are empty then.
  bool keeps_rows = false;
  std::vector<FoldKey> keys;
  std::vector<FoldAggregate> aggregates;
  // Slots of the output row: keys first, then aggregates; expression over aggregates follow as
  // AssignSteps.
  std::vector<uint32_t> key_slots;
  std::vector<uint32_t> aggregate_slots;
  std::string text;
};
using TailStep = std::variant<FilterStep, AssignStep, GrokStep, DissectStep, MvExpandStep, SortStep,
                              LimitStep, RepeatStep, StatsStep>;

// ---- the stages ------------------------------------------------------------------------------------

// Equality conditions every row of the rule meets, from the head's leading WHERE conjuncts; ingest
// indexes rules by them. An event whose field has none of the values cannot match.
struct HeadGuard {
  FieldId field = 0;
  std::vector<std::string> values;   // keyword values, sorted
};

struct Head {
  std::vector<std::string> patterns;   // FROM: index patterns, '-' excludes
  std::vector<HeadGuard> guards;
  std::vector<RowStep> steps;
  uint32_t slot_count = 0;
  std::string text;                    // canonical text, part of the window's identity
  std::vector<FieldId> fields;         // what the head and the fold read, ascending

  // Whether a data stream ("logs-aws.cloudtrail-default") is read by FROM. A pattern may also name a
  // prefix family ("logs-aws*"); unknown names match nothing.
  bool Reads(std::string_view data_stream) const;
};

// What a shard keeps for a group: partial states per pane. Rules with equal head, fold, class, pane
// width and time field share one window; equal head texts have equal slots, so keys and inputs may be
// read after the head of any of the rules.
struct Window {
  Hash128 id;                          // stored: hash of the texts below
  uint32_t class_index = 0;
  bool is_events = false;              // no STATS: each row is an alert candidate of its own
  std::vector<FoldKey> keys;
  std::vector<FoldAggregate> aggregates;
  // is_events: the cells a row carries (the output columns).
  std::vector<expr::ExprPtr> event_cells;
  int64_t pane_ms = 1000;              // panes are (p - pane_ms, p], p a multiple of pane_ms
  bool by_ingested = false;            // time field: event.ingested (stamp) instead of @timestamp
  int64_t lookback_ms_max = 0;         // of the rules that use it
  std::vector<uint32_t> rules;         // indices into RuleSet::rules
};

// Routing: rows meet in a shard by the values of these key texts. Every rule of a class agrees on them.
struct KeyClass {
  Hash128 id;                          // hash of the kind and key_texts
  enum class Kind : uint8_t { kKeys, kIdentity, kHome } kind = Kind::kKeys;
  std::vector<std::string> key_texts;  // canonical key texts (kKeys)
  std::string home;                    // kHome: rule id whose home shard takes all rows
};

// A monotone conjunct of the tail's first condition: aggregate >= minimum (or >).
struct GrowthCondition {
  uint32_t aggregate = 0;              // index into Window::aggregates
  Value minimum;                       // numeric constant
  bool strict = false;                 // '>' instead of '>='
};

struct Tail {
  // Slots 0..k-1 are the fold's keys, k..k+a-1 its finished aggregates (is_events: the event cells).
  std::vector<TailStep> steps;
  uint32_t slot_count = 0;
  struct Output {
    std::string name;
    DataType type = DataType::kNull;
    uint32_t slot = 0;
  };
  std::vector<Output> outputs;         // columns of the result, in order
  // Output names that identify the group of an alert row: the keys of the last STATS still in the
  // output, with their slots; all outputs' names when there is no STATS.
  std::vector<Output> group;
  std::string text;
};

struct Judge {
  JudgeMode mode = JudgeMode::kSchedule;
  AlertMode alerts = AlertMode::kEpisodes;
  int64_t interval_ms = 0;
  int64_t lookback_ms = 0;
  // Distance of ticks: the interval, but a pane for a rule that could be continuous, were it not
  // spread or limited in how long a signal lasts.
  int64_t tick_ms = 0;
  // Such a limit or a storm cap made it so: panes and their times stay those of continuous mode.
  bool keeps_panes = false;
  // True when the condition, once true, stays true while rows are added to the window, and every row
  // of a group is judged by itself; only then may the mode be continuous.
  bool monotone = false;
  std::string reason;                  // one sentence: why this mode
  // Conjuncts that must hold for a group to pass; non-empty where any is monotone. They pick the
  // candidates of a tick, and decide alone in continuous mode.
  std::vector<GrowthCondition> growth;
  // Conditions on the group's keys alone, over the tail's slots. A group of a monotone rule fires when
  // every growth condition and every one of these holds; no other condition is left.
  std::vector<expr::ExprPtr> key_conditions;
};

struct SuppressionKey {
  std::string name;
  std::optional<uint32_t> slot;        // tail slot; empty: the query does not output it (missing)
};
struct SuppressionPlan {
  std::vector<SuppressionKey> keys;
  std::optional<int64_t> duration_ms;
  bool suppress_missing = true;
};

struct CompiledRule {
  rule::Rule source;                   // texts, severity, tags: shown with alerts
  Head head;
  uint32_t window_index = 0;
  uint32_t class_index = 0;
  // Positions of the class key's parts among the row's cells (fold keys, or event cells), in the order
  // of KeyClass::key_texts.
  std::vector<uint32_t> class_key_cells;
  Tail tail;
  Judge judge;
  std::optional<SuppressionPlan> suppression;
  // Rows of one evaluation lie in several shards: the coordinator collects their groups at each tick,
  // evaluates the tail, and the rule's home shard makes the alerts.
  bool spread = false;
  std::string routing_reason;          // one sentence: why this class
  std::vector<std::string> notes;      // for explain: nothing is wrong
  std::vector<std::string> warnings;   // what compiling warned of, for explain
};

struct CompileOptions {
  // Empty: continuous where the rule allows it.
  std::optional<JudgeMode> mode;
  // Empty: episodes. Parity implies schedule.
  std::optional<AlertMode> alerts;
  int64_t lateness_ms = 60 * 60 * 1000;
  Evidence evidence = Evidence::kRedacted;
};

class RuleSet {
 public:
  RuleSetVersion version;
  CompileOptions options;
  std::vector<CompiledRule> rules;
  std::vector<Window> windows;
  std::vector<KeyClass> classes;
  std::shared_ptr<const FieldRegistry> fields;

  const CompiledRule* FindRule(std::string_view id) const;
  // Index into windows, or -1.
  int FindWindow(const Hash128& id) const;
};
using RuleSetPtr = std::shared_ptr<const RuleSet>;

// Compiles all rules of one version. A rule that cannot be compiled is left out and says why in its
// findings (one list per input, same order, appended to). Deterministic: the same rules in the same
// order give the same windows, classes and ids. Disabled rules are left out.
struct CompileResult {
  RuleSetPtr rules;
  std::vector<std::vector<rule::Finding>> findings;   // per input rule
};
CompileResult CompileRules(const std::vector<rule::Rule>& rules, const CompileOptions& options,
                           const FieldCatalogue& catalogue, RuleSetVersion version);

// What `weir rules explain` prints: stages with their steps, routing and class, mode and why,
// suppression, windows and their state cost, warnings that hold for the rule.
std::string Explain(const RuleSet& rules, const CompiledRule& rule);

}  // namespace weir::plan
