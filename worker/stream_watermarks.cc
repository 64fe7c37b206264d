#include "worker/stream_watermarks.h"

#include <algorithm>

namespace weir::worker {

uint64_t StreamWatermarks::Open(UnixMillis watermark_ms) {
  const std::lock_guard lock(mutex_);
  const uint64_t stream = next_++;
  streams_[stream] = watermark_ms;
  return stream;
}

UnixMillis StreamWatermarks::Raise(uint64_t stream, UnixMillis watermark_ms) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream);
  if (found != streams_.end()) {
    found->second = std::max(found->second, watermark_ms);
  }
  return RecomputeLocked();
}

UnixMillis StreamWatermarks::Close(uint64_t stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
  return RecomputeLocked();
}

// Without any stream time stands still: nobody promises anything.
UnixMillis StreamWatermarks::RecomputeLocked() {
  if (streams_.empty()) {
    return closed_ms_;
  }
  UnixMillis least = INT64_MAX;
  for (const auto& [stream, watermark_ms] : streams_) {
    least = std::min(least, watermark_ms);
  }
  closed_ms_ = std::max(closed_ms_, least);
  return closed_ms_;
}

UnixMillis StreamWatermarks::closed_ms() const {
  const std::lock_guard lock(mutex_);
  return closed_ms_;
}

void StreamWatermarks::StartAt(UnixMillis closed_ms) {
  const std::lock_guard lock(mutex_);
  closed_ms_ = std::max(closed_ms_, closed_ms);
}

}  // namespace weir::worker
