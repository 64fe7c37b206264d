// Recursive-descent parser of ES|QL. It reports every syntax error it can find (it resumes at the
// next '|'), never throws, and bounds its depth, so that any text is safe to give it.
#pragma once

#include <optional>

#include "common/esql/ast.h"
#include "common/esql/diagnostic.h"

namespace weir::esql {

// Parses the query of diagnostics->source(). Empty when there is a syntax error; the errors are in
// diagnostics.
std::optional<Query> Parse(Diagnostics* diagnostics);

// Parses a single expression (tests, overlays).
ExpressionPtr ParseExpression(Diagnostics* diagnostics);

}  // namespace weir::esql
