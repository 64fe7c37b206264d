// The conditions of a rule that can only become true as rows are added ("count >= 500"): they pick the
// groups worth judging at a tick, and in continuous mode they decide.
#pragma once

#include <memory>

#include "common/base/arena.h"
#include "common/plan/plan.h"
#include "common/shard/group.h"
#include "common/window/firing.h"

namespace weir::shard {

// Whether the conditions hold over the panes (after, until] of the group. False for panes without rows.
bool GrowthHolds(const plan::CompiledRule& rule, const Group& group, int64_t after, int64_t until);

// An upper bound over all windows: false means that no window of the group can pass now.
bool GrowthMayHold(const plan::CompiledRule& rule, const Group& group);

// Whether the group is at least half way to every threshold: from there on its events are sampled.
bool GrowthHalfWay(const plan::CompiledRule& rule, const Group& group);

// The judged panes >= first_judged at which the rule's conditions hold.
std::vector<window::FiringRun> FiringRuns(const plan::CompiledRule& rule, const Group& group,
                                          int64_t first_judged);

}  // namespace weir::shard
