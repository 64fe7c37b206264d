#include "ingest/source_ledger.h"

#include <algorithm>

namespace weir::ingest {

SourceLedger::Entry& SourceLedger::Touch(const SourceKey& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    order_.splice(order_.end(), order_, found->second.place);
    return found->second;
  }
  if (entries_.size() >= options_.sources_max) {
    entries_.erase(order_.front());
    order_.pop_front();
    ++forgotten_;
  }
  Entry& entry = entries_[key];
  entry.use.key = key;
  entry.place = order_.insert(order_.end(), key);
  return entry;
}

void SourceLedger::Count(uint64_t events, UnixMillis arrival_ms, Entry* entry) {
  const int64_t slot = arrival_ms / kSlotMs;
  if (slot > entry->newest_slot) {
    const int64_t empty = std::min<int64_t>(slot - entry->newest_slot, kSlots);
    for (int64_t i = 0; i < empty; ++i) {
      entry->slots[static_cast<std::size_t>(slot - i) % kSlots] = 0;
    }
    entry->newest_slot = slot;
  }
  // A clock that went back counts into the newest.
  entry->slots[static_cast<std::size_t>(entry->newest_slot) % kSlots] += events;
}

// A silence that was unusual may be an outage, or the source's new habit: it is believed by and by.
void SourceLedger::NotePause(UnixMillis arrival_ms, Entry* entry) const {
  const int64_t limit_ms = SilenceLimit(*entry);
  const int64_t window = arrival_ms / kPauseWindowMs;
  if (window != entry->window) {
    entry->longest_before_ms = window == entry->window + 1 ? entry->longest_ms : 0;
    entry->longest_ms = 0;
    entry->window = window;
  }
  if (entry->use.last_arrival_ms == 0) {
    entry->first_arrival_ms = arrival_ms;
    return;
  }
  int64_t pause_ms = arrival_ms - entry->use.last_arrival_ms;
  if (limit_ms != 0) {
    pause_ms = std::min(pause_ms, 2 * limit_ms);
  }
  entry->longest_ms = std::max(entry->longest_ms, pause_ms);
}

int64_t SourceLedger::SilenceLimit(const Entry& entry) const {
  const int64_t least_ms = options_.silence_ms_min;
  if (least_ms == 0 ||
      entry.use.last_arrival_ms - entry.first_arrival_ms < kSilenceFactor * least_ms) {
    return 0;
  }
  return std::max(least_ms, kSilenceFactor * std::max(entry.longest_ms, entry.longest_before_ms));
}

double SourceLedger::Rate(const Entry& entry, UnixMillis now_ms, std::size_t slots) {
  const int64_t now_slot = std::max(now_ms / kSlotMs, entry.newest_slot);
  uint64_t events = 0;
  for (std::size_t i = 0; i < slots; ++i) {
    const int64_t slot = now_slot - static_cast<int64_t>(i);
    if (slot >= 0 && slot <= entry.newest_slot &&
        entry.newest_slot - slot < static_cast<int64_t>(kSlots)) {
      events += entry.slots[static_cast<std::size_t>(slot) % kSlots];
    }
  }
  return static_cast<double>(events) * 1000 / static_cast<double>(slots * kSlotMs);
}

void SourceLedger::Add(const SourceShare& share, UnixMillis arrival_ms) {
  const std::lock_guard lock(mutex_);
  Entry& entry = Touch(share.key);
  SourceUse& use = entry.use;
  use.events += share.events;
  use.repeats += share.repeats;
  for (std::size_t i = 0; i < share.rejects.size(); ++i) {
    use.rejects[i] += share.rejects[i];
  }
  if (share.events == 0) {
    return;
  }
  Count(share.events, arrival_ms, &entry);
  NotePause(arrival_ms, &entry);
  use.last_event_ms = std::max(use.last_event_ms, share.newest_event_ms);
  use.last_arrival_ms = std::max(use.last_arrival_ms, arrival_ms);
  use.lag_ms = arrival_ms - share.newest_event_ms;
}

SourcesStatus SourceLedger::GetStatus(UnixMillis now_ms) const {
  const std::lock_guard lock(mutex_);
  SourcesStatus status;
  status.forgotten = forgotten_;
  for (const auto& [key, entry] : entries_) {
    SourceUse use = entry.use;
    use.events_per_second_1m = Rate(entry, now_ms, 6);
    use.events_per_second_5m = Rate(entry, now_ms, kSlots);
    use.silence_limit_ms = SilenceLimit(entry);
    status.sources.push_back(std::move(use));
  }
  return status;
}

}  // namespace weir::ingest
