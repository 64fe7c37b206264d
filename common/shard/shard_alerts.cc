// The alerts of a shard after they were made: what people do to them, how their episodes end, what is shown
// of them.
#include <algorithm>
#include <set>

#include "common/alert/lifecycle.h"
#include "common/shard/shard.h"
#include "common/types/coding.h"

namespace weir::shard {

Status Shard::LoadAlerts() {
  WEIR_RETURN_IF_ERROR(alerts_.Load(meta_.last_change, [this](const alert::Alert& alert) {
    if (alert.recovered_at_ms != 0 || alert.window_id == Hash128{}) {
      return;
    }
    const auto rule = rules_.find(RuleHash(alert.rule_id));
    const int64_t interval_ms =
        rule == rules_.end() ? 0 : rule->second.rule->judge.interval_ms;
    alerts_.SetDue(alert.id, alert.episode_end_ms + interval_ms);
  }));
  for (const Hash128& id : meta_.stale_alerts) {
    WEIR_ASSIGN_OR_RETURN(const alert::Alert alert, alerts_.Get(id));
    const auto window = windows_.find(alert.window_id);
    const auto rule = rules_.find(RuleHash(alert.rule_id));
    if (window != windows_.end() && rule != rules_.end()) {
      stale_[id] = {window->second.get(), alert.group_hash, rule->second.rule};
    }
  }
  return OkStatus();
}

Status Shard::RecoverEpisodes(UnixMillis closed_ms) {
  for (const Hash128& id : alerts_.TakeDue(closed_ms)) {
    WEIR_ASSIGN_OR_RETURN(alert::Alert alert, alerts_.Get(id));
    const auto window = windows_.find(alert.window_id);
    if (window != windows_.end()) {
      GroupTable& table = window->second->table;
      WEIR_ASSIGN_OR_RETURN(Group * group, table.Open(alert.group_hash, "", false));
      if (group != nullptr) {
        for (Episode& episode : group->episodes()) {
          if (episode.alert == id && episode.owns_alert) {
            episode.recovered = true;
            table.MarkDirty(alert.group_hash);
          }
        }
      }
    }
    if (alert::Recover(alerts_.RecoveryTime(alert), &alert)) {
      alerts_.Put(std::move(alert));
    }
  }
  return OkStatus();
}

Status Shard::RefreshStale() {
  for (const auto& [id, stale] : stale_) {
    WEIR_ASSIGN_OR_RETURN(alert::Alert alert, alerts_.Get(id));
    WEIR_ASSIGN_OR_RETURN(Group * group, stale.window->table.Open(stale.group, "", false));
    if (group != nullptr) {
      WEIR_RETURN_IF_ERROR(judge_.Refresh(*stale.rule, *group, &alert));
      alerts_.Put(std::move(alert));
    }
  }
  stale_.clear();
  return OkStatus();
}

bool Shard::EndsSuppression(const alert::Action& action, const alert::Alert& alert) const {
  if (action.kind != alert::Action::Kind::kClose) {
    return false;
  }
  const auto rule = rules_.find(RuleHash(alert.rule_id));
  const bool parity = rule != rules_.end() &&
                      rule->second.rule->judge.alerts == plan::AlertMode::kParity;
  return action.end_suppression.value_or(parity);
}

// Hits from now on make another alert. True when the alert changed.
bool Shard::EndEpisode(UnixMillis cut_ms, UnixMillis time_ms, alert::Alert* alert) {
  suppression_.End(alert->id);
  judge_.EndTicks(alert->id);
  alerts_.ClearDue(alert->id);
  stale_.erase(alert->id);
  if (alert->cut_ms != 0) {
    return false;
  }
  alert->cut_ms = cut_ms;
  alert::Recover(time_ms, alert);
  return true;
}

Status Shard::ApplyActions(const Record& record, const Instant& instant, ApplyOutcome* outcome) {
  // What is closed for good gets no more columns, so they are brought up to date before.
  WEIR_RETURN_IF_ERROR(RefreshStale());
  for (const AlertAction& each : record.actions) {
    ActionOutcome& result = outcome->actions.emplace_back();
    StatusOr<alert::Alert> alert = alerts_.Get(each.alert);
    if (alert.status().code() == StatusCode::kNotFound) {
      result.status = NotFound("no alert {}", each.alert.ToHex());
      continue;
    }
    WEIR_RETURN_IF_ERROR(alert.status());
    const StatusOr<alert::Effect> effect = alert::Apply(each.action, each.time_ms, &*alert);
    result.status = effect.status();
    bool changed = effect.ok() && *effect == alert::Effect::kChanged;
    if (effect.ok() && EndsSuppression(each.action, *alert) &&
        alert->status == alert::AlertStatus::kClosed) {
      const UnixMillis cut_ms = instant.now_ms != 0 ? instant.now_ms : meta_.closed_ms;
      changed = EndEpisode(cut_ms, each.time_ms, &*alert) || changed;
    }
    result.unchanged = effect.ok() && !changed;
    if (changed) {
      alert->changed_at_ms = std::max(alert->changed_at_ms, each.time_ms);
      alerts_.Put(std::move(*alert));
      WEIR_ASSIGN_OR_RETURN(result.alert, alerts_.Get(each.alert));
    } else {
      result.alert = std::move(*alert);
    }
  }
  return OkStatus();
}

StatusOr<alert::Alert> Shard::GetAlert(const Hash128& id) {
  WEIR_ASSIGN_OR_RETURN(alert::Alert alert, alerts_.Get(id));
  const auto stale = stale_.find(id);
  if (stale != stale_.end()) {
    WEIR_ASSIGN_OR_RETURN(Group * group,
                          stale->second.window->table.Open(stale->second.group, "", false));
    if (group != nullptr) {
      WEIR_RETURN_IF_ERROR(judge_.Refresh(*stale->second.rule, *group, &alert));
    }
  }
  return alert;
}

// The group whose rows the alert tells of. Null: it cannot be told from the alert, or is gone.
StatusOr<Group*> Shard::GroupOf(const alert::Alert& alert) {
  const auto rule = rules_.find(RuleHash(alert.rule_id));
  if (rule == rules_.end() || JudgedElsewhere(*rule->second.rule)) {
    return nullptr;
  }
  WindowState& state = *rule->second.window;
  if (state.window->is_events) {
    return nullptr;
  }
  if (alert.window_id == state.window->id) {
    return state.table.Open(alert.group_hash, "", false);
  }
  // Of an alert made at ticks, when its group columns are the keys of the fold.
  std::vector<std::string> cells(state.window->keys.size());
  std::set<uint32_t> found;
  for (std::size_t i = 0; i < rule->second.rule->tail.group.size(); ++i) {
    const uint32_t slot = rule->second.rule->tail.group[i].slot;
    if (slot < cells.size() && i < alert.group.size()) {
      cells[slot] = alert.group[i].encoded;
      found.insert(slot);
    }
  }
  if (found.size() != cells.size()) {
    return nullptr;
  }
  std::string key;
  for (const std::string& cell : cells) {
    key += cell;
  }
  return state.table.Open(GroupHash(*state.window, key), "", false);
}

StatusOr<alert::AlertDetails> Shard::ShowAlert(const Hash128& id) {
  alert::AlertDetails details;
  WEIR_ASSIGN_OR_RETURN(details.alert, GetAlert(id));
  WEIR_ASSIGN_OR_RETURN(const Group* group, GroupOf(details.alert));
  if (group != nullptr) {
    alert::RowSeries& series = details.series.emplace();
    series.pane_ms = group->window().pane_ms;
    for (const Pane& pane : group->panes()) {
      series.counts.emplace_back(pane.index * series.pane_ms, pane.rows);
    }
  }
  const std::optional<UnixMillis> until_ms = suppression_.UntilOf(id);
  const auto rule = rules_.find(RuleHash(details.alert.rule_id));
  if (until_ms.has_value() && *until_ms > meta_.closed_ms && rule != rules_.end() &&
      rule->second.rule->suppression.has_value()) {
    alert::SuppressionState& state = details.suppression.emplace();
    state.until_ms = *until_ms;
    for (const plan::SuppressionKey& key : rule->second.rule->suppression->keys) {
      alert::NamedCell cell{key.name, {}};
      for (const alert::NamedCell& column : details.alert.columns) {
        cell.encoded = column.name == key.name ? column.encoded : cell.encoded;
      }
      if (cell.encoded.empty()) {
        EncodeValue(Value::Null(), &cell.encoded);
      }
      state.key.push_back(std::move(cell));
    }
  }
  return details;
}

}  // namespace weir::shard
