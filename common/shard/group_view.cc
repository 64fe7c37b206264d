#include "common/shard/group_view.h"

#include <algorithm>
#include <cmath>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/types/coding.h"

namespace weir::shard {
namespace {

// What is no single number counts as nothing.
double NumberOf(const Value& value) {
  const bool is_number = value.type() == DataType::kInteger || value.type() == DataType::kLong ||
                         value.type() == DataType::kUnsignedLong ||
                         value.type() == DataType::kDouble;
  const double number = is_number && !value.is_multi() ? value.AsDouble() : 0;
  return std::isfinite(number) ? number : 0;
}

bool Holds(double value, double minimum, bool strict) {
  return strict ? value > minimum : value >= minimum;
}

// Of a condition that does not hold always below 1, however near it is.
double ShareOf(double value, double minimum, bool strict) {
  constexpr double kNear = 0.999;
  if (Holds(value, minimum, strict)) {
    return 1;
  }
  return minimum <= 0 ? 0 : std::clamp(value / minimum, 0.0, kNear);
}

ConditionView ViewCondition(const plan::GrowthCondition& condition, const Group& group, uint64_t rows,
                            int64_t after, int64_t until, Arena* arena) {
  const plan::FoldAggregate& aggregate = group.window().aggregates[condition.aggregate];
  Value value = Value::Long(static_cast<int64_t>(rows));
  std::string merged;
  if (aggregate.function != nullptr) {
    group.MergeOne(after, until, condition.aggregate, &merged);
    value = aggregate.function->Finish(merged, arena);
  }
  ConditionView view;
  view.aggregate = aggregate.text.empty() ? aggregate.name : aggregate.text;
  EncodeValue(value, &view.encoded);
  view.value = NumberOf(value);
  view.minimum = condition.minimum.AsDouble();
  view.strict = condition.strict;
  view.holds = rows > 0 && !value.is_null() && Holds(view.value, view.minimum, view.strict);
  view.share = view.holds ? 1 : std::min(ShareOf(view.value, view.minimum, view.strict), 0.999);
  return view;
}

}  // namespace

GroupView ViewGroup(const plan::CompiledRule& rule, const Group& group, UnixMillis window_end_ms) {
  const plan::Window& window = group.window();
  const int64_t until = window_end_ms / window.pane_ms;
  const int64_t after = until - rule.judge.lookback_ms / window.pane_ms;
  GroupView view;
  view.window_end_ms = window_end_ms;
  Arena arena;
  ByteReader reader(group.key());
  for (const plan::FoldKey& key : window.keys) {
    alert::NamedCell& cell = view.key.emplace_back();
    cell.name = key.name;
    EncodeValue(DecodeValue(&reader, &arena), &cell.encoded);
  }
  for (const Pane& pane : group.panes()) {
    if (pane.index > after && pane.index <= until) {
      view.panes.push_back({pane.index * window.pane_ms, pane.rows});
      view.rows += pane.rows;
    }
  }
  if (!group.EventTimes(after, until, &view.first_event_ms, &view.last_event_ms)) {
    view.first_event_ms = 0;
    view.last_event_ms = 0;
  }
  view.share = rule.judge.growth.empty() ? 0 : 1;
  for (const plan::GrowthCondition& condition : rule.judge.growth) {
    view.conditions.push_back(ViewCondition(condition, group, view.rows, after, until, &arena));
    view.share = std::min(view.share, view.conditions.back().share);
  }
  return view;
}

double ShareAtMost(const plan::CompiledRule& rule, const Group& group) {
  double share = rule.judge.growth.empty() ? 0 : 1;
  for (const plan::GrowthCondition& condition : rule.judge.growth) {
    if (group.window().aggregates[condition.aggregate].function == nullptr) {
      share = std::min(share, ShareOf(static_cast<double>(group.rows_total()),
                                      condition.minimum.AsDouble(), condition.strict));
    }
  }
  return share;
}

}  // namespace weir::shard
