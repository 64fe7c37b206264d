// The times that hold while one log record is applied.
#pragma once

#include "common/base/time.h"
#include "common/shard/window_state.h"

namespace weir::shard {

struct Instant {
  UnixMillis closed_ms = kTimeMin;      // nothing at or before it is still to come
  UnixMillis now_ms = 0;                // the primary's clock at the append; 0 in replay
  UnixMillis arrived_ms = 0;            // latest arrival in the record; 0 in replay
};

}  // namespace weir::shard
