#include "worker/alert_feed.h"

#include <utility>

namespace weir::worker {

void AlertFeed::OnAlert(const alert::Alert& alert) {
  if (next_ != nullptr) {
    next_->OnAlert(alert);
  }
  {
    const std::lock_guard lock(mutex_);
    const auto [change, added] = change_of_.emplace(alert.id, 0);
    if (!added) {
      const auto known = by_change_.find(change->second);
      if (known->second->revision >= alert.revision) {
        return;
      }
      by_change_.erase(known);
    }
    change->second = ++last_;
    by_change_[last_] = std::make_shared<const alert::Alert>(alert);
    if (by_change_.size() > alerts_max_) {
      change_of_.erase(by_change_.begin()->second->id);
      by_change_.erase(by_change_.begin());
    }
  }
  const std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, wake] : listeners_) {
    wake();
  }
}

std::vector<AlertFeed::AlertPtr> AlertFeed::After(uint64_t* position, std::size_t max) const {
  std::vector<AlertPtr> alerts;
  const std::lock_guard lock(mutex_);
  for (auto at = by_change_.upper_bound(*position); at != by_change_.end() && alerts.size() < max;
       ++at) {
    alerts.push_back(at->second);
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

std::size_t AlertFeed::size() const {
  const std::lock_guard lock(mutex_);
  return by_change_.size();
}

}  // namespace weir::worker
