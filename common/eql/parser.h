// Recursive descent over EQL event queries. Sequences, samples and pipes are refused by name.
#pragma once

#include <optional>

#include "common/eql/ast.h"
#include "common/esql/diagnostic.h"

namespace weir::eql {

// Empty after reporting one error.
std::optional<Query> Parse(esql::Diagnostics* diagnostics);

// In one canonical form that parses to the same tree.
std::string Print(const Query& query);
std::string Print(const Node& node);

}  // namespace weir::eql
