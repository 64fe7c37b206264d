#include "common/esql/ast.h"

namespace weir::esql {

std::string_view OperatorText(Operator op) {
  switch (op) {
    case Operator::kNone:
      return "";
    case Operator::kNegate:
    case Operator::kSubtract:
      return "-";
    case Operator::kPlus:
    case Operator::kAdd:
      return "+";
    case Operator::kNot:
      return "NOT";
    case Operator::kMultiply:
      return "*";
    case Operator::kDivide:
      return "/";
    case Operator::kModulo:
      return "%";
    case Operator::kEqual:
      return "==";
    case Operator::kNotEqual:
      return "!=";
    case Operator::kLess:
      return "<";
    case Operator::kLessEqual:
      return "<=";
    case Operator::kGreater:
      return ">";
    case Operator::kGreaterEqual:
      return ">=";
    case Operator::kAnd:
      return "AND";
    case Operator::kOr:
      return "OR";
  }
  return "";
}

ExpressionPtr Expression::Clone() const {
  auto copy = std::make_unique<Expression>();
  copy->kind = kind;
  copy->op = op;
  copy->negated = negated;
  copy->backquoted = backquoted;
  copy->cast_type = cast_type;
  copy->range = range;
  copy->name = name;
  copy->literal = literal;
  copy->args.reserve(args.size());
  for (const ExpressionPtr& arg : args) {
    copy->args.push_back(arg->Clone());
  }
  return copy;
}

}  // namespace weir::esql
