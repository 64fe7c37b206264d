// The alerts a shard has made: kept in memory while they change, in the store for good. Every change
// gives a new revision, and the next number among the changes of the shard; both are functions of the log,
// so that whoever follows the shard can go on after a crash. The listener is told after the change is
// committed (apply runs after commit).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/alert/alert.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/shard/instant.h"
#include "common/state/state_store.h"

namespace weir::shard {

class AlertBook {
 public:
  struct Listener {
    std::function<void(const alert::Alert&)> changed;
    std::function<void(const Hash128&)> forgotten;
  };

  // cut_horizon_ms: how long after its time a cut is still asked for.
  AlertBook(ShardId shard, state::StateStore* store, Listener listener, int64_t cut_horizon_ms);

  // Tells the listener of every stored alert, in the order of their last changes, and gives each to visit
  // (to rebuild timers).
  Status Load(uint64_t last_change, const std::function<void(const alert::Alert&)>& visit);

  // The times of the record that is applied from now on.
  void BeginRecord(const Instant& instant);
  // When the record was made: the primary's clock, in a replay how far time had come. 0: not known.
  UnixMillis time_ms() const { return time_ms_; }
  // When an alert whose episode is over recovered: when that was seen. In a replay, where time comes in
  // leaps as long as the batches, when it was over.
  UnixMillis RecoveryTime(const alert::Alert& alert) const;

  // The alert as it is now; NotFound.
  StatusOr<alert::Alert> Get(const Hash128& id) const;
  // Stores a new or changed alert under the next revision and tells the listener.
  void Put(alert::Alert alert);
  // Every alert as it is now, in no order, until visit returns false.
  Status ForEach(const std::function<bool(const alert::Alert&)>& visit) const;
  uint64_t last_change() const { return last_change_; }

  // Where the alert was cut (alert::Alert::cut_ms); empty when it was not, or too long ago to matter.
  std::optional<UnixMillis> CutOf(const Hash128& id) const;

  // Whether an alert may have ended and changed last at or before the time.
  bool MayHaveEnded(UnixMillis before_ms) const { return oldest_ended_ms_ <= before_ms; }
  // Forgets the alerts that ended and changed last at or before the time, but those in use: hits may still
  // belong to them.
  Status Forget(UnixMillis before_ms, const std::set<Hash128>& used);
  // How many have not ended and changed last at or before the time; 0 when they cannot be read.
  uint64_t CountLive(UnixMillis before_ms) const;

  // When an open episode's alert recovers, unless its episode grows before.
  void SetDue(const Hash128& id, UnixMillis due_ms);
  void ClearDue(const Hash128& id);
  // Alerts due at or before the time, earliest first; they are removed.
  std::vector<Hash128> TakeDue(UnixMillis now_ms);
  bool HasDue(UnixMillis now_ms) const { return !due_.empty() && due_.begin()->first <= now_ms; }
  std::size_t due_count() const { return due_.size(); }

  void Checkpoint(state::WriteBatch* batch);

 private:
  // Keeps the bounds and the cuts.
  void Note(const alert::Alert& alert);

  ShardId shard_;
  state::StateStore* store_;
  Listener listener_;
  const int64_t cut_horizon_ms_;
  UnixMillis time_ms_ = 0;
  bool replay_ = false;
  uint64_t last_change_ = 0;
  std::unordered_map<Hash128, alert::Alert> changed_;
  std::unordered_set<Hash128> forgotten_;   // since the last checkpoint
  // Lower bounds of changed_at_ms of those that have ended, and of the others; exact after a look at all.
  UnixMillis oldest_ended_ms_ = kNever;
  mutable UnixMillis oldest_live_ms_ = kNever;
  std::unordered_map<Hash128, UnixMillis> cuts_;
  std::set<std::pair<UnixMillis, Hash128>> due_;
  std::unordered_map<Hash128, UnixMillis> due_of_;

  static constexpr UnixMillis kNever = INT64_MAX;
};

}  // namespace weir::shard
