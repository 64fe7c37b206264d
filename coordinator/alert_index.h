// Every alert the shards report, newest revision each, ordered by the time it fired: what lists and
// watches are served from. Holds copies only; the shards own the alerts. Thread safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "worker/worker.h"

namespace weir::coordinator {

using AlertPtr = std::shared_ptr<const alert::Alert>;

// Conditions joined by AND; an empty set does not restrict.
struct AlertFilter {
  std::set<std::string> rule_ids;
  std::set<rule::Severity> severities;
  std::set<alert::AlertStatus> statuses;

  bool Matches(const alert::Alert& alert) const;
};

// A watcher's queue. The index fills it, the watcher's owner empties it.
class AlertWatch {
 public:
  // Takes the next alert, or nothing when there is none now.
  AlertPtr Next();
  // Whether alerts were lost because the owner took them too slowly; nothing comes after that.
  bool overflowed() const;

 private:
  friend class AlertIndex;

  AlertFilter filter_;
  std::size_t room_ = 0;                 // alerts that may still wait
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<AlertPtr> queue_;
  bool overflowed_ = false;
};

class AlertIndex final : public worker::AlertSink {
 public:
  // Lists hold at most alerts_max alerts, the latest fired; a watcher's queue at most watch_queue_max.
  AlertIndex(std::size_t alerts_max, std::size_t watch_queue_max)
      : alerts_max_(alerts_max), watch_queue_max_(watch_queue_max) {}

  // Takes an alert if it is new or its revision is greater than the known one's.
  void OnAlert(const alert::Alert& alert) override;

  struct Page {
    std::vector<AlertPtr> alerts;   // latest fired first
    std::string next_token;         // empty at the end
    uint64_t total = 0;             // on all pages
  };
  // token: next_token of the page before, or empty. InvalidArgument when it is none.
  StatusOr<Page> List(const AlertFilter& filter, std::size_t page_size,
                      const std::string& token) const;
  // Null when there is none in the index.
  AlertPtr Find(const Hash128& id) const;

  // Registers a watcher. wake is called, from any thread and without locks, when the queue got its first
  // alert or overflowed; it must not block. With existing, the queue starts with all that match, oldest
  // first.
  std::shared_ptr<AlertWatch> Watch(const AlertFilter& filter, bool existing,
                                    std::function<void()> wake);
  // After it returns wake is not called any more.
  void Unwatch(const std::shared_ptr<AlertWatch>& watch);

  uint64_t size() const;
  // Alerts that lists do not hold because of alerts_max.
  uint64_t unlisted() const;

 private:
  // Orders by (fired, id), greatest first.
  using Position = std::pair<UnixMillis, Hash128>;

  void Offer(AlertWatch* watch, const AlertPtr& alert);

  const std::size_t alerts_max_;
  const std::size_t watch_queue_max_;
  mutable std::mutex mutex_;
  std::map<Position, AlertPtr, std::greater<>> by_time_;
  std::unordered_map<Hash128, UnixMillis> fired_;   // of every alert in by_time_
  uint64_t unlisted_ = 0;
  // Held while watchers are woken, so that Unwatch can wait; taken before mutex_.
  std::mutex watch_mutex_;
  std::vector<std::shared_ptr<AlertWatch>> watches_;
};

}  // namespace weir::coordinator
