// The store of tests and backtests: one ordered map per family. A scan works on the map it started
// with; the first write during a scan copies the map, so that visitors hold no lock and may write.
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "common/base/check.h"
#include "common/state/expiry_floors_internal.h"
#include "common/state/state_store.h"

namespace weir::state {

namespace {

constexpr std::size_t kFamilies = 3;
// What a map node takes beside its bytes, roughly: links, two string headers, the allocator's part.
constexpr uint64_t kNodeBytes = 112;

std::size_t IndexOf(Family family) {
  const auto index = static_cast<std::size_t>(family);
  WEIR_CHECK(index < kFamilies, "no family {}", index);
  return index;
}

struct Operation {
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };
  Kind kind;
  Family family;
  std::string key;
  std::string value;  // the range's end for kDeleteRange
};

class MemoryBatch final : public WriteBatch {
 public:
  void Put(Family family, std::string_view key, std::string_view value) override {
    Add(Operation::Kind::kPut, family, key, value);
  }
  void Delete(Family family, std::string_view key) override {
    Add(Operation::Kind::kDelete, family, key, {});
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    if (begin < end) {
      Add(Operation::Kind::kDeleteRange, family, begin, end);
    }
  }
  std::size_t ApproximateBytes() const override { return bytes_; }
  void Clear() override {
    operations_.clear();
    bytes_ = 0;
  }

  const std::vector<Operation>& operations() const { return operations_; }

 private:
  void Add(Operation::Kind kind, Family family, std::string_view key, std::string_view value) {
    operations_.push_back({kind, family, std::string(key), std::string(value)});
    bytes_ += key.size() + value.size() + 4;
  }

  std::vector<Operation> operations_;
  std::size_t bytes_ = 0;
};

class MemoryStore final : public StateStore {
 public:
  MemoryStore() {
    for (auto& map : maps_) {
      map = std::make_shared<Map>();
    }
  }

  std::unique_ptr<WriteBatch> NewBatch(std::size_t) override {
    return std::make_unique<MemoryBatch>();
  }
  Status Write(WriteBatch* batch, bool sync) override;
  Status Get(Family family, std::string_view key, std::string* value) override;
  void MultiGet(Family family, const std::vector<std::string>& keys,
                std::vector<std::string>* values, std::vector<Status>* statuses) override;
  Status Scan(Family family, std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view key, std::string_view value)>& visit)
      override;
  void SetExpiryFloor(std::string_view prefix, uint64_t floor_ms) override {
    floors_.Set(prefix, floor_ms);
  }
  Status Compact() override;
  StoreStats Stats() override {
    const std::lock_guard lock(mutex_);
    return {.disk_bytes = 0, .memory_bytes = bytes_, .syncs = syncs_};
  }

 private:
  using Map = std::map<std::string, std::string, std::less<>>;

  // Return the family's map for a change, on its own copy when a scan reads the present one.
  // REQUIRES: mutex_ is held. Scans take and drop their reference under it too, so the count is exact.
  Map& MutableMap(Family family) {
    std::shared_ptr<Map>& map = maps_[IndexOf(family)];
    if (map.use_count() > 1) {
      map = std::make_shared<Map>(*map);
    }
    return *map;
  }
  void Apply(const Operation& operation);
  void Put(Map& map, const std::string& key, const std::string& value);
  Map::iterator Erase(Map& map, Map::iterator entry) {
    bytes_ -= entry->first.size() + entry->second.size() + kNodeBytes;
    return map.erase(entry);
  }
  Status GetLocked(Family family, std::string_view key, std::string* value) const;

  std::mutex mutex_;
  std::array<std::shared_ptr<Map>, kFamilies> maps_;
  uint64_t bytes_ = 0;
  uint64_t syncs_ = 0;
  SharedExpiryFloors floors_;
};

void MemoryStore::Put(Map& map, const std::string& key, const std::string& value) {
  const auto [entry, added] = map.try_emplace(key, value);
  if (added) {
    bytes_ += key.size() + value.size() + kNodeBytes;
    return;
  }
  bytes_ += value.size();
  bytes_ -= entry->second.size();
  entry->second = value;
}

void MemoryStore::Apply(const Operation& operation) {
  Map& map = MutableMap(operation.family);
  switch (operation.kind) {
    case Operation::Kind::kPut:
      Put(map, operation.key, operation.value);
      break;
    case Operation::Kind::kDelete:
      if (const auto entry = map.find(operation.key); entry != map.end()) {
        Erase(map, entry);
      }
      break;
    case Operation::Kind::kDeleteRange: {
      const auto last = map.lower_bound(operation.value);
      for (auto entry = map.lower_bound(operation.key); entry != last;) {
        entry = Erase(map, entry);
      }
      break;
    }
  }
}

Status MemoryStore::Write(WriteBatch* batch, bool sync) {
  const auto* memory_batch = dynamic_cast<const MemoryBatch*>(batch);
  WEIR_CHECK(memory_batch != nullptr, "the batch was made by another kind of store");
  const std::lock_guard lock(mutex_);
  for (const Operation& operation : memory_batch->operations()) {
    Apply(operation);
  }
  syncs_ += sync ? 1 : 0;
  return OkStatus();
}

Status MemoryStore::GetLocked(Family family, std::string_view key, std::string* value) const {
  const Map& map = *maps_[IndexOf(family)];
  const auto entry = map.find(key);
  if (entry == map.end()) {
    return NotFound("no such key");
  }
  *value = entry->second;
  return OkStatus();
}

Status MemoryStore::Get(Family family, std::string_view key, std::string* value) {
  const std::lock_guard lock(mutex_);
  return GetLocked(family, key, value);
}

void MemoryStore::MultiGet(Family family, const std::vector<std::string>& keys,
                           std::vector<std::string>* values, std::vector<Status>* statuses) {
  values->assign(keys.size(), {});
  statuses->assign(keys.size(), OkStatus());
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    (*statuses)[i] = GetLocked(family, keys[i], &(*values)[i]);
  }
}

Status MemoryStore::Scan(
    Family family, std::string_view begin, std::string_view end,
    const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  std::shared_ptr<Map> map;
  {
    const std::lock_guard lock(mutex_);
    map = maps_[IndexOf(family)];
  }
  for (auto entry = map->lower_bound(begin); entry != map->end() && entry->first < end; ++entry) {
    if (!visit(entry->first, entry->second)) {
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  map.reset();
  return OkStatus();
}

Status MemoryStore::Compact() {
  const ExpiryFloors floors = floors_.Copy();
  if (floors.empty()) {
    return OkStatus();
  }
  const std::lock_guard lock(mutex_);
  Map& map = MutableMap(Family::kState);
  for (auto entry = map.begin(); entry != map.end();) {
    entry = floors.Expired(entry->first, entry->second) ? Erase(map, entry) : std::next(entry);
  }
  return OkStatus();
}

}  // namespace

std::unique_ptr<StateStore> MakeMemoryStore() {
  return std::make_unique<MemoryStore>();
}

}  // namespace weir::state
