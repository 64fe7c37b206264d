// Recursive descent over KQL: `or` binds less than `and`, `and` less than `not`.
#pragma once

#include "common/esql/diagnostic.h"
#include "common/kql/ast.h"

namespace weir::kql {

enum class Syntax : uint8_t {
  kKql,
  // The part of Lucene's query syntax that reads as KQL: upper-case AND, OR and NOT, field:value,
  // value lists, wildcards. The rest is refused.
  kLucene,
};

// Null after reporting one error.
NodePtr Parse(Syntax syntax, esql::Diagnostics* diagnostics);

// The tree as KQL in one canonical form that parses to the same tree.
std::string Print(const Node& node);

}  // namespace weir::kql
