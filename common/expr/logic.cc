// Three-valued AND, OR and NOT, and IS NULL.
#include <fmt/format.h>

#include "common/expr/operators_internal.h"

namespace weir::expr {

namespace {

// AND (kDeciding false) or OR (kDeciding true): the deciding value wins over null and ends the
// evaluation.
template <bool kDeciding>
class JunctionNode final : public Expr {
 public:
  struct Item {
    ExprPtr expr;
    Site site;
  };

  explicit JunctionNode(std::vector<Item> items)
      : Expr(DataType::kBoolean), items_(std::move(items)) {}

  Value Eval(EvalContext& context) const override {
    bool saw_null = false;
    for (const Item& item : items_) {
      const Value value = Frame(context, item.site).Single(item.expr->Eval(context));
      if (value.is_null()) {
        saw_null = true;
      } else if (value.boolean() == kDeciding) {
        return Value::Boolean(kDeciding);
      }
    }
    return saw_null ? Value::Null() : Value::Boolean(!kDeciding);
  }

 private:
  std::vector<Item> items_;
};

class IsNullNode final : public Expr {
 public:
  IsNullNode(ExprPtr operand, bool negated)
      : Expr(DataType::kBoolean), operand_(std::move(operand)), negated_(negated) {}

  Value Eval(EvalContext& context) const override {
    return Value::Boolean(operand_->Eval(context).is_null() != negated_);
  }

 private:
  ExprPtr operand_;
  bool negated_;
};

template <typename Operand>
class IsNullColumn final : public Expr {
 public:
  IsNullColumn(Operand operand, bool negated)
      : Expr(DataType::kBoolean), operand_(operand), negated_(negated) {}

  Value Eval(EvalContext& context) const override {
    return Value::Boolean(operand_.Get(context).is_null() != negated_);
  }

 private:
  Operand operand_;
  bool negated_;
};

// Makes a boolean of a string literal; reports any other type than boolean and null.
bool RequireBoolean(const esql::Expression& node, Operand* operand, std::size_t index,
                    bool only_argument, esql::Diagnostics* diagnostics) {
  if (IsStringLiteral(*operand->source) && IsString(operand->expr->type())) {
    operand->expr = CastLiteral(*operand, DataType::kBoolean, diagnostics);
    return operand->expr != nullptr;
  }
  if (operand->expr->type() == DataType::kBoolean || operand->expr->type() == DataType::kNull) {
    return true;
  }
  ReportArgumentType(node, *operand, index, only_argument, "boolean", diagnostics);
  return false;
}

template <bool kDeciding>
ExprPtr MakeJunction(const Junction& junction, const esql::Source& source) {
  std::vector<typename JunctionNode<kDeciding>::Item> items;
  for (std::size_t i = 0; i < junction.operands.size(); ++i) {
    const ExprPtr& expr = junction.operands[i].expr;
    if (const Value* constant = expr->constant();
        constant != nullptr && !constant->is_null() && !constant->is_multi()) {
      if (constant->boolean() == kDeciding && items.empty()) {
        return MakeConstant(Value::Boolean(kDeciding));
      }
      if (constant->boolean() != kDeciding) {
        continue;  // decides nothing
      }
    }
    items.push_back({expr, MakeSite(*junction.parents[i], source)});
  }
  if (items.empty()) {
    return MakeConstant(Value::Boolean(!kDeciding));
  }
  return std::make_shared<JunctionNode<kDeciding>>(std::move(items));
}

}  // namespace

ExprPtr BuildNot(const esql::Expression& node, Operand operand, esql::Diagnostics* diagnostics) {
  if (!RequireBoolean(node, &operand, 0, true, diagnostics)) {
    return nullptr;
  }
  return MakeTest(MakeSite(node, diagnostics->source()), operand.expr,
                  [](const Value& value) { return !value.boolean(); });
}

ExprPtr BuildJunction(const esql::Expression& /*node*/, Junction junction,
                      esql::Diagnostics* diagnostics) {
  bool fits = true;
  for (std::size_t i = 0; i < junction.operands.size(); ++i) {
    const esql::Expression& parent = *junction.parents[i];
    const std::size_t index = junction.operands[i].source == parent.args[0].get() ? 0 : 1;
    fits = RequireBoolean(parent, &junction.operands[i], index, false, diagnostics) && fits;
  }
  if (!fits) {
    return nullptr;
  }
  return junction.is_and ? MakeJunction<false>(junction, diagnostics->source())
                         : MakeJunction<true>(junction, diagnostics->source());
}

ExprPtr BuildIsNull(const ExprPtr& operand, bool negated) {
  if (const auto* field = dynamic_cast<const FieldColumn*>(operand.get())) {
    return std::make_shared<IsNullColumn<FieldOperand>>(FieldOperand{field->id()}, negated);
  }
  if (const auto* slot = dynamic_cast<const SlotColumn*>(operand.get())) {
    return std::make_shared<IsNullColumn<SlotOperand>>(SlotOperand{slot->slot()}, negated);
  }
  return std::make_shared<IsNullNode>(operand, negated);
}

}  // namespace weir::expr
