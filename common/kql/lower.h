// From KQL to the expression that ES|QL's WHERE is made of (esql/any_value.h): the evaluator is
// shared.
#pragma once

#include "common/esql/diagnostic.h"
#include "common/kql/ast.h"
#include "common/types/field_catalogue.h"

namespace weir::kql {

// Null after reporting what is not supported. A wildcard in a field's name stands for the
// catalogue's fields. The result is true or false for every event, never null.
esql::ExpressionPtr Lower(const Node& node, const FieldCatalogue& catalogue,
                          esql::Diagnostics* diagnostics);

}  // namespace weir::kql
