// Arrival stamps of the wall clock, and the promise that goes with them: after Promise() returned w,
// every stamp still in use or given out later is greater than w. Thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "common/base/clock.h"
#include "common/base/time.h"

namespace weir::ingest {

class StampKeeper {
 public:
  explicit StampKeeper(const Clock* clock) : clock_(clock) {}

  // A stamp for a batch that arrives now: the time, or just above the last promise or the floor when the
  // clock has not moved on (or went back, or lags). It holds the promise down until released.
  UnixMillis Acquire();
  // Exchanges the stamp of a batch that was refused for one above floor_ms.
  UnixMillis Exchange(UnixMillis stamp_ms, UnixMillis floor_ms);
  // Every later stamp is above floor_ms, whatever the clock says. Never falls.
  void RaiseFloor(UnixMillis floor_ms);
  void Release(UnixMillis stamp_ms);
  // The greatest promise that can be made now; never less than one made before.
  UnixMillis Promise();

 private:
  UnixMillis AcquireLocked(UnixMillis floor_ms);
  void ReleaseLocked(UnixMillis stamp_ms);

  const Clock* const clock_;
  std::mutex mutex_;
  std::map<UnixMillis, uint64_t> in_use_;   // stamp, batches
  UnixMillis promised_ms_ = 0;
  UnixMillis floor_ms_ = 0;
};

}  // namespace weir::ingest
