// Which events a shard has seen, for the promised horizon: the answer to "is this a repeat?". Recent
// identities are kept in memory by generation; what no longer fits is sealed: sorted runs of blocks in
// the store, each behind a Bloom filter, so that a miss (nearly every event) reads no disk.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/state/state_store.h"

namespace weir::shard {

// Set membership with false positives at about one in a hundred: ten bits an entry.
class BloomFilter {
 public:
  explicit BloomFilter(std::size_t entries);
  void Add(const Hash128& hash);
  bool MayContain(const Hash128& hash) const;
  std::size_t memory_bytes() const { return bits_.capacity() * sizeof(uint64_t); }

 private:
  std::vector<uint64_t> bits_;
};

class IdentityIndex {
 public:
  IdentityIndex(ShardId shard, state::StateStore* store, int64_t horizon_ms);
  ~IdentityIndex();

  // Reads back what checkpoints wrote.
  Status Load();

  // True when the identity is new; it is then remembered, as arrived at the time given. Times may not
  // go back by more than a generation (a quarter of the horizon).
  StatusOr<bool> Insert(const Hash128& identity, UnixMillis arrived_ms);

  // Forgets generations that ended before the horizon; their keys go into the next checkpoint.
  void Expire(UnixMillis now_ms);

  // Adds what is new since the last checkpoint, and deletions.
  void Checkpoint(state::WriteBatch* batch);
  // Seals the oldest generations in memory until at most target_bytes are used. Call after a
  // checkpoint was written; the sealed form goes into the batch.
  void Seal(std::size_t target_bytes, state::WriteBatch* batch);

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const;

 private:
  // Sealed identities: sorted blocks in the store.
  struct Run {
    uint64_t number = 0;
    uint64_t count = 0;
    std::unique_ptr<BloomFilter> filter;
  };
  struct Generation {
    absl::flat_hash_set<Hash128> hot;
    std::vector<Hash128> unsaved;       // of hot, since the last checkpoint
    uint64_t deltas = 0;                // delta values written
    std::vector<Run> runs;              // by number; each more than twice as long as the next
    uint64_t sealed() const;            // identities in the runs
  };

  Status LoadFilters();
  StatusOr<bool> ContainsSealed(uint64_t number, const Generation& generation,
                                const Hash128& identity) const;
  std::vector<Hash128> TakeShortRuns(uint64_t number, Generation* generation,
                                     state::WriteBatch* batch);
  uint64_t GenerationOf(UnixMillis time_ms) const;

  ShardId shard_;
  state::StateStore* store_;
  int64_t generation_ms_;
  int64_t horizon_ms_;
  std::map<uint64_t, Generation> generations_;   // by number, oldest first
  std::vector<uint64_t> expired_;                // to delete at the next checkpoint
  std::size_t size_ = 0;
};

}  // namespace weir::shard
