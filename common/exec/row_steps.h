// Runs the row-wise steps of a plan on one row of slots.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/expr/expr.h"
#include "common/plan/plan.h"

namespace weir::exec {

// The bookkeeping of a run that is not the rows themselves.
struct StepCounters {
  uint64_t grok_limits = 0;   // matches stopped by the step limit
  uint64_t without_group = 0; // rows dropped because a field of their group is missing
  uint64_t* excepted = nullptr;   // rows dropped, by the rule's exception; for heads that have some
};

void ApplyGrok(const plan::GrokStep& step, expr::EvalContext* context, StepCounters* counters);
void ApplyDissect(const plan::DissectStep& step, expr::EvalContext* context);
// True keeps the row; null and false drop it.
bool Passes(const plan::FilterStep& step, expr::EvalContext* context);

// Told nothing of the rows that filters drop.
struct IgnoreDrops {
  void operator()(std::size_t /*step*/) const {}
};

// Runs steps[first..] on context->slots and calls emit for every row that comes out (MV_EXPAND makes
// several). emit may read the slots until it returns; so may dropped, which is called with the position
// of the filter for every row that one drops.
template <typename Emit, typename Dropped = IgnoreDrops>
void RunRowSteps(const std::vector<plan::RowStep>& steps, std::size_t first,
                 expr::EvalContext* context, StepCounters* counters, const Emit& emit,
                 const Dropped& dropped = {}) {
  for (std::size_t i = first; i < steps.size(); ++i) {
    const plan::RowStep& step = steps[i];
    if (const auto* filter = std::get_if<plan::FilterStep>(&step)) {
      if (!Passes(*filter, context)) {
        counters->without_group += filter->counts_dropped ? 1 : 0;
        if (filter->exception >= 0 && counters->excepted != nullptr) {
          ++counters->excepted[filter->exception];
        }
        dropped(i);
        return;
      }
    } else if (const auto* assign = std::get_if<plan::AssignStep>(&step)) {
      context->slots[assign->slot] = assign->value->Eval(*context);
    } else if (const auto* grok = std::get_if<plan::GrokStep>(&step)) {
      ApplyGrok(*grok, context, counters);
    } else if (const auto* dissect = std::get_if<plan::DissectStep>(&step)) {
      ApplyDissect(*dissect, context);
    } else {
      const auto& expand = std::get<plan::MvExpandStep>(step);
      const Value cell = expand.input->Eval(*context);
      if (cell.is_multi()) {
        for (const Value& item : cell.items()) {
          context->slots[expand.slot] = item;
          RunRowSteps(steps, i + 1, context, counters, emit, dropped);
        }
        return;
      }
      context->slots[expand.slot] = cell;
    }
  }
  emit();
}

}  // namespace weir::exec
