#include "common/plan/definition_internal.h"

#include <algorithm>
#include <set>

#include "common/base/hash.h"
#include "common/esql/printer.h"

namespace weir::plan {
namespace {

// Definitions are substituted into each other, so a chain of EVALs can double them at every step.
constexpr std::size_t kDefinitionNodesMax = 2000;

std::size_t CountNodes(const esql::Expression& expression) {
  std::size_t count = 0;
  ForEachNode(expression, [&](const esql::Expression&) { ++count; });
  return count;
}

esql::ExpressionPtr KeywordLiteral(const std::string& text) {
  auto literal = std::make_unique<esql::Expression>();
  literal->kind = esql::ExpressionKind::kLiteral;
  literal->literal.type = DataType::kKeyword;
  literal->literal.text = text;
  return literal;
}

esql::ExpressionPtr ColumnNode(std::string_view name) {
  auto column = std::make_unique<esql::Expression>();
  column->kind = esql::ExpressionKind::kColumn;
  column->name = name;
  return column;
}

}  // namespace

Definition ColumnDefinition(std::string_view name) {
  return ColumnNode(name);
}

Definition MakeDefinition(esql::ExpressionPtr tree) {
  if (CountNodes(*tree) <= kDefinitionNodesMax) {
    return tree;
  }
  return ColumnNode("#" + HashBytes128(esql::Print(*tree)).ToHex());
}

Definition CallDefinition(std::string_view name, const Definition& input,
                          const std::vector<std::string>& texts) {
  auto call = std::make_unique<esql::Expression>();
  call->kind = esql::ExpressionKind::kCall;
  call->name = name;
  call->args.push_back(input->Clone());
  for (const std::string& text : texts) {
    call->args.push_back(KeywordLiteral(text));
  }
  return MakeDefinition(std::move(call));
}

esql::ExpressionPtr CopyNode(const esql::Expression& node) {
  auto copy = std::make_unique<esql::Expression>();
  copy->kind = node.kind;
  copy->op = node.op;
  copy->negated = node.negated;
  copy->backquoted = node.backquoted;
  copy->cast_type = node.cast_type;
  copy->range = node.range;
  copy->name = node.name;
  copy->literal = node.literal;
  return copy;
}

esql::ExpressionPtr Expand(const esql::Expression& expression, const PlanScope& scope) {
  if (expression.kind == esql::ExpressionKind::kColumn) {
    const std::optional<Column> column = scope.Find(expression.name);
    return column.has_value() ? column->definition->Clone() : expression.Clone();
  }
  esql::ExpressionPtr copy = CopyNode(expression);
  for (const esql::ExpressionPtr& argument : expression.args) {
    copy->args.push_back(Expand(*argument, scope));
  }
  return copy;
}

std::string ExpandedText(const esql::Expression& expression, const PlanScope& scope) {
  return esql::Print(*Expand(expression, scope));
}

void ForEachNode(const esql::Expression& expression,
                 const std::function<void(const esql::Expression&)>& visit) {
  visit(expression);
  for (const esql::ExpressionPtr& argument : expression.args) {
    ForEachNode(*argument, visit);
  }
}

bool CallsFunction(const esql::Expression& expression, std::string_view upper_name) {
  bool calls = false;
  ForEachNode(expression, [&](const esql::Expression& node) {
    calls = calls || (node.kind == esql::ExpressionKind::kCall && node.name == upper_name);
  });
  return calls;
}

std::vector<const esql::Expression*> Conjuncts(const esql::Expression& condition) {
  if (condition.kind != esql::ExpressionKind::kBinary || condition.op != esql::Operator::kAnd) {
    return {&condition};
  }
  std::vector<const esql::Expression*> parts;
  for (const esql::ExpressionPtr& side : condition.args) {
    const std::vector<const esql::Expression*> inner = Conjuncts(*side);
    parts.insert(parts.end(), inner.begin(), inner.end());
  }
  return parts;
}

bool IsTimeOnly(const esql::Expression& definition) {
  bool reads_time = false;
  bool reads_other = false;
  ForEachNode(definition, [&](const esql::Expression& node) {
    if (node.kind == esql::ExpressionKind::kColumn) {
      const bool time = node.name == "@timestamp" || node.name == "event.ingested" ||
                        node.name == "cloudtrail:_time";
      (time ? reads_time : reads_other) = true;
    } else if (node.kind == esql::ExpressionKind::kCall && node.name == "TBUCKET") {
      reads_time = true;
    }
  });
  return reads_time && !reads_other;
}

namespace {

bool AllNonNegative(const std::vector<esql::ExpressionPtr>& args) {
  return std::all_of(args.begin(), args.end(),
                     [](const esql::ExpressionPtr& arg) { return IsNonNegative(*arg); });
}

bool IsNonNegativeCall(const esql::Expression& call) {
  static const std::set<std::string_view> kCounts = {"LENGTH", "BYTE_LENGTH", "MV_COUNT", "LOCATE",
                                                     "ABS"};
  static const std::set<std::string_view> kKeepsSign = {
      "COALESCE", "LEAST", "MV_MIN", "MV_MAX", "MV_FIRST", "MV_LAST", "MV_SUM", "MV_AVG",
      "MV_DEDUPE", "CEIL", "FLOOR", "SQRT"};
  static const std::set<std::string_view> kConversions = {"TO_INTEGER", "TO_INT", "TO_LONG",
                                                          "TO_DOUBLE", "TO_DBL"};
  if (kCounts.contains(call.name)) {
    return true;
  }
  if (kKeepsSign.contains(call.name) || kConversions.contains(call.name)) {
    return AllNonNegative(call.args);
  }
  if (call.name == "GREATEST") {
    return std::any_of(call.args.begin(), call.args.end(),
                       [](const esql::ExpressionPtr& arg) { return IsNonNegative(*arg); });
  }
  if (call.name == "CASE") {
    // condition, value, condition, value, ... and a last value when the count is odd
    for (std::size_t i = 1; i < call.args.size(); i += 2) {
      if (!IsNonNegative(*call.args[i])) {
        return false;
      }
    }
    return call.args.size() % 2 == 0 || IsNonNegative(*call.args.back());
  }
  return false;
}

}  // namespace

bool IsNonNegative(const esql::Expression& definition) {
  switch (definition.kind) {
    case esql::ExpressionKind::kLiteral:
      switch (definition.literal.type) {
        case DataType::kInteger:
        case DataType::kLong:
          return definition.literal.integer >= 0;
        case DataType::kUnsignedLong:
        case DataType::kNull:
          return true;
        case DataType::kDouble:
          return definition.literal.number >= 0;
        default:
          return false;
      }
    case esql::ExpressionKind::kList:
      return AllNonNegative(definition.args);
    case esql::ExpressionKind::kUnary:
      return definition.op == esql::Operator::kPlus && AllNonNegative(definition.args);
    case esql::ExpressionKind::kBinary:
      return (definition.op == esql::Operator::kAdd ||
              definition.op == esql::Operator::kMultiply ||
              definition.op == esql::Operator::kDivide ||
              definition.op == esql::Operator::kModulo) &&
             AllNonNegative(definition.args);
    case esql::ExpressionKind::kCast:
      return IsNumeric(definition.cast_type) && AllNonNegative(definition.args);
    case esql::ExpressionKind::kCall:
      return IsNonNegativeCall(definition);
    default:
      return false;
  }
}

}  // namespace weir::plan
