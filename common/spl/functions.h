// The functions of eval and where by name, and the primitive of the evaluator that each becomes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::spl {

// What a function gives: kSame is the type of its values.
enum class Type : uint8_t { kNull, kText, kNumber, kBoolean, kSame };

struct FunctionRow {
  std::string_view name;       // lower case
  std::string_view primitive;  // empty: lowered by code of its own; see the documentation
  std::size_t args_min;
  std::size_t args_max;
  Type result;
  std::string_view summary;
};

inline constexpr std::size_t kAnyNumber = SIZE_MAX;

std::span<const FunctionRow> Functions();
const FunctionRow* FindFunction(std::string_view name);
std::vector<std::string> FunctionNames();

// Functions of the language that are not run, and why or what to use in their place.
struct RefusedFunction {
  std::string_view name;
  std::string_view why;
};
std::span<const RefusedFunction> RefusedFunctions();

}  // namespace weir::spl
