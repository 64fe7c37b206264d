// Evaluators of the any-value tests that KQL and EQL are lowered to (esql/any_value.h).
#pragma once

#include <string>
#include <vector>

#include "common/expr/typing_internal.h"

namespace weir::expr {

// Null after reporting. A constant that is no value of the field's type is warned of: it equals
// nothing.
ExprPtr BuildAnyValueTest(const esql::Expression& node, const std::vector<Operand>& operands,
                          esql::Diagnostics* diagnostics);

// The item as text: of a string itself, of any other type as TO_STRING gives it.
std::string_view TextOfItem(const Value& item, Arena& arena);

// True where test(item, context) is for some value of the field, else false.
template <typename Test>
class AnyValueNode final : public Expr {
 public:
  AnyValueNode(ExprPtr field, Test test)
      : Expr(DataType::kBoolean), field_(std::move(field)), test_(std::move(test)) {}

  Value Eval(EvalContext& context) const override {
    const Value cell = field_->Eval(context);
    for (const Value& item : cell.items()) {
      if (test_(item, context)) {
        return Value::Boolean(true);
      }
    }
    return Value::Boolean(false);
  }

 private:
  ExprPtr field_;
  Test test_;
};

template <typename Test>
ExprPtr MakeAnyValue(const ExprPtr& field, Test test) {
  return std::make_shared<AnyValueNode<Test>>(field, std::move(test));
}

// any_text.cc
ExprPtr BuildAnyTexts(const ExprPtr& field, std::vector<std::string> texts, bool ignore_case);
ExprPtr BuildAnyWords(const ExprPtr& field, const std::vector<std::string>& texts, bool phrase);
ExprPtr BuildAnyLike(const ExprPtr& field, const std::vector<std::string>& patterns,
                     bool ignore_case);
ExprPtr BuildAnyRegex(const esql::Expression& node, const ExprPtr& field,
                      const std::vector<std::string>& patterns, bool ignore_case,
                      esql::Diagnostics* diagnostics);
// any_contains, any_starts, any_ends
ExprPtr BuildAnyPart(const esql::Expression& node, const std::vector<Operand>& operands);

}  // namespace weir::expr
