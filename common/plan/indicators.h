// What a rule looks for, read from its query: every test of a WHERE as a field, a kind and values,
// what the query groups by, and where its columns come from. For people who compare rules; nothing
// here takes part in running them. KQL, EQL and threshold rules are read as the ES|QL they become.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/esql/ast.h"
#include "common/rule/rule.h"
#include "common/types/field_catalogue.h"

namespace weir::plan {

struct Indicator {
  // The field of the events that is tested, or the column when it is none of one field alone.
  std::string field;
  // What is tested where it is not the field as it is: TO_LOWER(field), COUNT(*).
  std::string expression;
  // eq, in, like, rlike, lt, le, gt, ge, starts_with, ends_with, contains, cidr, match, with not_
  // before it where the test must fail and _ci behind it where case does not count; is_null,
  // is_not_null; or condition: a test that fits none of these, whose text is the value.
  std::string kind;
  std::vector<std::string> values;
  bool on_results = false;   // tests what a STATS counted, not an event
};

struct QueryFacts {
  std::vector<std::string> from;           // index patterns
  std::vector<std::string> commands;       // in the query's order, canonical text
  std::vector<Indicator> indicators;       // in the query's order
  std::vector<std::string> group_by;       // keys of the last STATS; empty without one
  // Columns the query makes, and what of: expanded to fields. Fields themselves are not listed.
  std::map<std::string, std::string> definitions;
};

QueryFacts FactsOf(const esql::Query& query);

// Empty when the query cannot be read; what compiling it reports says why.
std::optional<QueryFacts> FactsOf(const rule::Rule& rule, const FieldCatalogue& catalogue);

// Whether two rules look for the same: the same test of the same field with a value in common.
bool LooksForTheSame(const Indicator& a, const Indicator& b);

// The values that the query's eq and in tests look for in a field.
std::vector<std::string> WantedValues(const QueryFacts& facts, std::string_view field);

}  // namespace weir::plan
