// A threshold rule is STATS count BY its fields: events that lack one of them are in no group, an
// event with several values of one is in a group of each.
#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/plan/query_rules_internal.h"

namespace weir::plan {
namespace {

constexpr std::string_view kCount = "threshold_result.count";
constexpr std::string_view kCardinality = "threshold_result.cardinality";

esql::NamedExpression Named(std::string name, esql::ExpressionPtr value) {
  esql::NamedExpression column;
  column.name = std::move(name);
  column.has_alias = true;
  column.value = std::move(value);
  return column;
}

esql::ExpressionPtr Call(std::string_view function, esql::ExpressionPtr argument) {
  esql::ExpressionPtr call = esql::MakeCallNode(function, {});
  call->args.push_back(std::move(argument));
  return call;
}

esql::ExpressionPtr Star() {
  auto star = std::make_unique<esql::Expression>();
  star->kind = esql::ExpressionKind::kStar;
  return star;
}

void AddWhere(esql::ExpressionPtr condition, esql::Query* query) {
  query->commands.push_back({esql::WhereCommand{std::move(condition)}, {}});
}

esql::ExpressionPtr AtLeast(const std::string& column, int64_t value) {
  return esql::MakeBinaryNode(esql::Operator::kGreaterEqual, esql::MakeColumnNode(column, {}),
                              esql::MakeIntegerNode(value, {}));
}

}  // namespace

void AddThreshold(const rule::Threshold& threshold, esql::Query* query) {
  esql::StatsCommand stats;
  for (const std::string& field : threshold.fields) {
    AddWhere(esql::MakeIsNullNode(esql::MakeColumnNode(field, {}), true, {}), query);
    stats.groups.push_back(Named(field, esql::MakeColumnNode(field, {})));
    stats.groups.back().has_alias = false;
  }
  stats.aggregates.push_back(Named(std::string(kCount), Call("COUNT", Star())));
  esql::ExpressionPtr condition = AtLeast(std::string(kCount), threshold.value);
  for (const rule::Threshold::Cardinality& cardinality : threshold.cardinality) {
    const std::string name = threshold.cardinality.size() == 1
                                 ? std::string(kCardinality)
                                 : fmt::format("{}.{}", kCardinality, cardinality.field);
    stats.aggregates.push_back(
        Named(name, Call("COUNT_DISTINCT", esql::MakeColumnNode(cardinality.field, {}))));
    condition = esql::MakeBinaryNode(esql::Operator::kAnd, std::move(condition),
                                     AtLeast(name, cardinality.value));
  }
  query->commands.push_back({std::move(stats), {}});
  AddWhere(std::move(condition), query);
}

}  // namespace weir::plan
