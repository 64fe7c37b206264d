// What every evaluator is made of: the place it reports warnings for, the one implementation of the
// single-value rule, and templates that turn a plain function object into an Expr.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/expr/expr.h"

namespace weir::expr {

inline constexpr std::string_view kMultivalueWarning =
    "java.lang.IllegalArgumentException: single-value function encountered multi-value";

// Wide enough for sums and roundings of whole numbers that must not overflow on the way.
__extension__ typedef __int128 Int128;

// Where an expression stands in the query, for warnings.
struct Site {
  int line = 1;
  int column = 1;
  std::string text;
};

Site MakeSite(const esql::Expression& expression, const esql::Source& source);

// One evaluation in progress.
class Frame {
 public:
  Frame(EvalContext& context, const Site& site) : context_(context), site_(site) {}

  EvalContext& context() const { return context_; }
  Arena& arena() const { return *context_.arena; }

  void Warn(std::string_view message, std::string_view treated_as = "null") const {
    if (context_.warnings != nullptr) {
      context_.warnings->Add(site_.line, site_.column, site_.text, message, treated_as);
    }
  }
  // Warns and gives null.
  Value Fail(std::string_view message) const {
    Warn(message);
    return Value::Null();
  }
  // The rule of ordinary operators and functions: a multivalue becomes null with a warning.
  Value Single(const Value& value) const {
    if (value.is_multi()) [[unlikely]] {
      return Fail(kMultivalueWarning);
    }
    return value;
  }
  // A keyword copied to the arena.
  Value Text(std::string_view text) const { return Value::Keyword(arena().Copy(text)); }

 private:
  EvalContext& context_;
  const Site& site_;
};

class Node : public Expr {
 public:
  Node(DataType type, Site site) : Expr(type), site_(std::move(site)) {}

 protected:
  Frame Begin(EvalContext& context) const { return Frame(context, site_); }

 private:
  Site site_;
};

// How a function meets nulls and multivalues.
enum class ArgumentRule : uint8_t {
  kSingle,      // null when any argument is; a multivalue is null with a warning
  kFirstMulti,  // as kSingle, but the first argument may be a multivalue
  kRaw,         // the function sees all cells as they are
};

using Args = std::span<const Value>;

// Evaluates the arguments, applies the rule and calls f(const Frame&, Args).
template <typename F>
class FunctionNode final : public Node {
 public:
  FunctionNode(DataType type, Site site, std::vector<ExprPtr> args, ArgumentRule rule, F f)
      : Node(type, std::move(site)), args_(std::move(args)), rule_(rule), f_(std::move(f)) {}

  Value Eval(EvalContext& context) const override {
    Value inlined[kInlineArgs];
    Value* values = inlined;
    if (args_.size() > kInlineArgs) {
      values = context.arena->AllocateArray<Value>(args_.size());
    }
    for (std::size_t i = 0; i < args_.size(); ++i) {
      values[i] = args_[i]->Eval(context);
    }
    const Frame frame = Begin(context);
    if (rule_ != ArgumentRule::kRaw) {
      for (std::size_t i = 0; i < args_.size(); ++i) {
        if (values[i].is_null()) {
          return Value::Null();
        }
        if (values[i].is_multi() && (i > 0 || rule_ == ArgumentRule::kSingle)) [[unlikely]] {
          return frame.Fail(kMultivalueWarning);
        }
      }
    }
    return f_(frame, Args(values, args_.size()));
  }

 private:
  static constexpr std::size_t kInlineArgs = 4;

  std::vector<ExprPtr> args_;
  ArgumentRule rule_;
  F f_;
};

template <typename F>
ExprPtr MakeNode(DataType type, Site site, std::vector<ExprPtr> args, ArgumentRule rule, F f) {
  return std::make_shared<FunctionNode<F>>(type, std::move(site), std::move(args), rule,
                                           std::move(f));
}

// Columns as operands of hot tests, read without a virtual call.
class FieldColumn final : public Expr {
 public:
  FieldColumn(DataType type, FieldId id) : Expr(type), id_(id) {}
  Value Eval(EvalContext& context) const override { return context.fields->Get(id_); }
  FieldId id() const { return id_; }

 private:
  FieldId id_;
};

class SlotColumn final : public Expr {
 public:
  SlotColumn(DataType type, uint32_t slot) : Expr(type), slot_(slot) {}
  Value Eval(EvalContext& context) const override { return context.slots[slot_]; }
  uint32_t slot() const { return slot_; }

 private:
  uint32_t slot_;
};

struct FieldOperand {
  FieldId id;
  Value Get(EvalContext& context) const { return context.fields->Get(id); }
};
struct SlotOperand {
  uint32_t slot;
  Value Get(EvalContext& context) const { return context.slots[slot]; }
};
struct ExprOperand {
  ExprPtr expr;
  Value Get(EvalContext& context) const { return expr->Eval(context); }
};

// A predicate on one cell whose other operands are constants. test(const Value&) sees a single,
// non-null value and returns a bool.
template <typename Operand, typename Test>
class TestNode final : public Node {
 public:
  TestNode(Site site, Operand operand, Test test)
      : Node(DataType::kBoolean, std::move(site)),
        operand_(std::move(operand)),
        test_(std::move(test)) {}

  Value Eval(EvalContext& context) const override {
    const Value value = operand_.Get(context);
    if (value.is_null()) {
      return Value::Null();
    }
    if (value.is_multi()) [[unlikely]] {
      return Begin(context).Fail(kMultivalueWarning);
    }
    return Value::Boolean(test_(value));
  }

 private:
  Operand operand_;
  Test test_;
};

template <typename Test>
ExprPtr MakeTest(Site site, const ExprPtr& operand, Test test) {
  if (const auto* field = dynamic_cast<const FieldColumn*>(operand.get())) {
    return std::make_shared<TestNode<FieldOperand, Test>>(
        std::move(site), FieldOperand{field->id()}, std::move(test));
  }
  if (const auto* slot = dynamic_cast<const SlotColumn*>(operand.get())) {
    return std::make_shared<TestNode<SlotOperand, Test>>(std::move(site), SlotOperand{slot->slot()},
                                                         std::move(test));
  }
  return std::make_shared<TestNode<ExprOperand, Test>>(std::move(site), ExprOperand{operand},
                                                       std::move(test));
}

// Applies f(const Value&) -> Value to each item. Items that give null are left out.
template <typename F>
Value MapItems(const Value& cell, Arena& arena, F&& f) {
  if (!cell.is_multi()) {
    return cell.is_null() ? cell : f(cell);
  }
  auto* items = arena.AllocateArray<Value>(cell.count());
  std::size_t count = 0;
  for (const Value& item : cell.items()) {
    const Value mapped = f(item);
    if (!mapped.is_null()) {
      items[count++] = mapped;
    }
  }
  return count == 0 ? Value::Null() : count == 1 ? items[0] : Value::Multi({items, count});
}

// The expression, or the constant it always gives. REQUIRES: it reads constants only. One that
// warns is left as it is, so that the warning is given when the query runs.
ExprPtr Fold(ExprPtr expression);

}  // namespace weir::expr
