// Head guards: equality conditions by which ingest finds the rules that an event may match.
#include <algorithm>
#include <iterator>

#include "common/esql/any_value.h"
#include "common/plan/analyzer_internal.h"

namespace weir::plan {
namespace {

struct Alternatives {
  std::string field;
  std::vector<std::string> values;   // sorted, distinct
};

const std::string* KeywordOf(const esql::Expression& node) {
  return node.kind == esql::ExpressionKind::kLiteral && IsString(node.literal.type)
             ? &node.literal.text
             : nullptr;
}

std::string StringFieldOf(const esql::Expression& node, const PlanScope& scope) {
  if (node.kind != esql::ExpressionKind::kColumn) {
    return "";
  }
  const std::optional<Column> column = scope.Find(node.name);
  return column.has_value() && IsString(column->ref.type) ? column->field : "";
}

void Normalise(std::vector<std::string>* values) {
  std::sort(values->begin(), values->end());
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

// Of a test of the first argument against all others.
std::optional<Alternatives> ValuesOf(const esql::Expression& test, const PlanScope& scope) {
  Alternatives result{StringFieldOf(*test.args.front(), scope), {}};
  for (std::size_t i = 1; i < test.args.size(); ++i) {
    const std::string* value = KeywordOf(*test.args[i]);
    if (value == nullptr || result.field.empty()) {
      return std::nullopt;
    }
    result.values.push_back(*value);
  }
  Normalise(&result.values);
  return result;
}

// The values of one field outside of which the condition cannot be true.
std::optional<Alternatives> AlternativesOf(const esql::Expression& condition,
                                           const PlanScope& scope) {
  if (condition.kind == esql::ExpressionKind::kIn && !condition.negated) {
    return ValuesOf(condition, scope);
  }
  if (condition.kind == esql::ExpressionKind::kCall && condition.name == esql::kAnyEquals) {
    return ValuesOf(condition, scope);
  }
  if (condition.kind != esql::ExpressionKind::kBinary) {
    return std::nullopt;
  }
  if (condition.op == esql::Operator::kEqual) {
    for (const std::size_t side : {0U, 1U}) {
      const std::string field = StringFieldOf(*condition.args[side], scope);
      const std::string* value = KeywordOf(*condition.args[1 - side]);
      if (!field.empty() && value != nullptr) {
        return Alternatives{field, {*value}};
      }
    }
    return std::nullopt;
  }
  if (condition.op == esql::Operator::kOr) {
    std::optional<Alternatives> left = AlternativesOf(*condition.args[0], scope);
    const std::optional<Alternatives> right = AlternativesOf(*condition.args[1], scope);
    if (!left.has_value() || !right.has_value() || left->field != right->field) {
      return std::nullopt;
    }
    left->values.insert(left->values.end(), right->values.begin(), right->values.end());
    Normalise(&left->values);
    return left;
  }
  return std::nullopt;
}

}  // namespace

void Analyzer::AddGuards(const esql::Expression& conjunct) {
  std::optional<Alternatives> alternatives = AlternativesOf(conjunct, stage_->scope);
  if (!alternatives.has_value()) {
    return;
  }
  const FieldId field =
      fields_->Intern(alternatives->field, stage_->scope.FieldType(alternatives->field));
  for (HeadGuard& guard : analysis_.head.guards) {
    if (guard.field == field) {
      std::vector<std::string> both;
      std::set_intersection(guard.values.begin(), guard.values.end(),
                            alternatives->values.begin(), alternatives->values.end(),
                            std::back_inserter(both));
      guard.values = std::move(both);
      return;
    }
  }
  analysis_.head.guards.push_back({field, std::move(alternatives->values)});
}

}  // namespace weir::plan
