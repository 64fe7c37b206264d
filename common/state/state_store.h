// Where a worker keeps logs and state: two ordered key spaces with atomic batches. One store serves all
// shards of a worker, so that they share write batches and syncs; keys begin with the shard
// (docs/formats.md). Implementations: memory (tests, backtest) and RocksDB.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace weir::state {

enum class Family : uint8_t { kLog, kState, kMeta };

// Changes applied together or not at all.
class WriteBatch {
 public:
  virtual ~WriteBatch() = default;
  virtual void Put(Family family, std::string_view key, std::string_view value) = 0;
  virtual void Delete(Family family, std::string_view key) = 0;
  // Deletes keys in [begin, end); nothing when end is not behind begin. Whoever deletes a growing
  // prefix again and again begins each range where the last one ended: nested ranges cost readers.
  virtual void DeleteRange(Family family, std::string_view begin, std::string_view end) = 0;
  virtual std::size_t ApproximateBytes() const = 0;
  virtual void Clear() = 0;
};

struct StoreStats {
  uint64_t disk_bytes = 0;
  uint64_t memory_bytes = 0;   // caches, write buffers, filters
  uint64_t syncs = 0;
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  // reserve_bytes: room to make at once.
  virtual std::unique_ptr<WriteBatch> NewBatch(std::size_t reserve_bytes = 0) = 0;
  // Applies a batch. With sync, returns after it is on stable storage. Batches reach the store in the
  // order of the calls: one that survives a crash implies all before it. An error (disk full, I/O)
  // means that nothing after it may be acknowledged. Thread safe.
  virtual Status Write(WriteBatch* batch, bool sync) = 0;

  // NotFound when absent.
  virtual Status Get(Family family, std::string_view key, std::string* value) = 0;
  // One result per key, in order: OK, NotFound or an error.
  virtual void MultiGet(Family family, const std::vector<std::string>& keys,
                        std::vector<std::string>* values, std::vector<Status>* statuses) = 0;
  // Calls visit for every key in [begin, end) in order, on a consistent view, until it returns false.
  virtual Status Scan(Family family, std::string_view begin, std::string_view end,
                      const std::function<bool(std::string_view key, std::string_view value)>&
                          visit) = 0;

  // Tells the store that shard state whose value begins with a big-endian u64 expiry below floor_ms is
  // dead: the store may drop such values of keys that start with prefix when it compacts. Only for
  // prefixes whose values begin so.
  // A later call for the same prefix replaces the floor; 0 lifts it. Floors are not stored. Only
  // Family::kState. Thread safe.
  virtual void SetExpiryFloor(std::string_view prefix, uint64_t floor_ms) = 0;

  // Maintenance, and a way for tests to make the store settle: rewrites everything, so that deleted
  // and expired entries are gone when it returns. Expensive; nothing on the data path calls it.
  virtual Status Compact() { return OkStatus(); }

  virtual StoreStats Stats() = 0;
};

std::unique_ptr<StateStore> MakeMemoryStore();

// The key just after all keys that start with prefix. A prefix without a successor (empty, or 0xff
// bytes only) gives itself and 64 bytes 0xff, which lies behind every key that the engine makes.
std::string PrefixEnd(std::string_view prefix);

}  // namespace weir::state
