// Kibana's filters as a condition.
#include "common/esql/any_value.h"
#include "common/plan/query_rules_internal.h"

namespace weir::plan {
namespace {

using Kind = rule::Filter::Kind;

std::string_view TestOf(const rule::Filter& filter, bool is_text) {
  switch (filter.kind) {
    case Kind::kPhrase:
      return is_text ? esql::kAnyPhrase : esql::kAnyEquals;
    case Kind::kWords:
      return is_text ? esql::kAnyWord : esql::kAnyEquals;
    case Kind::kWildcard:
      return filter.ignore_case ? esql::kAnyLikeCi : esql::kAnyLike;
    case Kind::kRegex:
      return filter.ignore_case ? esql::kAnyRegexCi : esql::kAnyRegex;
    case Kind::kLess:
      return esql::kAnyLess;
    case Kind::kLessEqual:
      return esql::kAnyLessEqual;
    case Kind::kGreater:
      return esql::kAnyGreater;
    case Kind::kGreaterEqual:
      return esql::kAnyGreaterEqual;
    default:
      return filter.ignore_case ? esql::kAnyEqualsCi : esql::kAnyEquals;
  }
}

}  // namespace

esql::ExpressionPtr ConditionOfFilter(const rule::Filter& filter, const FieldCatalogue& catalogue) {
  switch (filter.kind) {
    case Kind::kAll:
    case Kind::kAny: {
      const bool all = filter.kind == Kind::kAll;
      esql::ExpressionPtr chain = filter.parts.empty() ? esql::MakeBooleanNode(all, {}) : nullptr;
      for (const rule::Filter& part : filter.parts) {
        chain = esql::MakeJunctionNode(all ? esql::Operator::kAnd : esql::Operator::kOr,
                                       std::move(chain), ConditionOfFilter(part, catalogue));
      }
      return chain;
    }
    case Kind::kNot:
      return esql::MakeNotNode(ConditionOfFilter(filter.parts.front(), catalogue), {});
    case Kind::kExists:
      return esql::MakeIsNullNode(esql::MakeColumnNode(filter.field, {}), true, {});
    default:
      break;
  }
  const bool is_text = catalogue.TypeOf(filter.field) == DataType::kText;
  esql::ExpressionPtr call = esql::MakeCallNode(TestOf(filter, is_text), {});
  call->args.push_back(esql::MakeColumnNode(filter.field, {}));
  for (const std::string& value : filter.values) {
    call->args.push_back(esql::MakeKeywordNode(value, {}));
  }
  return call;
}

}  // namespace weir::plan
