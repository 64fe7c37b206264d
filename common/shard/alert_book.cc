#include "common/shard/alert_book.h"

#include <algorithm>
#include <tuple>

#include "common/alert/lifecycle.h"
#include "common/shard/keys.h"

namespace weir::shard {

AlertBook::AlertBook(ShardId shard, state::StateStore* store, Listener listener,
                     int64_t cut_horizon_ms)
    : shard_(shard),
      store_(store),
      listener_(std::move(listener)),
      cut_horizon_ms_(cut_horizon_ms) {}

Status AlertBook::Load(uint64_t last_change,
                       const std::function<void(const alert::Alert&)>& visit) {
  last_change_ = last_change;
  std::vector<alert::Alert> alerts;
  WEIR_RETURN_IF_ERROR(ForEach([&](const alert::Alert& alert) {
    alerts.push_back(alert);
    return true;
  }));
  std::sort(alerts.begin(), alerts.end(), [](const alert::Alert& a, const alert::Alert& b) {
    return std::tie(a.change, a.id) < std::tie(b.change, b.id);
  });
  // Alerts of an older form have no numbers. All of a shard are of one form, so the order stays.
  for (alert::Alert& alert : alerts) {
    if (alert.change == 0) {
      alert.change = ++last_change_;
      changed_[alert.id] = alert;
    }
  }
  for (const alert::Alert& alert : alerts) {
    Note(alert);
    listener_.changed(alert);
    visit(alert);
  }
  return OkStatus();
}

UnixMillis AlertBook::RecoveryTime(const alert::Alert& alert) const {
  return replay_ ? alert.episode_end_ms : std::max(time_ms_, alert.episode_end_ms);
}

void AlertBook::BeginRecord(const Instant& instant) {
  const bool finite = instant.closed_ms > kTimeMin && instant.closed_ms < kTimeMax;
  time_ms_ = instant.now_ms != 0 ? instant.now_ms : (finite ? instant.closed_ms : 0);
  replay_ = instant.now_ms == 0;
  if (!cuts_.empty() && finite) {
    std::erase_if(cuts_, [&](const auto& cut) {
      return cut.second < instant.closed_ms - cut_horizon_ms_;
    });
  }
}

StatusOr<alert::Alert> AlertBook::Get(const Hash128& id) const {
  const auto found = changed_.find(id);
  if (found != changed_.end()) {
    return found->second;
  }
  if (forgotten_.contains(id)) {
    return NotFound("alert {} is no longer kept", id.ToHex());
  }
  std::string value;
  WEIR_RETURN_IF_ERROR(store_->Get(state::Family::kState, AlertKey(shard_, id), &value));
  WEIR_ASSIGN_OR_RETURN(alert::Alert alert, alert::DecodeAlert(value));
  alert.shard = shard_.value;
  return alert;
}

void AlertBook::Put(alert::Alert alert) {
  ++alert.revision;
  alert.shard = shard_.value;
  alert.change = ++last_change_;
  alert.changed_at_ms = std::max({alert.changed_at_ms, time_ms_, alert.fired_at_ms});
  Note(alert);
  listener_.changed(alert);
  const Hash128 id = alert.id;
  forgotten_.erase(id);
  changed_.insert_or_assign(id, std::move(alert));
}

void AlertBook::Note(const alert::Alert& alert) {
  UnixMillis& oldest_ms = alert::IsEnded(alert) ? oldest_ended_ms_ : oldest_live_ms_;
  oldest_ms = std::min(oldest_ms, alert.changed_at_ms);
  if (alert.cut_ms != 0) {
    cuts_[alert.id] = alert.cut_ms;
  }
}

std::optional<UnixMillis> AlertBook::CutOf(const Hash128& id) const {
  const auto found = cuts_.find(id);
  return found == cuts_.end() ? std::nullopt : std::optional(found->second);
}

Status AlertBook::ForEach(const std::function<bool(const alert::Alert&)>& visit) const {
  for (const auto& [id, alert] : changed_) {
    if (!visit(alert)) {
      return OkStatus();
    }
  }
  const std::string prefix = AlertPrefix(shard_);
  Status failure = OkStatus();
  WEIR_RETURN_IF_ERROR(store_->Scan(
      state::Family::kState, prefix, state::PrefixEnd(prefix),
      [&](std::string_view key, std::string_view value) {
        const Hash128 id = HashOfKey(key);
        if (changed_.contains(id) || forgotten_.contains(id)) {
          return true;
        }
        StatusOr<alert::Alert> alert = alert::DecodeAlert(value);
        if (!alert.ok()) {
          failure = alert.status();
          return false;
        }
        alert->shard = shard_.value;
        return visit(*alert);
      }));
  return failure;
}

Status AlertBook::Forget(UnixMillis before_ms, const std::set<Hash128>& used) {
  std::vector<Hash128> ended;
  UnixMillis oldest_ms = kNever;
  WEIR_RETURN_IF_ERROR(ForEach([&](const alert::Alert& alert) {
    if (!alert::IsEnded(alert)) {
      return true;
    }
    if (alert.changed_at_ms <= before_ms && !due_of_.contains(alert.id) && !used.contains(alert.id)) {
      ended.push_back(alert.id);
    } else {
      oldest_ms = std::min(oldest_ms, alert.changed_at_ms);
    }
    return true;
  }));
  std::sort(ended.begin(), ended.end());
  for (const Hash128& id : ended) {
    changed_.erase(id);
    cuts_.erase(id);
    forgotten_.insert(id);
    listener_.forgotten(id);
  }
  oldest_ended_ms_ = oldest_ms;
  return OkStatus();
}

uint64_t AlertBook::CountLive(UnixMillis before_ms) const {
  if (oldest_live_ms_ > before_ms) {
    return 0;
  }
  uint64_t count = 0;
  UnixMillis oldest_ms = kNever;
  const Status read = ForEach([&](const alert::Alert& alert) {
    if (!alert::IsEnded(alert)) {
      count += alert.changed_at_ms <= before_ms ? 1 : 0;
      oldest_ms = std::min(oldest_ms, alert.changed_at_ms);
    }
    return true;
  });
  if (!read.ok()) {
    return 0;
  }
  oldest_live_ms_ = oldest_ms;
  return count;
}

void AlertBook::SetDue(const Hash128& id, UnixMillis due_ms) {
  ClearDue(id);
  due_.emplace(due_ms, id);
  due_of_[id] = due_ms;
}

void AlertBook::ClearDue(const Hash128& id) {
  const auto found = due_of_.find(id);
  if (found != due_of_.end()) {
    due_.erase({found->second, id});
    due_of_.erase(found);
  }
}

std::vector<Hash128> AlertBook::TakeDue(UnixMillis now_ms) {
  std::vector<Hash128> ids;
  while (HasDue(now_ms)) {
    ids.push_back(due_.begin()->second);
    due_of_.erase(ids.back());
    due_.erase(due_.begin());
  }
  return ids;
}

void AlertBook::Checkpoint(state::WriteBatch* batch) {
  for (const auto& [id, alert] : changed_) {
    batch->Put(state::Family::kState, AlertKey(shard_, id), alert::EncodeAlert(alert));
  }
  for (const Hash128& id : forgotten_) {
    batch->Delete(state::Family::kState, AlertKey(shard_, id));
  }
  changed_.clear();
  forgotten_.clear();
}

}  // namespace weir::shard
