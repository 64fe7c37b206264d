#include "common/spl/lower.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/spl/lower_internal.h"
#include "common/spl/names_internal.h"

namespace weir::spl {
namespace {

constexpr char kIndexPattern[] = "logs-aws.cloudtrail-*";
constexpr char kTimeField[] = "_time";
constexpr char kClockColumn[] = "$clock";
constexpr double kMillisPerSecond = 1000;
// What alerts of single events show of every event.
constexpr std::string_view kEventFields[] = {
    "_time", "eventName", "eventSource", "user_name", "user_arn", "src",
    "user_agent", "vendor_account", "vendor_region", "errorCode",
};

}  // namespace

bool LooksNumeric(std::string_view text) {
  double number = 0;
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, number);
  return error == std::errc() && stop == last && std::isfinite(number);
}

std::optional<std::string> MatchStar(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  if (name.size() < before.size() + after.size() || !name.starts_with(before) ||
      !name.ends_with(after)) {
    return std::nullopt;
  }
  return std::string(name.substr(before.size(), name.size() - before.size() - after.size()));
}

std::vector<NodePtr> Lowering::List(NodePtr first, NodePtr second, NodePtr third,
                                    NodePtr fourth) {
  std::vector<NodePtr> list;
  for (NodePtr* item : {&first, &second, &third, &fourth}) {
    if (*item != nullptr) {
      list.push_back(std::move(*item));
    }
  }
  return list;
}

NodePtr Lowering::Call(std::string_view name, SourceRange range,
                                   std::vector<NodePtr> args) const {
  NodePtr call = esql::MakeCallNode(name, range);
  call->args = std::move(args);
  return call;
}

NodePtr Lowering::Number(double value, SourceRange range) {
  constexpr double kExactMax = 9007199254740992.0;
  return value == std::floor(value) && std::fabs(value) < kExactMax
             ? esql::MakeIntegerNode(static_cast<int64_t>(value), range)
             : esql::MakeDoubleNode(value, range);
}

// A search by the clock is judged its delay behind the range's end.
NodePtr Lowering::RangeEnd(SourceRange range, int64_t before_ms) const {
  NodePtr now = Call("spl_epoch", range, List(esql::MakeCallNode("NOW", range)));
  before_ms += options_.clock.has_value() ? options_.clock->delay_ms : 0;
  return before_ms == 0
             ? std::move(now)
             : esql::MakeBinaryNode(
                   esql::Operator::kSubtract, std::move(now),
                   esql::MakeDoubleNode(static_cast<double>(before_ms) / kMillisPerSecond, range));
}

Field Lowering::SourceField(const std::string& name) const {
  Field field;
  if (!open_) {
    return field;
  }
  field.column = kFieldPrefix + name;
  if (name == kTimeField) {
    field.type = Type::kNumber;
    field.never_null = true;
  }
  return field;
}

// The column with what the layer gives to the name; empty when it gives nothing.
std::optional<std::string> Lowering::LayerColumn(const Layer& layer, const std::string& name) {
  if (name.empty() || name.front() == '_') {
    return std::nullopt;
  }
  if (!layer.json_column.empty()) {
    return EmitColumn("$" + name,
                      Call("spl_spath", range_,
                           List(esql::MakeColumnNode(layer.json_column, range_),
                                esql::MakeKeywordNode(name, range_))));
  }
  const std::optional<std::string> part = MatchStar(layer.to, name);
  if (!part.has_value() || !open_) {
    return std::nullopt;
  }
  std::string source = layer.from;
  source.replace(source.find('*'), 1, *part);
  return kFieldPrefix + source;
}

Field Lowering::Find(const std::string& name) {
  const auto known = fields_.find(name);
  Field field = known != fields_.end() ? known->second : SourceField(name);
  if (field.layer == layers_.size()) {
    return field;
  }
  for (std::size_t i = field.layer; i < layers_.size(); ++i) {
    const Layer layer = layers_[i];
    // A wildcard rename takes the names it fits away.
    if (layer.json_column.empty() && known == fields_.end() &&
        MatchStar(layer.from, name).has_value()) {
      field = {};
    }
    const std::optional<std::string> column = LayerColumn(layer, name);
    if (!column.has_value()) {
      continue;
    }
    if (field.column.empty()) {
      field.column = *column;
      field.type = Type::kText;
      continue;
    }
    field.column = EmitColumn(name, Call("spl_coalesce", range_,
                                         List(esql::MakeColumnNode(*column, range_),
                                              esql::MakeColumnNode(field.column, range_))));
    field.type = Type::kText;
    field.never_null = false;
  }
  field.layer = layers_.size();
  fields_[name] = field;
  return field;
}

Typed Lowering::Column(const Field& field, SourceRange range) const {
  if (field.column.empty()) {
    auto null = std::make_unique<esql::Expression>();
    null->range = range;
    null->literal.type = DataType::kNull;
    return {std::move(null), Type::kNull, false};
  }
  return {esql::MakeColumnNode(field.column, range), field.type, field.never_null};
}

std::string Lowering::NewColumn(const std::string& name) {
  std::string column = name;
  for (int i = 2; !columns_.insert(column).second; ++i) {
    column = fmt::format("{}#{}", name, i);
  }
  return column;
}

std::string Lowering::EmitColumn(const std::string& name, NodePtr value) {
  const std::string column = NewColumn(name);
  esql::EvalCommand eval;
  const SourceRange range = value->range;
  eval.columns.push_back({column, true, range, std::move(value), nullptr});
  Emit(std::move(eval));
  return column;
}

void Lowering::Define(const std::string& name, Field field) {
  field.layer = layers_.size();
  fields_[name] = std::move(field);
  if (std::find(order_.begin(), order_.end(), name) == order_.end()) {
    order_.push_back(name);
  }
}

void Lowering::Remove(const std::string& name) {
  Field missing;
  missing.layer = layers_.size();
  fields_[name] = missing;
  std::erase(order_, name);
}

void Lowering::Assign(const std::string& name, Typed value) {
  if (value.node == nullptr) {
    Define(name, {name, Type::kText, false, 0});   // reported; go on
    return;
  }
  if (value.type == Type::kNull) {
    Remove(name);
    return;
  }
  Field field{"", value.type, value.never_null, 0};
  field.column = value.node->kind == esql::ExpressionKind::kColumn
                     ? value.node->name
                     : EmitColumn(name, std::move(value.node));
  Define(name, std::move(field));
}

void Lowering::EmitWhere(NodePtr condition) {
  if (condition != nullptr) {
    Emit(esql::WhereCommand{std::move(condition)});
  }
}

NodePtr Lowering::AllPresent(const std::vector<std::string>& columns) const {
  NodePtr all;
  for (const std::string& column : columns) {
    all = esql::MakeJunctionNode(
        esql::Operator::kAnd, std::move(all),
        esql::MakeIsNullNode(esql::MakeColumnNode(column, range_), true, range_));
  }
  return all;
}

std::vector<std::string> Lowering::NamesAfter() const {
  std::vector<std::string> names;
  for (std::size_t i = stage_index_ + 1; i < search_.stages.size(); ++i) {
    CollectNames(search_.stages[i], &names);
  }
  return names;
}

// Leaves the rows of the bucket that ends at the judged instant less the delay.
void Lowering::EmitClockFilter() {
  if (!options_.clock.has_value() || clock_filtered_) {
    return;
  }
  clock_filtered_ = true;
  if (folded_) {
    EmitWhere(esql::MakeBinaryNode(esql::Operator::kEqual,
                                   esql::MakeColumnNode(kClockColumn, range_),
                                   RangeEnd(range_)));
    return;
  }
  const auto time = [this] {
    return Call("spl_epoch", range_,
                List(esql::MakeColumnNode(std::string(kFieldPrefix) + kTimeField, range_)));
  };
  EmitWhere(esql::MakeBinaryNode(esql::Operator::kLess, time(), RangeEnd(range_)));
  EmitWhere(esql::MakeBinaryNode(esql::Operator::kGreaterEqual, time(),
                                 RangeEnd(range_, options_.clock->length_ms)));
}

// The columns of alerts, under the names of the fields.
void Lowering::FinishOutputs() {
  if (open_) {
    std::vector<std::string> names(std::begin(kEventFields), std::end(kEventFields));
    for (const Stage& stage : search_.stages) {
      CollectNames(stage, &names);
    }
    names.insert(names.end(), options_.shown.begin(), options_.shown.end());
    for (const std::string& name : names) {
      const bool hidden = name == "_raw" || name == "index" || name == "sourcetype" ||
                          name == "source" || name == "eventtype";
      if (!hidden && std::find(order_.begin(), order_.end(), name) == order_.end() &&
          !Find(name).column.empty()) {
        order_.push_back(name);
      }
    }
  }
  esql::EvalCommand aside;
  esql::EvalCommand named;
  esql::KeepCommand keep;
  for (const std::string& name : order_) {
    const Field field = Find(name);
    if (field.column.empty()) {
      continue;
    }
    keep.patterns.push_back({name, false, range_});
    if (field.column == name) {
      continue;
    }
    const std::string between = NewColumn("$out");
    aside.columns.push_back(
        {between, true, range_, esql::MakeColumnNode(field.column, range_), nullptr});
    named.columns.push_back({name, true, range_, esql::MakeColumnNode(between, range_), nullptr});
  }
  if (!named.columns.empty()) {
    Emit(std::move(aside));
    Emit(std::move(named));
  }
  if (keep.patterns.empty()) {
    Refuse(range_, "no field is left to show");
    return;
  }
  Emit(std::move(keep));
}

std::optional<esql::Query> Lowering::Run() {
  esql::FromCommand from;
  from.patterns = {kIndexPattern};
  from.metadata = {"_id"};
  query_.commands.push_back({std::move(from), {}});
  for (stage_index_ = 0; stage_index_ < search_.stages.size(); ++stage_index_) {
    range_ = search_.stages[stage_index_].range;
    std::visit(*this, search_.stages[stage_index_].body);
  }
  if (diagnostics_->has_errors()) {
    return std::nullopt;
  }
  FinishOutputs();
  return diagnostics_->has_errors() ? std::nullopt : std::optional(std::move(query_));
}

std::optional<esql::Query> Lower(const Search& search, const LowerOptions& options,
                                 esql::Diagnostics* diagnostics) {
  return Lowering(search, options, diagnostics).Run();
}

}  // namespace weir::spl
