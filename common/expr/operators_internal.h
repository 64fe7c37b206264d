// Builders of the operators' evaluators: each checks the types of compiled operands, reports what
// does not fit and returns null then. One file a theme implements them.
#pragma once

#include <vector>

#include "common/expr/typing_internal.h"

namespace weir::expr {

// logic.cc
ExprPtr BuildNot(const esql::Expression& node, Operand operand, esql::Diagnostics* diagnostics);
// A chain of one operator, flattened. parents[i] is the binary expression that operands[i] belongs
// to.
struct Junction {
  bool is_and = true;
  std::vector<Operand> operands;
  std::vector<const esql::Expression*> parents;
};
ExprPtr BuildJunction(const esql::Expression& node, Junction junction,
                      esql::Diagnostics* diagnostics);
ExprPtr BuildIsNull(const ExprPtr& operand, bool negated);

// compare.cc
ExprPtr BuildCompare(const esql::Expression& node, Operand left, Operand right,
                     esql::Diagnostics* diagnostics);
// in.cc; operands[0] IN (the others)
ExprPtr BuildIn(const esql::Expression& node, std::vector<Operand> operands,
                esql::Diagnostics* diagnostics);
// like.cc: LIKE and RLIKE; operands[0] is tested against the patterns after it
ExprPtr BuildLike(const esql::Expression& node, std::vector<Operand> operands,
                  esql::Diagnostics* diagnostics);
// arithmetic.cc
ExprPtr BuildArithmetic(const esql::Expression& node, Operand left, Operand right,
                        esql::Diagnostics* diagnostics);
ExprPtr BuildSign(const esql::Expression& node, Operand operand, esql::Diagnostics* diagnostics);
// convert.cc
ExprPtr BuildCast(const esql::Expression& node, const Operand& operand, DataType type,
                  esql::Diagnostics* diagnostics);
// match.cc: field : constant
ExprPtr BuildMatch(const esql::Expression& node, Operand field, Operand query,
                   esql::Diagnostics* diagnostics);

}  // namespace weir::expr
