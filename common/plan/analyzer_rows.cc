// Folds that keep rows. What compares or orders rows of a window before any STATS (INLINE STATS, SORT with
// LIMIT, NOW()) cannot run while rows arrive. The fold's keys are then the cells that later commands read,
// so that a group is a distinct row and its count how often it occurred; the tail repeats it so often
// and runs the commands over all rows of the window.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/time.h"
#include "common/esql/printer.h"
#include "common/plan/query.h"
#include "common/plan/stats_builder_internal.h"

namespace weir::plan {
namespace {

// The milliseconds that a chain `NOW() - span - span ...` lies back; empty for any other expression.
std::optional<int64_t> MillisBeforeNow(const esql::Expression& node) {
  if (node.kind == esql::ExpressionKind::kCall) {
    return node.name == "NOW" ? std::optional<int64_t>(0) : std::nullopt;
  }
  if (node.kind != esql::ExpressionKind::kBinary || node.op != esql::Operator::kSubtract ||
      node.args[1]->kind != esql::ExpressionKind::kLiteral) {
    return std::nullopt;
  }
  const std::optional<int64_t> before = MillisBeforeNow(*node.args[0]);
  const esql::Literal& span = node.args[1]->literal;
  if (!before.has_value()) {
    return std::nullopt;
  }
  if (span.type == DataType::kTimeDuration) {
    return *before + span.integer;
  }
  if (span.type == DataType::kDatePeriod && span.integer >> 32 == 0) {
    return *before + (span.integer & 0xffffffff) * kMillisPerDay;
  }
  return std::nullopt;
}

}  // namespace

void Analyzer::BeginRows(std::string why) {
  analysis_.is_events = false;
  analysis_.keeps_rows = std::move(why);
  analysis_.stats_keys.emplace_back();   // rows of all groups may be compared
  group_is_row_ = true;
  stage_ = &tail_;
  tail_.slot_count = 1;   // a kept column's slot is above its key's
  if (runs_once_) {
    Column ordinal;
    ordinal.name = kRowOrdinalField;
    ordinal.field = kRowOrdinalField;
    ordinal.ref = {expr::ColumnRef::Kind::kField, 0, DataType::kLong};
    ordinal.definition = ColumnDefinition(kRowOrdinalField);
    KeepColumn(ordinal);
  }
  tail_.scope = head_.scope;
  for (Column column : head_.scope.columns()) {
    column.ref = {expr::ColumnRef::Kind::kSlot, KeepColumn(column), column.ref.type};
    column.field.clear();
    tail_.scope.PutInPlace(std::move(column));
  }
  tail_.scope.LeaveEvents([this](const Column& field) { return KeepColumn(field); });
  Step step;
  step.step = RepeatStep{};
  tail_.steps.push_back(std::move(step));
}

// The tail's slot for a column of the head.
uint32_t Analyzer::KeepColumn(const Column& column) {
  const auto same = std::find_if(kept_.begin(), kept_.end(), [&](const KeptColumn& kept) {
    return kept.source.field == column.field &&
           (!column.field.empty() || kept.source.ref.index == column.ref.index);
  });
  if (same != kept_.end()) {
    return same->slot;
  }
  kept_.push_back({column, tail_.slot_count++});
  return kept_.back().slot;
}

// A query that keeps every field shows those it names, those that identify the event and those its
// author wants to see.
void Analyzer::ListNamedFields() {
  std::set<std::string> names = {"@timestamp"};
  for (const KeptColumn& kept : kept_) {
    if (!kept.source.field.empty()) {
      names.insert(kept.source.field);
    }
  }
  for (const std::string& name : rule_.investigation_fields) {
    if (tail_.scope.IsKnownField(name)) {
      names.insert(name);
    }
  }
  if (rule_.suppression.has_value()) {
    names.insert(rule_.suppression->group_by.begin(), rule_.suppression->group_by.end());
  }
  for (const Column& column : tail_.scope.columns()) {
    names.erase(column.name);
  }
  for (const std::string& name : names) {
    if (std::optional<Column> column = tail_.scope.Find(name);
        column.has_value() && column->ref.type != DataType::kUnsupported) {
      tail_.scope.Put(std::move(*column));
    }
  }
  analysis_.notes.push_back("the query keeps every field; alerts show the columns it names");
}

// used: the tail's slots that are read.
void Analyzer::FinishRows(const std::set<uint32_t>& used) {
  RepeatStep repeat;
  std::vector<std::string> names;
  for (const KeptColumn& kept : kept_) {
    const Column& source = kept.source;
    if (!used.contains(kept.slot) && source.field != kRowOrdinalField) {
      continue;
    }
    expr::ColumnRef ref = source.ref;
    if (source.field.empty()) {
      fold_reads_.slots.insert(ref.index);
    } else {
      ref.index = fields_->Intern(source.field, ref.type);
      fold_reads_.fields.insert(source.field);
    }
    FoldKey key;
    key.name = source.name;
    key.type = ref.type;
    key.value = ForRow(expr::MakeColumn(ref), *source.definition, source.name);
    key.text = fmt::format("{} /* cell */", esql::Print(*source.definition));
    key.whole = true;
    repeat.slots.push_back(kept.slot);
    names.push_back(source.name);
    analysis_.cell_texts.push_back(key.text);
    analysis_.keys.push_back(std::move(key));
  }
  repeat.count_slot = static_cast<uint32_t>(analysis_.keys.size());
  repeat.text = fmt::format("ROWS {}", fmt::join(names, ", "));
  tail_.steps.front().identity = repeat.text;
  tail_.steps.front().step = std::move(repeat);
  FoldAggregate count;
  count.name = AggregateName(0);
  count.text = "COUNT(*)";
  analysis_.aggregates.push_back(std::move(count));
}

void Analyzer::AnalyzeInlineStats(const esql::StatsCommand& stats) {
  if (stage_ == &head_) {
    BeginRows("INLINE STATS compares the rows of a window");
  }
  StatsAnalysis parts = StatsBuilder(this, stats).Build();
  AddStatsKeys(parts);
  AddTailStats(std::move(parts), StatsText(stats), true);
}

void Analyzer::AnalyzeRow(const esql::RowCommand& row, esql::SourceRange range) {
  if (!runs_once_) {
    diagnostics_->Error(range, "ROW is not supported in a rule: it reads no events");
    stage_->scope.ForgiveUnknown();
    return;
  }
  for (const esql::NamedExpression& column : row.columns) {
    AddComputedColumn(column.name, *column.value,
                      fmt::format("ROW {} = {}", column.name, esql::Print(*column.value)));
  }
}

bool Analyzer::NarrowLookback(const esql::Expression& conjunct) {
  if (conjunct.kind != esql::ExpressionKind::kBinary || !conjunct.args[0] || !conjunct.args[1]) {
    return false;
  }
  const bool column_first = conjunct.args[0]->kind == esql::ExpressionKind::kColumn;
  const esql::Expression& column = *conjunct.args[column_first ? 0 : 1];
  const bool is_lower_bound = column_first ? conjunct.op == esql::Operator::kGreater ||
                                                 conjunct.op == esql::Operator::kGreaterEqual
                                           : conjunct.op == esql::Operator::kLess ||
                                                 conjunct.op == esql::Operator::kLessEqual;
  const std::optional<int64_t> before = MillisBeforeNow(*conjunct.args[column_first ? 1 : 0]);
  if (!is_lower_bound || !before.has_value() || *before <= 0 ||
      column.kind != esql::ExpressionKind::kColumn) {
    return false;
  }
  const std::optional<Column> time = head_.scope.Find(column.name);
  if (!time.has_value() || time->field != "@timestamp") {
    return false;
  }
  const std::string text = esql::Print(conjunct);
  if (!has_window_) {
    analysis_.notes.push_back(fmt::format(
        "[{}] is not tested: without STATS a row is judged as it arrives", text));
    return true;
  }
  if (rule_.timestamp_override == "event.ingested") {
    return false;   // the window is one of arrivals
  }
  if (*before < rule_.lookback_ms) {
    analysis_.lookback_ms = std::min(*before, analysis_.lookback_ms.value_or(rule_.lookback_ms));
    analysis_.notes.push_back(fmt::format("[{}] narrows the look-back", text));
  } else {
    analysis_.notes.push_back(fmt::format("[{}] holds in all of the look-back", text));
  }
  return true;
}

}  // namespace weir::plan
