#include "common/shard/identity_index.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/shard/keys.h"

namespace weir::shard {

namespace {

constexpr std::size_t kBlockEntries = 256;
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

}  // namespace

BloomFilter::BloomFilter(std::size_t entries) : bits_(std::max<std::size_t>(1, entries * 10 / 64 + 1)) {}

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

uint64_t IdentityIndex::Generation::sealed() const {
  uint64_t count = 0;
  for (const Run& run : runs) {
    count += run.count;
  }
  return count;
}

// Deltas become hot sets again; runs only need their filters, whose size is counted first.
Status IdentityIndex::Load() {
  const std::string prefix = IdentityPrefix(shard_);
  Status malformed;
  WEIR_RETURN_IF_ERROR(store_->Scan(
      state::Family::kState, prefix, state::PrefixEnd(prefix),
      [&](std::string_view key, std::string_view value) {
        ByteReader reader(key.substr(prefix.size()));
        Generation& generation = generations_[reader.Fixed64BigEndian()];
        const uint8_t kind = reader.U8();
        const uint64_t number = reader.Fixed64BigEndian();
        if (!reader.ok() || (kind != 'd' && kind != 'r')) {
          malformed = DataLoss("shard {}: an identity key of kind {}", shard_, kind);
          return false;
        }
        if (kind == 'r') {
          if (generation.runs.empty() || generation.runs.back().number != number) {
            generation.runs.push_back({number, 0, nullptr});
          }
          generation.runs.back().count += value.size() / 16;
          size_ += value.size() / 16;
          return true;
        }
        generation.deltas = number + 1;
        for (const Hash128& hash : ParseBlock(value)) {
          size_ += generation.hot.insert(hash).second ? 1 : 0;
        }
        return true;
      }));
  WEIR_RETURN_IF_ERROR(malformed);
  return LoadFilters();
}

Status IdentityIndex::LoadFilters() {
  for (auto& [generation_number, generation] : generations_) {
    for (Run& run : generation.runs) {
      run.filter = std::make_unique<BloomFilter>(run.count);
      const std::string prefix = IdentityRunPrefix(shard_, generation_number, run.number);
      WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kState, prefix, state::PrefixEnd(prefix),
                                        [&](std::string_view, std::string_view value) {
                                          for (const Hash128& hash : ParseBlock(value)) {
                                            run.filter->Add(hash);
                                          }
                                          return true;
                                        }));
    }
  }
  return OkStatus();
}

StatusOr<bool> IdentityIndex::ContainsSealed(uint64_t number, const Generation& generation,
                                             const Hash128& identity) const {
  for (const Run& run : generation.runs) {
    if (!run.filter->MayContain(identity)) {
      continue;
    }
    bool found = false;
    WEIR_RETURN_IF_ERROR(store_->Scan(
        state::Family::kState, IdentityBlockKey(shard_, number, run.number, identity),
        state::PrefixEnd(IdentityRunPrefix(shard_, number, run.number)),
        [&](std::string_view, std::string_view value) {
          const std::vector<Hash128> hashes = ParseBlock(value);
          found = std::binary_search(hashes.begin(), hashes.end(), identity);
          return false;
        }));
    if (found) {
      return true;
    }
  }
  return false;
}

StatusOr<bool> IdentityIndex::Insert(const Hash128& identity, UnixMillis arrived_ms) {
  Generation& generation = generations_[GenerationOf(arrived_ms)];
  for (const auto& [number, known] : generations_) {
    if (&known != &generation && known.hot.contains(identity)) {
      return false;
    }
    WEIR_ASSIGN_OR_RETURN(const bool sealed, ContainsSealed(number, known, identity));
    if (sealed) {
      return false;
    }
  }
  if (!generation.hot.insert(identity).second) {
    return false;
  }
  generation.unsaved.push_back(identity);
  ++size_;
  return true;
}

void IdentityIndex::Expire(UnixMillis now_ms) {
  const uint64_t oldest = GenerationOf(now_ms - horizon_ms_);
  while (!generations_.empty() && generations_.begin()->first < oldest) {
    const Generation& generation = generations_.begin()->second;
    size_ -= generation.hot.size() + generation.sealed();
    expired_.push_back(generations_.begin()->first);
    generations_.erase(generations_.begin());
  }
}

void IdentityIndex::Checkpoint(state::WriteBatch* batch) {
  for (const uint64_t number : expired_) {
    batch->DeleteRange(state::Family::kState, IdentityDeltaKey(shard_, number, 0).substr(0, 11),
                       state::PrefixEnd(IdentityDeltaKey(shard_, number, 0).substr(0, 11)));
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

// What is to be sealed next: the hot identities and the last runs, as long as each is at most twice as long
// as what is to be merged with it. So an identity is written again only when its run doubles, not at every
// sealing. Runs that cannot be read stay as they are.
std::vector<Hash128> IdentityIndex::TakeShortRuns(uint64_t number, Generation* generation,
                                                  state::WriteBatch* batch) {
  std::vector<Hash128> sorted(generation->hot.begin(), generation->hot.end());
  while (!generation->runs.empty() && generation->runs.back().count <= 2 * sorted.size()) {
    const std::string prefix = IdentityRunPrefix(shard_, number, generation->runs.back().number);
    std::vector<Hash128> merged = sorted;
    const Status status = store_->Scan(state::Family::kState, prefix, state::PrefixEnd(prefix),
                                       [&](std::string_view, std::string_view value) {
                                         const std::vector<Hash128> block = ParseBlock(value);
                                         merged.insert(merged.end(), block.begin(), block.end());
                                         return true;
                                       });
    if (!status.ok()) {
      break;
    }
    sorted.swap(merged);
    batch->DeleteRange(state::Family::kState, prefix, state::PrefixEnd(prefix));
    generation->runs.pop_back();
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

void IdentityIndex::Seal(std::size_t target_bytes, state::WriteBatch* batch) {
  for (auto& [number, generation] : generations_) {
    if (memory_bytes() <= target_bytes) {
      return;
    }
    if (generation.hot.empty() || !generation.unsaved.empty()) {
      continue;
    }
    const std::vector<Hash128> sorted = TakeShortRuns(number, &generation, batch);
    Run run;
    run.number = generation.runs.empty() ? 0 : generation.runs.back().number + 1;
    run.count = sorted.size();
    run.filter = std::make_unique<BloomFilter>(sorted.size());
    for (const Hash128& hash : sorted) {
      run.filter->Add(hash);
    }
    for (std::size_t begin = 0; begin < sorted.size(); begin += kBlockEntries) {
      const std::size_t end = std::min(sorted.size(), begin + kBlockEntries);
      std::string block;
      block.reserve((end - begin) * 16);
      AppendBlock(sorted, begin, end, &block);
      batch->Put(state::Family::kState,
                 IdentityBlockKey(shard_, number, run.number, sorted[end - 1]), block);
    }
    batch->DeleteRange(state::Family::kState, IdentityDeltaKey(shard_, number, 0),
                       IdentityDeltaKey(shard_, number, generation.deltas));
    generation.runs.push_back(std::move(run));
    generation.hot = {};
  }
}

std::size_t IdentityIndex::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [number, generation] : generations_) {
    bytes += generation.hot.size() * kHotBytesPerEntry + generation.unsaved.capacity() * 16;
    for (const Run& run : generation.runs) {
      bytes += run.filter->memory_bytes();
    }
  }
  return bytes;
}

}  // namespace weir::shard
