// The alerts a shard has made: kept in memory while they change, in the store for good. Every change
// gives a new revision and is told to the listener after it is committed (apply runs after commit).
#pragma once

#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "common/alert/alert.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/state/state_store.h"

namespace weir::shard {

class AlertBook {
 public:
  using Listener = std::function<void(const alert::Alert&)>;

  AlertBook(ShardId shard, state::StateStore* store, Listener listener);

  // Tells the listener of every stored alert and gives each to visit (to rebuild timers).
  Status Load(const std::function<void(const alert::Alert&)>& visit);

  // The alert as it is now; NotFound.
  StatusOr<alert::Alert> Get(const Hash128& id) const;
  // Stores a new or changed alert under the next revision and tells the listener.
  void Put(alert::Alert alert);

  // When an open episode's alert recovers, unless its episode grows before.
  void SetDue(const Hash128& id, UnixMillis due_ms);
  void ClearDue(const Hash128& id);
  // Alerts due at or before the time, earliest first; they are removed.
  std::vector<Hash128> TakeDue(UnixMillis now_ms);
  bool HasDue(UnixMillis now_ms) const { return !due_.empty() && due_.begin()->first <= now_ms; }
  std::size_t due_count() const { return due_.size(); }

  void Checkpoint(state::WriteBatch* batch);

 private:
  ShardId shard_;
  state::StateStore* store_;
  Listener listener_;
  std::unordered_map<Hash128, alert::Alert> changed_;
  std::set<std::pair<UnixMillis, Hash128>> due_;
  std::unordered_map<Hash128, UnixMillis> due_of_;
};

}  // namespace weir::shard
