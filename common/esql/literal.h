// Number and timespan literals: their typing and range rules, and their canonical text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/esql/ast.h"

namespace weir::esql {

// Types a number: the first of integer, long, unsigned_long and double that holds it with its sign;
// a double if it has a point or an exponent. Empty when it is out of the range of double.
// REQUIRES: text is an integer or decimal token.
std::optional<Literal> MakeNumber(std::string_view text, bool negative);

// Converts the literals of a list to their common type (integer, long, unsigned_long, double).
void WidenNumbers(std::vector<Literal>* literals);

// Singular, plural and short names of the units of timespans.
const std::vector<std::string>& TimeUnitNames();
bool IsTimeUnit(std::string_view word);

// Empty when the timespan is out of range. REQUIRES: digits is an integer token, IsTimeUnit(unit).
std::optional<Literal> MakeTimespan(std::string_view digits, std::string_view unit);

// The text of a literal as a query writes it. A type that has no literal form (datetime, ip) is
// written as a cast of a string.
std::string PrintLiteral(const Literal& literal);

}  // namespace weir::esql
