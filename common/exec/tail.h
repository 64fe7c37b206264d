// The tail stage: from finished groups to the rows that become alerts. Pure: everything is in the
// arguments, so that a shard, a backtest and a coordinator give the same rows.
#pragma once

#include <span>
#include <vector>

#include "common/base/arena.h"
#include "common/expr/expr.h"
#include "common/plan/plan.h"

namespace weir::exec {

// A row of the tail: slot_count cells in the arena.
using TailRow = Value*;

// Allocates a row with all slots null.
TailRow NewTailRow(const plan::Tail& tail, Arena* arena);

// Runs all steps over the rows, in place; what is left are the result rows in their order.
void RunTail(const plan::Tail& tail, UnixMillis judged_ms, Arena* arena, expr::Warnings* warnings,
             std::vector<TailRow>* rows);

}  // namespace weir::exec
