// One group as people see it: the rows of one window by pane, and what it has of each condition of a rule
// beside what it would need. Pure: reads the group, changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/time.h"
#include "common/plan/plan.h"
#include "common/shard/group.h"

namespace weir::shard {

// A condition of the form aggregate >= constant.
struct ConditionView {
  std::string aggregate;     // as a person would write it
  std::string encoded;       // its value over the window (types/coding.h)
  double value = 0;          // 0 where it has none
  double minimum = 0;
  bool strict = false;       // '>' instead of '>='
  bool holds = false;
  double share = 0;          // of the way there: 0 to 1; 1 only when it holds
};

struct PaneView {
  UnixMillis end_ms = 0;
  uint64_t rows = 0;
};

struct GroupView {
  std::vector<alert::NamedCell> key;
  UnixMillis window_end_ms = 0;
  std::vector<PaneView> panes;             // with rows, by time
  uint64_t rows = 0;
  UnixMillis first_event_ms = 0;           // 0: no rows
  UnixMillis last_event_ms = 0;
  std::vector<ConditionView> conditions;   // none: the rule has no such condition
  double share = 0;                        // the least of the conditions: all must hold
};

// The window of the rule that ends at a time, which is a multiple of the pane's width.
GroupView ViewGroup(const plan::CompiledRule& rule, const Group& group, UnixMillis window_end_ms);

// An upper bound of the share in any window, without merging panes where row counts settle it: tells
// which groups are worth a view when the nearest ones are looked for.
double ShareAtMost(const plan::CompiledRule& rule, const Group& group);

}  // namespace weir::shard
