#include "common/plan/stats_builder_internal.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/esql/printer.h"

namespace weir::plan {
namespace {

bool IsAggregateCall(const esql::Expression& node) {
  return node.kind == esql::ExpressionKind::kCall && agg::FindFunction(node.name) != nullptr;
}

const esql::Expression* FirstAggregate(const esql::Expression& expression) {
  const esql::Expression* first = nullptr;
  ForEachNode(expression, [&](const esql::Expression& node) {
    if (first == nullptr && IsAggregateCall(node)) {
      first = &node;
    }
  });
  return first;
}

std::string_view Ordinal(std::size_t index) {
  constexpr std::array<std::string_view, 5> kOrdinals = {"first", "second", "third", "fourth",
                                                         "fifth"};
  return index < kOrdinals.size() ? kOrdinals[index] : "next";
}

// EARLIEST(x) and LATEST(x) are FIRST and LAST by @timestamp; null for any other call.
esql::ExpressionPtr WithTimestamp(const esql::Expression& call) {
  if (call.name != "EARLIEST" && call.name != "LATEST") {
    return nullptr;
  }
  esql::ExpressionPtr by_time = call.Clone();
  by_time->name = call.name == "EARLIEST" ? "FIRST" : "LAST";
  by_time->args.push_back(esql::MakeColumnNode("@timestamp", call.range));
  return by_time;
}

esql::ExpressionPtr StandIn(std::string name, esql::SourceRange range) {
  auto column = std::make_unique<esql::Expression>();
  column->kind = esql::ExpressionKind::kColumn;
  column->name = std::move(name);
  column->range = range;
  return column;
}

}  // namespace

bool ContainsAggregate(const esql::Expression& expression) {
  return FirstAggregate(expression) != nullptr;
}

std::string KeyName(std::size_t index) {
  return fmt::format("$key{}", index);
}

std::string AggregateName(std::size_t index) {
  return fmt::format("$aggregate{}", index);
}

StatsAnalysis StatsBuilder::Build() {
  ResolveNames();
  for (std::size_t i = 0; i < stats_.groups.size(); ++i) {
    AddGroup(i);
  }
  SetAliases();
  for (std::size_t i = 0; i < stats_.aggregates.size(); ++i) {
    AddAggregateExpression(i);
  }
  analyzer_.stage_->scope.SetAliases({});
  for (std::size_t i = 0; i < result_.keys.size() && analyzer_.stage_ == &analyzer_.head_; ++i) {
    FoldKey& key = result_.keys[i];
    key.value = analyzer_.ForRow(key.value, *result_.key_definitions[i], key.name);
  }
  for (std::size_t i = 0; i < stats_.groups.size(); ++i) {
    if (key_of_group_[i].has_value()) {
      StatsAnalysis::Output output;
      output.kind = StatsAnalysis::Output::Kind::kKey;
      output.name = stats_.groups[i].name;
      output.index = static_cast<uint32_t>(*key_of_group_[i]);
      result_.outputs.push_back(std::move(output));
    }
  }
  return std::move(result_);
}

// Of equal names the last group wins, else the last aggregate.
void StatsBuilder::ResolveNames() {
  for (const std::vector<esql::NamedExpression>* items : {&stats_.aggregates, &stats_.groups}) {
    for (const esql::NamedExpression& item : *items) {
      names_.push_back({item.name, item.has_alias ? item.name_range : item.value->range, false});
    }
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    for (std::size_t winner = names_.size() - 1; winner > i; --winner) {
      if (names_[winner].name != names_[i].name) {
        continue;
      }
      names_[i].shadowed = true;
      if (i < stats_.aggregates.size() && !ContainsAggregate(*stats_.aggregates[i].value)) {
        break;   // it is an error of its own
      }
      int line = 0;
      int column = 0;
      diagnostics_->source().Locate(names_[winner].range.begin, &line, &column);
      diagnostics_->Warning(names_[i].range, fmt::format("Field '{}' shadowed by field at line {}:{}",
                                                         names_[i].name, line, column));
      break;
    }
  }
}

void StatsBuilder::AddGroup(std::size_t index) {
  const esql::NamedExpression& group = stats_.groups[index];
  key_of_group_.emplace_back();
  key_texts_.reserve(stats_.groups.size());
  if (const esql::Expression* aggregate = FirstAggregate(*group.value); aggregate != nullptr) {
    diagnostics_->Error(aggregate->range, fmt::format("cannot use an aggregate [{}] for grouping",
                                                      Slice(*aggregate)));
    analyzer_.stage_->scope.ForgiveUnknown();
    return;
  }
  analyzer_.CheckExpression(*group.value);
  const expr::ExprPtr compiled =
      expr::CompileGrouping(*group.value, analyzer_.stage_->scope, diagnostics_);
  if (names_[stats_.aggregates.size() + index].shadowed) {
    return;
  }
  FoldKey key;
  key.name = group.name;
  key.value = compiled != nullptr ? compiled : expr::MakeConstant(Value::Null());
  key.type = key.value->type();
  const Definition definition = MakeDefinition(Expand(*group.value, analyzer_.stage_->scope));
  key.text = esql::Print(*definition);
  const bool is_column = group.value->kind == esql::ExpressionKind::kColumn;
  if (const std::optional<std::size_t> same = SameColumn(is_column, key); same.has_value()) {
    key_of_group_.back() = same;
    return;
  }
  key.time_bucket = IsTimeOnly(*definition);
  key_of_group_.back() = result_.keys.size();
  key_texts_.push_back(esql::Print(*group.value));
  result_.key_is_column.push_back(is_column && key.value->constant() == nullptr);
  result_.keys.push_back(std::move(key));
  result_.key_definitions.push_back(definition);
  result_.key_reads.push_back(analyzer_.ReadsOf(*group.value));
}

// A key that is the same column under another name is not another key: the values of a multivalue
// would pair with each other. Columns of one constant share it; columns of equal constants do not.
std::optional<std::size_t> StatsBuilder::SameColumn(bool is_column, const FoldKey& key) const {
  for (std::size_t i = 0; is_column && i < result_.keys.size(); ++i) {
    if (result_.keys[i].text == key.text &&
        (result_.key_is_column[i] || result_.keys[i].value == key.value)) {
      return i;
    }
  }
  return std::nullopt;
}

bool StatsBuilder::IsNamedInAggregates(std::string_view name) const {
  bool named = false;
  const auto look = [&](const esql::Expression& node) {
    named = named || (node.kind == esql::ExpressionKind::kColumn && node.name == name);
  };
  for (const esql::NamedExpression& item : stats_.aggregates) {
    ForEachNode(*item.value, look);
    if (item.filter != nullptr) {
      ForEachNode(*item.filter, look);
    }
  }
  return named;
}

// Inside aggregates and their filters the keys hide the columns of their names. A computed key that is
// named there is computed once, into a slot.
void StatsBuilder::SetAliases() {
  std::vector<Column> aliases;
  for (std::size_t i = 0; i < stats_.groups.size(); ++i) {
    const esql::NamedExpression& group = stats_.groups[i];
    if (!key_of_group_[i].has_value() || !IsNamedInAggregates(group.name)) {
      continue;
    }
    const std::size_t k = *key_of_group_[i];
    FoldKey& key = result_.keys[k];
    Column alias;
    if (group.value->kind == esql::ExpressionKind::kColumn) {
      const std::optional<Column> column = analyzer_.stage_->scope.Find(group.value->name);
      if (!column.has_value()) {
        continue;
      }
      alias = *column;
    } else {
      const uint32_t slot = analyzer_.AddSlot();
      Step step;
      step.step = AssignStep{slot, key.value,
                             fmt::format("EVAL {} = {}", group.name, esql::Print(*group.value))};
      step.identity = fmt::format("EVAL #{} = {}", slot, key.text);
      step.reads = result_.key_reads[k];
      step.writes = {slot};
      step.only_writes = true;
      analyzer_.stage_->steps.push_back(std::move(step));
      alias.ref = {expr::ColumnRef::Kind::kSlot, slot, key.type};
      alias.definition = result_.key_definitions[k];
      key.value = expr::MakeColumn(alias.ref);
      result_.key_reads[k] = Reads{{slot}, {}};
    }
    alias.name = group.name;
    aliases.push_back(std::move(alias));
  }
  analyzer_.stage_->scope.SetAliases(std::move(aliases));
}

void StatsBuilder::AddAggregateExpression(std::size_t index) {
  const esql::NamedExpression& item = stats_.aggregates[index];
  esql::ExpressionPtr rewritten;
  if (!ContainsAggregate(*item.value) && !IsComputedFromKeys(item)) {
    ReportNoAggregate(item);
  } else {
    rewritten = Rewrite(*item.value, item, CompileFilter(item));
  }
  if (names_[index].shadowed) {
    return;
  }
  StatsAnalysis::Output output;
  output.name = item.name;
  output.text = esql::Print(*item.value);
  output.kind = StatsAnalysis::Output::Kind::kExpression;
  if (rewritten != nullptr && IsAggregateCall(*item.value)) {
    for (std::size_t i = 0; i < result_.aggregates.size(); ++i) {
      if (rewritten->name == AggregateName(i)) {
        output.kind = StatsAnalysis::Output::Kind::kAggregate;
        output.index = static_cast<uint32_t>(i);
        if (result_.aggregates[i].name.starts_with('$')) {
          result_.aggregates[i].name = item.name;
        }
      }
    }
  } else {
    output.expression = std::move(rewritten);   // null after an error
  }
  result_.outputs.push_back(std::move(output));
}

// An expression over keys and constants is fine beside aggregates; a key itself is there already.
bool StatsBuilder::IsComputedFromKeys(const esql::NamedExpression& item) const {
  bool reads_key = false;
  ForEachNode(*item.value, [&](const esql::Expression& node) {
    reads_key = reads_key || KeyOf(node).has_value();
  });
  return reads_key && item.filter == nullptr && !KeyOf(*item.value).has_value();
}

expr::ExprPtr StatsBuilder::CompileFilter(const esql::NamedExpression& item) {
  if (item.filter == nullptr) {
    return nullptr;
  }
  if (const esql::Expression* aggregate = FirstAggregate(*item.filter); aggregate != nullptr) {
    diagnostics_->Error(aggregate->range,
                        fmt::format("cannot use aggregate function [{}] in aggregate WHERE clause [{}]",
                                    Slice(*aggregate), Slice(*item.filter)));
    return nullptr;
  }
  analyzer_.CheckExpression(*item.filter);
  return expr::CompileCondition(*item.filter, analyzer_.stage_->scope, diagnostics_);
}

void StatsBuilder::ReportNoAggregate(const esql::NamedExpression& item) {
  const esql::Expression& value = *item.value;
  if (item.filter != nullptr) {
    diagnostics_->Error(value.range,
                        fmt::format("WHERE clause allowed only for aggregate functions, none found "
                                    "in [{}]",
                                    Slice(value)));
  } else if (KeyOf(value).has_value()) {
    diagnostics_->Error(value.range,
                        fmt::format("grouping key [{}] already specified in the STATS BY clause",
                                    Slice(value)));
  } else if (value.kind == esql::ExpressionKind::kColumn) {
    RewriteColumn(value);
  } else if (value.kind == esql::ExpressionKind::kCall && expr::IsGroupingFunction(value.name)) {
    diagnostics_->Error(value.range,
                        fmt::format("can only use grouping function [{}] as part of the BY clause",
                                    Slice(value)));
  } else {
    diagnostics_->Error(value.range,
                        fmt::format("expected an aggregate function but found [{}]", Slice(value)));
  }
}

std::optional<std::size_t> StatsBuilder::KeyOf(const esql::Expression& node) const {
  if (node.kind == esql::ExpressionKind::kLiteral) {
    return std::nullopt;
  }
  if (node.kind == esql::ExpressionKind::kColumn) {
    for (std::size_t i = 0; i < stats_.groups.size(); ++i) {
      if (stats_.groups[i].name == node.name && key_of_group_[i].has_value()) {
        return key_of_group_[i];
      }
    }
  }
  const std::string text = esql::Print(node);
  const auto key = std::find(key_texts_.begin(), key_texts_.end(), text);
  if (key == key_texts_.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(key - key_texts_.begin());
}

esql::ExpressionPtr StatsBuilder::Rewrite(const esql::Expression& node,
                                          const esql::NamedExpression& item,
                                          const expr::ExprPtr& filter) {
  if (const std::optional<std::size_t> key = KeyOf(node); key.has_value()) {
    return StandIn(KeyName(*key), node.range);
  }
  if (node.kind == esql::ExpressionKind::kColumn) {
    return RewriteColumn(node);
  }
  if (IsAggregateCall(node)) {
    const std::optional<std::size_t> aggregate = AddAggregate(node, item, filter);
    return aggregate.has_value() ? StandIn(AggregateName(*aggregate), node.range) : nullptr;
  }
  if (node.kind == esql::ExpressionKind::kCall && expr::IsGroupingFunction(node.name)) {
    diagnostics_->Error(node.range,
                        fmt::format("can only use grouping function [{}] as part of the BY clause",
                                    Slice(node)));
    return nullptr;
  }
  esql::ExpressionPtr copy = CopyNode(node);
  bool ok = true;
  for (const esql::ExpressionPtr& argument : node.args) {
    copy->args.push_back(Rewrite(*argument, item, filter));
    ok = ok && copy->args.back() != nullptr;
  }
  return ok ? std::move(copy) : nullptr;
}

// Reports a column outside of any aggregate that is no key.
esql::ExpressionPtr StatsBuilder::RewriteColumn(const esql::Expression& node) {
  for (const esql::NamedExpression& group : stats_.groups) {
    const std::vector<std::string> used = expr::ReferencedColumns(*group.value);
    if (std::find(used.begin(), used.end(), node.name) != used.end() &&
        group.value->kind != esql::ExpressionKind::kColumn) {
      const std::string key = group.has_alias
                                  ? fmt::format("{} = {}", group.name, Slice(*group.value))
                                  : std::string(Slice(*group.value));
      diagnostics_->Error(node.range,
                          fmt::format("column [{}] cannot be used as an aggregate once declared in "
                                      "the STATS BY grouping key [{}]",
                                      node.name, key));
      return nullptr;
    }
  }
  diagnostics_->Error(node.range,
                      fmt::format("column [{}] must appear in the STATS BY clause or be used in an "
                                  "aggregate function",
                                  node.name));
  return nullptr;
}

std::optional<StatsBuilder::Arguments> StatsBuilder::SplitArguments(
    const esql::Expression& call, const agg::FunctionInfo& info) {
  Arguments arguments;
  for (const esql::ExpressionPtr& argument : call.args) {
    if (argument->kind == esql::ExpressionKind::kStar) {
      if (call.name != "COUNT") {
        diagnostics_->Error(argument->range,
                            fmt::format("[*] is only allowed in COUNT, found [{}]", Slice(call)));
        return std::nullopt;
      }
      continue;
    }
    // TOP(ordered, n, order, returned): columns first and last, all others have their columns first.
    const std::size_t position = arguments.columns.size() + arguments.constants.size();
    const bool is_column = call.name == "TOP"
                               ? position == 0 || position == 3
                               : position < static_cast<std::size_t>(info.columns_max);
    (is_column ? arguments.columns : arguments.constants).push_back(argument.get());
  }
  return arguments;
}

bool StatsBuilder::IsRowCount(const esql::Expression& call,
                              const std::vector<expr::ExprPtr>& inputs) const {
  if (call.name != "COUNT") {
    return false;
  }
  if (inputs.empty()) {
    return true;
  }
  const Value* constant = inputs.front()->constant();
  return constant != nullptr && constant->count() == 1;
}

std::size_t StatsBuilder::Append(FoldAggregate aggregate, AggregateFacts facts) {
  const auto same = std::find_if(
      result_.aggregates.begin(), result_.aggregates.end(),
      [&](const FoldAggregate& other) { return other.text == aggregate.text; });
  if (same != result_.aggregates.end()) {
    return static_cast<std::size_t>(same - result_.aggregates.begin());
  }
  aggregate.name = AggregateName(result_.aggregates.size());
  result_.aggregates.push_back(std::move(aggregate));
  result_.facts.push_back(std::move(facts));
  return result_.aggregates.size() - 1;
}

// The value of a WEIGHTED_AVG: one value of a multivalue has no weight of its own, unless all have the
// same.
expr::ExprPtr StatsBuilder::WithoutMultivalues(const esql::Expression& value,
                                               const esql::Expression& weight,
                                               expr::ExprPtr compiled) {
  const bool is_constant = weight.kind == esql::ExpressionKind::kColumn
                               ? analyzer_.stage_->scope.ConstantOf(weight.name) != nullptr
                               : expr::IsConstant(weight);
  if (is_constant || !IsNumeric(compiled->type())) {
    return compiled;
  }
  return analyzer_.CompileIn(*esql::MakeBinaryNode(
      esql::Operator::kMultiply, value.Clone(), esql::MakeIntegerNode(1, value.range)));
}

bool StatsBuilder::CompileArguments(const esql::Expression& call, const Arguments& arguments,
                                    FoldAggregate* aggregate, AggregateFacts* facts,
                                    std::vector<expr::ExprPtr>* constants) {
  bool ok = true;
  for (const esql::Expression* argument : arguments.columns) {
    expr::ExprPtr input = analyzer_.CompileIn(*argument);
    ok = ok && input != nullptr;
    if (call.name == "WEIGHTED_AVG" && aggregate->inputs.empty() && ok) {
      input = WithoutMultivalues(*argument, *arguments.columns.back(), std::move(input));
    }
    if (analyzer_.stage_ == &analyzer_.head_) {
      input = analyzer_.ForRow(input, *Expand(*argument, analyzer_.stage_->scope), Slice(*argument));
    }
    aggregate->inputs.push_back(input);
    facts->reads.Add(analyzer_.ReadsOf(*argument));
    facts->column_types.push_back(input != nullptr ? input->type() : DataType::kNull);
  }
  for (std::size_t i = 0; i < arguments.constants.size(); ++i) {
    const esql::Expression& argument = *arguments.constants[i];
    expr::ExprPtr constant = analyzer_.CompileIn(argument);
    if (constant != nullptr && constant->constant() == nullptr) {
      diagnostics_->Error(argument.range,
                          fmt::format("{} argument of [{}] must be a constant, received [{}]",
                                      Ordinal(i + 1), Slice(call), Slice(argument)));
      constant = nullptr;
    }
    ok = ok && constant != nullptr;
    constants->push_back(std::move(constant));
  }
  return ok;
}

std::optional<std::size_t> StatsBuilder::AddAggregate(const esql::Expression& call,
                                                      const esql::NamedExpression& item,
                                                      const expr::ExprPtr& filter) {
  if (const esql::ExpressionPtr by_time = WithTimestamp(call); by_time != nullptr) {
    return AddAggregate(*by_time, item, filter);
  }
  AggregateFacts facts;
  for (const esql::ExpressionPtr& argument : call.args) {
    facts.argument_texts.emplace_back(Slice(*argument));
    if (const esql::Expression* inner = FirstAggregate(*argument); inner != nullptr) {
      diagnostics_->Error(inner->range,
                          fmt::format("nested aggregations [{}] not allowed inside other "
                                      "aggregations [{}]",
                                      Slice(*inner), Slice(call)));
      return std::nullopt;
    }
  }
  const std::optional<Arguments> arguments =
      SplitArguments(call, *agg::FindFunction(call.name));
  FoldAggregate aggregate;
  std::vector<expr::ExprPtr> constants;   // own the values that are passed on
  if (!arguments.has_value() ||
      !CompileArguments(call, *arguments, &aggregate, &facts, &constants)) {
    return std::nullopt;
  }
  const PlanScope& scope = analyzer_.stage_->scope;
  facts.call_text = Slice(call);
  const bool row_count = IsRowCount(call, aggregate.inputs);
  aggregate.text = row_count ? "COUNT(*)" : ExpandedText(call, scope);
  if (filter != nullptr) {
    aggregate.filter = filter;
    aggregate.text += " WHERE " + ExpandedText(*item.filter, scope);
    facts.reads.Add(analyzer_.ReadsOf(*item.filter));
  }
  if (row_count && filter == nullptr) {
    aggregate.inputs.clear();
    facts.grows = true;
    return Append(std::move(aggregate), std::move(facts));
  }
  if (row_count) {
    // A constant counts each row the filter lets through.
    aggregate.inputs = {expr::MakeConstant(Value::Integer(1))};
    facts.column_types = {DataType::kInteger};
    facts.argument_texts = {"*"};
  }
  facts.function = call.name;
  std::vector<Value> values;
  for (const expr::ExprPtr& constant : constants) {
    values.push_back(*constant->constant());
  }
  const std::vector<std::string_view> texts(facts.argument_texts.begin(),
                                            facts.argument_texts.end());
  std::string error;
  aggregate.function = agg::MakeAggregate(call.name, facts.column_types, values, {},
                                          facts.call_text, texts, &error);
  if (aggregate.function == nullptr) {
    diagnostics_->Error(call.range, error);
    return std::nullopt;
  }
  aggregate.result_type = aggregate.function->result_type();
  facts.grows = call.name == "SUM" ? IsNonNegative(*Expand(*call.args.front(), scope))
                                   : aggregate.function->grows();
  return Append(std::move(aggregate), std::move(facts));
}

}  // namespace weir::plan
