// Rules that are not ES|QL, as the ES|QL query that says the same; the rest of the compiler knows
// only that.
#pragma once

#include <optional>

#include "common/esql/ast.h"
#include "common/esql/diagnostic.h"
#include "common/rule/rule.h"
#include "common/types/field_catalogue.h"

namespace weir::plan {

// query_rules.cc. The query of a rule of any kind that is run, with KQL(...) calls lowered; empty
// after errors.
std::optional<esql::Query> QueryOfRule(const rule::Rule& rule, const FieldCatalogue& catalogue,
                                       esql::Diagnostics* diagnostics);

// A detection of Splunk's with the interval and look-back it is judged by: over every range of its length,
// or, by schedule, in the scheduler's buckets. Any other rule as it is.
rule::Rule RuleAsJudged(const rule::Rule& rule, bool by_schedule);

// The rule as its query is analysed: suppression of a threshold rule is by its fields, and alerts
// of single events show who did what from where.
rule::Rule AnalysedRule(const rule::Rule& rule);

// Empty when rules of this kind are run.
std::string WhyKindUnsupported(const rule::Rule& rule);

// threshold.cc: count (and distinct count) per values of the rule's fields.
void AddThreshold(const rule::Threshold& threshold, esql::Query* query);

// filters.cc: what events must pass besides the query.
esql::ExpressionPtr ConditionOfFilter(const rule::Filter& filter, const FieldCatalogue& catalogue);

// kql_calls.cc: replaces each KQL("...") by what it says.
void LowerKqlCalls(const FieldCatalogue& catalogue, esql::Query* query,
                   esql::Diagnostics* diagnostics);

// source_calls.cc: JSON_EXTRACT(_source, "a.b") reads the field [_source.a.b].
void LowerSourceCalls(esql::Query* query);

}  // namespace weir::plan
