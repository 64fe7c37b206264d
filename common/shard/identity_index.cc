#include "common/shard/identity_index.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/shard/keys.h"

namespace weir::shard {

namespace {

constexpr std::size_t kBlockEntries = 256;
// So many runs of one tier become one of the next; a tier's runs are up to four times as large as those
// of the tier below.
constexpr std::size_t kMergedRuns = 4;
constexpr uint64_t kTierEntries = 1024;
constexpr int kProbes = 6;
constexpr std::size_t kHotBytesPerEntry = 28;   // 16 bytes at the hash set's usual load, plus control
// Generations count from the year 1, so that times before the epoch have numbers too.
constexpr int64_t kTimeOffset = 62135596800000;

void AppendBlock(const std::vector<Hash128>& sorted, std::size_t begin, std::size_t end,
                 std::string* out) {
  for (std::size_t i = begin; i < end; ++i) {
    sorted[i].AppendTo(out);
  }
}

std::vector<Hash128> ParseBlock(std::string_view bytes) {
  std::vector<Hash128> hashes;
  for (std::size_t i = 0; i + 16 <= bytes.size(); i += 16) {
    hashes.push_back(Hash128::FromBytes(bytes.substr(i, 16)));
  }
  return hashes;
}

int TierOf(uint64_t entries) {
  int tier = 0;
  for (uint64_t limit = kTierEntries; entries > limit; limit *= kMergedRuns) {
    ++tier;
  }
  return tier;
}

}  // namespace

BloomFilter::BloomFilter(std::size_t entries) : bits_(std::max<std::size_t>(1, entries * 10 / 64 + 1)) {}

BloomFilter BloomFilter::FromBytes(std::string_view bytes) {
  BloomFilter filter(0);
  filter.bits_.assign(std::max<std::size_t>(1, bytes.size() / 8), 0);
  ByteReader reader(bytes);
  for (std::size_t i = 0; i < bytes.size() / 8; ++i) {
    filter.bits_[i] = reader.Fixed64BigEndian();
  }
  return filter;
}

std::string BloomFilter::ToBytes() const {
  std::string bytes;
  bytes.reserve(bits_.size() * 8);
  ByteWriter writer(&bytes);
  for (const uint64_t word : bits_) {
    writer.Fixed64BigEndian(word);
  }
  return bytes;
}

void BloomFilter::Add(const Hash128& hash) {
  uint64_t position = hash.high;
  for (int i = 0; i < kProbes; ++i, position += hash.low | 1) {
    const uint64_t bit = position % (bits_.size() * 64);
    bits_[bit / 64] |= uint64_t{1} << (bit % 64);
  }
}

bool BloomFilter::MayContain(const Hash128& hash) const {
  uint64_t position = hash.high;
  for (int i = 0; i < kProbes; ++i, position += hash.low | 1) {
    const uint64_t bit = position % (bits_.size() * 64);
    if ((bits_[bit / 64] & (uint64_t{1} << (bit % 64))) == 0) {
      return false;
    }
  }
  return true;
}

IdentityIndex::IdentityIndex(ShardId shard, state::StateStore* store, int64_t horizon_ms)
    : shard_(shard),
      store_(store),
      generation_ms_(std::max<int64_t>(1, horizon_ms / 4)),
      horizon_ms_(horizon_ms) {}
IdentityIndex::~IdentityIndex() = default;

uint64_t IdentityIndex::GenerationOf(UnixMillis time_ms) const {
  return static_cast<uint64_t>(std::max<int64_t>(0, time_ms + kTimeOffset) / generation_ms_);
}

Status IdentityIndex::Load() {
  const std::string prefix = IdentityPrefix(shard_);
  std::string next = prefix;
  while (true) {
    // The blocks are passed over: from one generation to the next.
    std::optional<uint64_t> number;
    WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kState, next, state::PrefixEnd(prefix),
                                      [&](std::string_view key, std::string_view) {
                                        ByteReader reader(key.substr(prefix.size()));
                                        number = reader.Fixed64BigEndian();
                                        return false;
                                      }));
    if (!number) {
      return OkStatus();
    }
    WEIR_RETURN_IF_ERROR(LoadGeneration(*number));
    next = state::PrefixEnd(IdentityGenerationPrefix(shard_, *number));
  }
}

// Deltas become hot sets again; runs only need their filters.
Status IdentityIndex::LoadGeneration(uint64_t number) {
  Generation& generation = generations_[number];
  const std::string prefix = IdentityGenerationPrefix(shard_, number);
  WEIR_RETURN_IF_ERROR(store_->Scan(
      state::Family::kState, prefix + 'd', prefix + 'e',
      [&](std::string_view key, std::string_view value) {
        generation.deltas = ByteReader(key.substr(prefix.size() + 1)).Fixed64BigEndian() + 1;
        for (const Hash128& hash : ParseBlock(value)) {
          size_ += generation.hot.insert(hash).second ? 1 : 0;
        }
        return true;
      }));
  return store_->Scan(
      state::Family::kState, prefix + 'f', prefix + 'g',
      [&](std::string_view key, std::string_view value) {
        const uint64_t run = ByteReader(key.substr(prefix.size() + 1)).Fixed64BigEndian();
        ByteReader reader(value);
        const uint64_t entries = reader.Fixed64BigEndian();
        generation.runs.push_back({run, entries, BloomFilter::FromBytes(value.substr(8))});
        generation.next_run = run + 1;
        generation.sealed += entries;
        size_ += entries;
        return true;
      });
}

StatusOr<bool> IdentityIndex::ContainsSealed(uint64_t number, const Generation& generation,
                                             const Hash128& identity) const {
  bool found = false;
  for (auto run = generation.runs.rbegin(); !found && run != generation.runs.rend(); ++run) {
    if (!run->filter.MayContain(identity)) {
      continue;
    }
    WEIR_RETURN_IF_ERROR(store_->Scan(
        state::Family::kState, IdentityBlockKey(shard_, number, run->number, identity),
        state::PrefixEnd(IdentityRunPrefix(shard_, number, run->number)),
        [&](std::string_view, std::string_view value) {
          const std::vector<Hash128> hashes = ParseBlock(value);
          found = std::binary_search(hashes.begin(), hashes.end(), identity);
          return false;
        }));
  }
  return found;
}

StatusOr<bool> IdentityIndex::Contains(const Hash128& identity) const {
  for (const auto& [number, generation] : generations_) {
    if (generation.hot.contains(identity)) {
      return true;
    }
    WEIR_ASSIGN_OR_RETURN(const bool sealed, ContainsSealed(number, generation, identity));
    if (sealed) {
      return true;
    }
  }
  return false;
}

StatusOr<bool> IdentityIndex::Insert(const Hash128& identity, UnixMillis arrived_ms) {
  WEIR_ASSIGN_OR_RETURN(const bool known, Contains(identity));
  if (known) {
    return false;
  }
  Generation& generation = generations_[GenerationOf(arrived_ms)];
  generation.hot.insert(identity);
  generation.unsaved.push_back(identity);
  ++size_;
  return true;
}

void IdentityIndex::Expire(UnixMillis now_ms) {
  const uint64_t oldest = GenerationOf(now_ms - horizon_ms_);
  while (!generations_.empty() && generations_.begin()->first < oldest) {
    const Generation& generation = generations_.begin()->second;
    size_ -= generation.hot.size() + generation.sealed;
    expired_.push_back(generations_.begin()->first);
    generations_.erase(generations_.begin());
  }
}

void IdentityIndex::Checkpoint(state::WriteBatch* batch) {
  for (const uint64_t number : expired_) {
    const std::string prefix = IdentityGenerationPrefix(shard_, number);
    batch->DeleteRange(state::Family::kState, prefix, state::PrefixEnd(prefix));
  }
  expired_.clear();
  for (auto& [number, generation] : generations_) {
    if (generation.unsaved.empty()) {
      continue;
    }
    std::string value;
    value.reserve(generation.unsaved.size() * 16);
    AppendBlock(generation.unsaved, 0, generation.unsaved.size(), &value);
    batch->Put(state::Family::kState, IdentityDeltaKey(shard_, number, generation.deltas++), value);
    generation.unsaved.clear();
    generation.unsaved.shrink_to_fit();
  }
}

Status IdentityIndex::Seal(std::size_t target_bytes, state::WriteBatch* batch) {
  // Only runs of earlier batches can be read, so merging comes first; once, to bound the work.
  for (auto& [number, generation] : generations_) {
    WEIR_ASSIGN_OR_RETURN(const bool merged, MergeOnce(number, &generation, batch));
    if (merged) {
      break;
    }
  }
  for (auto& [number, generation] : generations_) {
    if (hot_bytes() <= target_bytes) {
      break;
    }
    if (!generation.hot.empty() && generation.unsaved.empty()) {
      SealHot(number, &generation, batch);
    }
  }
  return OkStatus();
}

void IdentityIndex::SealHot(uint64_t number, Generation* generation, state::WriteBatch* batch) {
  std::vector<Hash128> sorted(generation->hot.begin(), generation->hot.end());
  std::sort(sorted.begin(), sorted.end());
  WriteRun(number, generation, sorted, batch);
  batch->DeleteRange(state::Family::kState, IdentityDeltaKey(shard_, number, 0),
                     IdentityDeltaKey(shard_, number, generation->deltas));
  generation->hot = {};
}

// Merges the oldest runs of a tier that has enough of them. A generation that gets no more identities
// may merge any: it is asked as often as the others, and each run costs a look at its filter.
StatusOr<bool> IdentityIndex::MergeOnce(uint64_t number, Generation* generation,
                                        state::WriteBatch* batch) {
  const bool is_last = number == generations_.rbegin()->first;
  std::map<int, std::vector<std::size_t>> tiers;
  for (std::size_t i = 0; i < generation->runs.size(); ++i) {
    tiers[is_last ? TierOf(generation->runs[i].entries) : 0].push_back(i);
  }
  for (auto& [tier, members] : tiers) {
    if (members.size() < (is_last ? kMergedRuns : 2)) {
      continue;
    }
    members.resize(std::min(members.size(), kMergedRuns));
    uint64_t entries = 0;
    for (const std::size_t i : members) {
      entries += generation->runs[i].entries;
    }
    if (entries > kMergedEntriesMax) {
      continue;
    }
    std::vector<Hash128> sorted;
    sorted.reserve(entries);
    for (const std::size_t i : members) {
      const std::string prefix = IdentityRunPrefix(shard_, number, generation->runs[i].number);
      const auto middle = static_cast<std::ptrdiff_t>(sorted.size());
      WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kState, prefix, state::PrefixEnd(prefix),
                                        [&sorted](std::string_view, std::string_view value) {
                                          const std::vector<Hash128> block = ParseBlock(value);
                                          sorted.insert(sorted.end(), block.begin(), block.end());
                                          return true;
                                        }));
      std::inplace_merge(sorted.begin(), sorted.begin() + middle, sorted.end());
      batch->DeleteRange(state::Family::kState, prefix, state::PrefixEnd(prefix));
      batch->Delete(state::Family::kState,
                    IdentityFilterKey(shard_, number, generation->runs[i].number));
    }
    generation->sealed -= entries;
    for (auto i = members.rbegin(); i != members.rend(); ++i) {
      generation->runs.erase(generation->runs.begin() + static_cast<std::ptrdiff_t>(*i));
    }
    WriteRun(number, generation, sorted, batch);
    return true;
  }
  return false;
}

void IdentityIndex::WriteRun(uint64_t number, Generation* generation,
                             const std::vector<Hash128>& sorted, state::WriteBatch* batch) {
  const uint64_t run = generation->next_run++;
  BloomFilter filter(sorted.size());
  for (const Hash128& hash : sorted) {
    filter.Add(hash);
  }
  for (std::size_t begin = 0; begin < sorted.size(); begin += kBlockEntries) {
    const std::size_t end = std::min(sorted.size(), begin + kBlockEntries);
    std::string block;
    block.reserve((end - begin) * 16);
    AppendBlock(sorted, begin, end, &block);
    batch->Put(state::Family::kState, IdentityBlockKey(shard_, number, run, sorted[end - 1]),
               block);
  }
  std::string value;
  ByteWriter(&value).Fixed64BigEndian(sorted.size());
  value += filter.ToBytes();
  batch->Put(state::Family::kState, IdentityFilterKey(shard_, number, run), value);
  generation->runs.push_back({run, sorted.size(), std::move(filter)});
  generation->sealed += sorted.size();
  identities_written_ += sorted.size();
}

std::size_t IdentityIndex::hot_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [number, generation] : generations_) {
    bytes += generation.hot.size() * kHotBytesPerEntry + generation.unsaved.capacity() * 16;
  }
  return bytes;
}

std::size_t IdentityIndex::memory_bytes() const {
  std::size_t bytes = hot_bytes();
  for (const auto& [number, generation] : generations_) {
    for (const Run& run : generation.runs) {
      bytes += run.filter.memory_bytes();
    }
  }
  return bytes;
}

std::size_t IdentityIndex::runs() const {
  std::size_t runs = 0;
  for (const auto& [number, generation] : generations_) {
    runs += generation.runs.size();
  }
  return runs;
}

}  // namespace weir::shard
