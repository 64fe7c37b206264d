// Typing rules shared by operators and functions: widening, common types, the casts of string
// literals, and the wording of type errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/expr/node_internal.h"

namespace weir::expr {

// An operand as written and as compiled.
struct Operand {
  const esql::Expression* source = nullptr;
  ExprPtr expr;
};

// A set of data types, one bit each.
using TypeSet = uint32_t;
constexpr TypeSet TypeBit(DataType type) {
  return TypeSet{1} << static_cast<unsigned>(type);
}

// integer < long < double. REQUIRES: both numeric and neither unsigned_long, or both unsigned_long.
DataType WiderNumeric(DataType left, DataType right);

// text counts as keyword wherever a result type is made.
constexpr DataType ResultType(DataType type) {
  return type == DataType::kText ? DataType::kKeyword : type;
}

// The expression with its numbers as the wider type; unchanged when the types are the same.
ExprPtr Widen(const ExprPtr& expression, DataType type);
Value WidenItem(const Value& item, DataType type);

// True for a string, or a list of strings, written as a literal: only these are cast implicitly.
bool IsStringLiteral(const esql::Expression& expression);

// Types that a string literal beside them turns into.
constexpr bool AttractsStringLiteral(DataType type) {
  return type == DataType::kDatetime || type == DataType::kIp || type == DataType::kVersion ||
         type == DataType::kBoolean;
}

// Converts a string literal at compile time. Null after reporting "Cannot convert string [..]".
ExprPtr CastLiteral(const Operand& operand, DataType type, esql::Diagnostics* diagnostics);

// Casts whichever of the two operands is a string literal beside a type that attracts it. False
// after reporting an error.
bool CastLiterals(Operand* left, Operand* right, esql::Diagnostics* diagnostics);

// One type for the values of CASE, COALESCE, GREATEST, IN ...: widens numbers, casts string
// literals to the type of the others, ignores null. Reports the first operand that does not fit,
// naming it by its position among all arguments (positions[i], 0-based). kNull when all are null.
std::optional<DataType> UnifyTypes(const esql::Expression& call, std::vector<Operand>* operands,
                                   const std::vector<std::size_t>& positions,
                                   esql::Diagnostics* diagnostics);

// "first", ... "fifth"; empty from the sixth on.
std::string_view Ordinal(std::size_t index);

// "numeric" for the numbers, else the type's name.
std::string_view TypeClassName(DataType type);

// "second argument of [round(1, x)] must be [integer], found value [x] type [keyword]". With
// only_argument the ordinal is left out.
void ReportArgumentType(const esql::Expression& call, const Operand& operand, std::size_t index,
                        bool only_argument, std::string_view expected,
                        esql::Diagnostics* diagnostics);

}  // namespace weir::expr
