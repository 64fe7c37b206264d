// The shard table: which worker serves which shard, and since when (epoch). In the metadata store every
// shard has a key of its own, so that entries change one by one; a table is a view of all of them.
#pragma once

#include <cstdint>
#include <map>
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
  // When an entry last changed, in revisions of the metadata store: the same for everybody who sees the
  // same entries.
  int64_t revision = 0;
  std::vector<ShardEntry> entries;   // by shard; without a key in the store: epoch 0, worker ""
  // Entries whose value cannot be read, and why; as if given to nobody, and nobody may change them.
  std::map<ShardId, std::string> damaged;
};

}  // namespace weir::cluster
