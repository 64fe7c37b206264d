#include "common/shard/group_table.h"

#include <cstring>

#include "common/base/check.h"
#include "common/shard/keys.h"

namespace weir::shard {

namespace {

// A map slot with its control byte at the usual load, and the allocator's share of the bytes.
constexpr std::size_t kEntryOverhead = 96;
// Groups stay in the table with their bytes up to this size once closed; larger ones too, this only
// bounds one encoding.
constexpr std::size_t kEncodedSizeMax = std::size_t{1} << 31;

}  // namespace

GroupTable::GroupTable(const plan::Window* window, std::string key_prefix,
                       state::StateStore* store, TableTotals* totals)
    : window_(window), key_prefix_(std::move(key_prefix)), store_(store), totals_(totals) {}
GroupTable::~GroupTable() = default;

void GroupTable::SetWindow(const plan::Window* window) {
  WEIR_CHECK(open_.empty(), "groups are open while the rule set changes");
  window_ = window;
}

void GroupTable::SetBytes(Entry* entry, std::string_view encoded) {
  WEIR_CHECK(encoded.size() < kEncodedSizeMax, "group of {} bytes", encoded.size());
  memory_bytes_ += encoded.size();
  memory_bytes_ -= entry->size;
  totals_->memory_bytes += encoded.size();
  totals_->memory_bytes -= entry->size;
  if (entry->size != encoded.size() || entry->bytes == nullptr) {
    entry->bytes = std::make_unique_for_overwrite<char[]>(encoded.size());
    entry->size = static_cast<uint32_t>(encoded.size());
  }
  std::memcpy(entry->bytes.get(), encoded.data(), encoded.size());
}

Status GroupTable::Prefetch(const std::vector<Hash128>& hashes) {
  if (!store_may_hold_) {
    return OkStatus();
  }
  std::vector<std::string> keys;
  std::vector<const Hash128*> wanted;
  for (const Hash128& hash : hashes) {
    if (!entries_.contains(hash)) {
      std::string key = key_prefix_;
      hash.AppendTo(&key);
      keys.push_back(std::move(key));
      wanted.push_back(&hash);
    }
  }
  if (keys.empty()) {
    return OkStatus();
  }
  std::vector<std::string> values;
  std::vector<Status> statuses;
  store_->MultiGet(state::Family::kState, keys, &values, &statuses);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) {
      if (!entries_.contains(*wanted[i])) {
        Entry* entry = AddEntry(*wanted[i]);
        entry->stored = true;
        SetBytes(entry, values[i]);
      }
    } else if (statuses[i].code() != StatusCode::kNotFound) {
      return Annotate(statuses[i], "reading spilled groups");
    }
  }
  return OkStatus();
}

Group* GroupTable::OpenEntry(const Hash128& hash, Entry* entry) {
  entry->referenced = true;
  if (entry->open == nullptr) {
    entry->open = std::make_unique<Group>(Group::Decode(window_, BytesOf(*entry)));
    open_.push_back(hash);
  }
  return entry->open.get();
}

GroupTable::Entry* GroupTable::AddEntry(const Hash128& hash) {
  memory_bytes_ += kEntryOverhead;
  totals_->memory_bytes += kEntryOverhead;
  return &entries_[hash];
}

// Null when there is none and none is made. Valid until an entry is added or erased.
StatusOr<GroupTable::Entry*> GroupTable::FindEntry(const Hash128& hash, std::string_view key,
                                                   bool create) {
  const auto position = entries_.find(hash);
  if (position != entries_.end()) {
    OpenEntry(hash, &position->second);
    return &position->second;
  }
  if (store_may_hold_) {
    std::string store_key = key_prefix_;
    hash.AppendTo(&store_key);
    std::string value;
    const Status status = store_->Get(state::Family::kState, store_key, &value);
    if (status.ok()) {
      Entry* entry = AddEntry(hash);
      entry->stored = true;
      SetBytes(entry, value);
      OpenEntry(hash, entry);
      return entry;
    }
    if (status.code() != StatusCode::kNotFound) {
      return Annotate(status, "reading a spilled group");
    }
  }
  if (!create) {
    return static_cast<Entry*>(nullptr);
  }
  Entry* entry = AddEntry(hash);
  entry->referenced = true;
  entry->open = std::make_unique<Group>(window_, key);
  open_.push_back(hash);
  return entry;
}

StatusOr<Group*> GroupTable::Open(const Hash128& hash, std::string_view key, bool create) {
  WEIR_ASSIGN_OR_RETURN(Entry * entry, FindEntry(hash, key, create));
  return entry == nullptr ? static_cast<Group*>(nullptr) : entry->open.get();
}

StatusOr<Group*> GroupTable::OpenToChange(const Hash128& hash, std::string_view key) {
  WEIR_ASSIGN_OR_RETURN(Entry * entry, FindEntry(hash, key, true));
  MarkDirty(hash, entry);
  return entry->open.get();
}

void GroupTable::MarkDirty(const Hash128& hash) {
  MarkDirty(hash, &entries_.at(hash));
}

void GroupTable::MarkDirty(const Hash128& hash, Entry* entry) {
  if (!entry->dirty) {
    entry->dirty = true;
    ++dirty_count_;
    dirty_.push_back(hash);
  }
}

void GroupTable::CloseEntry(Entry* entry, const ExpiresFn& expires) {
  if (entry->dirty || entry->bytes == nullptr) {
    scratch_.clear();
    entry->open->Encode(expires(*entry->open), &scratch_);
    SetBytes(entry, scratch_);
  }
  entry->open.reset();
}

void GroupTable::CloseIdle(std::size_t keep, const ExpiresFn& expires) {
  while (open_.size() > keep) {
    const auto position = entries_.find(open_.front());
    open_.pop_front();
    if (position != entries_.end() && position->second.open != nullptr) {
      CloseEntry(&position->second, expires);
    }
  }
}

void GroupTable::Erase(absl::flat_hash_map<Hash128, Entry>::iterator position) {
  memory_bytes_ -= position->second.size + kEntryOverhead;
  totals_->memory_bytes -= position->second.size + kEntryOverhead;
  entries_.erase(position);
}

Status GroupTable::ForEach(const ExpiresFn& expires,
                           const std::function<void(const Hash128&, Group&)>& visit) {
  std::vector<Hash128> hashes;
  hashes.reserve(entries_.size());
  for (const auto& [hash, entry] : entries_) {
    hashes.push_back(hash);
  }
  for (const Hash128& hash : hashes) {
    visit(hash, *OpenEntry(hash, &entries_.at(hash)));
    CloseIdle(64, expires);
  }
  if (!store_may_hold_) {
    return OkStatus();
  }
  std::vector<Hash128> stored;
  WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kState, key_prefix_,
                                    state::PrefixEnd(key_prefix_),
                                    [&](std::string_view key, std::string_view) {
                                      const Hash128 hash = HashOfKey(key);
                                      if (!entries_.contains(hash)) {
                                        stored.push_back(hash);
                                      }
                                      return true;
                                    }));
  for (const Hash128& hash : stored) {
    WEIR_ASSIGN_OR_RETURN(Group * group, Open(hash, "", false));
    if (group != nullptr) {
      visit(hash, *group);
      CloseIdle(64, expires);
    }
  }
  return OkStatus();
}

Status GroupTable::ForEachIn(uint32_t slice, uint32_t count,
                             const std::function<void(const Group&)>& visit) const {
  // Slices are ranges of the first two bytes of hashes, so that of the store only one is read.
  const auto slice_of = [count](const Hash128& hash) {
    return static_cast<uint32_t>(((hash.high >> 48) * count) >> 16);
  };
  for (const auto& [hash, entry] : entries_) {
    if (slice_of(hash) != slice) {
      continue;
    }
    if (entry.open != nullptr) {
      visit(*entry.open);
    } else {
      visit(Group::Decode(window_, BytesOf(entry)));
    }
  }
  if (!store_may_hold_) {
    return OkStatus();
  }
  const uint64_t width = (uint64_t{1} << 48) * (65536 / count);   // of hash.high, a slice has
  std::string first = key_prefix_;
  Hash128{slice * width, 0}.AppendTo(&first);
  std::string end = key_prefix_;
  Hash128{(slice + 1) * width, 0}.AppendTo(&end);
  return store_->Scan(state::Family::kState, first,
                      slice + 1 == count ? state::PrefixEnd(key_prefix_) : end,
                      [&](std::string_view key, std::string_view value) {
                        if (!entries_.contains(HashOfKey(key))) {
                          visit(Group::Decode(window_, value));
                        }
                        return true;
                      });
}

void GroupTable::Checkpoint(uint64_t dead_before_ms, const ExpiresFn& expires,
                            state::WriteBatch* batch) {
  CloseIdle(0, expires);
  for (const Hash128& hash : dirty_) {
    const auto position = entries_.find(hash);
    if (position == entries_.end() || !position->second.dirty) {
      continue;
    }
    Entry& entry = position->second;
    entry.dirty = false;
    std::string key = key_prefix_;
    hash.AppendTo(&key);
    if (Group::ExpiresOf(BytesOf(entry)) < dead_before_ms) {
      if (entry.stored) {
        batch->Delete(state::Family::kState, key);
      }
      Erase(position);
      continue;
    }
    batch->Put(state::Family::kState, key, BytesOf(entry));
    entry.stored = true;
  }
  dirty_.clear();
  dirty_count_ = 0;
}

std::size_t GroupTable::EvictClean(std::size_t target_bytes) {
  const std::size_t before = memory_bytes_;
  // Two passes of the clock: untouched groups first, then any clean one.
  for (int pass = 0; pass < 2 && memory_bytes_ > target_bytes; ++pass) {
    for (auto position = entries_.begin(); position != entries_.end();) {
      const auto current = position++;
      Entry& entry = current->second;
      if (memory_bytes_ <= target_bytes) {
        break;
      }
      if (entry.dirty || entry.open != nullptr || !entry.stored) {
        continue;
      }
      if (entry.referenced && pass == 0) {
        entry.referenced = false;
        continue;
      }
      Erase(current);
      ++evicted_;
      SetStoreMayHold();
    }
  }
  // Erasing leaves the table its capacity; a table much too large for what is left gives it back.
  if (entries_.capacity() > 64 && entries_.size() * 8 < entries_.capacity()) {
    entries_.rehash(0);
  }
  return before - memory_bytes_;
}

void GroupTable::Sweep(uint64_t dead_before_ms, std::size_t count) {
  if (entries_.empty()) {
    return;
  }
  // The table's order is arbitrary but stable between changes; a full pass starts over at the end.
  if (sweep_position_ >= entries_.size()) {
    sweep_position_ = 0;
  }
  auto position = entries_.begin();
  std::advance(position, static_cast<std::ptrdiff_t>(sweep_position_));
  for (std::size_t i = 0; i < count && position != entries_.end(); ++i) {
    const auto current = position++;
    ++sweep_position_;
    Entry& entry = current->second;
    // A dead group that the store knows and that changed since is left to the checkpoint, which
    // deletes it there too.
    if (entry.open == nullptr && entry.bytes != nullptr && !(entry.stored && entry.dirty) &&
        Group::ExpiresOf(BytesOf(entry)) < dead_before_ms) {
      dirty_count_ -= entry.dirty ? 1 : 0;
      if (entry.stored) {
        SetStoreMayHold();
      }
      Erase(current);
      --sweep_position_;
    }
  }
}

}  // namespace weir::shard
