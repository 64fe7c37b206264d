// The named producers of a replay and how far each has promised. Time advances to the least promise, and
// not at all before every producer has joined and promised something. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/base/time.h"

namespace weir::ingest {

class ReplayProducers {
 public:
  explicit ReplayProducers(const std::vector<std::string>& names);

  // PermissionDenied for a producer that is not named; the message names those that are.
  Status Join(const std::string& name);
  // Raises a producer's promise; lower ones are ignored. With end it has nothing more to send.
  // REQUIRES: joined.
  void Advance(const std::string& name, std::optional<UnixMillis> watermark_ms, bool end);
  // The least promise: 0 before all have made one, INT64_MAX when all have ended.
  UnixMillis Watermark() const;

  // What each has promised; INT64_MAX: it has ended. Those that have promised nothing are left out.
  std::map<std::string, UnixMillis> Promises() const;

  struct Producer {
    std::string name;
    bool joined = false;
    bool ended = false;
    std::optional<UnixMillis> watermark_ms;
  };
  std::vector<Producer> Snapshot() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Producer> producers_;
};

}  // namespace weir::ingest
