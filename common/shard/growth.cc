#include "common/shard/growth.h"

#include <limits>

namespace weir::shard {

namespace {

bool Reaches(const plan::GrowthCondition& condition, const Value& result) {
  if (result.is_null() || result.is_multi()) {
    return false;
  }
  if (result.type() == DataType::kDouble || condition.minimum.type() == DataType::kDouble) {
    const double value = result.AsDouble();
    const double minimum = condition.minimum.AsDouble();
    return condition.strict ? value > minimum : value >= minimum;
  }
  return condition.strict ? result.integer() > condition.minimum.integer()
                          : result.integer() >= condition.minimum.integer();
}

bool OnlyRowCounts(const plan::CompiledRule& rule, const plan::Window& window) {
  for (const plan::GrowthCondition& condition : rule.judge.growth) {
    if (window.aggregates[condition.aggregate].function != nullptr) {
      return false;
    }
  }
  return true;
}

bool RowsReach(const plan::CompiledRule& rule, uint64_t rows) {
  for (const plan::GrowthCondition& condition : rule.judge.growth) {
    if (!Reaches(condition, Value::Long(static_cast<int64_t>(rows)))) {
      return false;
    }
  }
  return rows > 0;
}

// Of the conditions those on the number of rows. They cost nothing and settle most, so they come first.
bool RowCountsReach(const plan::CompiledRule& rule, const Group& group, uint64_t rows) {
  for (const plan::GrowthCondition& condition : rule.judge.growth) {
    if (group.window().aggregates[condition.aggregate].function == nullptr &&
        !Reaches(condition, Value::Long(static_cast<int64_t>(rows)))) {
      return false;
    }
  }
  return rows > 0;
}

class RowCountState final : public window::SlidingState {
 public:
  RowCountState(const plan::CompiledRule& rule, const Group& group) : rule_(rule), group_(group) {}
  void Enter(std::size_t position) override { rows_ += group_.panes()[position].rows; }
  void Leave(std::size_t position) override { rows_ -= group_.panes()[position].rows; }
  bool Condition() override { return RowsReach(rule_, rows_); }

 private:
  const plan::CompiledRule& rule_;
  const Group& group_;
  uint64_t rows_ = 0;
};

// Any monoid, by two stacks: what entered since the last turn is merged on arrival, what entered before
// it lies in a stack of suffix merges, so that each pane is merged a constant number of times and
// nothing ever needs to be subtracted.
class MergingState final : public window::SlidingState {
 public:
  MergingState(const plan::CompiledRule& rule, const Group& group)
      : rule_(rule), group_(group), width_(rule.judge.growth.size()), back_(width_) {}

  void Enter(std::size_t position) override {
    rows_ += group_.panes()[position].rows;
    entered_ = position + 1;
    for (std::size_t i = 0; i < width_; ++i) {
      MergeInto(i, &back_[i], position);
    }
  }

  void Leave(std::size_t position) override {
    rows_ -= group_.panes()[position].rows;
    if (front_.empty()) {
      // Everything inside becomes the front: suffix merges, the oldest on top.
      std::vector<std::string> suffix(width_);
      for (std::size_t pane = entered_; pane-- > position;) {
        for (std::size_t i = 0; i < width_; ++i) {
          MergeInto(i, &suffix[i], pane);
        }
        front_.push_back(suffix);
      }
      back_.assign(width_, {});
    }
    front_.pop_back();
  }

  bool Condition() override {
    for (std::size_t i = 0; i < width_; ++i) {
      const plan::GrowthCondition& condition = rule_.judge.growth[i];
      const auto& function = group_.window().aggregates[condition.aggregate].function;
      if (function == nullptr) {
        if (!Reaches(condition, Value::Long(static_cast<int64_t>(rows_)))) {
          return false;
        }
        continue;
      }
      std::string merged = back_[i];
      if (!front_.empty() && !front_.back()[i].empty()) {
        if (merged.empty()) {
          merged = front_.back()[i];
        } else {
          function->Merge(&merged, front_.back()[i]);
        }
      }
      arena_.Reset();
      if (!Reaches(condition, function->Finish(merged, &arena_))) {
        return false;
      }
    }
    return true;
  }

 private:
  void MergeInto(std::size_t condition, std::string* merged, std::size_t pane) {
    const uint32_t aggregate = rule_.judge.growth[condition].aggregate;
    const auto& function = group_.window().aggregates[aggregate].function;
    const std::string_view state = group_.state(pane, aggregate);
    if (function == nullptr || state.empty()) {
      return;
    }
    if (merged->empty()) {
      merged->assign(state);
    } else {
      function->Merge(merged, state);
    }
  }

  const plan::CompiledRule& rule_;
  const Group& group_;
  std::size_t width_;
  std::vector<std::string> back_;
  std::vector<std::vector<std::string>> front_;
  std::size_t entered_ = 0;
  uint64_t rows_ = 0;
  Arena arena_;
};

}  // namespace

bool GrowthHolds(const plan::CompiledRule& rule, const Group& group, int64_t after, int64_t until) {
  if (!RowCountsReach(rule, group, group.RowsIn(after, until))) {
    return false;
  }
  Arena arena;
  for (const plan::GrowthCondition& condition : rule.judge.growth) {
    const auto& function = group.window().aggregates[condition.aggregate].function;
    if (function == nullptr) {
      continue;
    }
    std::string merged;
    group.MergeOne(after, until, condition.aggregate, &merged);
    if (!Reaches(condition, function->Finish(merged, &arena))) {
      return false;
    }
  }
  return true;
}

bool GrowthMayHold(const plan::CompiledRule& rule, const Group& group) {
  if (!RowCountsReach(rule, group, group.rows_total())) {
    return false;
  }
  Arena arena;
  for (const plan::GrowthCondition& condition : rule.judge.growth) {
    const auto& function = group.window().aggregates[condition.aggregate].function;
    // A total that counts too much may reach the minimum wrongly, so only then it is made anew.
    if (function != nullptr &&
        (!Reaches(condition, function->Finish(group.TotalAtLeast(condition.aggregate), &arena)) ||
         !Reaches(condition, function->Finish(group.Total(condition.aggregate), &arena)))) {
      return false;
    }
  }
  return true;
}

bool GrowthHalfWay(const plan::CompiledRule& rule, const Group& group) {
  for (const plan::GrowthCondition& condition : rule.judge.growth) {
    if (group.window().aggregates[condition.aggregate].function == nullptr &&
        static_cast<double>(group.rows_total()) * 2 < condition.minimum.AsDouble()) {
      return false;
    }
  }
  return true;
}

std::vector<window::FiringRun> FiringRuns(const plan::CompiledRule& rule, const Group& group,
                                          int64_t first_judged) {
  std::vector<int64_t> indices;
  indices.reserve(group.panes().size());
  for (const Pane& pane : group.panes()) {
    indices.push_back(pane.index);
  }
  const int64_t width = rule.judge.lookback_ms / group.window().pane_ms;
  if (OnlyRowCounts(rule, group.window())) {
    RowCountState state(rule, group);
    return window::FindFiringRuns(indices, width, first_judged, &state);
  }
  MergingState state(rule, group);
  return window::FindFiringRuns(indices, width, first_judged, &state);
}

}  // namespace weir::shard
