// Alert suppression of one shard: which alert the hits of a suppression key fold into, and until when.
// The time that counts is the judged instant (a tick, or the end of an episode's first window), as
// Elastic measures from the alert's creation, never a clock.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/state/state_store.h"

namespace weir::shard {

class Suppression {
 public:
  Suppression(ShardId shard, state::StateStore* store) : shard_(shard), store_(store) {}

  Status Load();

  // The alert that a hit judged at this time folds into; empty when it makes an alert of its own. A hit
  // is covered when an alert of its key was made within duration_ms before it, or, for a hit that late
  // rows brought up, within duration_ms after it.
  std::optional<Hash128> Find(const Hash128& key, UnixMillis judged_ms, int64_t duration_ms) const;

  // Remembers that the key's alert was made.
  void Made(const Hash128& key, const Hash128& alert, UnixMillis judged_ms, int64_t duration_ms);

  // No hit folds into the alert any more.
  void End(const Hash128& alert);
  // Until when hits fold into the alert; empty: none does.
  std::optional<UnixMillis> UntilOf(const Hash128& alert) const;

  // The alerts that hits may fold into.
  std::set<Hash128> Alerts() const;

  // Forgets what ended before the time.
  void Expire(UnixMillis before_ms);
  void Checkpoint(state::WriteBatch* batch);

 private:
  struct Entry {
    Hash128 alert;
    UnixMillis made_ms = 0;
    UnixMillis until_ms = 0;
  };

  ShardId shard_;
  state::StateStore* store_;
  std::map<Hash128, Entry> entries_;
  std::map<Hash128, bool> changed_;     // key -> still there
};

}  // namespace weir::shard
