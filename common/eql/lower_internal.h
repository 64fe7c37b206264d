// The two halves of lowering: conditions (lower.cc) and the values they compare (lower_value.cc).
#pragma once

#include <string>

#include "common/eql/ast.h"
#include "common/esql/any_value.h"
#include "common/esql/diagnostic.h"

namespace weir::eql {

class Lowering {
 public:
  explicit Lowering(esql::Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  esql::ExpressionPtr Condition(const Node& node);
  // As an operand: a field, a literal, a computed value. A field within a computation is its first
  // value.
  esql::ExpressionPtr Value(const Node& node);

 private:
  esql::ExpressionPtr Compare(const Node& node);
  esql::ExpressionPtr CompareField(const Node& node, Operator op, const Node& field,
                                   const Node& literal);
  esql::ExpressionPtr In(const Node& node);
  esql::ExpressionPtr Match(const Node& node);
  esql::ExpressionPtr Test(const Node& node);           // a function that gives a boolean
  esql::ExpressionPtr Computed(const Node& node);       // a function that gives a value
  esql::ExpressionPtr Field(const Node& node);          // the first value
  esql::ExpressionPtr IndexOf(const Node& node);
  esql::ExpressionPtr Substring(const Node& node);
  // A call of a test on the first child with all others as its constants.
  esql::ExpressionPtr AnyTest(std::string_view name, const Node& node, bool constants_only);
  esql::ExpressionPtr OperandOf(const Node& node);
  bool CheckCount(const Node& node, std::size_t least, std::size_t most);
  esql::ExpressionPtr Refuse(SourceRange range, std::string message, std::string hint = "") {
    diagnostics_->Error(range, std::move(message), std::move(hint));
    return nullptr;
  }

  esql::Diagnostics* diagnostics_;
};

bool IsLiteral(const Node& node);   // a string, number or boolean
// A function whose result is a boolean.
bool IsTest(const Node& node);

}  // namespace weir::eql
