// Which events a shard has seen, for the promised horizon: the answer to "is this a repeat?". Recent
// identities are kept in memory by generation. What no longer fits is sealed as a run: sorted blocks in
// the store behind a Bloom filter, so that a miss (nearly every event) reads no disk. Runs of about one
// size are merged, four into one, so that there are few of them and each identity is written a small
// number of times, however often memory is short.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
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
  // What ToBytes gave; its size tells the number of bits.
  static BloomFilter FromBytes(std::string_view bytes);
  std::string ToBytes() const;
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

  // Whether the identity is remembered.
  StatusOr<bool> Contains(const Hash128& identity) const;

  // Forgets generations that ended before the horizon; their keys go into the next checkpoint.
  void Expire(UnixMillis now_ms);

  // Adds what is new since the last checkpoint, and deletions.
  void Checkpoint(state::WriteBatch* batch);
  // Seals the oldest generations in memory until the identities there take at most target_bytes, and
  // merges once where runs have become many. Call after Checkpoint; the batch is written before the next
  // Insert, because from now on the sealed form is what is asked.
  Status Seal(std::size_t target_bytes, state::WriteBatch* batch);

  std::size_t size() const { return size_; }
  // With the filters of runs: ten bits for each sealed identity.
  std::size_t memory_bytes() const;
  // Since it was made: identities written in runs, so also those that merging writes again.
  uint64_t identities_written() const { return identities_written_; }
  std::size_t runs() const;

  // Runs of more identities than this are not merged, which bounds the work of one Seal.
  static constexpr uint64_t kMergedEntriesMax = 2'000'000;

 private:
  struct Run {
    uint64_t number;
    uint64_t entries;
    BloomFilter filter;
  };
  struct Generation {
    absl::flat_hash_set<Hash128> hot;
    std::vector<Hash128> unsaved;       // of hot, since the last checkpoint
    uint64_t deltas = 0;                // delta values written
    std::vector<Run> runs;              // oldest first
    uint64_t next_run = 0;
    uint64_t sealed = 0;                // identities in the runs
  };

  Status LoadGeneration(uint64_t number);
  StatusOr<bool> ContainsSealed(uint64_t number, const Generation& generation,
                                const Hash128& identity) const;
  void SealHot(uint64_t number, Generation* generation, state::WriteBatch* batch);
  StatusOr<bool> MergeOnce(uint64_t number, Generation* generation, state::WriteBatch* batch);
  // REQUIRES: sorted is ascending.
  void WriteRun(uint64_t number, Generation* generation, const std::vector<Hash128>& sorted,
                state::WriteBatch* batch);
  std::size_t hot_bytes() const;
  uint64_t GenerationOf(UnixMillis time_ms) const;

  ShardId shard_;
  state::StateStore* store_;
  int64_t generation_ms_;
  int64_t horizon_ms_;
  std::map<uint64_t, Generation> generations_;   // by number, oldest first
  std::vector<uint64_t> expired_;                // to delete at the next checkpoint
  std::size_t size_ = 0;
  uint64_t identities_written_ = 0;
};

}  // namespace weir::shard
