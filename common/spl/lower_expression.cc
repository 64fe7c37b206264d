// Expressions of where and eval. Text is the type of all that may be anything: its primitives compare
// and add as numbers where both sides look like numbers. What is known to be a number is compared by
// ES|QL's own operators, which the judge understands.
#include <algorithm>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/spl/lower_internal.h"

namespace weir::spl {
namespace {



struct OperatorRow {
  Operator op;
  std::string_view primitive;
  esql::Operator native;   // kNone: none
};

constexpr OperatorRow kComparisons[] = {
    {Operator::kEqual, "spl_eq", esql::Operator::kEqual},
    {Operator::kNotEqual, "spl_ne", esql::Operator::kNotEqual},
    {Operator::kLess, "spl_lt", esql::Operator::kLess},
    {Operator::kLessEqual, "spl_le", esql::Operator::kLessEqual},
    {Operator::kGreater, "spl_gt", esql::Operator::kGreater},
    {Operator::kGreaterEqual, "spl_ge", esql::Operator::kGreaterEqual},
    {Operator::kLike, "spl_like", esql::Operator::kNone},
};

std::string_view ArithmeticPrimitive(Operator op) {
  switch (op) {
    case Operator::kAdd:
      return "spl_add";
    case Operator::kSubtract:
      return "spl_subtract";
    case Operator::kMultiply:
      return "spl_multiply";
    case Operator::kDivide:
      return "spl_divide";
    case Operator::kModulo:
      return "spl_modulo";
    default:
      return "spl_concat";
  }
}

NodePtr NullNode(SourceRange range) {
  auto null = std::make_unique<esql::Expression>();
  null->range = range;
  return null;
}

// The one field that an expression reads; empty when there are none or several.
std::string OnlyField(const Expression& node) {
  if (node.kind == ExpressionKind::kField) {
    return node.text;
  }
  std::string only;
  for (const auto& arg : node.args) {
    const std::string field = OnlyField(*arg);
    if (!field.empty() && !only.empty() && field != only) {
      return "";
    }
    only = field.empty() ? only : field;
  }
  return only;
}

// Objects of a CloudTrail record.
constexpr std::string_view kRecordObjects[] = {
    "additionalEventData", "requestParameters",   "responseElements",
    "resources",           "serviceEventDetails", "tlsDetails",
    "userIdentity",
};

}  // namespace

bool Lowering::RequireBoolean(const Expression& node, const Typed& value) {
  if (value.node == nullptr) {
    return false;
  }
  if (value.type == Type::kBoolean || value.type == Type::kNull) {
    return true;
  }
  Refuse(node.range, "expected a condition, found a value",
         "compare it, as in `field=1`; fields in single quotes, texts in double quotes");
  return false;
}

bool Lowering::LowerArguments(const Expression& node, std::vector<Typed>* args) {
  bool ok = true;
  for (const auto& arg : node.args) {
    args->push_back(Lower(*arg));
    ok = ok && args->back().node != nullptr;
  }
  return ok;
}

Typed Lowering::Lower(const Expression& node) {
  switch (node.kind) {
    case ExpressionKind::kNumber:
      return {Number(std::stod(node.text), node.range), Type::kNumber, true};
    case ExpressionKind::kString:
      return {esql::MakeKeywordNode(node.text, node.range), Type::kText, true};
    case ExpressionKind::kField:
      if (const auto item = items_.find(node.text); item != items_.end()) {
        return {Call(item->second.first, node.range, {}), item->second.second, false};
      }
      return Column(node.text, node.range);
    case ExpressionKind::kNegate: {
      Typed value = Lower(*node.args.front());
      if (value.node == nullptr) {
        return {};
      }
      return {Call("spl_subtract", node.range,
                   List(esql::MakeIntegerNode(0, node.range), std::move(value.node))),
              Type::kNumber, false};
    }
    case ExpressionKind::kNot: {
      Typed value = Lower(*node.args.front());
      if (!RequireBoolean(*node.args.front(), value)) {
        return {};
      }
      return {esql::MakeNotNode(std::move(value.node), node.range), Type::kBoolean, false};
    }
    case ExpressionKind::kIn: {
      std::vector<Typed> args;
      if (!LowerArguments(node, &args)) {
        return {};
      }
      NodePtr call = esql::MakeCallNode("spl_in", node.range);
      for (Typed& arg : args) {
        call->args.push_back(std::move(arg.node));
      }
      return {std::move(call), Type::kBoolean, false};
    }
    case ExpressionKind::kCall:
      return LowerCall(node);
    case ExpressionKind::kBinary:
      break;
  }
  return LowerBinary(node);
}

Typed Lowering::LowerComparison(const Expression& node, Typed left, Typed right) {
  const auto* row = std::find_if(std::begin(kComparisons), std::end(kComparisons),
                                 [&](const OperatorRow& one) { return one.op == node.op; });
  if (left.type == Type::kNumber && right.type == Type::kNumber &&
      row->native != esql::Operator::kNone) {
    NodePtr test =
        esql::MakeBinaryNode(row->native, std::move(left.node), std::move(right.node));
    test->range = node.range;
    return {std::move(test), Type::kBoolean, false};
  }
  return {Call(row->primitive, node.range, List(std::move(left.node), std::move(right.node))),
          Type::kBoolean, false};
}

// userIdentity.userName joins two fields that no record has; what is meant is the one in quotes.
void Lowering::WarnOfDottedName(const Expression& node) {
  const auto is_bare = [](const Expression& field) {
    return field.kind == ExpressionKind::kField &&
           field.range.end - field.range.begin == field.text.size();
  };
  const Expression& left = *node.args[0];
  const Expression& right = *node.args[1];
  const bool is_path = is_bare(left) && is_bare(right) && left.range.end + 1 == right.range.begin &&
                       std::find(std::begin(kRecordObjects), std::end(kRecordObjects), left.text) !=
                           std::end(kRecordObjects);
  if (is_path && open_ && !fields_.contains(left.text)) {
    const std::string name = left.text + "." + right.text;
    diagnostics_->Warning(node.range,
                          fmt::format("[{}] joins the fields [{}] and [{}], of which no record has "
                                      "a value",
                                      name, left.text, right.text),
                          fmt::format("in single quotes it is the field: '{}'", name));
  }
}

Typed Lowering::LowerBinary(const Expression& node) {
  if (node.op == Operator::kConcat) {
    WarnOfDottedName(node);
  }
  std::vector<Typed> args;
  if (!LowerArguments(node, &args)) {
    return {};
  }
  Typed& left = args[0];
  Typed& right = args[1];
  switch (node.op) {
    case Operator::kAnd:
    case Operator::kOr:
    case Operator::kXor: {
      const bool fits = RequireBoolean(*node.args[0], left);
      if (!RequireBoolean(*node.args[1], right) || !fits) {
        return {};
      }
      if (node.op != Operator::kXor) {
        return {esql::MakeJunctionNode(
                    node.op == Operator::kAnd ? esql::Operator::kAnd : esql::Operator::kOr,
                    std::move(left.node), std::move(right.node)),
                Type::kBoolean, false};
      }
      NodePtr only_left = esql::MakeJunctionNode(
          esql::Operator::kAnd, left.node->Clone(),
          esql::MakeNotNode(right.node->Clone(), node.range));
      NodePtr only_right = esql::MakeJunctionNode(
          esql::Operator::kAnd, std::move(right.node),
          esql::MakeNotNode(std::move(left.node), node.range));
      return {esql::MakeJunctionNode(esql::Operator::kOr, std::move(only_left),
                                     std::move(only_right)),
              Type::kBoolean, false};
    }
    case Operator::kAdd:
    case Operator::kSubtract:
    case Operator::kMultiply:
    case Operator::kDivide:
    case Operator::kModulo:
    case Operator::kConcat: {
      const bool may_join = node.op == Operator::kAdd &&
                            !(left.type == Type::kNumber && right.type == Type::kNumber);
      const Type type =
          node.op == Operator::kConcat || may_join ? Type::kText : Type::kNumber;
      return {Call(ArithmeticPrimitive(node.op), node.range,
                   List(std::move(left.node), std::move(right.node))),
              type, false};
    }
    default:
      return LowerComparison(node, std::move(left), std::move(right));
  }
}

// mvfilter(condition of one field) and mvmap(field, expression): the expression reads the value at hand.
Typed Lowering::LowerMultivalueMap(const Expression& node, const FunctionRow& row) {
  const bool filters = row.name == "mvfilter";
  const std::string field = filters ? OnlyField(*node.args.front())
                                    : node.args.front()->kind == ExpressionKind::kField
                                          ? node.args.front()->text
                                          : "";
  if (field.empty() || items_.contains(field)) {
    return Refuse(node.range, fmt::format("[{}] must be about one field", row.name));
  }
  Typed input = Column(field, node.range);
  items_[field] = {fmt::format("spl_item{}", items_.size()), Type::kText};
  if (items_.size() > 2) {
    items_.erase(field);
    return Refuse(node.range, fmt::format("[{}] is nested too deep", row.name));
  }
  Typed body = Lower(*node.args.back());
  const std::string item = items_[field].first;
  items_.erase(field);
  if (body.node == nullptr || (filters && !RequireBoolean(*node.args.back(), body))) {
    return {};
  }
  if (input.type == Type::kNull) {
    return input;
  }
  if (!filters) {
    body.node = Call("spl_text", node.range, List(std::move(body.node)));
  }
  return {Call(fmt::format("{}{}", row.primitive, item.back()), node.range,
               List(std::move(input.node), std::move(body.node))),
          Type::kText, false};
}

// Functions whose result has the type of their values.
Typed Lowering::LowerValues(const Expression& node, const FunctionRow& row,
                            std::vector<Typed> args) {
  NodePtr call = esql::MakeCallNode(row.primitive, node.range);
  Type type = Type::kNull;
  const bool conditional = row.primitive == "spl_case";
  const bool negated = row.name == "validate";
  for (std::size_t i = 0; i < args.size(); ++i) {
    const bool is_else = row.name == "if" && i == 2;
    const bool is_condition = conditional && !is_else && i % 2 == 0;
    if (is_condition) {
      if (!RequireBoolean(*node.args[i], args[i])) {
        return {};
      }
      call->args.push_back(negated
                               ? esql::MakeNotNode(std::move(args[i].node), node.args[i]->range)
                               : std::move(args[i].node));
      continue;
    }
    if (type == Type::kNull) {
      type = args[i].type;
    } else if (args[i].type != Type::kNull && args[i].type != type) {
      type = Type::kText;
    }
    call->args.push_back(std::move(args[i].node));
  }
  return {std::move(call), type, false};
}

Typed Lowering::LowerSpecial(const Expression& node, const FunctionRow& row,
                             std::vector<Typed> args) {
  if (row.name == "isnull" || row.name == "isnotnull") {
    return {esql::MakeIsNullNode(std::move(args.front().node), row.name == "isnotnull", node.range),
            Type::kBoolean, true};
  }
  if (row.name == "null") {
    return {NullNode(node.range), Type::kNull, false};
  }
  if (row.name == "true" || row.name == "false") {
    return {esql::MakeBooleanNode(row.name == "true", node.range), Type::kBoolean, true};
  }
  return {RangeEnd(node.range), Type::kNumber, true};
}

Typed Lowering::LowerCall(const Expression& node) {
  const FunctionRow* row = FindFunction(node.text);
  if (row == nullptr) {
    for (const RefusedFunction& refused : RefusedFunctions()) {
      if (refused.name == node.text) {
        return Refuse(node.range, fmt::format("function [{}] is not supported: {}", node.text,
                                              refused.why));
      }
    }
    return Refuse(node.range, fmt::format("unknown function [{}]", node.text),
                  esql::DidYouMean(node.text, FunctionNames()));
  }
  if (node.args.size() < row->args_min || node.args.size() > row->args_max) {
    return Refuse(node.range, fmt::format("function [{}] takes {}{} arguments, found {}", node.text,
                                          row->args_max == row->args_min ? "" : "at least ",
                                          row->args_min, node.args.size()));
  }
  if (row->name == "mvfilter" || row->name == "mvmap") {
    return LowerMultivalueMap(node, *row);
  }
  if ((row->name == "case" || row->name == "validate") && node.args.size() % 2 != 0) {
    return Refuse(node.range, fmt::format("function [{}] takes pairs of condition and value",
                                          node.text));
  }
  std::vector<Typed> args;
  if (!LowerArguments(node, &args)) {
    return {};
  }
  if (row->primitive.empty()) {
    return LowerSpecial(node, *row, std::move(args));
  }
  if (row->result == Type::kSame) {
    return LowerValues(node, *row, std::move(args));
  }
  NodePtr call = esql::MakeCallNode(row->primitive, node.range);
  for (Typed& arg : args) {
    call->args.push_back(std::move(arg.node));
  }
  return {std::move(call), row->result, false};
}

void Lowering::operator()(const WhereStage& stage) {
  Typed condition = Lower(*stage.condition);
  if (RequireBoolean(*stage.condition, condition)) {
    EmitWhere(std::move(condition.node));
  }
}

void Lowering::operator()(const EvalStage& stage) {
  for (const EvalStage::Item& item : stage.items) {
    Typed value = Lower(*item.value);
    if (value.node != nullptr && value.type == Type::kBoolean) {
      Refuse(item.value->range, fmt::format("eval cannot give a condition to field [{}]",
                                            item.target.text),
             "use if(condition, 1, 0)");
      value = {};
    }
    Assign(item.target.text, std::move(value));
  }
}

}  // namespace weir::spl
