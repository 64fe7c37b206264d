#include "common/plan/query.h"

#include "common/plan/analyzer_internal.h"

namespace weir::plan {

std::optional<QueryPlan> CompileQuery(const esql::Query& query, const FieldCatalogue& catalogue,
                                      FieldRegistry* fields, esql::Diagnostics* diagnostics) {
  const rule::Rule rule;
  std::optional<Analysis> analysis =
      Analyzer(rule, catalogue, fields, diagnostics).RunOnce(query);
  if (!analysis.has_value()) {
    return std::nullopt;
  }
  return QueryPlan{std::move(analysis->head), std::move(analysis->keys),
                   std::move(analysis->aggregates), std::move(analysis->tail)};
}

}  // namespace weir::plan
