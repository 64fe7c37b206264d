// TRANGE(span) and TRANGE(start, end) within an ES|QL query.
#include "common/esql/any_value.h"
#include "common/plan/query_rules_internal.h"

namespace weir::plan {
namespace {

esql::ExpressionPtr Bound(esql::Operator op, esql::ExpressionPtr limit, esql::SourceRange range) {
  return esql::MakeBinaryNode(op, esql::MakeColumnNode("@timestamp", range), std::move(limit));
}

esql::ExpressionPtr AsDate(esql::ExpressionPtr value, esql::SourceRange range) {
  esql::ExpressionPtr date = esql::MakeCallNode("TO_DATETIME", range);
  date->args.push_back(std::move(value));
  return date;
}

void Lower(esql::ExpressionPtr* expression) {
  esql::Expression& node = **expression;
  const esql::SourceRange range = node.range;
  if (node.kind == esql::ExpressionKind::kCall && node.name == "TRANGE" && node.args.size() == 1) {
    *expression =
        Bound(esql::Operator::kGreater,
              esql::MakeBinaryNode(esql::Operator::kSubtract, esql::MakeCallNode("NOW", range),
                                   std::move(node.args[0])),
              range);
    return;
  }
  if (node.kind == esql::ExpressionKind::kCall && node.name == "TRANGE" && node.args.size() == 2) {
    esql::ExpressionPtr start = AsDate(std::move(node.args[0]), range);
    esql::ExpressionPtr end = AsDate(std::move(node.args[1]), range);
    *expression = esql::MakeJunctionNode(
        esql::Operator::kAnd, Bound(esql::Operator::kGreater, std::move(start), range),
        Bound(esql::Operator::kLessEqual, std::move(end), range));
    return;
  }
  for (esql::ExpressionPtr& argument : node.args) {
    Lower(&argument);
  }
}

}  // namespace

void LowerTimeRangeCalls(esql::Query* query) {
  for (esql::Command& command : query->commands) {
    if (auto* where = std::get_if<esql::WhereCommand>(&command.body)) {
      Lower(&where->condition);
    }
  }
}

}  // namespace weir::plan
