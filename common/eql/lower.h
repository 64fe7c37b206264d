// From EQL to the expression that ES|QL's WHERE is made of (esql/any_value.h): the evaluator is shared.
#pragma once

#include "common/eql/ast.h"
#include "common/esql/diagnostic.h"

namespace weir::eql {

// Null after reporting what is not supported. The result is true or false for every event, never null.
esql::ExpressionPtr Lower(const Query& query, esql::Diagnostics* diagnostics);

}  // namespace weir::eql
