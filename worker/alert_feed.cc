#include "worker/alert_feed.h"

#include <algorithm>
#include <utility>

#include "common/alert/lifecycle.h"

namespace weir::worker {

void AlertFeed::OnAlert(const alert::Alert& alert) {
  if (next_ != nullptr) {
    next_->OnAlert(alert);
  }
  {
    const std::lock_guard lock(mutex_);
    const auto known = change_of_.find(alert.id);
    if (known != change_of_.end()) {
      const AlertPtr& before = by_change_.at(known->second).alert;
      if (before != nullptr && before->revision >= alert.revision) {
        return;
      }
    }
    Note(alert.id, std::make_shared<const alert::Alert>(alert));
  }
  Wake();
}

void AlertFeed::OnAlertForgotten(const Hash128& id) {
  if (next_ != nullptr) {
    next_->OnAlertForgotten(id);
  }
  {
    const std::lock_guard lock(mutex_);
    Note(id, nullptr);
  }
  Wake();
}

// REQUIRES: mutex_.
void AlertFeed::Note(const Hash128& id, AlertPtr alert) {
  const auto [change, added] = change_of_.emplace(id, 0);
  if (!added) {
    by_change_.erase(change->second);
    ended_.erase(change->second);
  }
  change->second = ++last_;
  if (alert == nullptr || alert::IsEnded(*alert)) {
    ended_.insert(last_);
  }
  by_change_[last_] = {id, std::move(alert)};
  if (by_change_.size() <= alerts_max_) {
    return;
  }
  const uint64_t oldest = ended_.empty() ? by_change_.begin()->first : *ended_.begin();
  const Entry dropped = std::move(by_change_.at(oldest));
  by_change_.erase(oldest);
  ended_.erase(oldest);
  change_of_.erase(dropped.id);
  if (dropped.alert != nullptr) {
    ++left_out_.alerts;
    left_out_.live += alert::IsEnded(*dropped.alert) ? 0 : 1;
    uint64_t& change_left_out = left_out_.changes[dropped.alert->shard];
    change_left_out = std::max(change_left_out, dropped.alert->change);
  }
}

void AlertFeed::Wake() {
  const std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, wake] : listeners_) {
    wake();
  }
}

std::vector<AlertFeed::AlertPtr> AlertFeed::After(uint64_t* position, std::size_t max,
                                                  std::vector<Hash128>* removed) const {
  std::vector<AlertPtr> alerts;
  const std::lock_guard lock(mutex_);
  for (auto at = by_change_.upper_bound(*position);
       at != by_change_.end() && alerts.size() + removed->size() < max; ++at) {
    if (at->second.alert != nullptr) {
      alerts.push_back(at->second.alert);
    } else {
      removed->push_back(at->second.id);
    }
    *position = at->first;
  }
  return alerts;
}

uint64_t AlertFeed::AddListener(std::function<void()> wake) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_[next_listener_] = std::move(wake);
  return next_listener_++;
}

void AlertFeed::RemoveListener(uint64_t listener) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_.erase(listener);
}

LeftOutAlerts AlertFeed::left_out() const {
  const std::lock_guard lock(mutex_);
  return left_out_;
}

std::size_t AlertFeed::size() const {
  const std::lock_guard lock(mutex_);
  return by_change_.size();
}

}  // namespace weir::worker
