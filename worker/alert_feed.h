// The alerts of a worker, for those who follow them from other processes: the newest revision of each, in
// the order of their last changes. A follower remembers how far it has come; one that is slow misses only
// revisions that a newer one has replaced. Thread safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/hash.h"
#include "worker/worker.h"

namespace weir::worker {

class AlertFeed final : public AlertSink {
 public:
  using AlertPtr = std::shared_ptr<const alert::Alert>;

  // Keeps at most alerts_max alerts, those changed last, and rather those that have not ended. Passes every alert on to next; may be null.
  explicit AlertFeed(std::size_t alerts_max, AlertSink* next = nullptr)
      : alerts_max_(alerts_max), next_(next) {}

  // Takes an alert if it is new or its revision is greater than the known one's.
  void OnAlert(const alert::Alert& alert) override;

  void OnAlertForgotten(const Hash128& id) override;

  // At most max alerts changed after the position, and the position of the last of them; to removed, the
  // ids of those that are no longer kept. Positions begin at 0 and mean nothing to another feed.
  std::vector<AlertPtr> After(uint64_t* position, std::size_t max,
                              std::vector<Hash128>* removed) const;

  // wake is called, from any thread, after a change. It must neither block nor call the feed's Add or
  // Remove.
  uint64_t AddListener(std::function<void()> wake);
  // After it returns wake is not called any more.
  void RemoveListener(uint64_t listener);

  // What After no longer gives.
  LeftOutAlerts left_out() const;

  std::size_t size() const;

 private:
  const std::size_t alerts_max_;
  AlertSink* const next_;
  mutable std::mutex mutex_;
  uint64_t last_ = 0;
  struct Entry {
    Hash128 id;
    AlertPtr alert;   // null: it is no longer kept
  };
  void Note(const Hash128& id, AlertPtr alert);
  void Wake();

  std::map<uint64_t, Entry> by_change_;
  std::set<uint64_t> ended_;   // of by_change_: closed, recovered or no longer kept; these go first
  LeftOutAlerts left_out_;
  std::unordered_map<Hash128, uint64_t> change_of_;
  std::mutex listeners_mutex_;
  uint64_t next_listener_ = 1;
  std::map<uint64_t, std::function<void()>> listeners_;
};

}  // namespace weir::worker
