#include "ingest/stamp_keeper.h"

#include <algorithm>

#include "common/base/check.h"

namespace weir::ingest {

UnixMillis StampKeeper::Acquire() {
  const std::lock_guard lock(mutex_);
  return AcquireLocked(promised_ms_);
}

UnixMillis StampKeeper::Exchange(UnixMillis stamp_ms, UnixMillis floor_ms) {
  const std::lock_guard lock(mutex_);
  ReleaseLocked(stamp_ms);
  return AcquireLocked(std::max(promised_ms_, floor_ms));
}

void StampKeeper::RaiseFloor(UnixMillis floor_ms) {
  const std::lock_guard lock(mutex_);
  floor_ms_ = std::max(floor_ms_, floor_ms);
}

void StampKeeper::Release(UnixMillis stamp_ms) {
  const std::lock_guard lock(mutex_);
  ReleaseLocked(stamp_ms);
}

UnixMillis StampKeeper::Promise() {
  const std::lock_guard lock(mutex_);
  // Later stamps are at least the clock's and above the floor, so what is before both is safe when
  // nothing waits.
  const UnixMillis next_ms = std::max(clock_->Now(), floor_ms_ + 1);
  const UnixMillis safe_ms = (in_use_.empty() ? next_ms : in_use_.begin()->first) - 1;
  promised_ms_ = std::max(promised_ms_, safe_ms);
  return promised_ms_;
}

UnixMillis StampKeeper::AcquireLocked(UnixMillis floor_ms) {
  const UnixMillis stamp_ms = std::max(clock_->Now(), std::max(floor_ms, floor_ms_) + 1);
  ++in_use_[stamp_ms];
  return stamp_ms;
}

void StampKeeper::ReleaseLocked(UnixMillis stamp_ms) {
  const auto found = in_use_.find(stamp_ms);
  WEIR_CHECK(found != in_use_.end(), "stamp {} was not given out", stamp_ms);
  if (--found->second == 0) {
    in_use_.erase(found);
  }
}

}  // namespace weir::ingest
