#include "common/exec/row_steps.h"

namespace weir::exec {

bool Passes(const plan::FilterStep& step, expr::EvalContext* context) {
  const Value verdict = step.condition->Eval(*context);
  return !verdict.is_null() && !verdict.is_multi() && verdict.boolean();
}

void ApplyGrok(const plan::GrokStep& step, expr::EvalContext* context, StepCounters* counters) {
  const std::size_t count = step.slots.size();
  auto* outputs = context->arena->AllocateArray<Value>(count);
  if (!step.grok->Match(step.input->Eval(*context), context->arena, outputs)) {
    ++counters->grok_limits;
  }
  for (std::size_t i = 0; i < count; ++i) {
    context->slots[step.slots[i]] = outputs[i];
  }
}

void ApplyDissect(const plan::DissectStep& step, expr::EvalContext* context) {
  const std::size_t count = step.slots.size();
  auto* outputs = context->arena->AllocateArray<Value>(count);
  step.dissect->Match(step.input->Eval(*context), context->arena, outputs);
  for (std::size_t i = 0; i < count; ++i) {
    context->slots[step.slots[i]] = outputs[i];
  }
}

}  // namespace weir::exec
