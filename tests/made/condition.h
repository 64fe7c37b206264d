// What a query asks of one event, read from its syntax tree, and events that answer it. Independent
// of the product's lowering: each dialect is read here once more, in its own words.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/eql/ast.h"
#include "common/esql/ast.h"
#include "common/kql/ast.h"
#include "tests/made/document.h"

namespace weir::made {

enum class TestKind : uint8_t {
  kPresent,
  kEquals,
  kWildcard,      // values are patterns
  kRegex,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kCidr,
};

struct Test {
  std::string field;
  TestKind kind = TestKind::kPresent;
  std::vector<Datum> values;    // any of them
  bool ignore_case = false;
  // ES|QL: the test of an absent field is neither true nor false.
  bool is_three_valued = false;
};

struct Condition;
using ConditionPtr = std::shared_ptr<const Condition>;

enum class ConditionKind : uint8_t { kTrue, kFalse, kAnd, kOr, kNot, kTest };

struct Condition {
  ConditionKind kind = ConditionKind::kTrue;
  Test test;
  std::vector<ConditionPtr> children;
};

ConditionPtr Always(bool value);
ConditionPtr Both(ConditionPtr left, ConditionPtr right);
ConditionPtr Either(ConditionPtr left, ConditionPtr right);
ConditionPtr Negated(ConditionPtr operand);
ConditionPtr Tested(Test test);
// The conjuncts of a condition, nested ANDs taken apart.
std::vector<ConditionPtr> ConjunctsOf(const ConditionPtr& condition);

// What could not be read, in words.
struct Unread {
  std::string what;
};

// Throws Unread.
ConditionPtr FromKql(const kql::Node& node);
ConditionPtr FromEql(const eql::Query& query, const std::string& category_field);

// Columns that a query computes, by name; null ones are those of GROK with a sample of its own.
struct Columns {
  std::map<std::string, const esql::Expression*> computed;
  // Column of a GROK: its input, and a text within the input that gives the column a value.
  std::map<std::string, std::pair<std::string, std::string>> extracted;
};
// Throws Unread.
ConditionPtr FromEsql(const esql::Expression& expression, const Columns& columns);
// The fields that an expression's value comes from, through conversions and COALESCE. Throws Unread.
std::vector<std::string> FieldsOf(const esql::Expression& expression, const Columns& columns);

// Different events for which the condition is true, at most max. Where distinct names a field, each
// has another value of it. Fields of required are present.
std::vector<Document> Solve(const ConditionPtr& condition, const std::set<std::string>& required,
                            const std::string& distinct, std::size_t max);

}  // namespace weir::made
