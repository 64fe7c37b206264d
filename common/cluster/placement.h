// Decides which worker should have which shard. A pure function of the table and the workers: the same
// arguments give the same changes.
//
// Shards of nobody are given to live workers. A shard of a live worker may be asked to go to another, if
// that makes the shares more even; its worker hands it over only while it is empty (shard_table.h). Entries
// of workers that do not live are never touched: the data is there.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/cluster/shard_table.h"

namespace weir::cluster {

struct PlacementInput {
  const ShardTable* table = nullptr;
  std::set<std::string> workers = {};   // that live
  std::set<ShardId> fixed = {};         // not to be asked to go: they have been, in vain
  // Not claimed by their worker since it came to live: nobody else may write their entries.
  std::set<ShardId> unclaimed = {};
  bool assign = true;                   // give away shards of nobody
  bool move = true;                     // ask shards to go
};

struct PlacementChange {
  ShardId shard;
  ShardEntry entry;   // the new one; modified: the revision of the one that it replaces, 0: there is none

  bool operator==(const PlacementChange&) const = default;
};

// In the order of shards. After all changes, and all that was asked is done, the shares of live workers
// differ by at most one, but for those that have more fixed shards than a share; with as few changes of
// worker as can be.
std::vector<PlacementChange> Place(const PlacementInput& input);

}  // namespace weir::cluster
