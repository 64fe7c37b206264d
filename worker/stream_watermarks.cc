#include "worker/stream_watermarks.h"

#include <algorithm>

namespace weir::worker {

StreamWatermarks::StreamWatermarks(const std::vector<std::string>& producers)
    : by_producer_(!producers.empty()) {
  for (const std::string& producer : producers) {
    producers_[producer] = INT64_MIN;
  }
}

uint64_t StreamWatermarks::Open(UnixMillis watermark_ms, int64_t now_monotonic_ms) {
  const std::lock_guard lock(mutex_);
  const uint64_t stream = next_++;
  streams_[stream] = {watermark_ms, now_monotonic_ms};
  return stream;
}

bool StreamWatermarks::Raise(uint64_t stream, UnixMillis watermark_ms, int64_t now_monotonic_ms) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream);
  if (found == streams_.end()) {
    return false;
  }
  found->second.watermark_ms = std::max(found->second.watermark_ms, watermark_ms);
  found->second.heard_ms = now_monotonic_ms;
  RecomputeLocked();
  return true;
}

void StreamWatermarks::Close(uint64_t stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
  RecomputeLocked();
}

bool StreamWatermarks::IsOpen(uint64_t stream) const {
  const std::lock_guard lock(mutex_);
  return streams_.contains(stream);
}

std::size_t StreamWatermarks::DropSilent(int64_t before_monotonic_ms) {
  const std::lock_guard lock(mutex_);
  const std::size_t dropped = std::erase_if(
      streams_, [&](const auto& stream) { return stream.second.heard_ms < before_monotonic_ms; });
  RecomputeLocked();
  return dropped;
}

void StreamWatermarks::RaiseIdle(UnixMillis watermark_ms) {
  const std::lock_guard lock(mutex_);
  if (!by_producer_ && streams_.empty()) {
    closed_ms_ = std::max(closed_ms_, watermark_ms);
  }
}

void StreamWatermarks::RaiseProducer(const std::string& producer, UnixMillis watermark_ms) {
  const std::lock_guard lock(mutex_);
  const auto found = producers_.find(producer);
  if (found != producers_.end()) {
    found->second = std::max(found->second, watermark_ms);
  }
  RecomputeLocked();
}

void StreamWatermarks::RecomputeLocked() {
  if (!by_producer_ && streams_.empty()) {
    return;
  }
  UnixMillis least = INT64_MAX;
  if (by_producer_) {
    for (const auto& [name, watermark_ms] : producers_) {
      least = std::min(least, watermark_ms);
    }
  } else {
    for (const auto& [id, stream] : streams_) {
      least = std::min(least, stream.watermark_ms);
    }
  }
  closed_ms_ = std::max(closed_ms_, least);
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
