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

// adjust.cc. What overlays change in a query; what does not fit is named in findings and left out.
// Replaces the constants that output columns are compared with after the first STATS; returns what was
// changed from what.
std::vector<rule::Change> ChangeThresholds(const rule::Rule& rule, esql::Query* query,
                                           std::vector<rule::Finding>* findings);
// An exception as the condition that an event must meet to be counted.
struct ExceptionCondition {
  std::size_t index = 0;              // among the rule's exceptions
  esql::ExpressionPtr condition;
};
std::vector<ExceptionCondition> LowerExceptions(const rule::Rule& rule,
                                                const FieldCatalogue& catalogue,
                                                std::vector<rule::Finding>* findings);
// What does not fit of the rest, once the rule is analysed and its judging decided.
struct Draft;
void CheckAdjustments(const Draft& draft, std::vector<rule::Finding>* findings);

// Empty when rules of this kind are run.
std::string WhyKindUnsupported(const rule::Rule& rule);

// threshold.cc: count (and distinct count) per values of the rule's fields.
void AddThreshold(const rule::Threshold& threshold, esql::Query* query);

// filters.cc: what events must pass besides the query.
esql::ExpressionPtr ConditionOfFilter(const rule::Filter& filter, const FieldCatalogue& catalogue);

// kql_calls.cc: replaces each KQL("...") and QSTR("...") by what it says.
void LowerKqlCalls(const FieldCatalogue& catalogue, esql::Query* query,
                   esql::Diagnostics* diagnostics);

// time_range_calls.cc: replaces TRANGE in WHERE by comparisons of @timestamp.
void LowerTimeRangeCalls(esql::Query* query);

// source_calls.cc: JSON_EXTRACT(_source, "a.b") reads the field [_source.a.b].
void LowerSourceCalls(esql::Query* query);

}  // namespace weir::plan
