// The closed stamp of a worker: how far time has come here. With the wall clock, the least of the promises
// of all open ingest streams; in a replay, the least of the promises of its producers. It never falls.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/time.h"

namespace weir::worker {

// Thread safe.
class StreamWatermarks {
 public:
  // producers: those of a replay; empty with the wall clock.
  explicit StreamWatermarks(const std::vector<std::string>& producers);

  uint64_t Open(UnixMillis watermark_ms, int64_t now_monotonic_ms);
  // False when the stream is not open.
  bool Raise(uint64_t stream, UnixMillis watermark_ms, int64_t now_monotonic_ms);
  void Close(uint64_t stream);
  bool IsOpen(uint64_t stream) const;
  // Drops streams that promised nothing since a time; returns how many.
  std::size_t DropSilent(int64_t before_monotonic_ms);
  // While no stream is open, time goes on up to here: nobody can send anything older.
  void RaiseIdle(UnixMillis watermark_ms);

  // What a producer of the replay promised; others are ignored.
  void RaiseProducer(const std::string& producer, UnixMillis watermark_ms);

  UnixMillis closed_ms() const;
  // For recovery: what the logs already closed.
  void StartAt(UnixMillis closed_ms);

 private:
  struct Stream {
    UnixMillis watermark_ms = 0;
    int64_t heard_ms = 0;    // monotonic
  };
  void RecomputeLocked();

  const bool by_producer_;
  mutable std::mutex mutex_;
  std::map<uint64_t, Stream> streams_;
  std::map<std::string, UnixMillis> producers_;
  uint64_t next_ = 1;
  UnixMillis closed_ms_ = INT64_MIN;
};

}  // namespace weir::worker
