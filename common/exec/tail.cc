#include "common/exec/tail.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

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
  void Run(const plan::MvExpandStep& step) {
    std::vector<TailRow> expanded;
    for (TailRow row : *rows) {
      context.slots = row;
      const Value cell = step.input->Eval(context);
      if (!cell.is_multi()) {
        row[step.slot] = cell;
        expanded.push_back(row);
        continue;
      }
      for (const Value& item : cell.items()) {
        TailRow copy = CopyRow(row);
        copy[step.slot] = item;
        expanded.push_back(copy);
      }
    }
    *rows = std::move(expanded);
  }
  void Run(const plan::SortStep& step);
  void Run(const plan::LimitStep& step) {
    if (rows->size() > static_cast<std::size_t>(step.count)) {
      rows->resize(static_cast<std::size_t>(step.count));
    }
  }
  void Run(const plan::StatsStep& step);
};

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

// The key combinations of a row: multivalued keys are exploded.
void ForEachKey(const std::vector<plan::FoldKey>& keys, expr::EvalContext* context,
                std::vector<Value>* chosen, std::size_t position,
                const std::function<void()>& visit) {
  if (position == keys.size()) {
    visit();
    return;
  }
  const Value cell = keys[position].value->Eval(*context);
  if (cell.is_null()) {
    (*chosen)[position] = cell;
    ForEachKey(keys, context, chosen, position + 1, visit);
    return;
  }
  const auto items = cell.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool repeated = std::any_of(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i),
                                      [&](const Value& item) {
                                        return CompareValues(item, items[i]) == 0;
                                      });
    if (!repeated) {
      (*chosen)[position] = items[i];
      ForEachKey(keys, context, chosen, position + 1, visit);
    }
  }
}

void TailRun::Run(const plan::StatsStep& step) {
  struct Group {
    std::vector<Value> keys;
    std::vector<std::string> states;
    std::vector<int64_t> counts;
  };
  std::map<std::string, Group> groups;   // ordered: the result does not depend on the rows' order
  const std::size_t aggregates = step.aggregates.size();
  std::vector<Value> chosen(step.keys.size());
  std::vector<Value> inputs;
  if (step.keys.empty()) {
    groups[""] = {{}, std::vector<std::string>(aggregates), std::vector<int64_t>(aggregates)};
  }
  for (TailRow row : *rows) {
    context.slots = row;
    std::string row_bytes;
    for (uint32_t slot = 0; slot < tail.slot_count; ++slot) {
      EncodeValue(row[slot], &row_bytes);
    }
    const Hash128 identity = HashBytes128(row_bytes);
    ForEachKey(step.keys, &context, &chosen, 0, [&] {
      std::string key;
      for (const Value& value : chosen) {
        EncodeValue(value, &key);
      }
      Group& group = groups[key];
      if (group.states.empty()) {
        group = {chosen, std::vector<std::string>(aggregates), std::vector<int64_t>(aggregates)};
      }
      for (std::size_t i = 0; i < aggregates; ++i) {
        const plan::FoldAggregate& aggregate = step.aggregates[i];
        if (aggregate.filter != nullptr && !Passes({aggregate.filter, {}}, &context)) {
          continue;
        }
        ++group.counts[i];
        if (aggregate.function != nullptr) {
          inputs.clear();
          for (const expr::ExprPtr& input : aggregate.inputs) {
            inputs.push_back(input->Eval(context));
          }
          aggregate.function->Add(&group.states[i], inputs, identity);
        }
      }
    });
  }
  rows->clear();
  for (auto& [key, group] : groups) {
    TailRow row = NewTailRow(tail, context.arena);
    for (std::size_t i = 0; i < step.keys.size(); ++i) {
      row[step.key_slots[i]] = group.keys[i];
    }
    for (std::size_t i = 0; i < aggregates; ++i) {
      const auto& function = step.aggregates[i].function;
      row[step.aggregate_slots[i]] =
          function == nullptr
              ? Value::Long(group.counts[i])
              : function->Finish(context.arena->Copy(group.states[i]), context.arena);
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
  for (const plan::TailStep& step : tail.steps) {
    std::visit([&](const auto& concrete) { run.Run(concrete); }, step);
  }
}

}  // namespace weir::exec
