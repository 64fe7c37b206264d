#include "coordinator/alert_index.h"

#include <algorithm>
#include <utility>

#include "common/alert/lifecycle.h"
#include "common/base/check.h"

namespace weir::coordinator {
namespace {

// Of the index's own tables, for an alert.
constexpr std::size_t kEntryBytes = 320;

bool HasEnded(const AlertPtr& alert) {
  return alert->digest().status == alert::AlertStatus::kClosed ||
         alert->digest().status == alert::AlertStatus::kRecovered;
}

alert::Position FiredPosition(const AlertPtr& alert) {
  return alert::PositionOf(alert->digest(), alert::AlertOrder());
}

std::pair<UnixMillis, Hash128> ByChange(const AlertPtr& alert) {
  return {alert->digest().changed_at_ms, alert->digest().id};
}

std::string EncodeStripped(alert::Alert alert) {
  alert.note.clear();
  alert.comments.clear();
  alert.history.clear();
  alert.requests.clear();
  std::string bytes = alert::EncodeAlert(alert);
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

IndexedAlert::IndexedAlert(const alert::Alert& alert, alert::Digester* digester)
    : digest_(digester->Make(alert)),
      revision_(alert.revision),
      lifecycle_revision_(alert.lifecycle_revision),
      shard_(alert.shard),
      change_(alert.change),
      comments_(alert.comment_count),
      encoded_(EncodeStripped(alert)) {}

std::size_t IndexedAlert::memory_bytes() const {
  return sizeof(IndexedAlert) + encoded_.capacity() + digest_.text.capacity() +
         digest_.assignee.capacity() +
         (digest_.cells.capacity() + digest_.group_cells.capacity()) * sizeof(uint64_t);
}

alert::Alert IndexedAlert::Read() const {
  StatusOr<alert::Alert> alert = alert::DecodeAlert(encoded_);
  WEIR_CHECK(alert.ok(), "an alert of the index cannot be read: {}", alert.status());
  alert->comment_count = comments_;
  return std::move(*alert);
}

AlertPtr AlertWatch::Next() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) {
    return nullptr;
  }
  AlertPtr alert = std::move(queue_.front());
  queue_.pop_front();
  taken_.Raise(alert->shard(), alert->change());
  if (queue_.empty() && !overflowed_) {
    taken_.RaiseTo(queued_);
  }
  return alert;
}

bool AlertWatch::empty() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty();
}

bool AlertWatch::overflowed() const {
  const std::lock_guard lock(mutex_);
  return overflowed_ && queue_.empty();
}

WatchCursor AlertWatch::cursor() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

void AlertIndex::OnAlert(const alert::Alert& alert) {
  const std::lock_guard watch_lock(watch_mutex_);
  AlertPtr added;
  {
    const std::unique_lock lock(mutex_);
    const auto known = by_id_.find(alert.id);
    if (known != by_id_.end()) {
      if (known->second.alert->revision() >= alert.revision) {
        return;
      }
      Erase(alert.id);
    }
    added = std::make_shared<const IndexedAlert>(alert, &digester_);
    Insert(added);
    seen_.Raise(alert.shard, alert.change);
    if (by_id_.size() > alerts_max_) {
      EvictOne();
    }
  }
  for (const std::shared_ptr<AlertWatch>& watch : watches_) {
    Offer(watch.get(), added);
  }
}

void AlertIndex::OnAlertForgotten(const Hash128& id) {
  const std::unique_lock lock(mutex_);
  Erase(id);
}

void AlertIndex::OnLeftOut(const std::string& worker, const worker::LeftOutAlerts& left_out) {
  const std::unique_lock lock(mutex_);
  left_out_[worker] = left_out;
  for (const auto& [shard, change] : left_out.changes) {
    evicted_.Raise(shard, change);
  }
}

// REQUIRES: mutex_; the alert is not there.
void AlertIndex::Insert(const AlertPtr& alert) {
  by_id_[alert->digest().id] = {alert, ++last_sequence_};
  by_sequence_[last_sequence_] = alert;
  by_fired_[FiredPosition(alert)] = alert;
  if (HasEnded(alert)) {
    ended_.insert(ByChange(alert));
  }
  bytes_ += alert->memory_bytes() + kEntryBytes;
}

// REQUIRES: mutex_.
void AlertIndex::Erase(const Hash128& id) {
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) {
    return;
  }
  const AlertPtr alert = known->second.alert;
  by_sequence_.erase(known->second.sequence);
  by_fired_.erase(FiredPosition(alert));
  ended_.erase(ByChange(alert));
  by_id_.erase(known);
  bytes_ -= alert->memory_bytes() + kEntryBytes;
}

// REQUIRES: mutex_; there is one.
void AlertIndex::EvictOne() {
  const Hash128 id =
      ended_.empty() ? by_fired_.rbegin()->second->digest().id : ended_.begin()->second;
  const AlertPtr& alert = by_id_.at(id).alert;
  ++evicted_alerts_;
  evicted_live_ += HasEnded(alert) ? 0 : 1;
  evicted_.Raise(alert->shard(), alert->change());
  Erase(id);
}

void AlertIndex::Offer(AlertWatch* watch, const AlertPtr& alert) {
  bool wake = false;
  {
    const std::lock_guard lock(watch->mutex_);
    // What comes again because a worker's stream was opened again was passed on before.
    if (watch->overflowed_ ||
        static_cast<int64_t>(alert->change()) <= watch->queued_.Of(alert->shard())) {
      return;
    }
    if (!watch->filter_.Matches(alert->digest())) {
      watch->queued_.Raise(alert->shard(), alert->change());
      if (watch->queue_.empty()) {
        watch->taken_.Raise(alert->shard(), alert->change());
      }
      return;
    }
    wake = watch->queue_.empty();
    if (watch->queue_.size() >= watch->room_) {
      watch->overflowed_ = true;
    } else {
      watch->queue_.push_back(alert);
      watch->queued_.Raise(alert->shard(), alert->change());
    }
  }
  if (wake) {
    watch->wake_();
  }
}

bool AlertIndex::Covers(const alert::AlertFilter& filter) const {
  const bool only_live =
      !filter.statuses.empty() &&
      std::all_of(filter.statuses.begin(), filter.statuses.end(), [](alert::AlertStatus status) {
        return status == alert::AlertStatus::kOpen || status == alert::AlertStatus::kAcknowledged;
      });
  const std::shared_lock lock(mutex_);
  uint64_t missing = only_live ? evicted_live_ : evicted_alerts_;
  for (const auto& [worker, left_out] : left_out_) {
    missing += only_live ? left_out.live : left_out.alerts;
  }
  return missing == 0;
}

AlertIndex::Page AlertIndex::List(const alert::AlertFilter& filter, const alert::AlertOrder& order,
                                  const std::optional<alert::Position>& after,
                                  std::size_t page_size,
                                  const alert::FilterRun::Notes* notes) const {
  alert::FilterRun run(filter, notes);
  Page page;
  const auto visit = [&](const AlertPtr& alert) {
    if (!run.Matches(alert->digest())) {
      return;
    }
    ++page.total;
    if (after.has_value() &&
        !alert::ComesBefore(*after, alert::PositionOf(alert->digest(), order), order)) {
      return;
    }
    if (page.alerts.size() == page_size) {
      page.more = true;
    } else {
      page.alerts.push_back(alert);
    }
  };
  if (order.key == alert::OrderKey::kFired) {
    const std::shared_lock lock(mutex_);
    if (order.descending) {
      for (const auto& [position, alert] : by_fired_) {
        visit(alert);
      }
    } else {
      for (auto at = by_fired_.rbegin(); at != by_fired_.rend(); ++at) {
        visit(at->second);
      }
    }
    return page;
  }
  std::vector<alert::Position> positions = Positions(filter, order, notes);
  page.total = positions.size();
  auto first = positions.begin();
  if (after.has_value()) {
    first = std::upper_bound(positions.begin(), positions.end(), *after,
                             [&](const alert::Position& a, const alert::Position& b) {
                               return alert::ComesBefore(a, b, order);
                             });
  }
  for (; first != positions.end() && page.alerts.size() < page_size; ++first) {
    if (AlertPtr alert = Find(first->id); alert != nullptr) {
      page.alerts.push_back(std::move(alert));
    }
  }
  page.more = first != positions.end();
  return page;
}

std::vector<alert::Position> AlertIndex::Positions(const alert::AlertFilter& filter,
                                                   const alert::AlertOrder& order,
                                                   const alert::FilterRun::Notes* notes) const {
  alert::FilterRun run(filter, notes);
  std::vector<alert::Position> positions;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [position, alert] : by_fired_) {
      if (run.Matches(alert->digest())) {
        positions.push_back(alert::PositionOf(alert->digest(), order));
      }
    }
  }
  std::sort(positions.begin(), positions.end(),
            [&](const alert::Position& a, const alert::Position& b) {
              return alert::ComesBefore(a, b, order);
            });
  return positions;
}

AlertPtr AlertIndex::Find(const Hash128& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.alert;
}

std::vector<AlertPtr> AlertIndex::Related(const alert::Alert& alert, int64_t window_ms,
                                          std::size_t most, uint64_t* total) const {
  alert::Digester digester;
  const alert::AlertDigest wanted = digester.Make(alert);
  std::vector<AlertPtr> related;
  *total = 0;
  const std::shared_lock lock(mutex_);
  // Latest first; the greatest position within the window is where to begin.
  const Hash128 greatest{UINT64_MAX, UINT64_MAX};
  for (auto at = by_fired_.lower_bound({alert.fired_at_ms + window_ms, greatest});
       at != by_fired_.end() && at->first.key >= alert.fired_at_ms - window_ms; ++at) {
    const alert::AlertDigest& digest = at->second->digest();
    const bool shares = std::any_of(
        wanted.group_cells.begin(), wanted.group_cells.end(), [&](uint64_t cell) {
          return std::binary_search(digest.group_cells.begin(), digest.group_cells.end(), cell);
        });
    if (digest.id != alert.id && digest.source->tenant == alert.tenant && shares) {
      ++*total;
      if (related.size() < most) {
        related.push_back(at->second);
      }
    }
  }
  return related;
}

StatusOr<std::shared_ptr<AlertWatch>> AlertIndex::Watch(const alert::AlertFilter& filter,
                                                        const WatchStart& start,
                                                        std::function<void()> wake,
                                                        const alert::FilterRun::Notes* notes) {
  auto watch = std::make_shared<AlertWatch>(filter, notes);
  watch->wake_ = std::move(wake);
  const std::lock_guard watch_lock(watch_mutex_);
  const std::shared_lock lock(mutex_);
  if (start.cursor.has_value()) {
    if (const int shard = start.cursor->BehindIn(evicted_); shard >= 0) {
      return Error(StatusCode::kOutOfRange,
                   "the cursor is older than the alerts of shard {} that are held in memory: watch "
                   "again with include_existing, and list what has ended", shard);
    }
    watch->taken_ = *start.cursor;
  } else if (!start.existing) {
    watch->taken_ = seen_;
  }
  if (start.existing || start.cursor.has_value()) {
    for (const auto& [sequence, alert] : by_sequence_) {
      const bool passed =
          start.cursor.has_value() &&
          static_cast<int64_t>(alert->change()) <= start.cursor->Of(alert->shard());
      if (!passed && watch->filter_.Matches(alert->digest())) {
        watch->queue_.push_back(alert);
      }
    }
  }
  watch->queued_ = watch->taken_;
  watch->queued_.RaiseTo(seen_);
  if (watch->queue_.empty()) {
    watch->taken_ = watch->queued_;
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
  const std::shared_lock lock(mutex_);
  return by_id_.size();
}

uint64_t AlertIndex::unlisted() const {
  const std::shared_lock lock(mutex_);
  uint64_t unlisted = evicted_alerts_;
  for (const auto& [worker, left_out] : left_out_) {
    unlisted += left_out.alerts;
  }
  return unlisted;
}

std::size_t AlertIndex::memory_bytes() const {
  const std::shared_lock lock(mutex_);
  return bytes_;
}

}  // namespace weir::coordinator
