// From the first STATS on: the fold's results, further STATS, conditions as the judge reads them; and
// the end of an analysis, when it is known what is read.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/esql/names.h"
#include "common/esql/printer.h"
#include "common/plan/stats_builder_internal.h"

namespace weir::plan {
namespace {

// VALUES sets that no condition reads keep this many values and are flagged.
constexpr uint32_t kUnreadValuesMax = 1000;

bool ReadsNoColumn(const esql::Expression& definition) {
  return expr::ReferencedColumns(definition).empty() && !CallsFunction(definition, "TBUCKET");
}

}  // namespace

std::string StatsText(const esql::StatsCommand& stats) {
  const auto print = [](const esql::NamedExpression& item) {
    std::string text = esql::Print(*item.value);
    if (item.has_alias) {
      text = fmt::format("{} = {}", esql::QuoteName(item.name), text);
    }
    return item.filter == nullptr ? text
                                  : fmt::format("{} WHERE {}", text, esql::Print(*item.filter));
  };
  std::vector<std::string> aggregates;
  std::vector<std::string> groups;
  std::transform(stats.aggregates.begin(), stats.aggregates.end(), std::back_inserter(aggregates),
                 print);
  std::transform(stats.groups.begin(), stats.groups.end(), std::back_inserter(groups), print);
  std::string text = stats.is_inline ? "INLINE STATS" : "STATS";
  if (!aggregates.empty()) {
    text += fmt::format(" {}", fmt::join(aggregates, ", "));
  }
  if (!groups.empty()) {
    text += fmt::format(" BY {}", fmt::join(groups, ", "));
  }
  return text;
}

void Analyzer::AnalyzeStats(const esql::StatsCommand& stats) {
  StatsAnalysis parts = StatsBuilder(this, stats).Build();
  AddStatsKeys(parts);
  if (stage_ == &head_) {
    BeginTail(std::move(parts));
  } else {
    AddTailStats(std::move(parts), StatsText(stats), false);
  }
}

// Constants and time say nothing about where a row belongs.
void Analyzer::AddStatsKeys(const StatsAnalysis& stats) {
  std::set<std::string> texts;
  for (std::size_t i = 0; i < stats.keys.size(); ++i) {
    if (!stats.keys[i].time_bucket && !ReadsNoColumn(*stats.key_definitions[i])) {
      texts.insert(stats.keys[i].text);
    }
  }
  analysis_.stats_keys.push_back(std::move(texts));
}

void Analyzer::BeginTail(StatsAnalysis stats) {
  analysis_.is_events = false;
  stage_ = &tail_;
  const auto key_count = static_cast<uint32_t>(stats.keys.size());
  const auto aggregate_count = static_cast<uint32_t>(stats.aggregates.size());
  std::vector<uint32_t> key_slots(key_count);
  std::vector<uint32_t> aggregate_slots(aggregate_count);
  for (uint32_t i = 0; i < key_count; ++i) {
    key_slots[i] = i;
    fold_reads_.Add(stats.key_reads[i]);
    analysis_.cell_texts.push_back(stats.keys[i].text);
  }
  for (uint32_t i = 0; i < aggregate_count; ++i) {
    aggregate_slots[i] = key_count + i;
    fold_reads_.Add(stats.facts[i].reads);
  }
  tail_.slot_count = key_count + aggregate_count;
  facts_ = stats.facts;
  last_key_slots_ = {key_slots.begin(), key_slots.end()};
  AddStatsOutputs(&stats, KeyColumns(stats, key_slots), aggregate_slots,
                  PlanScope(&catalogue_, fields_));
  analysis_.keys = std::move(stats.keys);
  analysis_.aggregates = std::move(stats.aggregates);
}

void Analyzer::AddTailStats(StatsAnalysis stats, std::string text, bool keeps_rows) {
  analysis_.has_second_stats = true;
  StatsStep step;
  step.keeps_rows = keeps_rows;
  Step added;
  std::vector<uint32_t> key_slots;
  for (std::size_t i = 0; i < stats.keys.size(); ++i) {
    added.reads.Add(stats.key_reads[i]);
    const std::set<uint32_t>& read = stats.key_reads[i].slots;
    if (keeps_rows && stats.key_is_column[i] && read.size() == 1) {
      key_slots.push_back(*read.begin());
      continue;
    }
    key_slots.push_back(AddSlot());
    if (keeps_rows) {
      // The row's own key, which the columns behind the command show.
      Step assign;
      assign.step = AssignStep{key_slots[i], stats.keys[i].value,
                               fmt::format("EVAL {} = {}", stats.keys[i].name, stats.keys[i].text)};
      assign.identity = fmt::format("EVAL #{} = {}", key_slots[i], stats.keys[i].text);
      assign.reads = stats.key_reads[i];
      assign.writes = {key_slots[i]};
      assign.only_writes = true;
      tail_.steps.push_back(std::move(assign));
    }
  }
  for (std::size_t i = 0; i < stats.aggregates.size(); ++i) {
    step.aggregate_slots.push_back(AddSlot());
    added.reads.Add(stats.facts[i].reads);
    // An aggregate of aggregates: its text must not be taken for one of the fold's.
    stats.aggregates[i].text += fmt::format(" /* {} */", analysis_.stats_keys.size());
  }
  if (!keeps_rows) {
    step.key_slots = key_slots;
    added.writes = key_slots;
    last_key_slots_ = {key_slots.begin(), key_slots.end()};
    group_is_row_ = false;
  }
  // The outputs' own steps come after the STATS.
  const std::size_t position = tail_.steps.size();
  AddStatsOutputs(&stats, KeyColumns(stats, key_slots), step.aggregate_slots,
                  keeps_rows ? tail_.scope : PlanScope(&catalogue_, fields_));
  step.keys = std::move(stats.keys);
  step.aggregates = std::move(stats.aggregates);
  step.text = text;
  added.identity = std::move(text);
  added.writes.insert(added.writes.end(), step.aggregate_slots.begin(), step.aggregate_slots.end());
  added.only_writes = keeps_rows;
  added.step = std::move(step);
  tail_.steps.insert(tail_.steps.begin() + static_cast<std::ptrdiff_t>(position),
                     std::move(added));
}

std::vector<Column> Analyzer::KeyColumns(const StatsAnalysis& stats,
                                         const std::vector<uint32_t>& slots) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < stats.keys.size(); ++i) {
    columns.push_back({KeyName(i), "", {expr::ColumnRef::Kind::kSlot, slots[i], stats.keys[i].type},
                       stats.key_definitions[i]});
  }
  return columns;
}

// Makes the columns after a STATS visible, behind those of before.
void Analyzer::AddStatsOutputs(StatsAnalysis* stats, const std::vector<Column>& key_columns,
                               const std::vector<uint32_t>& aggregate_slots, PlanScope before) {
  PlanScope parts(&catalogue_, fields_);
  std::vector<Column> aggregate_columns;
  for (const Column& column : key_columns) {
    parts.Put(column);
  }
  for (std::size_t i = 0; i < stats->aggregates.size(); ++i) {
    const FoldAggregate& aggregate = stats->aggregates[i];
    aggregate_columns.push_back(
        {AggregateName(i), "",
         {expr::ColumnRef::Kind::kSlot, aggregate_slots[i], aggregate.result_type},
         ColumnDefinition(aggregate.text)});
    parts.Put(aggregate_columns.back());
  }
  stage_->scope = parts;
  for (StatsAnalysis::Output& output : stats->outputs) {
    Column column;
    if (output.kind == StatsAnalysis::Output::Kind::kKey) {
      column = key_columns[output.index];
    } else if (output.kind == StatsAnalysis::Output::Kind::kAggregate) {
      column = aggregate_columns[output.index];
    } else if (output.expression != nullptr) {
      AddComputedColumn(output.name, *output.expression,
                        fmt::format("EVAL {} = {}", esql::QuoteName(output.name), output.text));
      column = *stage_->scope.Find(output.name);
    } else {
      column.definition = ColumnDefinition(output.name);
    }
    column.name = output.name;
    before.Put(std::move(column));
  }
  stage_->scope = std::move(before);
}

void Analyzer::ClassifyConjunct(const esql::Expression& conjunct, const expr::ExprPtr& compiled) {
  TailConjunct result;
  result.text = esql::Print(conjunct);
  result.after_barrier = analysis_.has_limit || analysis_.has_second_stats || !analysis_.keeps_rows.empty();
  const Reads reads = ReadsOf(conjunct);
  const auto is_fold_key = [&](uint32_t slot) { return slot < analysis_.keys.size(); };
  if (std::optional<GrowthCondition> growth = AsGrowth(conjunct); growth.has_value()) {
    result.kind = TailConjunct::Kind::kGrowth;
    result.growth = *growth;
  } else if (std::all_of(reads.slots.begin(), reads.slots.end(), is_fold_key) &&
             !CallsFunction(conjunct, "NOW")) {
    result.kind = TailConjunct::Kind::kKeys;
    result.condition = compiled;
  }
  analysis_.conjuncts.push_back(std::move(result));
}

// `aggregate >= constant` and its mirror images, for an aggregate of the fold that only grows.
std::optional<GrowthCondition> Analyzer::AsGrowth(const esql::Expression& conjunct) const {
  if (conjunct.kind != esql::ExpressionKind::kBinary) {
    return std::nullopt;
  }
  const bool column_first = conjunct.args[0]->kind == esql::ExpressionKind::kColumn;
  const esql::Expression& column_side = *conjunct.args[column_first ? 0 : 1];
  const esql::Expression& constant_side = *conjunct.args[column_first ? 1 : 0];
  const auto is = [&](esql::Operator first, esql::Operator mirrored) {
    return conjunct.op == (column_first ? first : mirrored);
  };
  const bool strict = is(esql::Operator::kGreater, esql::Operator::kLess);
  if (!strict && !is(esql::Operator::kGreaterEqual, esql::Operator::kLessEqual)) {
    return std::nullopt;
  }
  const bool is_constant = expr::IsConstant(constant_side) ||
                           (constant_side.kind == esql::ExpressionKind::kColumn &&
                            tail_.scope.ConstantOf(constant_side.name) != nullptr);
  if (column_side.kind != esql::ExpressionKind::kColumn || !is_constant) {
    return std::nullopt;
  }
  const std::optional<Column> column = tail_.scope.Find(column_side.name);
  const auto first = static_cast<uint32_t>(analysis_.keys.size());
  if (!column.has_value() || column->ref.index < first ||
      column->ref.index >= first + facts_.size() || !IsNumeric(column->ref.type) ||
      !facts_[column->ref.index - first].grows) {
    return std::nullopt;
  }
  const expr::ExprPtr constant = expr::Compile(constant_side, tail_.scope, diagnostics_);
  if (constant == nullptr || constant->constant() == nullptr ||
      constant->constant()->count() != 1 || !IsNumeric(constant->constant()->type())) {
    return std::nullopt;
  }
  return GrowthCondition{column->ref.index - first, *constant->constant(), strict};
}

Reads Analyzer::PruneSteps(Stage* stage, Reads roots) {
  std::vector<Step> kept;
  for (auto step = stage->steps.rbegin(); step != stage->steps.rend(); ++step) {
    const bool is_read = std::any_of(step->writes.begin(), step->writes.end(), [&](uint32_t slot) {
      return roots.slots.contains(slot);
    });
    if (step->only_writes && !is_read) {
      continue;
    }
    roots.Add(step->reads);
    kept.push_back(std::move(*step));
  }
  std::reverse(kept.begin(), kept.end());
  stage->steps = std::move(kept);
  return roots;
}

std::optional<std::size_t> Analyzer::OutputNamed(std::string_view name) const {
  const std::vector<Tail::Output>& outputs = analysis_.tail.outputs;
  const auto found = std::find_if(outputs.begin(), outputs.end(),
                                  [&](const Tail::Output& output) { return output.name == name; });
  if (found == outputs.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - outputs.begin());
}

void Analyzer::FinishSuppression() {
  if (!rule_.suppression.has_value()) {
    return;
  }
  SuppressionPlan plan;
  plan.duration_ms = rule_.suppression->duration_ms;
  plan.suppress_missing = rule_.suppression->missing == rule::Suppression::Missing::kSuppress;
  for (const std::string& name : rule_.suppression->group_by) {
    SuppressionKey key;
    key.name = name;
    if (const std::optional<std::size_t> output = OutputNamed(name); output.has_value()) {
      key.slot = analysis_.tail.outputs[*output].slot;
    } else {
      analysis_.warnings.push_back(fmt::format(
          "alert suppression groups by [{}], which the query does not output: it is missing in "
          "every alert{}",
          name, plan.suppress_missing ? "" : ", so nothing is suppressed"));
    }
    plan.keys.push_back(std::move(key));
  }
  analysis_.suppression = std::move(plan);
}

void Analyzer::FinishTail() {
  const bool keeps_rows = !analysis_.keeps_rows.empty();
  if (keeps_rows && tail_.scope.is_open()) {
    ListNamedFields();
  }
  Reads roots;
  for (const Column& column : tail_.scope.columns()) {
    analysis_.tail.outputs.push_back({column.name, column.ref.type, column.ref.index});
    analysis_.output_texts.push_back(esql::Print(*column.definition));
    if (group_is_row_ || last_key_slots_.contains(column.ref.index)) {
      analysis_.tail.group.push_back(analysis_.tail.outputs.back());
    }
    roots.slots.insert(column.ref.index);
  }
  FinishSuppression();
  const Reads used = PruneSteps(&tail_, roots);
  if (keeps_rows) {
    FinishRows(used.slots);
  }

  WarnOfRedactedReads();
  // What a step reads or suppression compares; a set that is only shown may be a sample.
  std::set<uint32_t> read;
  for (Step& step : tail_.steps) {
    read.insert(step.reads.slots.begin(), step.reads.slots.end());
    analysis_.tail.text += step.identity + "\n";
    analysis_.tail.steps.push_back(std::move(step.step));
  }
  if (analysis_.suppression.has_value()) {
    for (const SuppressionKey& key : analysis_.suppression->keys) {
      if (key.slot.has_value()) {
        read.insert(*key.slot);
      }
    }
  }
  std::vector<std::string> names;
  for (const Tail::Output& output : analysis_.tail.outputs) {
    names.push_back(esql::QuoteName(output.name));
  }
  analysis_.tail.text += fmt::format("KEEP {}", fmt::join(names, ", "));
  analysis_.tail.slot_count = tail_.slot_count;
  CapUnreadValues(read);
}

void Analyzer::CapUnreadValues(const std::set<uint32_t>& read) {
  const auto first = static_cast<uint32_t>(analysis_.keys.size());
  for (uint32_t i = 0; i < facts_.size(); ++i) {
    const AggregateFacts& facts = facts_[i];
    if (facts.function != "VALUES" || read.contains(first + i)) {
      continue;
    }
    FoldAggregate& aggregate = analysis_.aggregates[i];
    const std::vector<std::string_view> texts(facts.argument_texts.begin(),
                                              facts.argument_texts.end());
    agg::Options options;
    options.values_limit = kUnreadValuesMax;
    std::string error;
    agg::AggregatePtr capped = agg::MakeAggregate("VALUES", facts.column_types, {}, options,
                                                  facts.call_text, texts, &error);
    WEIR_CHECK(capped != nullptr, "{}", error);
    aggregate.function = std::move(capped);
    aggregate.text += fmt::format(" /* at most {} */", kUnreadValuesMax);
  }
}

// A rule without STATS: the row's output columns are its cells. A query that keeps every field shows
// those it names, those that identify the event and those its author wants to see.
void Analyzer::FinishEvents() {
  PlanScope& scope = head_.scope;
  std::vector<Column> columns = scope.columns();
  if (scope.is_open()) {
    std::set<std::string> names = {"@timestamp"};
    for (const Step& step : head_.steps) {
      names.insert(step.reads.fields.begin(), step.reads.fields.end());
    }
    for (const std::string& name : rule_.investigation_fields) {
      if (scope.IsKnownField(name)) {
        names.insert(name);
      }
    }
    if (rule_.suppression.has_value()) {
      names.insert(rule_.suppression->group_by.begin(), rule_.suppression->group_by.end());
    }
    for (const Column& column : columns) {
      names.erase(column.name);
    }
    std::vector<Column> fields;
    for (const std::string& name : names) {
      if (std::optional<Column> column = scope.Find(name);
          column.has_value() && column->ref.type != DataType::kUnsupported) {
        fields.push_back(std::move(*column));
      }
    }
    columns.insert(columns.begin(), fields.begin(), fields.end());
    analysis_.notes.push_back(
        "the query keeps every field; alerts show the columns it names");
  }
  for (const Column& column : columns) {
    const auto slot = static_cast<uint32_t>(analysis_.event_cells.size());
    expr::ColumnRef ref = column.ref;
    if (column.field.empty()) {
      fold_reads_.slots.insert(ref.index);
    } else {
      ref.index = fields_->Intern(column.field, ref.type);
      fold_reads_.fields.insert(column.field);
    }
    analysis_.event_cells.push_back(
        ForRow(expr::MakeColumn(ref), *column.definition, column.name));
    analysis_.cell_texts.push_back(esql::Print(*column.definition));
    analysis_.output_texts.push_back(analysis_.cell_texts.back());
    analysis_.tail.outputs.push_back({column.name, ref.type, slot});
  }
  analysis_.tail.slot_count = static_cast<uint32_t>(analysis_.event_cells.size());
  analysis_.tail.group = analysis_.tail.outputs;
  FinishSuppression();
}

void Analyzer::FinishHead() {
  // Last, so that an exception counts only events that the rule would have counted.
  std::move(exception_steps_.begin(), exception_steps_.end(), std::back_inserter(head_.steps));
  const Reads used = PruneSteps(&head_, fold_reads_);
  Head& head = analysis_.head;
  head.text = fmt::format("FROM {}", fmt::join(head.patterns, ", "));
  for (Step& step : head_.steps) {
    head.text += "\n" + step.identity;
    std::visit(
        [&](auto& body) {
          using Body = std::decay_t<decltype(body)>;
          if constexpr (std::is_constructible_v<RowStep, Body>) {
            head.steps.push_back(std::move(body));
          }
        },
        step.step);
  }
  head.slot_count = head_.slot_count;
  for (const std::string& field : used.fields) {
    head.fields.push_back(fields_->Intern(field, head_.scope.FieldType(field)));
    if (const auto assumed = head_.scope.AssumedType(field); assumed.has_value()) {
      head.text += fmt::format("\nREAD {} AS {}", esql::QuoteName(field), DataTypeName(*assumed));
    }
  }
  std::sort(head.fields.begin(), head.fields.end());
}

}  // namespace weir::plan
