// Follows all keys with a prefix: reads them, watches from there on, and reads again when the watch is
// lost; what changed meanwhile is then told as if it had been watched. All calls and callbacks are tasks
// of the store's scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/meta/meta_store.h"
#include "common/task/scheduler.h"

namespace weir::cluster {

inline constexpr int64_t kRetryMs = 500;   // after the store was not reached

class PrefixWatch {
 public:
  // What changed, in the order of revisions; after a second reading only the last change of each key. Also
  // called for the first reading if there is nothing. Must not destroy the watch.
  using OnChange = std::function<void(const std::vector<meta::Event>& events)>;

  // store and scheduler outlive the watch.
  PrefixWatch(meta::MetaStore* store, task::Scheduler* scheduler, std::string prefix,
              OnChange on_change);
  ~PrefixWatch();
  PrefixWatch(const PrefixWatch&) = delete;
  PrefixWatch& operator=(const PrefixWatch&) = delete;

  void Start();
  // No callback after it; keeps what was read. Start begins with a reading.
  void Stop();

  // Whether the keys have been read since Start.
  bool synced() const { return synced_; }
  const std::map<std::string, meta::KeyValue>& kvs() const { return kvs_; }
  // Changes up to this revision are in kvs; there may be none for long, so that the store is far ahead.
  meta::Revision revision() const { return revision_; }

 private:
  void Read();
  void TakeRead(StatusOr<meta::GetResult> result);
  void Follow();
  void TakeEvents(const std::vector<meta::Event>& events, meta::Revision revision);
  void ReadLater(const Status& status);
  // Calls f unless the watch was stopped.
  template <typename F>
  auto Guard(F f);

  meta::MetaStore* const store_;
  task::Scheduler* const scheduler_;
  const std::string prefix_;
  const OnChange on_change_;
  bool started_ = false;
  bool synced_ = false;
  std::map<std::string, meta::KeyValue> kvs_;
  meta::Revision revision_ = 0;
  std::unique_ptr<meta::WatchHandle> watch_;
  std::shared_ptr<uint64_t> generation_ = std::make_shared<uint64_t>(0);
};

}  // namespace weir::cluster
