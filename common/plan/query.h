// A query that is asked once, over a table: compiled by the same analysis into the same stages as a rule,
// for tools that run ES|QL over files. The order of the rows is part of its result.
#pragma once

#include <optional>
#include <vector>

#include "common/esql/ast.h"
#include "common/esql/diagnostic.h"
#include "common/plan/plan.h"
#include "common/types/field_catalogue.h"
#include "common/types/field_registry.h"

namespace weir::plan {

// A long that every row of the table must offer under this name: its position. Only this tells apart
// rows that are equal, and orders rows that no SORT orders.
inline constexpr char kRowOrdinalField[] = "$row";

struct QueryPlan {
  Head head;
  std::vector<FoldKey> keys;
  std::vector<FoldAggregate> aggregates;
  Tail tail;
};

// The columns of FROM are the catalogue's names in their order, then the METADATA columns; a query that
// begins with ROW has one row without fields. Reports every problem; empty after errors.
std::optional<QueryPlan> CompileQuery(const esql::Query& query, const FieldCatalogue& catalogue,
                                      FieldRegistry* fields, esql::Diagnostics* diagnostics);

}  // namespace weir::plan
