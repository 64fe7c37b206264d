// The alerts the shards report, newest revision each, in memory: what lists and watches are served from.
// Holds copies only; the shards own the alerts. When there are more than fit, those that have ended go
// first; how many went is counted, and lists that may need them are told to ask the stores. Thread safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/alert/alert.h"
#include "common/alert/query.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "coordinator/watch_cursor.h"
#include "worker/worker.h"

namespace weir::coordinator {

// An alert as the index holds it: encoded, without note, comments and history.
class IndexedAlert {
 public:
  IndexedAlert(const alert::Alert& alert, alert::Digester* digester);

  const alert::AlertDigest& digest() const { return digest_; }
  uint64_t revision() const { return revision_; }
  uint64_t lifecycle_revision() const { return lifecycle_revision_; }
  uint16_t shard() const { return shard_; }
  uint64_t change() const { return change_; }
  std::size_t memory_bytes() const;
  // The alert as lists show it.
  alert::Alert Read() const;

 private:
  alert::AlertDigest digest_;
  uint64_t revision_;
  uint64_t lifecycle_revision_;
  uint16_t shard_;
  uint64_t change_;
  uint64_t comments_;
  std::string encoded_;
};
using AlertPtr = std::shared_ptr<const IndexedAlert>;

// A watcher's queue. The index fills it, the watcher's owner empties it.
class AlertWatch {
 public:
  explicit AlertWatch(const alert::AlertFilter& filter, const alert::FilterRun::Notes* notes)
      : filter_(filter, notes) {}

  // Takes the next alert, or nothing when there is none now.
  AlertPtr Next();
  bool empty() const;
  // Whether alerts were lost because the owner took them too slowly; nothing comes after that.
  bool overflowed() const;
  // Continues behind what Next has given so far.
  WatchCursor cursor() const;

 private:
  friend class AlertIndex;

  alert::FilterRun filter_;
  std::size_t room_ = 0;                 // alerts that may still wait
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<AlertPtr> queue_;
  WatchCursor queued_;                   // what is in the queue, or was
  WatchCursor taken_;
  bool overflowed_ = false;
};

class AlertIndex final : public worker::AlertSink {
 public:
  // Holds at most alerts_max alerts; a watcher's queue holds at most watch_queue_max beside those it began
  // with.
  AlertIndex(std::size_t alerts_max, std::size_t watch_queue_max)
      : alerts_max_(alerts_max), watch_queue_max_(watch_queue_max) {}

  // Takes an alert if it is new or its revision is greater than the known one's.
  void OnAlert(const alert::Alert& alert) override;
  void OnAlertForgotten(const Hash128& id) override;
  // A worker's stream does not bring some of its alerts. worker: its id.
  void OnLeftOut(const std::string& worker, const worker::LeftOutAlerts& left_out) override;

  // Whether every alert that can pass the filter is here.
  bool Covers(const alert::AlertFilter& filter) const;

  struct Page {
    std::vector<AlertPtr> alerts;
    bool more = false;              // there are others behind them
    uint64_t total = 0;             // that pass the filter
  };
  // The first page_size alerts of an order that come behind a position.
  Page List(const alert::AlertFilter& filter, const alert::AlertOrder& order,
            const std::optional<alert::Position>& after, std::size_t page_size,
            const alert::FilterRun::Notes* notes = nullptr) const;
  // All that pass, in order.
  std::vector<alert::Position> Positions(const alert::AlertFilter& filter,
                                         const alert::AlertOrder& order,
                                         const alert::FilterRun::Notes* notes = nullptr) const;
  // Null when there is none in the index.
  AlertPtr Find(const Hash128& id) const;
  // Alerts that fired within window_ms of this one and share the value of a column of its group, the latest
  // first, without itself; at most `most` of them. total: how many there are.
  std::vector<AlertPtr> Related(const alert::Alert& alert, int64_t window_ms, std::size_t most,
                                uint64_t* total) const;

  // Where a watch begins.
  struct WatchStart {
    bool existing = false;               // with all that are here
    std::optional<WatchCursor> cursor;   // behind it
  };
  // Registers a watcher. wake is called, from any thread and without locks, when the queue got its first
  // alert or overflowed; it must not block. What exists comes in the order of the last changes. OutOfRange
  // when the cursor is older than what is held. notes outlive the watch; may be null.
  StatusOr<std::shared_ptr<AlertWatch>> Watch(const alert::AlertFilter& filter,
                                              const WatchStart& start, std::function<void()> wake,
                                              const alert::FilterRun::Notes* notes = nullptr);
  // After it returns wake is not called any more.
  void Unwatch(const std::shared_ptr<AlertWatch>& watch);

  uint64_t size() const;
  // Alerts that the index does not hold, here or because a worker left them out; an upper bound.
  uint64_t unlisted() const;
  std::size_t memory_bytes() const;

 private:
  using ByTime = std::set<std::pair<UnixMillis, Hash128>>;
  struct Entry {
    AlertPtr alert;
    uint64_t sequence = 0;
  };

  void Insert(const AlertPtr& alert);
  void Erase(const Hash128& id);
  void EvictOne();
  void Offer(AlertWatch* watch, const AlertPtr& alert);

  const std::size_t alerts_max_;
  const std::size_t watch_queue_max_;
  mutable std::shared_mutex mutex_;
  alert::Digester digester_;
  std::unordered_map<Hash128, Entry> by_id_;
  // In the order of arrival, in which the changes of each shard rise.
  std::map<uint64_t, AlertPtr> by_sequence_;
  // By the time they fired, latest first.
  std::map<alert::Position, AlertPtr, std::greater<>> by_fired_;
  ByTime ended_;                // by their last changes: the first to go
  uint64_t last_sequence_ = 0;
  std::size_t bytes_ = 0;
  WatchCursor seen_;
  WatchCursor evicted_;         // the greatest change of each shard that was evicted or left out
  uint64_t evicted_alerts_ = 0;
  uint64_t evicted_live_ = 0;   // of those: had not ended
  std::map<std::string, worker::LeftOutAlerts> left_out_;   // by worker
  // Held while watchers are woken, so that Unwatch can wait; taken before mutex_.
  std::mutex watch_mutex_;
  std::vector<std::shared_ptr<AlertWatch>> watches_;
};

}  // namespace weir::coordinator
