// Prints a tree back as query text in one canonical form: used for plan dumps, class keys and
// window identities (two queries that print alike fold alike), and to test the parser.
#pragma once

#include <string>

#include "common/esql/ast.h"

namespace weir::esql {

// Fully parenthesised where precedence needs it; identifiers backquoted when they need to be.
std::string Print(const Expression& expression);
// One command per line, joined by "\n| ".
std::string Print(const Query& query);

}  // namespace weir::esql
