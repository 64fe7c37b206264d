#include "common/eql/lower.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/eql/lower_internal.h"

namespace weir::eql {
namespace {

using esql::ExpressionPtr;

constexpr std::size_t kAnyCount = static_cast<std::size_t>(-1);

esql::Operator EsqlOperator(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return esql::Operator::kEqual;
    case Operator::kNotEqual:
      return esql::Operator::kNotEqual;
    case Operator::kLess:
      return esql::Operator::kLess;
    case Operator::kLessEqual:
      return esql::Operator::kLessEqual;
    case Operator::kGreater:
      return esql::Operator::kGreater;
    default:
      return esql::Operator::kGreaterEqual;
  }
}

Operator Mirror(Operator op) {
  switch (op) {
    case Operator::kLess:
      return Operator::kGreater;
    case Operator::kLessEqual:
      return Operator::kGreaterEqual;
    case Operator::kGreater:
      return Operator::kLess;
    case Operator::kGreaterEqual:
      return Operator::kLessEqual;
    default:
      return op;
  }
}

// EQL's wildcards are LIKE's; a backslash is an ordinary character.
std::string PatternOf(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '\\') {
      pattern.push_back(c);
    }
    pattern.push_back(c);
  }
  return pattern;
}

bool HasWildcard(const Node& node) {
  return node.kind == NodeKind::kString && node.text.find_first_of("*?") != std::string::npos;
}

// The condition where it is true, else false.
ExpressionPtr TrueOnly(ExpressionPtr condition, SourceRange range) {
  ExpressionPtr call = esql::MakeCallNode("COALESCE", range);
  call->args.push_back(std::move(condition));
  call->args.push_back(esql::MakeBooleanNode(false, range));
  return call;
}

}  // namespace

bool IsLiteral(const Node& node) {
  return node.kind == NodeKind::kString || node.kind == NodeKind::kInteger ||
         node.kind == NodeKind::kDecimal || node.kind == NodeKind::kBoolean;
}

bool IsTest(const Node& node) {
  static constexpr std::string_view kTests[] = {"wildcard",   "match",    "matchLite", "stringContains",
                                                "startsWith", "endsWith", "cidrMatch"};
  return node.kind == NodeKind::kCall &&
         std::find(std::begin(kTests), std::end(kTests), node.text) != std::end(kTests);
}

ExpressionPtr Lowering::Condition(const Node& node) {
  switch (node.kind) {
    case NodeKind::kAnd:
    case NodeKind::kOr: {
      ExpressionPtr left = Condition(*node.children[0]);
      ExpressionPtr right = Condition(*node.children[1]);
      if (left == nullptr || right == nullptr) {
        return nullptr;
      }
      return esql::MakeBinaryNode(
          node.kind == NodeKind::kAnd ? esql::Operator::kAnd : esql::Operator::kOr, std::move(left),
          std::move(right));
    }
    case NodeKind::kNot: {
      ExpressionPtr operand = Condition(*node.children[0]);
      return operand == nullptr ? nullptr : esql::MakeNotNode(std::move(operand), node.range);
    }
    case NodeKind::kBoolean:
      return esql::MakeBooleanNode(node.integer != 0, node.range);
    case NodeKind::kField: {
      ExpressionPtr call = esql::MakeCallNode(esql::kAnyEquals, node.range);
      call->args.push_back(esql::MakeColumnNode(node.text, node.range));
      call->args.push_back(esql::MakeBooleanNode(true, node.range));
      return call;
    }
    case NodeKind::kCompare:
      return Compare(node);
    case NodeKind::kIn:
      return In(node);
    case NodeKind::kSeq:
    case NodeKind::kLike:
    case NodeKind::kRegex:
      return Match(node);
    case NodeKind::kCall:
      if (IsTest(node)) {
        return Test(node);
      }
      [[fallthrough]];
    default:
      return Refuse(node.range, fmt::format("expected a condition, found [{}]",
                                            diagnostics_->source().Slice(node.range)));
  }
}

ExpressionPtr Lowering::OperandOf(const Node& node) {
  return node.kind == NodeKind::kField ? esql::MakeColumnNode(node.text, node.range) : Value(node);
}

ExpressionPtr Lowering::CompareField(const Node& node, Operator op, const Node& field,
                                     const Node& literal) {
  ExpressionPtr operand = OperandOf(field);
  ExpressionPtr value = Value(literal);
  if (operand == nullptr || value == nullptr) {
    return nullptr;
  }
  const std::string_view test = op == Operator::kLess        ? esql::kAnyLess
                                : op == Operator::kLessEqual ? esql::kAnyLessEqual
                                : op == Operator::kGreater   ? esql::kAnyGreater
                                : op == Operator::kGreaterEqual ? esql::kAnyGreaterEqual
                                                                : esql::kAnyEquals;
  ExpressionPtr call = esql::MakeCallNode(test, node.range);
  call->args.push_back(std::move(operand));
  call->args.push_back(std::move(value));
  return op == Operator::kNotEqual ? esql::MakeNotNode(std::move(call), node.range)
                                   : std::move(call);
}

ExpressionPtr Lowering::Compare(const Node& node) {
  const Node* left = node.children[0].get();
  const Node* right = node.children[1].get();
  Operator op = node.op;
  if (left->kind == NodeKind::kNull || (IsLiteral(*left) && !IsLiteral(*right))) {
    std::swap(left, right);
    op = Mirror(op);
  }
  if (right->kind == NodeKind::kNull) {
    if (op != Operator::kEqual && op != Operator::kNotEqual) {
      return Refuse(node.range, "null can only be compared with == and !=");
    }
    ExpressionPtr operand = OperandOf(*left);
    return operand == nullptr ? nullptr
                              : esql::MakeIsNullNode(std::move(operand), op == Operator::kNotEqual,
                                                     node.range);
  }
  if (right->kind == NodeKind::kBoolean && left->kind != NodeKind::kField && !IsLiteral(*left) &&
      (op == Operator::kEqual || op == Operator::kNotEqual)) {
    ExpressionPtr condition = Condition(*left);
    const bool negate = (op == Operator::kEqual) == (right->integer == 0);
    return condition == nullptr || !negate ? std::move(condition)
                                           : esql::MakeNotNode(std::move(condition), node.range);
  }
  if (left->kind == NodeKind::kField && IsLiteral(*right)) {
    return CompareField(node, op, *left, *right);
  }
  if (left->kind == NodeKind::kField && right->kind == NodeKind::kField) {
    return Refuse(node.range, "a comparison of two fields is not supported",
                  "compare with a constant, or use ES|QL");
  }
  ExpressionPtr first = Value(*left);
  ExpressionPtr second = Value(*right);
  if (first == nullptr || second == nullptr) {
    return nullptr;
  }
  return TrueOnly(esql::MakeBinaryNode(EsqlOperator(op), std::move(first), std::move(second)),
                  node.range);
}

ExpressionPtr Lowering::AnyTest(std::string_view name, const Node& node, bool constants_only) {
  ExpressionPtr call = esql::MakeCallNode(name, node.range);
  ExpressionPtr operand = OperandOf(*node.children.front());
  if (operand == nullptr) {
    return nullptr;
  }
  call->args.push_back(std::move(operand));
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    const Node& item = *node.children[i];
    if (constants_only && !IsLiteral(item)) {
      return Refuse(item.range, fmt::format("expected a constant, found [{}]",
                                            diagnostics_->source().Slice(item.range)));
    }
    ExpressionPtr value = OperandOf(item);
    if (value == nullptr) {
      return nullptr;
    }
    call->args.push_back(std::move(value));
  }
  return call;
}

ExpressionPtr Lowering::In(const Node& node) {
  ExpressionPtr call =
      AnyTest(node.ignore_case ? esql::kAnyEqualsCi : esql::kAnyEquals, node, true);
  return call == nullptr || !node.negated ? std::move(call)
                                          : esql::MakeNotNode(std::move(call), node.range);
}

ExpressionPtr Lowering::Match(const Node& node) {
  const auto& items = node.children;
  if (node.kind == NodeKind::kRegex) {
    return AnyTest(node.ignore_case ? esql::kAnyRegexCi : esql::kAnyRegex, node, true);
  }
  const bool wildcards = std::any_of(items.begin() + 1, items.end(),
                                     [](const NodePtr& item) { return HasWildcard(*item); });
  if (!wildcards) {
    return AnyTest(node.ignore_case ? esql::kAnyEqualsCi : esql::kAnyEquals, node, true);
  }
  ExpressionPtr call = AnyTest(node.ignore_case ? esql::kAnyLikeCi : esql::kAnyLike, node, true);
  if (call != nullptr) {
    for (std::size_t i = 1; i < call->args.size(); ++i) {
      call->args[i]->literal.text = PatternOf(call->args[i]->literal.text);
    }
  }
  return call;
}

bool Lowering::CheckCount(const Node& node, std::size_t least, std::size_t most) {
  if (node.children.size() >= least && node.children.size() <= most) {
    return true;
  }
  const std::string count = least == most       ? fmt::format("{}", least)
                            : most == kAnyCount ? fmt::format("at least {}", least)
                                                : fmt::format("{} to {}", least, most);
  Refuse(node.range, fmt::format("function [{}] takes {} arguments, found {}", node.text, count,
                                 node.children.size()));
  return false;
}

ExpressionPtr Lowering::Test(const Node& node) {
  const bool ci = node.ignore_case;
  if (node.text == "cidrMatch") {
    return CheckCount(node, 2, kAnyCount) ? AnyTest(esql::kAnyCidr, node, true) : nullptr;
  }
  if (node.text == "match" || node.text == "matchLite") {
    return CheckCount(node, 2, kAnyCount)
               ? AnyTest(ci ? esql::kAnyRegexCi : esql::kAnyRegex, node, true)
               : nullptr;
  }
  if (node.text == "wildcard") {
    if (!CheckCount(node, 2, kAnyCount)) {
      return nullptr;
    }
    ExpressionPtr call = AnyTest(ci ? esql::kAnyLikeCi : esql::kAnyLike, node, true);
    for (std::size_t i = 1; call != nullptr && i < call->args.size(); ++i) {
      call->args[i]->literal.text = PatternOf(call->args[i]->literal.text);
    }
    return call;
  }
  if (!CheckCount(node, 2, 2)) {
    return nullptr;
  }
  const std::string_view test =
      node.text == "stringContains" ? (ci ? esql::kAnyContainsCi : esql::kAnyContains)
      : node.text == "startsWith"   ? (ci ? esql::kAnyStartsCi : esql::kAnyStarts)
                                    : (ci ? esql::kAnyEndsCi : esql::kAnyEnds);
  return AnyTest(test, node, false);
}

ExpressionPtr Lower(const Query& query, const std::string& category_field,
                    esql::Diagnostics* diagnostics) {
  ExpressionPtr condition = Lowering(diagnostics).Condition(*query.condition);
  if (condition == nullptr || query.category.empty()) {
    return condition;
  }
  ExpressionPtr category = esql::MakeCallNode(esql::kAnyEquals, query.category_range);
  category->args.push_back(esql::MakeColumnNode(category_field, query.category_range));
  category->args.push_back(esql::MakeKeywordNode(query.category, query.category_range));
  return esql::MakeBinaryNode(esql::Operator::kAnd, std::move(category), std::move(condition));
}

}  // namespace weir::eql
