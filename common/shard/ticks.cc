// Judging at ticks: all groups that may pass are evaluated together over (tick - lookback, tick].
#include <algorithm>
#include <memory>

#include "common/alert/lifecycle.h"
#include "common/base/bytes.h"
#include "common/shard/growth.h"
#include "common/shard/judge.h"
#include "common/shard/keys.h"

namespace weir::shard {

Status Judge::CollectGroups(const RuleState& rule, UnixMillis tick_ms,
                            std::vector<std::unique_ptr<Group>>* groups, UnixMillis* next_ms) {
  const plan::CompiledRule& compiled = *rule.rule;
  WindowState& state = *rule.window;
  const TickPanes panes = PanesOf(compiled, *state.window, tick_ms);
  const auto expires = [this](const Group& group) { return ExpiresMs(group); };
  *next_ms = kTimeMax;
  const auto consider = [&](const Group& group) {
    *next_ms = std::min(*next_ms, NextTick(compiled, group, tick_ms));
    if (MayPass(compiled, group, panes)) {
      groups->push_back(std::make_unique<Group>(group));
    }
  };
  if (compiled.judge.growth.empty()) {
    return state.table.ForEach(expires,
                               [&](const Hash128&, Group& group) { consider(group); });
  }
  WEIR_RETURN_IF_ERROR(state.table.Prefetch({state.candidates.begin(), state.candidates.end()}));
  for (const Hash128& hash : state.candidates) {
    WEIR_ASSIGN_OR_RETURN(Group * group, state.table.Open(hash, "", false));
    if (group != nullptr) {
      consider(*group);
    }
    state.table.CloseIdle(64, expires);
  }
  return OkStatus();
}

Status Judge::JudgeTick(RuleState* rule, UnixMillis tick_ms, const Instant& instant) {
  std::vector<std::unique_ptr<Group>> groups;
  UnixMillis next_ms = kTimeMax;
  WEIR_RETURN_IF_ERROR(CollectGroups(*rule, tick_ms, &groups, &next_ms));
  // The order of the table is arbitrary; that of the keys is not.
  std::sort(groups.begin(), groups.end(),
            [](const auto& a, const auto& b) { return a->key() < b->key(); });
  std::vector<const Group*> ordered;
  for (const auto& group : groups) {
    ordered.push_back(group.get());
  }
  arena_.Reset();
  return EmitTick(rule, EvaluateTick(*rule->rule, ordered, tick_ms, &arena_, &warnings_), tick_ms,
                  instant);
}

Status Judge::CommitTick(RuleState* rule, UnixMillis tick_ms, std::string_view bytes,
                         const Instant& instant) {
  arena_.Reset();
  WEIR_ASSIGN_OR_RETURN(const std::vector<TickRow> rows,
                        DecodeTickRows(*rule->rule, bytes, &arena_));
  return EmitTick(rule, rows, tick_ms, instant);
}

Status Judge::EmitTick(RuleState* rule, const std::vector<TickRow>& rows, UnixMillis tick_ms,
                       const Instant& instant) {
  std::map<std::string, uint64_t> ordinals;
  std::map<Hash128, Hash128> made_this_tick;
  for (const TickRow& row : rows) {
    const uint64_t ordinal = ordinals[GroupBytes(rule->rule->tail, row.row)]++;
    WEIR_RETURN_IF_ERROR(EmitTickRow(rule, row, tick_ms, ordinal, instant, &made_this_tick));
  }
  rule->judged_ms = tick_ms;
  return OkStatus();
}

Status Judge::EmitTickRow(RuleState* rule, const TickRow& result, UnixMillis tick_ms,
                          uint64_t ordinal, const Instant& instant,
                          std::map<Hash128, Hash128>* made_this_tick) {
  const plan::CompiledRule& compiled = *rule->rule;
  const std::string group_bytes = GroupBytes(compiled.tail, result.row);
  const bool episodes = compiled.judge.alerts == plan::AlertMode::kEpisodes;

  alert::Alert alert = NewAlert(*rule, result.row, instant, tick_ms);
  if (result.approximate) {
    alert.flags |= alert::kApproximate;
  }
  alert.first_event_ms = result.first_event_ms;
  alert.last_event_ms = result.last_event_ms;
  alert.events = result.events;
  if (alert.arrived_at_ms == 0) {
    alert.arrived_at_ms = alert.last_event_ms;
  }

  Hash128 episode_key;
  if (episodes) {
    episode_key = AlertId(compiled, group_bytes, 0, ordinal);
    const auto found = tick_episodes_.find(episode_key);
    if (found != tick_episodes_.end()) {
      TickEpisode& episode = found->second;
      const std::optional<int64_t>& longest = compiled.source.adjustments.max_signal_ms;
      const bool goes_on = tick_ms - episode.end_ms <= compiled.judge.interval_ms;
      const bool too_long = longest.has_value() && tick_ms - episode.start_ms > *longest;
      if (goes_on && too_long) {
        alert.flags |= alert::kContinues;
      } else if (goes_on) {
        episode.end_ms = tick_ms;
        tick_episode_changes_[episode_key] = true;
        if (!episode.owns_alert) {
          return OkStatus();
        }
        WEIR_ASSIGN_OR_RETURN(alert::Alert open, alerts_->Get(episode.alert));
        // What is shown is the window of the newest event, not one from which events only fell out.
        if (alert.last_event_ms > open.last_event_ms) {
          open.columns = std::move(alert.columns);
          open.events = std::move(alert.events);
          open.last_event_ms = alert.last_event_ms;
        }
        open.episode_end_ms = tick_ms;
        LiftSilence(compiled, &open);
        alerts_->Put(std::move(open));
        return OkStatus();
      }
      // This one only: others that ended a tick ago may fire at this tick too, further on.
      WEIR_RETURN_IF_ERROR(RecoverTick(found));
    }
  }

  const std::optional<Hash128> key = SuppressionKeyOf(*rule, result.row);
  WEIR_ASSIGN_OR_RETURN(std::optional<Hash128> covering, FoldIfSuppressed(key, tick_ms, rule));
  if (key.has_value() && !covering.has_value()) {
    if (const auto made = made_this_tick->find(*key); made != made_this_tick->end()) {
      covering = made->second;
      WEIR_RETURN_IF_ERROR(FoldInto(*covering, tick_ms, rule));
    }
  }
  alert.id = AlertId(compiled, group_bytes, tick_ms, ordinal);
  if (!covering.has_value()) {
    WEIR_ASSIGN_OR_RETURN(covering, FoldIfStorm(alert, tick_ms, rule));
  }
  if (covering.has_value()) {
    if (episodes) {
      tick_episodes_[episode_key] = {rule->hash, tick_ms, tick_ms, *covering, false};
      tick_episode_changes_[episode_key] = true;
    }
    return OkStatus();
  }
  if (key.has_value()) {
    (*made_this_tick)[*key] = alert.id;
    if (const std::optional<int64_t> duration_ms = SuppressionMs(compiled);
        duration_ms.has_value()) {
      suppression_->Made(*key, alert.id, tick_ms, *duration_ms);
    }
  }
  if (episodes) {
    tick_episodes_[episode_key] = {rule->hash, tick_ms, tick_ms, alert.id, true};
    tick_episode_changes_[episode_key] = true;
  }
  ++rule->alerts;
  alerts_->Put(std::move(alert));
  return OkStatus();
}

Status Judge::RecoverTicks(const std::vector<RuleState*>& rules, UnixMillis closed_ms) {
  if (tick_episodes_.empty()) {
    return OkStatus();
  }
  std::unordered_map<Hash128, int64_t> intervals;
  for (const RuleState* rule : rules) {
    intervals[rule->hash] = rule->rule->judge.interval_ms;
  }
  for (auto position = tick_episodes_.begin(); position != tick_episodes_.end();) {
    const auto current = position++;
    const TickEpisode& episode = current->second;
    const auto interval = intervals.find(episode.rule);
    if (interval != intervals.end() && episode.end_ms + interval->second <= closed_ms) {
      WEIR_RETURN_IF_ERROR(RecoverTick(current));
    }
  }
  return OkStatus();
}

Status Judge::RecoverTick(TickEpisodes::iterator ended) {
  const TickEpisode& episode = ended->second;
  if (episode.owns_alert) {
    WEIR_ASSIGN_OR_RETURN(alert::Alert alert, alerts_->Get(episode.alert));
    if (alert::Recover(alerts_->RecoveryTime(alert), &alert)) {
      alerts_->Put(std::move(alert));
    }
  }
  tick_episode_changes_[ended->first] = false;
  tick_episodes_.erase(ended);
  return OkStatus();
}

void Judge::EndTicks(const Hash128& alert) {
  for (auto position = tick_episodes_.begin(); position != tick_episodes_.end();) {
    if (position->second.alert == alert) {
      tick_episode_changes_[position->first] = false;
      position = tick_episodes_.erase(position);
    } else {
      ++position;
    }
  }
}

void Judge::AddTickAlerts(std::set<Hash128>* alerts) const {
  for (const auto& [key, episode] : tick_episodes_) {
    alerts->insert(episode.alert);
  }
}

Status Judge::LoadTickEpisodes() {
  const std::string prefix = TickEpisodePrefix(options_.shard);
  return store_->Scan(state::Family::kState, prefix, state::PrefixEnd(prefix),
                      [&](std::string_view key, std::string_view value) {
                        ByteReader reader(value);
                        TickEpisode episode;
                        episode.rule = Hash128::FromBytes(reader.Raw(16));
                        episode.start_ms = reader.SignedVarint();
                        episode.end_ms = reader.SignedVarint();
                        episode.alert = Hash128::FromBytes(reader.Raw(16));
                        episode.owns_alert = reader.U8() != 0;
                        tick_episodes_[HashOfKey(key)] = episode;
                        return true;
                      });
}

void Judge::CheckpointTickEpisodes(state::WriteBatch* batch) {
  for (const auto& [key, present] : tick_episode_changes_) {
    const std::string store_key = TickEpisodeKey(options_.shard, key);
    if (!present) {
      batch->Delete(state::Family::kState, store_key);
      continue;
    }
    const TickEpisode& episode = tick_episodes_.at(key);
    std::string value;
    ByteWriter writer(&value);
    episode.rule.AppendTo(&value);
    writer.SignedVarint(episode.start_ms);
    writer.SignedVarint(episode.end_ms);
    episode.alert.AppendTo(&value);
    writer.U8(episode.owns_alert ? 1 : 0);
    batch->Put(state::Family::kState, store_key, value);
  }
  tick_episode_changes_.clear();
}

}  // namespace weir::shard
