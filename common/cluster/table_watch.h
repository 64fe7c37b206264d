// Keeps a view of the shard table that follows the metadata store. All calls and callbacks are tasks of
// the store's scheduler.
#pragma once

#include <functional>

#include "common/cluster/prefix_watch.h"
#include "common/cluster/shard_table.h"

namespace weir::cluster {

class TableWatch {
 public:
  // on_change is called when the table was read first, and after every change. store and scheduler outlive
  // the watch.
  TableWatch(meta::MetaStore* store, task::Scheduler* scheduler, uint16_t shard_count,
             std::function<void(const ShardTable&)> on_change);

  void Start() { watch_.Start(); }
  void Stop() { watch_.Stop(); }

  // Whether the table has been read. While the store is not reached, the table stays as it was last seen.
  bool synced() const { return watch_.synced(); }
  const ShardTable& table() const { return table_; }

 private:
  void Take(const std::vector<meta::Event>& events);
  void TakeEvent(const meta::Event& event);

  ShardTable table_;
  const std::function<void(const ShardTable&)> on_change_;
  PrefixWatch watch_;
};

}  // namespace weir::cluster
