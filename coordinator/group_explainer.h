// Says of the groups of a rule how far they are from its conditions, and why they did not fire: from the
// parts that workers hold of them (worker::GroupsFound). Blocks on the backend; thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/exec/head_trace.h"
#include "common/shard/group_search.h"
#include "common/shard/group_view.h"
#include "coordinator/group_backend.h"

namespace weir::coordinator {

// A rule, as the shards hold it.
struct GroupRule {
  plan::RuleSetPtr rules;
  const plan::CompiledRule* rule = nullptr;   // of rules
  const plan::Window* window = nullptr;
  worker::RuleStatus counters;
  UnixMillis window_end_ms = 0;
  UnixMillis closed_ms = INT64_MIN;
  UnixMillis warming_until_ms = 0;            // 0: it does not warm
  uint64_t matched = 0;                       // groups that were looked for
};

struct GroupExplanation {
  shard::GroupView view;
  uint64_t rows_outside = 0;                  // in panes of other windows
  std::vector<exec::SeenValue> columns;       // the aggregates, as they may be shown
  exec::TailTrace trace;                      // of a window without rows: does not pass, no predicates
  std::vector<shard::Episode> episodes;       // of the rule
  std::optional<worker::CoveringAlert> covering;
};

class GroupExplainer {
 public:
  // The backend outlives it.
  explicit GroupExplainer(GroupBackend* backend) : backend_(backend) {}

  // The nearest groups. rule: an id or a name. NotFound; FailedPrecondition when the rule counts no groups;
  // Unavailable.
  StatusOr<std::vector<shard::GroupView>> Top(const std::string& rule, std::size_t limit, GroupRule* about);
  // Those that have the keys, the nearest first. InvalidArgument also for a key that the rule does not have.
  StatusOr<std::vector<GroupExplanation>> Explain(const std::string& rule,
                                                  const std::vector<shard::KeyText>& keys,
                                                  std::size_t limit, GroupRule* about);

 private:
  Status FindRule(const std::string& rule, GroupRule* about);
  StatusOr<std::vector<shard::NearestGroups::Found>> Find(const std::vector<shard::KeyText>& keys,
                                                          std::size_t limit, bool whole,
                                                          GroupRule* about);
  void FillCounters(GroupRule* about);
  Status FillCovering(const GroupRule& about, const std::vector<std::optional<Hash128>>& keys,
                      std::vector<GroupExplanation>* explanations);

  GroupBackend* const backend_;
};

}  // namespace weir::coordinator
