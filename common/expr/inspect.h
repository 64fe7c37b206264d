// Looks into a compiled condition, so that an explanation can say which part of it decided. It gives
// the very expressions that are evaluated; nothing that runs for every event needs it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/expr/expr.h"

namespace weir::expr {

enum class Shape : uint8_t { kOther, kAnd, kOr, kNot };

// An operand of AND, OR or NOT.
struct Part {
  ExprPtr expr;
  std::string text;   // canonical
  int line = 0;       // of the query, 1-based; 0: it was made, not written
  int column = 0;
};

// What joins the parts of a condition. Chains of one operator are one; operands that decide nothing
// (constants) are left out, so AND and OR may have one part only. Of kOther there are none.
Shape Inspect(const Expr& condition, std::vector<Part>* parts);

}  // namespace weir::expr
