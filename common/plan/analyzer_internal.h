// Analyses one ES|QL rule: resolves its columns command by command and compiles head, fold and tail.
// Every problem is reported; analysis goes on after one with columns of no type, so that one mistake
// is one message.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/plan/definition_internal.h"
#include "common/plan/plan.h"
#include "common/plan/query_rules_internal.h"
#include "common/plan/scope_internal.h"

namespace weir::plan {

// What an expression reads.
struct Reads {
  std::set<uint32_t> slots;
  std::set<std::string> fields;

  void Add(const Reads& other);
};

struct Step {
  TailStep step;
  std::string identity;          // the step in terms of source fields and slot numbers
  Reads reads;
  std::vector<uint32_t> writes;
  bool only_writes = false;      // has no effect but its writes: left out when nobody reads them
};

// Head or tail while its commands are analysed.
struct Stage {
  PlanScope scope;
  std::vector<Step> steps;
  uint32_t slot_count = 0;
};

// A column that the rows of a fold without aggregates carry.
struct KeptColumn {
  Column source;        // in the head
  uint32_t slot = 0;    // in the tail
};

// A condition of the tail, as the judge sees it.
struct TailConjunct {
  enum class Kind : uint8_t { kGrowth, kKeys, kOther } kind = Kind::kOther;
  GrowthCondition growth;        // kGrowth
  expr::ExprPtr condition;       // kKeys
  std::string text;
  bool after_barrier = false;    // after a LIMIT or a second STATS
};

// What is known about a FoldAggregate beside its compiled form.
struct AggregateFacts {
  std::string function;               // upper-case name; empty for the row count
  std::vector<DataType> column_types;
  std::vector<std::string> argument_texts;
  std::string call_text;
  bool grows = false;                 // "result >= constant" stays true while rows are added
  Reads reads;                        // of inputs and filter
};

// A STATS command, analysed in the scope before it.
struct StatsAnalysis {
  struct Output {
    enum class Kind : uint8_t { kKey, kAggregate, kExpression } kind = Kind::kKey;
    std::string name;
    uint32_t index = 0;               // kKey, kAggregate
    esql::ExpressionPtr expression;   // kExpression: over KeyName(i) and AggregateName(i)
    std::string text;                 // source text
  };
  std::vector<FoldKey> keys;
  std::vector<Definition> key_definitions;
  std::vector<Reads> key_reads;
  std::vector<bool> key_is_column;      // the key is a column as it stands
  std::vector<FoldAggregate> aggregates;
  std::vector<AggregateFacts> facts;
  std::vector<Output> outputs;
};

// The columns that stand for a STATS's parts in an expression over several of them.
std::string KeyName(std::size_t index);
std::string AggregateName(std::size_t index);
// The command as a person would write it.
std::string StatsText(const esql::StatsCommand& stats);

// One rule analysed; classes, windows and modes are decided over all rules.
struct Analysis {
  Head head;
  bool is_events = false;
  std::vector<FoldKey> keys;
  std::vector<FoldAggregate> aggregates;
  std::vector<expr::ExprPtr> event_cells;
  std::vector<std::string> cell_texts;        // canonical text of each key or event cell
  // Per STATS, the canonical texts of its keys without constants and time buckets.
  std::vector<std::set<std::string>> stats_keys;
  Tail tail;
  std::vector<std::string> output_texts;      // canonical text of each output column
  std::vector<TailConjunct> conjuncts;
  bool has_limit = false;                     // in the tail
  bool has_second_stats = false;
  bool has_mv_expand = false;                 // in the tail
  // Why the fold keeps whole rows, each a group of its own; empty when it does not.
  std::string keeps_rows;
  std::optional<int64_t> lookback_ms;         // what the query itself narrows the look-back to
  bool reads_clock = false;                   // NOW() in the tail
  std::optional<SuppressionPlan> suppression;
  std::vector<rule::Change> changes;          // of thresholds, by overlays
  std::vector<std::string> redacted;          // cells and inputs that are replaced, and how
  std::vector<std::string> notes;             // for explain; nothing is wrong
  std::vector<std::string> warnings;          // on the rule as a whole
};

class Analyzer {
 public:
  // All must outlive the analyzer.
  Analyzer(const rule::Rule& rule, const FieldCatalogue& catalogue, FieldRegistry* fields,
           esql::Diagnostics* diagnostics);

  // Empty after errors.
  std::optional<Analysis> Run(const esql::Query& query);
  // Conditions over the events of FROM, tested after all others of the head. A condition that cannot be
  // compiled is a finding and left out. Call before Run.
  void Except(std::vector<ExceptionCondition> exceptions, std::vector<rule::Finding>* findings) {
    exceptions_ = std::move(exceptions);
    exception_findings_ = findings;
  }
  // Call before Run; else texts are kept in full.
  void SetEvidence(Evidence evidence) { evidence_ = evidence; }
  // For a query that is asked once: the catalogue's fields are the columns of FROM, ROW is a source,
  // NOW() is one instant everywhere, and the order of the rows is part of the result.
  std::optional<Analysis> RunOnce(const esql::Query& query) {
    runs_once_ = true;
    return Run(query);
  }

 private:
  // Commands, in whichever stage is current.
  void AnalyzeCommand(const esql::Command& command);
  void AnalyzeFrom(const esql::FromCommand& from);
  void AnalyzeWhere(const esql::WhereCommand& where);
  void AnalyzeEval(const esql::EvalCommand& eval);
  void AnalyzeGrok(const esql::GrokCommand& grok);
  void AnalyzeDissect(const esql::DissectCommand& dissect);
  void AnalyzeMvExpand(const esql::MvExpandCommand& expand);
  void AnalyzeSort(const esql::SortCommand& sort, esql::SourceRange range);
  void AnalyzeLimit(const esql::LimitCommand& limit);
  void AnalyzeStats(const esql::StatsCommand& stats);   // analyzer_tail.cc
  void AnalyzeUnsupported(const esql::UnsupportedCommand& command, esql::SourceRange range);
  void AnalyzeRow(const esql::RowCommand& row, esql::SourceRange range);
  void AnalyzeConjunct(const esql::Expression& conjunct);

  // Notes NOW(), and warns of unknown fields.
  void CheckExpression(const esql::Expression& expression);
  expr::ExprPtr CompileIn(const esql::Expression& expression);
  Reads ReadsOf(const esql::Expression& expression) const;
  uint32_t AddSlot() { return stage_->slot_count++; }
  void AddSlotColumn(std::string name, DataType type, uint32_t slot, Definition definition);
  // Column name of the value: an alias of the column it copies, or a new slot.
  void AddComputedColumn(const std::string& name, const esql::Expression& value,
                         const std::string& text);
  void CompileExceptions();
  bool CheckTextInput(std::string_view command, const esql::Expression& input,
                      const expr::Expr& compiled);
  void AddExtractStep(TailStep step, const esql::Expression& input, std::string identity,
                      std::vector<uint32_t> slots);
  void AddGuards(const esql::Expression& conjunct);
  void ClassifyConjunct(const esql::Expression& conjunct, const expr::ExprPtr& compiled);
  std::optional<GrowthCondition> AsGrowth(const esql::Expression& conjunct) const;

  // analyzer_rows.cc: folds that keep rows, and NOW() before STATS.
  void BeginRows(std::string why);
  uint32_t KeepColumn(const Column& column);
  void FinishRows(const std::set<uint32_t>& used);
  void ListNamedFields();
  void AnalyzeInlineStats(const esql::StatsCommand& stats);
  // True when the condition is a lower bound of the event's time that narrows the look-back, which
  // is then taken; it need not be tested.
  bool NarrowLookback(const esql::Expression& conjunct);

  // redaction.cc
  bool HoldsContent(const esql::Expression& definition) const;
  void NoteContentWords(const esql::Expression& condition);
  // What a row carries of the value; column is how the author calls it.
  expr::ExprPtr ForRow(expr::ExprPtr value, const esql::Expression& definition,
                       std::string_view column);
  void WarnOfRedactedReads();

  // analyzer_tail.cc
  void BeginTail(StatsAnalysis stats);
  void AddTailStats(StatsAnalysis stats, std::string text, bool keeps_rows);
  // before: the columns that stay, in front; none after STATS.
  void AddStatsOutputs(StatsAnalysis* stats, const std::vector<Column>& key_columns,
                       const std::vector<uint32_t>& aggregate_slots, PlanScope before);
  std::vector<Column> KeyColumns(const StatsAnalysis& stats, const std::vector<uint32_t>& slots);
  void AddStatsKeys(const StatsAnalysis& stats);
  void FinishEvents();
  void FinishTail();
  void FinishHead();
  void FinishSuppression();
  void CapUnreadValues(const std::set<uint32_t>& read);
  // Leaves out steps that only write what nobody reads; returns everything the others read, together
  // with roots.
  static Reads PruneSteps(Stage* stage, Reads roots);
  std::optional<std::size_t> OutputNamed(std::string_view name) const;

  friend class StatsBuilder;

  const rule::Rule& rule_;
  const FieldCatalogue& catalogue_;
  FieldRegistry* fields_;
  esql::Diagnostics* diagnostics_;
  Stage head_;
  Stage tail_;
  Stage* stage_;
  Analysis analysis_;
  std::vector<AggregateFacts> facts_;   // of the fold's aggregates
  Reads fold_reads_;                    // of keys, inputs and filters
  std::set<uint32_t> last_key_slots_;   // tail slots of the keys of the last STATS
  bool has_stats_ = false;              // a STATS somewhere
  bool has_window_ = false;             // some command looks at rows together
  bool runs_once_ = false;
  bool sort_matters_ = false;           // the order of rows at the current command shows later
  bool group_is_row_ = false;           // in the tail: no STATS has made groups of the kept rows
  std::vector<ExceptionCondition> exceptions_;
  std::vector<rule::Finding>* exception_findings_ = nullptr;
  std::vector<Step> exception_steps_;
  Evidence evidence_ = Evidence::kFull;
  std::set<std::string> content_words_;   // of conditions on prompts and completions
  std::vector<KeptColumn> kept_;        // of a fold that keeps rows
};

}  // namespace weir::plan
