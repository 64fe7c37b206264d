// From EQL to the expression that ES|QL's WHERE is made of (esql/any_value.h): the evaluator is
// shared.
#pragma once

#include <string>

#include "common/eql/ast.h"
#include "common/esql/diagnostic.h"

namespace weir::eql {

// Null after reporting what is not supported. The result is true or false for every event, never
// null. category_field: the field that a category other than any is compared with.
esql::ExpressionPtr Lower(const Query& query, const std::string& category_field,
                          esql::Diagnostics* diagnostics);

}  // namespace weir::eql
