// stats and eventstats.
#include <algorithm>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/spl/aggregates.h"
#include "common/spl/lower_internal.h"

namespace weir::spl {
namespace {

constexpr char kClockColumn[] = "$clock";
constexpr char kSourceTime[] = "cloudtrail:_time";
constexpr int64_t kListMax = 100;

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Typed Lowering::LowerCount(const Aggregate& aggregate, NodePtr* filter) {
  NodePtr count = esql::MakeCallNode("COUNT", aggregate.range);
  if (aggregate.value != nullptr) {
    Typed condition = Lower(*aggregate.value);
    if (condition.node == nullptr) {
      return {};
    }
    if (condition.type == Type::kBoolean) {
      *filter = std::move(condition.node);
    } else {
      count->args.push_back(std::move(condition.node));
    }
  } else if (!aggregate.field.empty()) {
    Typed value = Column(aggregate.field, aggregate.range);
    if (value.type == Type::kNull) {
      *filter = esql::MakeBooleanNode(false, aggregate.range);
    } else {
      count->args.push_back(std::move(value.node));
    }
  }
  if (count->args.empty()) {
    auto star = std::make_unique<esql::Expression>();
    star->kind = esql::ExpressionKind::kStar;
    star->range = aggregate.range;
    count->args.push_back(std::move(star));
  }
  return {std::move(count), Type::kNumber, true};
}

// The least or greatest number, else the least or greatest text.
Typed Lowering::LowerExtreme(const Aggregate& aggregate, Typed value) {
  const std::string_view function = aggregate.function == "min" ? "MIN" : "MAX";
  if (value.type == Type::kNumber) {
    return {Call(function, aggregate.range, List(std::move(value.node))), Type::kNumber, false};
  }
  NodePtr number = Call("spl_number", aggregate.range, List(value.node->Clone()));
  NodePtr text = Call("spl_text", aggregate.range, List(std::move(value.node)));
  return {Call("spl_coalesce", aggregate.range,
               List(Call(function, aggregate.range, List(std::move(number))),
                    Call(function, aggregate.range, List(std::move(text))))),
          Type::kText, false};
}

Typed Lowering::LowerSpread(const Aggregate& aggregate, const Typed& number) {
  const SourceRange range = aggregate.range;
  const auto over = [&](std::string_view function) {
    return Call(function, range, List(number.node->Clone()));
  };
  const std::string_view name = aggregate.function;
  if (name == "stdevp" || name == "varp") {
    return {over(name == "varp" ? "VARIANCE" : "STD_DEV"), Type::kNumber, false};
  }
  if (name == "range") {
    return {Call("spl_subtract", range, List(over("MAX"), over("MIN"))), Type::kNumber, false};
  }
  return {Call(name == "var" ? "spl_sample_variance" : "spl_sample_deviation", range,
               List(over("VARIANCE"), over("COUNT"))),
          Type::kNumber, false};
}

Typed Lowering::LowerByTime(const Aggregate& aggregate, Typed value) {
  const SourceRange range = aggregate.range;
  const Field time = Find("_time");
  if (time.column.empty()) {
    return Refuse(range, fmt::format("aggregate [{}] needs _time, which is gone after stats or table",
                                     aggregate.function));
  }
  NodePtr at = esql::MakeColumnNode(time.column, range);
  if (aggregate.function == "list") {
    NodePtr top = Call("TOP", range, List(std::move(at), esql::MakeIntegerNode(kListMax, range),
                                               esql::MakeKeywordNode("asc", range)));
    top->args.push_back(Call("spl_text", range, List(std::move(value.node))));
    return {std::move(top), Type::kText, false};
  }
  const bool first = IsOneOf(aggregate.function, {"first", "earliest"});
  const Type type = value.type;
  return {Call(first ? "FIRST" : "LAST", range, List(std::move(value.node), std::move(at))), type,
          false};
}

Typed Lowering::LowerAggregate(const Aggregate& aggregate, NodePtr* filter) {
  const std::string_view name = aggregate.function;
  const SourceRange range = aggregate.range;
  if (name == "count" || name == "c") {
    return LowerCount(aggregate, filter);
  }
  Typed value = aggregate.value != nullptr ? Lower(*aggregate.value)
                                           : Column(aggregate.field, range);
  if (value.node == nullptr) {
    return {};
  }
  const bool counts = IsOneOf(name, {"dc", "distinct_count", "estdc"});
  if (value.type == Type::kNull && !counts) {
    return value;
  }
  if (value.type == Type::kBoolean) {
    return Refuse(range, fmt::format("aggregate [{}] of a condition", aggregate.function),
                  "count(eval(...)) counts the rows for which it is true");
  }
  if (counts) {
    return {Call("COUNT_DISTINCT", range,
                 List(value.type == Type::kText ? std::move(value.node)
                                                : Call("spl_text", range,
                                                       List(std::move(value.node))))),
            Type::kNumber, true};
  }
  if (name == "values") {
    return {Call("VALUES", range,
                 List(value.type == Type::kText ? std::move(value.node)
                                                : Call("spl_text", range,
                                                       List(std::move(value.node))))),
            Type::kText, false};
  }
  if (name == "min" || name == "max") {
    return LowerExtreme(aggregate, std::move(value));
  }
  if (IsOneOf(name, {"list", "first", "last", "earliest", "latest"})) {
    return LowerByTime(aggregate, std::move(value));
  }
  if (name == "earliest_time" || name == "latest_time") {
    *filter = esql::MakeIsNullNode(std::move(value.node), true, range);
    const Field time = Find("_time");
    return time.column.empty()
               ? Refuse(range, fmt::format("aggregate [{}] needs _time", aggregate.function))
               : Typed{Call(name == "earliest_time" ? "MIN" : "MAX", range,
                            List(esql::MakeColumnNode(time.column, range))),
                       Type::kNumber, false};
  }
  if (value.type != Type::kNumber) {
    value.node = Call("spl_number", range, List(std::move(value.node)));
  }
  if (IsOneOf(name, {"stdev", "stdevp", "var", "varp", "range"})) {
    return LowerSpread(aggregate, value);
  }
  if (const std::optional<double> percent = PercentOf(name); percent.has_value()) {
    return {Call("PERCENTILE", range, List(std::move(value.node), Number(*percent, range))),
            Type::kNumber, false};
  }
  const std::string_view function = name == "sum" ? "SUM" : name == "median" ? "MEDIAN" : "AVG";
  return {Call(function, range, List(std::move(value.node))), Type::kNumber, false};
}

// values(p.*) AS q.*: one aggregate for each field that is known.
std::vector<Aggregate> Lowering::ExpandWildcard(const Aggregate& aggregate,
                                                const std::vector<Name>& by) {
  std::vector<Aggregate> expanded;
  const bool renames = std::count(aggregate.name.begin(), aggregate.name.end(), '*') == 1 &&
                       aggregate.name.find('(') == std::string::npos;
  for (const std::string& name : Matching(aggregate.field)) {
    if (std::any_of(by.begin(), by.end(), [&](const Name& key) { return key.text == name; })) {
      continue;
    }
    Aggregate one;
    one.function = aggregate.function;
    one.range = aggregate.range;
    one.field = name;
    one.name = fmt::format("{}({})", aggregate.function, name);
    if (renames) {
      one.name = aggregate.name;
      one.name.replace(one.name.find('*'), 1, MatchStar(aggregate.field, name).value_or(name));
    }
    expanded.push_back(std::move(one));
  }
  return expanded;
}

// Calls it with every aggregate of one field. A wildcard that fits none gives no column, which is said.
void Lowering::EachAggregate(const StatsStage& stage,
                             const std::function<void(const Aggregate&)>& visit) {
  for (const Aggregate& aggregate : stage.aggregates) {
    if (aggregate.field.find('*') == std::string::npos) {
      visit(aggregate);
      continue;
    }
    const std::vector<Aggregate> expanded = ExpandWildcard(aggregate, stage.by);
    if (expanded.empty()) {
      diagnostics_->Warning(aggregate.range,
                            fmt::format("[{}({})] gives no column: no field that the search names "
                                        "fits it",
                                        aggregate.function, aggregate.field),
                            "name the fields");
    }
    for (const Aggregate& one : expanded) {
      visit(one);
    }
  }
}

// What one STATS gives, while it is put together.
struct Lowering::StatsParts {
  esql::StatsCommand command;
  std::vector<std::string> key_columns;                   // of the rows, before
  std::vector<std::pair<std::string, Field>> keys;
  std::vector<std::pair<std::string, Field>> outputs;
  std::set<std::string> columns = {"_id", "_index", "_version", "@timestamp", kClockColumn};
};

// A column for a name behind the STATS. Inside aggregates a key hides the column of its name.
std::string Lowering::FreshColumn(const std::string& name, const std::string& own,
                                  StatsParts* parts) const {
  std::string column = name;
  for (int i = 2; parts->columns.contains(column) || (columns_.contains(column) && column != own);
       ++i) {
    column = fmt::format("{}#{}", name, i);
  }
  parts->columns.insert(column);
  return column;
}

void Lowering::AddKeys(const std::vector<Name>& by, StatsParts* parts) {
  for (const Name& name : by) {
    const Field field = Find(name.text);
    if (field.column.empty()) {
      diagnostics_->Error(name.range, fmt::format("field [{}] is in no row here: rows without a "
                                                  "field of BY are dropped",
                                                  name.text));
      continue;
    }
    parts->key_columns.push_back(field.column);
    const std::string column = FreshColumn(name.text, field.column, parts);
    parts->command.groups.push_back({column, true, name.range,
                                     esql::MakeColumnNode(field.column, name.range), nullptr});
    parts->keys.emplace_back(name.text, Field{column, field.type, true, 0});
  }
}

void Lowering::AddAggregate(const Aggregate& aggregate, StatsParts* parts) {
  NodePtr filter;
  Typed value = LowerAggregate(aggregate, &filter);
  if (value.node == nullptr || value.type == Type::kNull) {
    return;
  }
  const std::string column = FreshColumn(aggregate.name, "", parts);
  parts->outputs.emplace_back(aggregate.name, Field{column, value.type, value.never_null, 0});
  parts->command.aggregates.push_back(
      {column, true, aggregate.range, std::move(value.node), std::move(filter)});
}

// Rows without a key are dropped, and the scheduler's range is a key, too.
void Lowering::EmitStats(StatsParts parts, bool by_clock) {
  if (!parts.key_columns.empty()) {
    NodePtr present = esql::MakeCallNode("spl_keys_present", range_);
    for (const std::string& column : parts.key_columns) {
      present->args.push_back(esql::MakeColumnNode(column, range_));
    }
    EmitWhere(std::move(present));
  }
  if (by_clock) {
    NodePtr end = Call("spl_clock_end", range_,
                       List(esql::MakeColumnNode(kSourceTime, range_),
                            esql::MakeIntegerNode(options_.clock->interval_ms, range_),
                            esql::MakeIntegerNode(options_.clock->delay_ms, range_),
                            esql::MakeIntegerNode(options_.clock->length_ms, range_)));
    parts.command.groups.push_back({kClockColumn, true, range_, std::move(end), nullptr});
  }
  Emit(std::move(parts.command));
  fields_.clear();
  order_.clear();
  layers_.clear();
  group_.clear();
  columns_ = std::move(parts.columns);
  open_ = false;
  folded_ = true;
  for (auto& [name, field] : parts.keys) {
    group_.push_back(name);
    Define(name, field);
  }
  for (auto& [name, field] : parts.outputs) {
    Define(name, field);
  }
}

void Lowering::LowerStats(const StatsStage& stage) {
  const bool by_clock = options_.clock.has_value() && !clock_filtered_;
  StatsParts parts;
  AddKeys(stage.by, &parts);
  EachAggregate(stage, [&](const Aggregate& aggregate) { AddAggregate(aggregate, &parts); });
  if (diagnostics_->has_errors()) {
    fields_.clear();
    open_ = true;
    return;
  }
  EmitStats(std::move(parts), by_clock);
  EmitClockFilter();
}

void Lowering::LowerEventstats(const StatsStage& stage) {
  EmitClockFilter();
  esql::StatsCommand stats;
  stats.is_inline = true;
  std::vector<std::string> key_columns;
  for (const Name& name : stage.by) {
    const Field field = Find(name.text);
    if (field.column.empty()) {
      diagnostics_->Error(name.range, fmt::format("field [{}] is in no row here", name.text));
      continue;
    }
    key_columns.push_back(field.column);
    stats.groups.push_back({NewColumn("$by"), true, name.range,
                            esql::MakeColumnNode(field.column, name.range), nullptr});
  }
  std::vector<std::pair<std::string, Field>> outputs;
  EachAggregate(stage, [&](const Aggregate& aggregate) {
    NodePtr filter;
    Typed value = LowerAggregate(aggregate, &filter);
    if (value.node == nullptr || value.type == Type::kNull) {
      return;
    }
    const std::string column = NewColumn(aggregate.name);
    outputs.emplace_back(aggregate.name, Field{column, value.type, value.never_null, 0});
    stats.aggregates.push_back(
        {column, true, aggregate.range, std::move(value.node), std::move(filter)});
  });
  if (diagnostics_->has_errors() || outputs.empty()) {
    return;
  }
  Emit(std::move(stats));
  for (auto& [name, field] : outputs) {
    if (!key_columns.empty()) {
      // Rows without a key have no group.
      field.column = EmitColumn(name, Call("spl_case", range_,
                                           List(AllPresent(key_columns),
                                                esql::MakeColumnNode(field.column, range_))));
      field.never_null = false;
    }
    Define(name, field);
  }
}

void Lowering::operator()(const StatsStage& stage) {
  sort_.clear();
  if (stage.keeps_rows) {
    LowerEventstats(stage);
  } else {
    LowerStats(stage);
  }
}

}  // namespace weir::spl
