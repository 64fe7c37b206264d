// How far a watch has come: for each shard the number of the last change that was sent, or did not pass the
// filter. Numbers are given by the shards' logs, so a cursor means the same to every coordinator, and after
// every restart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace weir::coordinator {

class WatchCursor {
 public:
  // Nothing has been seen of any shard.
  WatchCursor() = default;

  // The text that clients keep; letters, digits, '-' and '_'. InvalidArgument when it is none.
  static StatusOr<WatchCursor> Parse(std::string_view text);
  std::string ToText() const;

  // The last change of the shard; -1: none.
  int64_t Of(uint16_t shard) const {
    return shard < changes_.size() ? changes_[shard] : -1;
  }
  void Raise(uint16_t shard, uint64_t change);
  // Raises every shard to where the other is.
  void RaiseTo(const WatchCursor& other);
  // A shard of which this one has seen less than the other; -1: none.
  int BehindIn(const WatchCursor& other) const;

 private:
  std::vector<int64_t> changes_;
};

}  // namespace weir::coordinator
