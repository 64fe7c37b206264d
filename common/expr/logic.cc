// Three-valued AND, OR and NOT, and IS NULL.
#include <fmt/format.h>

#include "common/esql/printer.h"
#include "common/expr/inspect.h"
#include "common/expr/operators_internal.h"

namespace weir::expr {

namespace {

Part MakePart(const ExprPtr& expr, const esql::Expression& written, const esql::Source& source) {
  Part part;
  part.expr = expr;
  part.text = esql::Print(written);
  if (written.range.begin != written.range.end) {
    source.Locate(written.range.begin, &part.line, &part.column);
  }
  return part;
}

// AND (kDeciding false) or OR (kDeciding true): the deciding value wins over null and ends the
// evaluation.
template <bool kDeciding>
class JunctionNode final : public Expr {
 public:
  struct Item {
    ExprPtr expr;
    Site site;
    Part part;   // for Inspect
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

  const std::vector<Item>& items() const { return items_; }

 private:
  std::vector<Item> items_;
};

class NotNode final : public Node {
 public:
  NotNode(Site site, Part operand)
      : Node(DataType::kBoolean, std::move(site)), operand_(std::move(operand)) {}

  Value Eval(EvalContext& context) const override {
    const Value value = Begin(context).Single(operand_.expr->Eval(context));
    return value.is_null() ? value : Value::Boolean(!value.boolean());
  }

  const Part& operand() const { return operand_; }

 private:
  Part operand_;
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
    items.push_back({expr, MakeSite(*junction.parents[i], source),
                     MakePart(expr, *junction.operands[i].source, source)});
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
  Site site = MakeSite(node, diagnostics->source());
  if (dynamic_cast<const FieldColumn*>(operand.expr.get()) != nullptr ||
      dynamic_cast<const SlotColumn*>(operand.expr.get()) != nullptr) {
    return MakeTest(std::move(site), operand.expr,
                    [](const Value& value) { return !value.boolean(); });
  }
  return std::make_shared<NotNode>(std::move(site),
                                   MakePart(operand.expr, *operand.source, diagnostics->source()));
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

Shape Inspect(const Expr& condition, std::vector<Part>* parts) {
  const auto take = [parts](const auto& items) {
    for (const auto& item : items) {
      parts->push_back(item.part);
    }
  };
  if (const auto* all = dynamic_cast<const JunctionNode<false>*>(&condition)) {
    take(all->items());
    return Shape::kAnd;
  }
  if (const auto* any = dynamic_cast<const JunctionNode<true>*>(&condition)) {
    take(any->items());
    return Shape::kOr;
  }
  if (const auto* negation = dynamic_cast<const NotNode*>(&condition)) {
    parts->push_back(negation->operand());
    return Shape::kNot;
  }
  return Shape::kOther;
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
