// Recursive descent over a search of Splunk's language.
#pragma once

#include <optional>
#include <string>

#include "common/esql/diagnostic.h"
#include "common/spl/ast.h"
#include "common/spl/macros.h"

namespace weir::spl {

// Expands macros and parses. Reports every stage that cannot be read; empty after errors.
std::optional<Search> Parse(const Macros& macros, esql::Diagnostics* diagnostics);

// The search in one canonical form, without macros, that parses to the same tree.
std::string Print(const Search& search);
std::string Print(const Stage& stage);
std::string Print(const Expression& expression);

}  // namespace weir::spl
