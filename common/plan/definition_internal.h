// Columns in terms of what they come from: the identity of keys, windows and classes is made of these
// texts, so two rules that say the same in other words of their own meet.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/esql/ast.h"
#include "common/plan/scope_internal.h"

namespace weir::plan {

// The definition of a source field, or of a result of the fold that is known by its text.
Definition ColumnDefinition(std::string_view name);
// Takes a tree as a definition; one that has grown very large is replaced by a hash of its text.
Definition MakeDefinition(esql::ExpressionPtr tree);
// A call that only definitions have: grok(input, "pattern", "column").
Definition CallDefinition(std::string_view name, const Definition& input,
                          const std::vector<std::string>& texts);

// The expression with every column replaced by its definition.
esql::ExpressionPtr Expand(const esql::Expression& expression, const PlanScope& scope);
std::string ExpandedText(const esql::Expression& expression, const PlanScope& scope);

// A copy of the node with other children.
esql::ExpressionPtr CopyNode(const esql::Expression& node);

// Calls visit for every node, parents first.
void ForEachNode(const esql::Expression& expression,
                 const std::function<void(const esql::Expression&)>& visit);
bool CallsFunction(const esql::Expression& expression, std::string_view upper_name);

// The parts of a condition joined by AND, in written order.
std::vector<const esql::Expression*> Conjuncts(const esql::Expression& condition);

// True when the value depends on the event's time alone: some time field is read and nothing else.
bool IsTimeOnly(const esql::Expression& definition);
// True when no row can make the value negative: literals, CASE over such, lengths, counts.
bool IsNonNegative(const esql::Expression& definition);

}  // namespace weir::plan
