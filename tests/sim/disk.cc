#include "tests/sim/disk.h"

#include <utility>

#include "common/base/check.h"
#include "common/shard/keys.h"

namespace weir::sim {

using state::Family;

struct Disk::Change {
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };
  Kind kind;
  Family family;
  std::string key;
  std::string value;   // of kDeleteRange: the end
};

class Disk::Batch final : public state::WriteBatch {
 public:
  void Put(Family family, std::string_view key, std::string_view value) override {
    Add(Change::Kind::kPut, family, key, value);
  }
  void Delete(Family family, std::string_view key) override {
    Add(Change::Kind::kDelete, family, key, {});
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    if (begin < end) {
      Add(Change::Kind::kDeleteRange, family, begin, end);
    }
  }
  std::size_t ApproximateBytes() const override { return bytes_; }
  void Clear() override {
    changes_.clear();
    bytes_ = 0;
  }
  const Changes& changes() const { return changes_; }

 private:
  void Add(Change::Kind kind, Family family, std::string_view key, std::string_view value) {
    changes_.push_back({kind, family, std::string(key), std::string(value)});
    bytes_ += key.size() + value.size() + 4;
  }

  Changes changes_;
  std::size_t bytes_ = 0;
};

namespace {

std::pair<uint16_t, uint64_t> PlaceOf(std::string_view log_key) {
  return {static_cast<uint16_t>(static_cast<uint8_t>(log_key[0]) << 8 |
                                static_cast<uint8_t>(log_key[1])),
          shard::LogNumberOfKey(log_key).value};
}

}  // namespace

Disk::Disk(Random* random) : random_(random), view_(state::MakeMemoryStore()) {}
Disk::~Disk() = default;

std::unique_ptr<state::WriteBatch> Disk::NewBatch(std::size_t) {
  return std::make_unique<Batch>();
}

Status Disk::Write(state::WriteBatch* batch, bool sync) {
  const auto* own = dynamic_cast<const Batch*>(batch);
  WEIR_CHECK(own != nullptr, "the batch was made by another kind of store");
  if (offline_) {
    return Unavailable("the disk is gone");
  }
  if (full_) {
    return ResourceExhausted("no space left on device");
  }
  if (crash_in_ > 0 && --crash_in_ == 0) {
    return WriteInCrash(own->changes());
  }
  Apply(own->changes());
  unsynced_.push_back(own->changes());
  if (sync) {
    for (const Changes& changes : std::exchange(unsynced_, {})) {
      Keep(changes);
    }
  }
  return OkStatus();
}

// The write may have reached the disk, or not, or so far that it is cut off as torn: the caller never
// learns it.
Status Disk::WriteInCrash(Changes changes) {
  Apply(changes);
  unsynced_.push_back(std::move(changes));
  offline_ = true;
  std::exchange(died_, nullptr)();
  return Unavailable("the machine died");
}

void Disk::Apply(const Changes& changes) {
  const auto batch = view_->NewBatch();
  for (const Change& change : changes) {
    switch (change.kind) {
      case Change::Kind::kPut:
        batch->Put(change.family, change.key, change.value);
        if (change.family == Family::kLog) {
          log_records_[PlaceOf(change.key)] = change.value;
        }
        break;
      case Change::Kind::kDelete:
        batch->Delete(change.family, change.key);
        break;
      case Change::Kind::kDeleteRange:
        batch->DeleteRange(change.family, change.key, change.value);
        break;
    }
  }
  const Status written = view_->Write(batch.get(), true);
  WEIR_CHECK(written.ok(), "a write to memory failed");
}

void Disk::Keep(const Changes& changes) {
  for (const Change& change : changes) {
    Map& map = durable_[static_cast<std::size_t>(change.family)];
    switch (change.kind) {
      case Change::Kind::kPut:
        map[change.key] = change.value;
        break;
      case Change::Kind::kDelete:
        map.erase(change.key);
        break;
      case Change::Kind::kDeleteRange:
        map.erase(map.lower_bound(change.key), map.lower_bound(change.value));
        break;
    }
  }
}

void Disk::CrashAtWrite(int n, std::function<void()> died) {
  crash_in_ = n;
  died_ = std::move(died);
}

void Disk::Crash() {
  const std::vector<Changes> unsynced = std::exchange(unsynced_, {});
  const std::size_t kept = unsynced.empty() ? 0 : random_->Below(unsynced.size() + 1);
  for (std::size_t i = 0; i < unsynced.size(); ++i) {
    if (i < kept) {
      Keep(unsynced[i]);
      continue;
    }
    for (const Change& change : unsynced[i]) {
      if (change.family == Family::kLog && change.kind == Change::Kind::kPut) {
        log_records_.erase(PlaceOf(change.key));
      }
    }
  }
  view_ = state::MakeMemoryStore();
  const auto batch = view_->NewBatch();
  for (std::size_t family = 0; family < durable_.size(); ++family) {
    for (const auto& [key, value] : durable_[family]) {
      batch->Put(static_cast<Family>(family), key, value);
    }
  }
  const Status written = view_->Write(batch.get(), true);
  WEIR_CHECK(written.ok(), "a write to memory failed");
  Detach();
}

void Disk::Detach() {
  offline_ = true;
  crash_in_ = 0;
  died_ = nullptr;
}

void Disk::Attach() {
  offline_ = false;
  full_ = false;
}

Status Disk::Get(Family family, std::string_view key, std::string* value) {
  return view_->Get(family, key, value);
}

void Disk::MultiGet(Family family, const std::vector<std::string>& keys,
                    std::vector<std::string>* values, std::vector<Status>* statuses) {
  view_->MultiGet(family, keys, values, statuses);
}

Status Disk::Scan(Family family, std::string_view begin, std::string_view end,
                  const std::function<bool(std::string_view, std::string_view)>& visit) {
  return view_->Scan(family, begin, end, visit);
}

// Expired values are dropped by compactions, which belong to the machine and not to the process.
void Disk::SetExpiryFloor(std::string_view prefix, uint64_t floor_ms) {
  view_->SetExpiryFloor(prefix, floor_ms);
}

}  // namespace weir::sim
