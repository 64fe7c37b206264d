// The table of scalar and grouping functions. A new function is one row here and one factory in the
// file of its theme.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/expr/calls_internal.h"

namespace weir::expr {

// One parameter of a signature, parsed.
struct Parameter {
  std::string name;
  TypeSet types = 0;
  std::string expected;    // as type errors name it: "datetime", "integer or long"
  bool constant = false;   // must be known when the query is compiled
  bool optional = false;
  bool repeated = false;   // the last parameter only: one or more; optional as well: any number
};

struct FunctionRow {
  std::string_view name;       // upper case
  // "name:types" separated by ", "; types are alternatives separated by '|'. After them '!' means
  // constant, '?' optional, '*' repeated.
  std::string_view signature;
  ArgumentRule rule;
  Factory make;
  std::string_view doc;
  std::string_view aliases = "";  // separated by blanks
  bool grouping = false;       // only as a key of STATS BY
  bool constant = true;        // the same arguments always give the same result
};

struct Function {
  const FunctionRow* row;
  std::vector<Parameter> parameters;

  std::size_t min_args() const;
  // Largest count; SIZE_MAX for repeated parameters.
  std::size_t max_args() const;
};

// All rows, in the order of the documentation.
std::span<const FunctionRow> FunctionRows();

// By upper-case name or alias; null when there is none.
const Function* FindFunction(std::string_view upper_name);

// Functions of the language that Weir does not run, and aggregates, which belong to STATS.
bool IsUnsupportedFunction(std::string_view upper_name);
bool IsAggregateName(std::string_view upper_name);

}  // namespace weir::expr
