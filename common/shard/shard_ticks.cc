// The ticks of a shard: those it judges itself, and its share in those that the coordinator judges.
#include <algorithm>

#include "common/shard/shard.h"

namespace weir::shard {

namespace {

UnixMillis FloorTo(UnixMillis time_ms, int64_t step) {
  return FloorDiv(time_ms, step) * step;
}

}  // namespace

bool Shard::WantsClosing(UnixMillis closed_ms) const {
  if (closed_ms <= meta_.closed_ms) {
    return false;
  }
  if (!stale_.empty() || alerts_.HasDue(closed_ms)) {
    return true;
  }
  for (const auto& [hash, state] : rules_) {
    const bool elsewhere = JudgedElsewhere(*state.rule);
    const UnixMillis judged_ms = elsewhere ? meta_.closed_ms : state.judged_ms;
    if (!AtTicks(*state.rule) || FloorTo(closed_ms, state.rule->judge.tick_ms) <= judged_ms) {
      continue;
    }
    if (elsewhere && judged_ms < state.told_active_until_ms) {
      return true;
    }
    const bool sees_rows = state.window->latest_ms != kTimeMin &&
                           judged_ms < state.window->latest_ms + state.rule->judge.lookback_ms;
    if (sees_rows || judge_.HasTickEpisodes()) {
      return true;
    }
  }
  return false;
}

Status Shard::JudgeTicks(const Instant& instant) {
  bool judged = false;
  std::vector<RuleState*> at_ticks;
  for (auto& [hash, state] : rules_) {
    if (!AtTicks(*state.rule)) {
      continue;
    }
    if (JudgedElsewhere(*state.rule)) {
      continue;
    }
    at_ticks.push_back(&state);
    const int64_t interval_ms = state.rule->judge.tick_ms;
    const UnixMillis last_closed = FloorTo(instant.closed_ms, interval_ms);
    if (state.window->latest_ms != kTimeMin) {
      // No tick before the first row, or a look-back after the last, can see any.
      const UnixMillis begin_ms = std::max(state.judged_ms + 1, state.window->earliest_ms);
      const UnixMillis end_ms = std::min(
          last_closed, FloorTo(state.window->latest_ms + state.rule->judge.lookback_ms, interval_ms));
      for (UnixMillis tick_ms = CeilDiv(begin_ms, interval_ms) * interval_ms; tick_ms <= end_ms;
           tick_ms += interval_ms) {
        judged = true;
        WEIR_RETURN_IF_ERROR(judge_.JudgeTick(&state, tick_ms, instant));
      }
    }
    state.judged_ms = std::max(state.judged_ms, last_closed);
  }
  WEIR_RETURN_IF_ERROR(judge_.RecoverTicks(at_ticks, instant.closed_ms));
  judged = judged || prune_candidates_;
  prune_candidates_ = false;
  return judged ? PruneCandidates() : OkStatus();
}

bool Shard::never_used() const {
  return meta_.entries == 0 && meta_.repeats == 0 &&
         std::all_of(meta_.rules.begin(), meta_.rules.end(),
                     [](const auto& rule) {
                       return rule.second.alerts == 0 && rule.second.suppressed == 0;
                     }) &&
         std::all_of(rules_.begin(), rules_.end(), [this](const auto& rule) {
           return !JudgedElsewhere(*rule.second.rule) || rule.second.judged_ms == kTimeMin ||
                  !IsHome(*rule.second.rule);
         });
}

bool Shard::IsHome(const plan::CompiledRule& rule) const {
  return options_.shard_count == 0 ||
         HomeShard(options_.tenant, rule.source.id, options_.shard_count) == options_.id;
}

UnixMillis Shard::DoneBefore(const WindowState& window) const {
  return std::min(meta_.closed_ms, window.spread_judged_ms);
}

UnixMillis Shard::SpreadDoneMs() const {
  UnixMillis least_ms = kTimeMax;
  for (const WindowState* window : window_by_index_) {
    least_ms = std::min(least_ms, window->spread_judged_ms);
  }
  return least_ms;
}

StatusOr<RuleState*> Shard::FindSpread(const Hash128& rule, RuleSetVersion version) {
  if (version != meta_.version) {
    return FailedPrecondition("shard {} has rule set {}, not {}", options_.id, meta_.version, version);
  }
  const auto found = rules_.find(rule);
  if (found == rules_.end() || !JudgedElsewhere(*found->second.rule)) {
    return NotFound("no spread rule {} is active in shard {}", rule.ToHex(), options_.id);
  }
  return &found->second;
}

StatusOr<SpreadView> Shard::ViewSpread(const Hash128& rule, RuleSetVersion version,
                                       const SpreadHint& hint, UnixMillis closed_ms) {
  WEIR_ASSIGN_OR_RETURN(RuleState * state, FindSpread(rule, version));
  state->told_judged_ms = std::max(state->told_judged_ms, hint.judged_ms);
  state->told_active_until_ms = std::max(state->told_active_until_ms, hint.active_until_ms);
  FindSpreadJudged(state->rule->window_index);
  const WindowState& window = *state->window;
  SpreadView view;
  view.closed_ms = meta_.closed_ms;
  view.earliest_ms = window.earliest_ms;
  view.latest_ms = window.latest_ms;
  view.judged_ms = state->judged_ms;
  view.has_episodes = judge_.HasTickEpisodes();
  view.wants_closing = WantsClosing(std::min(closed_ms, kTimeMax));
  return view;
}

void Shard::FindSpreadJudged(std::size_t window_index) {
  UnixMillis least_ms = kTimeMax;
  for (const RuleState* rule : rules_by_window_[window_index]) {
    if (JudgedElsewhere(*rule->rule)) {
      least_ms = std::min(least_ms, rule->told_judged_ms);
    }
  }
  WindowState& window = *window_by_index_[window_index];
  prune_candidates_ = prune_candidates_ || least_ms > window.spread_judged_ms;
  window.spread_judged_ms = least_ms;
}

StatusOr<TickParts> Shard::CollectTick(const Hash128& rule, RuleSetVersion version,
                                       UnixMillis tick_ms) {
  WEIR_ASSIGN_OR_RETURN(const RuleState* state, FindSpread(rule, version));
  if (tick_ms > meta_.closed_ms) {
    return FailedPrecondition("shard {}: tick {} of rule {} is not closed", options_.id, tick_ms,
                              state->rule->source.id);
  }
  TickParts parts;
  std::vector<std::unique_ptr<Group>> groups;
  WEIR_RETURN_IF_ERROR(judge_.CollectGroups(*state, tick_ms, &groups, &parts.next_ms));
  const TickPanes panes = PanesOf(*state->rule, *state->window->window, tick_ms);
  parts.groups.reserve(groups.size());
  for (const auto& group : groups) {
    group->Restrict(panes.after, panes.until);
    group->Encode(0, &parts.groups.emplace_back());
  }
  return parts;
}

Status Shard::ApplyTick(const TickVerdict& tick, const Instant& instant, ApplyOutcome* outcome) {
  const auto found = rules_.find(tick.rule);
  if (found == rules_.end() || found->second.judged_ms != tick.previous_ms ||
      tick.tick_ms <= tick.previous_ms) {
    outcome->tick_repeated = true;
    return OkStatus();
  }
  RuleState& state = found->second;
  WEIR_RETURN_IF_ERROR(judge_.CommitTick(&state, tick.tick_ms, tick.rows, instant));
  return judge_.RecoverTicks({&state}, tick.tick_ms);
}

}  // namespace weir::shard
