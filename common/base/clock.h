// Where the time of day comes from. Roles take a Clock; only the binary makes the real one. The shard
// state machine never sees it: its time comes from log records.
#pragma once

#include <atomic>

#include "common/base/time.h"

namespace weir {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since the epoch. Thread safe.
  virtual UnixMillis Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  UnixMillis Now() const override;
};

// For tests: stands still until told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixMillis now_ms = 0) : now_ms_(now_ms) {}
  UnixMillis Now() const override { return now_ms_.load(std::memory_order_relaxed); }
  void Set(UnixMillis now_ms) { now_ms_.store(now_ms, std::memory_order_relaxed); }
  void Advance(int64_t millis) { now_ms_.fetch_add(millis, std::memory_order_relaxed); }

 private:
  std::atomic<UnixMillis> now_ms_;
};

}  // namespace weir
