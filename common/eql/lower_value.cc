// Values that EQL computes: arithmetic and functions, in terms of ES|QL's.
#include <limits>

#include <fmt/format.h>

#include "common/eql/lower_internal.h"
#include "common/esql/names.h"

namespace weir::eql {
namespace {

using esql::ExpressionPtr;

esql::Operator ArithmeticOperator(Operator op) {
  switch (op) {
    case Operator::kAdd:
      return esql::Operator::kAdd;
    case Operator::kSubtract:
      return esql::Operator::kSubtract;
    case Operator::kMultiply:
      return esql::Operator::kMultiply;
    case Operator::kDivide:
      return esql::Operator::kDivide;
    default:
      return esql::Operator::kModulo;
  }
}

Operator OperatorOfFunction(std::string_view name) {
  return name == "add"        ? Operator::kAdd
         : name == "subtract" ? Operator::kSubtract
         : name == "multiply" ? Operator::kMultiply
         : name == "divide"   ? Operator::kDivide
         : name == "modulo"   ? Operator::kModulo
                              : Operator::kNone;
}

ExpressionPtr Call(std::string_view name, SourceRange range, ExpressionPtr first,
                   ExpressionPtr second = nullptr, ExpressionPtr third = nullptr) {
  ExpressionPtr call = esql::MakeCallNode(name, range);
  call->args.push_back(std::move(first));
  for (ExpressionPtr* argument : {&second, &third}) {
    if (*argument != nullptr) {
      call->args.push_back(std::move(*argument));
    }
  }
  return call;
}

}  // namespace

ExpressionPtr Lowering::Field(const Node& node) {
  return Call("MV_FIRST", node.range, esql::MakeColumnNode(node.text, node.range));
}

ExpressionPtr Lowering::Value(const Node& node) {
  switch (node.kind) {
    case NodeKind::kField:
      return Field(node);
    case NodeKind::kString:
      return esql::MakeKeywordNode(node.text, node.range);
    case NodeKind::kInteger:
      return esql::MakeIntegerNode(node.integer, node.range);
    case NodeKind::kDecimal:
      return esql::MakeDoubleNode(node.number, node.range);
    case NodeKind::kBoolean:
      return esql::MakeBooleanNode(node.integer != 0, node.range);
    case NodeKind::kNegate: {
      ExpressionPtr operand = Value(*node.children[0]);
      return operand == nullptr
                 ? nullptr
                 : esql::MakeBinaryNode(esql::Operator::kSubtract,
                                        esql::MakeIntegerNode(0, node.range), std::move(operand));
    }
    case NodeKind::kArithmetic: {
      ExpressionPtr left = Value(*node.children[0]);
      ExpressionPtr right = Value(*node.children[1]);
      return left == nullptr || right == nullptr
                 ? nullptr
                 : esql::MakeBinaryNode(ArithmeticOperator(node.op), std::move(left),
                                        std::move(right));
    }
    case NodeKind::kCall:
      return Computed(node);
    default:
      return Refuse(node.range, fmt::format("[{}] as a value is not supported",
                                            diagnostics_->source().Slice(node.range)));
  }
}

// 0-based and null where EQL's is; LOCATE counts from 1 and gives 0 for nothing.
ExpressionPtr Lowering::IndexOf(const Node& node) {
  if (!CheckCount(node, 2, 2)) {
    return nullptr;
  }
  ExpressionPtr text = Value(*node.children[0]);
  ExpressionPtr part = Value(*node.children[1]);
  if (text == nullptr || part == nullptr) {
    return nullptr;
  }
  if (node.ignore_case) {
    text = Call("TO_LOWER", node.range, std::move(text));
    part = Call("TO_LOWER", node.range, std::move(part));
  }
  ExpressionPtr place = Call("LOCATE", node.range, std::move(text), std::move(part));
  ExpressionPtr found = esql::MakeBinaryNode(esql::Operator::kGreater, place->Clone(),
                                             esql::MakeIntegerNode(0, node.range));
  ExpressionPtr from_zero = esql::MakeBinaryNode(esql::Operator::kSubtract, std::move(place),
                                                 esql::MakeIntegerNode(1, node.range));
  return Call("CASE", node.range, std::move(found), std::move(from_zero));
}

ExpressionPtr Lowering::Substring(const Node& node) {
  if (!CheckCount(node, 2, 3)) {
    return nullptr;
  }
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    const Node& place = *node.children[i];
    if (place.kind != NodeKind::kInteger || place.integer < 0 ||
        place.integer >= std::numeric_limits<int32_t>::max()) {
      return Refuse(place.range, "function [substring] with a place that is no constant from 0 on is "
                                 "not supported");
    }
  }
  ExpressionPtr text = Value(*node.children[0]);
  if (text == nullptr) {
    return nullptr;
  }
  const int64_t start = node.children[1]->integer;
  ExpressionPtr length;
  if (node.children.size() == 3) {
    const int64_t size = std::max<int64_t>(0, node.children[2]->integer - start);
    length = esql::MakeIntegerNode(size, node.children[2]->range);
  }
  return Call("SUBSTRING", node.range, std::move(text),
              esql::MakeIntegerNode(start + 1, node.children[1]->range), std::move(length));
}

ExpressionPtr Lowering::Computed(const Node& node) {
  if (const Operator op = OperatorOfFunction(node.text); op != Operator::kNone) {
    if (!CheckCount(node, 2, 2)) {
      return nullptr;
    }
    ExpressionPtr left = Value(*node.children[0]);
    ExpressionPtr right = Value(*node.children[1]);
    return left == nullptr || right == nullptr
               ? nullptr
               : esql::MakeBinaryNode(ArithmeticOperator(op), std::move(left), std::move(right));
  }
  if (node.text == "indexOf") {
    return IndexOf(node);
  }
  if (node.text == "substring") {
    return Substring(node);
  }
  if (node.text == "length" || node.text == "string" || node.text == "number") {
    if (!CheckCount(node, 1, 1)) {
      return nullptr;
    }
    ExpressionPtr value = Value(*node.children[0]);
    const std::string_view name = node.text == "length"   ? "LENGTH"
                                  : node.text == "string" ? "TO_STRING"
                                                          : "TO_DOUBLE";
    return value == nullptr ? nullptr : Call(name, node.range, std::move(value));
  }
  if (node.text == "concat") {
    ExpressionPtr call = esql::MakeCallNode("CONCAT", node.range);
    for (const NodePtr& child : node.children) {
      ExpressionPtr value = Value(*child);
      if (value == nullptr) {
        return nullptr;
      }
      call->args.push_back(Call("TO_STRING", child->range, std::move(value)));
    }
    return call;
  }
  static const std::vector<std::string> kNames = {
      "add",    "cidrMatch", "concat",    "divide",         "endsWith", "indexOf", "length",
      "match",  "modulo",    "multiply",  "number",         "string",   "startsWith",
      "stringContains", "substring", "subtract", "wildcard"};
  return Refuse(node.range, fmt::format("EQL function [{}] is not supported", node.text),
                esql::DidYouMean(node.text, kNames));
}

}  // namespace weir::eql
