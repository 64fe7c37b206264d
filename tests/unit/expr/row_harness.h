// Evaluates expressions over one row that has a column of every type: a single value, a null (…n)
// and a multivalue (…m). Columns whose names begin with "f." are the same values read as event
// fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "common/expr/expr.h"

namespace weir::expr {

// 2024-03-15T13:45:30.123Z, a Friday; the instant of NOW() in all tests.
inline constexpr UnixMillis kNow = 1710510330123;

struct Outcome {
  std::string value;                  // "integer 3"; the type is that of the expression
  std::vector<std::string> warnings;  // "1:1 [a / 0] null: java.lang.ArithmeticException: / by zero"
  std::vector<std::string> errors;    // "1:5 message (hint)"
};

enum class CompileAs { kScalar, kCondition, kGrouping };

Outcome Evaluate(std::string_view text, CompileAs as = CompileAs::kScalar);

// The type and value, the warnings' texts joined by "; ", or the errors' texts likewise.
std::string ValueOf(std::string_view text);
std::string WarningsOf(std::string_view text);
std::string ErrorsOf(std::string_view text, CompileAs as = CompileAs::kScalar);

// One line of a table: an expression and what it gives, with the warning's text (without position
// and source) when one is expected.
struct Case {
  std::string_view expression;
  std::string_view value;
  std::string_view warning = "";
};

void ExpectAll(const std::vector<Case>& cases, CompileAs as = CompileAs::kScalar);

}  // namespace weir::expr
