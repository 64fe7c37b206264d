// The closed stamp of a worker: the least of the promises of all open ingest streams. It never falls.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "common/base/time.h"

namespace weir::worker {

class StreamWatermarks {
 public:
  uint64_t Open(UnixMillis watermark_ms);
  // Returns the closed stamp after the change.
  UnixMillis Raise(uint64_t stream, UnixMillis watermark_ms);
  UnixMillis Close(uint64_t stream);

  UnixMillis closed_ms() const;
  // For recovery: what the logs already closed.
  void StartAt(UnixMillis closed_ms);

 private:
  UnixMillis RecomputeLocked();

  mutable std::mutex mutex_;
  std::map<uint64_t, UnixMillis> streams_;
  uint64_t next_ = 1;
  UnixMillis closed_ms_ = INT64_MIN;
};

}  // namespace weir::worker
