// The groups of one window in one shard: a hash table of encoded groups in memory, a few of them
// opened for work, and the store below. What is clean may leave memory and comes back when touched;
// what is dirty leaves only through a checkpoint. Nothing is ever dropped because it is large.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/shard/group.h"
#include "common/state/state_store.h"

namespace weir::shard {

// Of all tables of a shard together, kept as they change: a shard may have hundreds of windows.
struct TableTotals {
  std::size_t memory_bytes = 0;
  bool store_may_hold = false;   // of any table, ever
};

class GroupTable {
 public:
  // window may be replaced by SetWindow when a new rule set keeps it. totals outlives the table.
  GroupTable(const plan::Window* window, std::string key_prefix, state::StateStore* store,
             TableTotals* totals);
  ~GroupTable();

  void SetWindow(const plan::Window* window);

  // Brings the groups that are in the store but not in memory, in one read. Call before a run of
  // Open calls; harmless to skip.
  Status Prefetch(const std::vector<Hash128>& hashes);

  // Opens a group for reading and writing, making it if create. Null when absent and not create. The
  // pointer is valid until CloseIdle. The group counts as changed only after MarkDirty.
  StatusOr<Group*> Open(const Hash128& hash, std::string_view key, bool create);
  void MarkDirty(const Hash128& hash);
  // Open with create, and MarkDirty.
  StatusOr<Group*> OpenToChange(const Hash128& hash, std::string_view key);

  // Encodes opened groups back until at most `keep` stay open (the oldest go first). expires gives
  // the time from which a group is dead.
  using ExpiresFn = std::function<uint64_t(const Group&)>;
  void CloseIdle(std::size_t keep, const ExpiresFn& expires);

  // Visits every live group, in memory or stored (each once), opened for reading. The visitor may
  // change a group and MarkDirty it, not open others.
  Status ForEach(const ExpiresFn& expires,
                 const std::function<void(const Hash128&, Group&)>& visit);

  // Visits the groups in one of `count` slices (a power of two, at most 65536) of all hashes, in memory or
  // stored, each once. Opens none: nothing gets into memory or stays there for it.
  Status ForEachIn(uint32_t slice, uint32_t count,
                   const std::function<void(const Group&)>& visit) const;

  // Adds all changed groups to the batch (dead ones as deletions) and counts them clean.
  void Checkpoint(uint64_t dead_before_ms, const ExpiresFn& expires, state::WriteBatch* batch);
  // Frees clean groups until at most target_bytes are used; returns the bytes freed.
  std::size_t EvictClean(std::size_t target_bytes);
  // Looks at some more entries and frees those dead before the time. Work is bounded per call.
  void Sweep(uint64_t dead_before_ms, std::size_t entries);

  std::size_t size() const { return entries_.size(); }
  std::size_t memory_bytes() const { return memory_bytes_; }
  uint64_t evicted() const { return evicted_; }
  // Whether the store may hold groups that are not in memory.
  bool store_may_hold() const { return store_may_hold_; }
  void SetStoreMayHold() {
    store_may_hold_ = true;
    totals_->store_may_hold = true;
  }
  bool dirty() const { return dirty_count_ != 0; }

 private:
  struct Entry {
    std::unique_ptr<char[]> bytes;    // encoded; stale while open and dirty
    uint32_t size = 0;
    bool dirty = false;               // differs from the store
    bool stored = false;              // the store has some version of it
    bool referenced = false;          // touched since the last eviction pass
    std::unique_ptr<Group> open;
  };

  StatusOr<Entry*> FindEntry(const Hash128& hash, std::string_view key, bool create);
  void MarkDirty(const Hash128& hash, Entry* entry);
  Entry* AddEntry(const Hash128& hash);
  Group* OpenEntry(const Hash128& hash, Entry* entry);
  void CloseEntry(Entry* entry, const ExpiresFn& expires);
  void SetBytes(Entry* entry, std::string_view encoded);
  void Erase(absl::flat_hash_map<Hash128, Entry>::iterator position);
  std::string_view BytesOf(const Entry& entry) const { return {entry.bytes.get(), entry.size}; }

  const plan::Window* window_;
  std::string key_prefix_;
  state::StateStore* store_;
  TableTotals* totals_;
  absl::flat_hash_map<Hash128, Entry> entries_;
  std::deque<Hash128> open_;          // in order of opening
  std::vector<Hash128> dirty_;        // may name entries that are clean again
  std::size_t dirty_count_ = 0;
  std::size_t memory_bytes_ = 0;
  uint64_t evicted_ = 0;
  std::size_t sweep_position_ = 0;
  bool store_may_hold_ = false;
  std::string scratch_;
};

}  // namespace weir::shard
