#include "common/exec/tail.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <type_traits>

#include "common/exec/key_cells.h"
#include "common/exec/row_steps.h"
#include "common/types/coding.h"

namespace weir::exec {

namespace {

struct TailRun {
  const plan::Tail& tail;
  expr::EvalContext context;
  StepCounters counters;
  std::vector<TailRow>* rows;

  TailRow CopyRow(const Value* row) {
    auto* copy = context.arena->AllocateArray<Value>(tail.slot_count);
    std::copy(row, row + tail.slot_count, copy);
    return copy;
  }

  void Run(const plan::FilterStep& step) {
    std::erase_if(*rows, [&](TailRow row) {
      context.slots = row;
      return !Passes(step, &context);
    });
  }
  void Run(const plan::AssignStep& step) {
    for (TailRow row : *rows) {
      context.slots = row;
      row[step.slot] = step.value->Eval(context);
    }
  }
  void Run(const plan::GrokStep& step) {
    for (TailRow row : *rows) {
      context.slots = row;
      ApplyGrok(step, &context, &counters);
    }
  }
  void Run(const plan::DissectStep& step) {
    for (TailRow row : *rows) {
      context.slots = row;
      ApplyDissect(step, &context);
    }
  }
  void Run(const plan::SortStep& step);
  void Run(const plan::LimitStep& step) {
    if (rows->size() > static_cast<std::size_t>(step.count)) {
      rows->resize(static_cast<std::size_t>(step.count));
    }
  }
  void Run(const plan::RepeatStep& step);
  void Run(const plan::StatsStep& step);
  // Rows multiply: they are taken through the steps [begin, end) one by one, until there are as many as
  // the LIMIT behind the steps lets through.
  void RunExpanding(std::size_t begin, std::size_t end);
  void Expand(std::size_t step, std::size_t end, TailRow row, std::size_t limit,
              std::vector<TailRow>* expanded);
};

bool IsRowWise(const plan::TailStep& step) {
  return std::holds_alternative<plan::FilterStep>(step) ||
         std::holds_alternative<plan::AssignStep>(step) ||
         std::holds_alternative<plan::GrokStep>(step) ||
         std::holds_alternative<plan::DissectStep>(step) ||
         std::holds_alternative<plan::MvExpandStep>(step);
}

void TailRun::RunExpanding(std::size_t begin, std::size_t end) {
  std::size_t limit = std::numeric_limits<std::size_t>::max();
  if (end < tail.steps.size()) {
    if (const auto* step = std::get_if<plan::LimitStep>(&tail.steps[end])) {
      limit = static_cast<std::size_t>(step->count);
    }
  }
  std::vector<TailRow> expanded;
  for (TailRow row : *rows) {
    Expand(begin, end, row, limit, &expanded);
  }
  *rows = std::move(expanded);
}

void TailRun::Expand(std::size_t step, std::size_t end, TailRow row, std::size_t limit,
                     std::vector<TailRow>* expanded) {
  if (expanded->size() >= limit) {
    return;
  }
  for (; step < end; ++step) {
    context.slots = row;
    const plan::TailStep& current = tail.steps[step];
    if (const auto* filter = std::get_if<plan::FilterStep>(&current)) {
      if (!Passes(*filter, &context)) {
        return;
      }
    } else if (const auto* assign = std::get_if<plan::AssignStep>(&current)) {
      row[assign->slot] = assign->value->Eval(context);
    } else if (const auto* grok = std::get_if<plan::GrokStep>(&current)) {
      ApplyGrok(*grok, &context, &counters);
    } else if (const auto* dissect = std::get_if<plan::DissectStep>(&current)) {
      ApplyDissect(*dissect, &context);
    } else {
      const auto& expand = std::get<plan::MvExpandStep>(current);
      const Value cell = expand.input->Eval(context);
      if (cell.is_multi()) {
        for (const Value& item : cell.items()) {
          TailRow copy = CopyRow(row);
          copy[expand.slot] = item;
          Expand(step + 1, end, copy, limit, expanded);
        }
        return;
      }
      row[expand.slot] = cell;
    }
  }
  expanded->push_back(row);
}

// Ascending order takes a multivalue's least item, descending its greatest.
Value SortItem(const Value& cell, bool descending) {
  if (!cell.is_multi()) {
    return cell;
  }
  Value best = cell.items().front();
  for (const Value& item : cell.items()) {
    const int order = CompareValues(item, best);
    if (descending ? order > 0 : order < 0) {
      best = item;
    }
  }
  return best;
}

void TailRun::Run(const plan::SortStep& step) {
  struct Keyed {
    TailRow row;
    std::vector<Value> keys;
  };
  std::vector<Keyed> keyed;
  keyed.reserve(rows->size());
  for (TailRow row : *rows) {
    context.slots = row;
    Keyed item{row, {}};
    for (const plan::SortKey& key : step.keys) {
      item.keys.push_back(SortItem(key.value->Eval(context), key.descending));
    }
    keyed.push_back(std::move(item));
  }
  std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
    for (std::size_t i = 0; i < step.keys.size(); ++i) {
      const Value& left = a.keys[i];
      const Value& right = b.keys[i];
      if (left.is_null() || right.is_null()) {
        if (left.is_null() != right.is_null()) {
          return left.is_null() == step.keys[i].nulls_first;
        }
        continue;
      }
      const int order = CompareValues(left, right);
      if (order != 0) {
        return step.keys[i].descending ? order > 0 : order < 0;
      }
    }
    return false;
  });
  for (std::size_t i = 0; i < keyed.size(); ++i) {
    (*rows)[i] = keyed[i].row;
  }
}

void TailRun::Run(const plan::RepeatStep& step) {
  std::vector<TailRow> repeated;
  repeated.reserve(rows->size());
  for (TailRow row : *rows) {
    const int64_t count = row[step.count_slot].integer();
    for (std::size_t key = step.slots.size(); key-- > 0;) {
      row[step.slots[key]] = row[key];
    }
    repeated.push_back(row);
    for (int64_t i = 1; i < count; ++i) {
      repeated.push_back(CopyRow(row));
    }
  }
  *rows = std::move(repeated);
}

// The groups of one STATS over the rows of the tail. Ordered, so that the result does not depend on
// the rows' order.
struct StatsGroup {
  std::vector<Value> keys;
  std::vector<std::string> states;
  std::vector<int64_t> counts;
  std::vector<Value> finished;
};
using StatsGroups = std::map<std::string, StatsGroup, std::less<>>;

void FoldRow(const plan::StatsStep& step, expr::EvalContext* context, const Hash128& identity,
             StatsGroup* group) {
  std::vector<Value> inputs;
  for (std::size_t i = 0; i < step.aggregates.size(); ++i) {
    const plan::FoldAggregate& aggregate = step.aggregates[i];
    if (aggregate.filter != nullptr && !Passes({aggregate.filter, {}}, context)) {
      continue;
    }
    ++group->counts[i];
    if (aggregate.function != nullptr) {
      inputs.clear();
      for (const expr::ExprPtr& input : aggregate.inputs) {
        inputs.push_back(input->Eval(*context));
      }
      aggregate.function->Add(&group->states[i], inputs, identity);
    }
  }
}

void FinishGroup(const plan::StatsStep& step, Arena* arena, StatsGroup* group) {
  for (std::size_t i = 0; i < step.aggregates.size(); ++i) {
    const agg::AggregatePtr& function = step.aggregates[i].function;
    group->finished.push_back(function == nullptr
                                  ? Value::Long(group->counts[i])
                                  : function->Finish(arena->Copy(group->states[i]), arena));
  }
}

void TailRun::Run(const plan::StatsStep& step) {
  StatsGroups groups;
  std::vector<std::vector<StatsGroup*>> groups_of_row;
  const std::size_t aggregates = step.aggregates.size();
  const auto add_group = [&](std::string_view key, const Value* cells) -> StatsGroup& {
    const auto found = groups.find(key);
    if (found != groups.end()) {
      return found->second;
    }
    return groups[std::string(key)] = {{cells, cells + step.keys.size()},
                                       std::vector<std::string>(aggregates),
                                       std::vector<int64_t>(aggregates),
                                       {}};
  };
  if (step.keys.empty()) {
    add_group("", nullptr);
  }
  KeyCells keys;
  for (TailRow row : *rows) {
    context.slots = row;
    std::string row_bytes;
    for (uint32_t slot = 0; slot < tail.slot_count; ++slot) {
      EncodeValue(row[slot], &row_bytes);
    }
    const Hash128 identity = HashBytes128(row_bytes);
    groups_of_row.emplace_back();
    keys.ForEach(step.keys, &context, [&](const Value* cells, std::string_view key) {
      StatsGroup& group = add_group(key, cells);
      FoldRow(step, &context, identity, &group);
      groups_of_row.back().push_back(&group);
    });
  }
  for (auto& [key, group] : groups) {
    FinishGroup(step, context.arena, &group);
  }
  if (step.keeps_rows) {
    for (std::size_t r = 0; r < rows->size(); ++r) {
      for (std::size_t i = 0; i < aggregates; ++i) {
        std::vector<Value> values;
        for (const StatsGroup* group : groups_of_row[r]) {
          const Value& value = group->finished[i];
          values.insert(values.end(), value.items().begin(), value.items().end());
        }
        (*rows)[r][step.aggregate_slots[i]] = Value::MakeMulti(values, context.arena);
      }
    }
    return;
  }
  rows->clear();
  for (const auto& [key, group] : groups) {
    TailRow row = NewTailRow(tail, context.arena);
    for (std::size_t i = 0; i < step.keys.size(); ++i) {
      row[step.key_slots[i]] = group.keys[i];
    }
    for (std::size_t i = 0; i < aggregates; ++i) {
      row[step.aggregate_slots[i]] = group.finished[i];
    }
    rows->push_back(row);
  }
}

}  // namespace

TailRow NewTailRow(const plan::Tail& tail, Arena* arena) {
  auto* row = arena->AllocateArray<Value>(tail.slot_count);
  std::fill(row, row + tail.slot_count, Value::Null());
  return row;
}

void RunTail(const plan::Tail& tail, UnixMillis judged_ms, Arena* arena, expr::Warnings* warnings,
             std::vector<TailRow>* rows) {
  TailRun run{tail, {}, {}, rows};
  run.context.arena = arena;
  run.context.warnings = warnings;
  run.context.now_ms = judged_ms;
  for (std::size_t i = 0; i < tail.steps.size();) {
    std::size_t end = i;
    bool expands = false;
    for (; end < tail.steps.size() && IsRowWise(tail.steps[end]); ++end) {
      expands = expands || std::holds_alternative<plan::MvExpandStep>(tail.steps[end]);
    }
    if (expands) {
      run.RunExpanding(i, end);
      i = end;
      continue;
    }
    std::visit(
        [&](const auto& concrete) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(concrete)>, plan::MvExpandStep>) {
            run.Run(concrete);
          }
        },
        tail.steps[i]);
    ++i;
  }
}

}  // namespace weir::exec
