// What a shard holds for one window and for one rule of the current rule set.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/plan/plan.h"
#include "common/shard/group_table.h"

namespace weir::shard {

// Bounds for times inside the engine, so that arithmetic on them never overflows.
inline constexpr UnixMillis kTimeMin = -4'000'000'000'000'000;
inline constexpr UnixMillis kTimeMax = 4'000'000'000'000'000;

struct WindowState {
  WindowState(plan::RuleSetPtr rule_set, const plan::Window* plan_window, std::string key_prefix,
              state::StateStore* store, TableTotals* totals)
      : rules(std::move(rule_set)),
        window(plan_window),
        table(plan_window, std::move(key_prefix), store, totals) {}

  plan::RuleSetPtr rules;               // keeps window alive
  const plan::Window* window;
  GroupTable table;
  // Groups that may pass a growth condition of a rule judged at ticks.
  std::set<Hash128> candidates;
  std::map<Hash128, bool> candidate_changes;   // since the last checkpoint: hash -> is a candidate
  // Bounds of the time field over all rows folded: no tick outside can see a row.
  UnixMillis earliest_ms = kTimeMax;
  UnixMillis latest_ms = kTimeMin;
  UnixMillis created_ms = kTimeMin;     // the clock when the window began to fill; wall clock only
  // By the record being applied, maybe several times; open until it is judged.
  std::vector<std::pair<Hash128, Group*>> touched;
  // Least told_judged_ms of its spread rules: later panes stay. Not part of the state, since what is
  // pruned no window can see any more.
  UnixMillis spread_judged_ms = kTimeMax;
  bool used = false;                    // has groups or candidates, or had some
  uint64_t durable_dead_before_ms = 0;  // what the last checkpoint took for dead
};

struct RuleState {
  const plan::CompiledRule* rule = nullptr;
  Hash128 hash;
  WindowState* window = nullptr;
  UnixMillis judged_ms = kTimeMin;      // last tick judged
  // Of a rule that the coordinator judges: what this shard was told (SpreadHint). Not part of the state.
  UnixMillis told_judged_ms = kTimeMin;
  UnixMillis told_active_until_ms = kTimeMin;
  uint64_t rows = 0;
  uint64_t late = 0;
  uint64_t future = 0;
  uint64_t alerts = 0;
  uint64_t suppressed = 0;
};

// True when the rule is judged at ticks rather than as rows are folded.
inline bool AtTicks(const plan::CompiledRule& rule) {
  return rule.judge.mode == plan::JudgeMode::kSchedule;
}

}  // namespace weir::shard
