// The storm caps of one shard: how many alerts a rule made in each period of judged time, and the one
// alert that what exceeds the cap is folded into. Periods are fixed, multiples of their length, so that
// the order in which hits come up does not move them. Belongs to one shard; reads no clock.
#pragma once

#include <cstdint>
#include <map>

#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/state/state_store.h"

namespace weir::shard {

class Storms {
 public:
  struct Period {
    UnixMillis end_ms = 0;    // the period is (end - its length, end]
    uint64_t alerts = 0;      // made one by one
    Hash128 alert;            // that the rest is folded into; zero: nothing exceeded the cap
  };

  Storms(ShardId shard, state::StateStore* store) : shard_(shard), store_(store) {}

  // The end of the period that a time falls into.
  static UnixMillis PeriodEnd(int64_t period_ms, UnixMillis judged_ms);

  Status Load();
  // The period of a rule (RuleHash) that an alert judged at the time falls into; the caller may change
  // its counts.
  Period& At(const Hash128& rule, int64_t period_ms, UnixMillis judged_ms);
  // Forgets periods that ended before the time.
  void Expire(UnixMillis before_ms);
  void Checkpoint(state::WriteBatch* batch);

 private:
  ShardId shard_;
  state::StateStore* store_;
  std::map<Hash128, Period> periods_;
  std::map<Hash128, bool> changed_;     // key -> still there
};

}  // namespace weir::shard
