#include "coordinator/alert_index.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"

namespace weir::coordinator {
namespace {

constexpr std::size_t kTokenDigits = 48;   // 8 bytes of time, 16 of id, in hexadecimal

std::string MakeToken(UnixMillis fired_ms, const Hash128& id) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.Fixed64BigEndian(static_cast<uint64_t>(fired_ms));
  id.AppendTo(&bytes);
  return ToHex(bytes);
}

StatusOr<std::pair<UnixMillis, Hash128>> ParseToken(const std::string& token) {
  const bool hex = token.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (token.size() != kTokenDigits || !hex) {
    return InvalidArgument("page_token '{}' did not come from a list", token);
  }
  std::string bytes;
  for (std::size_t i = 0; i < token.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(token.substr(i, 2), nullptr, 16));
  }
  ByteReader reader(bytes);
  const auto fired_ms = static_cast<UnixMillis>(reader.Fixed64BigEndian());
  return std::pair(fired_ms, Hash128::FromBytes(reader.Raw(16)));
}

}  // namespace

bool AlertFilter::Matches(const alert::Alert& alert) const {
  return (rule_ids.empty() || rule_ids.contains(alert.rule_id)) &&
         (severities.empty() || severities.contains(alert.severity)) &&
         (statuses.empty() || statuses.contains(alert.status));
}

AlertPtr AlertWatch::Next() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) {
    return nullptr;
  }
  AlertPtr alert = std::move(queue_.front());
  queue_.pop_front();
  return alert;
}

bool AlertWatch::overflowed() const {
  const std::lock_guard lock(mutex_);
  return overflowed_ && queue_.empty();
}

void AlertIndex::OnAlert(const alert::Alert& alert) {
  auto copy = std::make_shared<alert::Alert>(alert);
  // Lists and streams leave the guide out; it is added where one alert is shown.
  copy->note.clear();
  const AlertPtr added = std::move(copy);
  const std::lock_guard watch_lock(watch_mutex_);
  {
    const std::lock_guard lock(mutex_);
    const auto known = fired_.find(added->id);
    if (known != fired_.end()) {
      const auto position = by_time_.find({known->second, added->id});
      if (position->second->revision >= added->revision) {
        return;
      }
      by_time_.erase(position);
    }
    fired_[added->id] = added->fired_at_ms;
    by_time_[{added->fired_at_ms, added->id}] = added;
    if (by_time_.size() > alerts_max_) {
      const auto oldest = std::prev(by_time_.end());
      fired_.erase(oldest->first.second);
      by_time_.erase(oldest);
      ++unlisted_;
    }
  }
  for (const std::shared_ptr<AlertWatch>& watch : watches_) {
    Offer(watch.get(), added);
  }
}

void AlertIndex::Offer(AlertWatch* watch, const AlertPtr& alert) {
  if (!watch->filter_.Matches(*alert)) {
    return;
  }
  bool wake = false;
  {
    const std::lock_guard lock(watch->mutex_);
    if (watch->overflowed_) {
      return;
    }
    wake = watch->queue_.empty();
    if (watch->queue_.size() >= watch->room_) {
      watch->overflowed_ = true;
    } else {
      watch->queue_.push_back(alert);
    }
  }
  if (wake) {
    watch->wake_();
  }
}

StatusOr<AlertIndex::Page> AlertIndex::List(const AlertFilter& filter, std::size_t page_size,
                                            const std::string& token) const {
  std::optional<Position> after;
  if (!token.empty()) {
    WEIR_ASSIGN_OR_RETURN(after, ParseToken(token));
  }
  Page page;
  Position last;
  bool more = false;
  const std::lock_guard lock(mutex_);
  for (const auto& [position, alert] : by_time_) {
    if (!filter.Matches(*alert)) {
      continue;
    }
    ++page.total;
    // Greatest first: what is not below the token was on an earlier page.
    if (after.has_value() && position >= *after) {
      continue;
    }
    if (page.alerts.size() == page_size) {
      more = true;
      continue;
    }
    page.alerts.push_back(alert);
    last = position;
  }
  if (more) {
    page.next_token = MakeToken(last.first, last.second);
  }
  return page;
}

AlertPtr AlertIndex::Find(const Hash128& id) const {
  const std::lock_guard lock(mutex_);
  const auto fired = fired_.find(id);
  return fired == fired_.end() ? nullptr : by_time_.at({fired->second, id});
}

std::shared_ptr<AlertWatch> AlertIndex::Watch(const AlertFilter& filter, bool existing,
                                              std::function<void()> wake) {
  auto watch = std::make_shared<AlertWatch>();
  watch->filter_ = filter;
  watch->wake_ = std::move(wake);
  const std::lock_guard watch_lock(watch_mutex_);
  if (existing) {
    const std::lock_guard lock(mutex_);
    for (auto position = by_time_.rbegin(); position != by_time_.rend(); ++position) {
      if (filter.Matches(*position->second)) {
        watch->queue_.push_back(position->second);
      }
    }
  }
  watch->room_ = watch->queue_.size() + watch_queue_max_;
  watches_.push_back(watch);
  return watch;
}

void AlertIndex::Unwatch(const std::shared_ptr<AlertWatch>& watch) {
  const std::lock_guard watch_lock(watch_mutex_);
  std::erase(watches_, watch);
}

uint64_t AlertIndex::size() const {
  const std::lock_guard lock(mutex_);
  return by_time_.size();
}

uint64_t AlertIndex::unlisted() const {
  const std::lock_guard lock(mutex_);
  return unlisted_;
}

}  // namespace weir::coordinator
