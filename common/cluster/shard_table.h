// The shard table: which worker serves which shard, and since when (epoch). In the metadata store every
// shard has a key of its own, so that entries change one by one; a table is a view of all of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/status.h"

namespace weir::cluster {

struct ShardEntry {
  Epoch epoch;          // grows with every change of worker, and with every start of its worker
  std::string worker;   // id; empty: given to nobody yet
  // Not empty: the shard should go to this worker, if it has never been given an event. Its worker
  // decides: it hands over (next epoch, worker = successor) or clears this.
  std::string successor;
  int64_t modified = 0;   // revision of the entry's key; not part of the value

  bool operator==(const ShardEntry&) const = default;
};

// The value of an entry's key: versioned, docs/formats.md. stored: do not renumber.
std::string EncodeShardEntry(const ShardEntry& entry);
StatusOr<ShardEntry> DecodeShardEntry(std::string_view bytes);

struct ShardTable {
  int64_t revision = 0;              // of the metadata store
  std::vector<ShardEntry> entries;   // by shard
};

}  // namespace weir::cluster
