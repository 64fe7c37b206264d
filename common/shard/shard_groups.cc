// What people ask a shard about the groups of a rule.
#include "common/shard/group_search.h"
#include "common/shard/shard.h"

namespace weir::shard {

StatusOr<const RuleState*> Shard::FindCounting(const Hash128& rule, RuleSetVersion version) const {
  if (version != meta_.version) {
    return FailedPrecondition("shard {} has rule set {}, not {}", options_.id, meta_.version, version);
  }
  const auto found = rules_.find(rule);
  if (found == rules_.end() || found->second.window->window->is_events) {
    return NotFound("no rule {} counts groups in shard {}", rule.ToHex(), options_.id);
  }
  return &found->second;
}

StatusOr<RuleView> Shard::ViewRule(const Hash128& rule, RuleSetVersion version) const {
  WEIR_ASSIGN_OR_RETURN(const RuleState* state, FindCounting(rule, version));
  const WindowState& window = *state->window;
  RuleView view;
  view.latest_ms = window.latest_ms;
  view.created_ms = window.created_ms;
  view.closed_ms = meta_.closed_ms;
  view.groups = window.table.size() + window.table.evicted();
  return view;
}

Status Shard::FindGroups(const Hash128& rule, RuleSetVersion version, const GroupSlice& slice,
                         NearestGroups* nearest) const {
  WEIR_ASSIGN_OR_RETURN(const RuleState* state, FindCounting(rule, version));
  return state->window->table.ForEachIn(slice.index, slice.count,
                                        [nearest](const Group& group) { nearest->Add(group); });
}

std::optional<Covering> Shard::FindCovering(const Hash128& rule, const Hash128& key,
                                            UnixMillis judged_ms) const {
  const auto found = rules_.find(rule);
  if (found == rules_.end() || !found->second.rule->suppression.has_value()) {
    return std::nullopt;
  }
  const std::optional<int64_t> duration_ms = Judge::SuppressionMs(*found->second.rule);
  const std::optional<Hash128> alert =
      duration_ms.has_value() ? suppression_.Find(key, judged_ms, *duration_ms) : std::nullopt;
  if (!alert.has_value()) {
    return std::nullopt;
  }
  return Covering{*alert, suppression_.UntilOf(*alert).value_or(judged_ms)};
}

}  // namespace weir::shard
