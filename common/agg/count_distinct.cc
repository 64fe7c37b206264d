// COUNT_DISTINCT: exact up to kExactCount values, then HyperLogLog. The form of a state depends only on
// the number of distinct values in it, so that any split and merge order ends in the same bytes.
//
// State, by its first byte:
//   0  at most kSmallCount encodings, in the small form of value_set_internal.h
//   4  more, at most kExactCount: their 128-bit hashes (HashBytes128 of the encoding), 16 bytes each,
//      big endian, ascending
//   5  more: 16384 registers of one byte, each the greatest rank seen. Of a hash's low half the upper
//      14 bits choose the register, the rank is 1 + the number of zeros that lead the rest. The
//      standard error of the count is 1.04 / sqrt(16384) = 0.81 %.
#include <algorithm>
#include <array>
#include <bit>

#include "common/agg/functions_internal.h"
#include "common/agg/value_set_internal.h"

namespace weir::agg {

namespace {

constexpr char kSmall = 0;
constexpr char kHashes = 4;
constexpr char kSketch = 5;
constexpr std::size_t kExactCount = 10'000;
constexpr std::size_t kHashSize = 16;
constexpr int kIndexBits = 14;
constexpr int kRankMax = 64 - kIndexBits + 1;
constexpr std::size_t kRegisters = std::size_t{1} << kIndexBits;

// The estimator of O. Ertl ("New cardinality estimation algorithms for HyperLogLog sketches", 2017): it
// needs neither bias tables nor a switch to linear counting, and never falls when a register rises.
double Sigma(double x) {
  double z = x;
  double y = 1;
  double before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) {
    return 0;
  }
  double y = 1;
  double z = 1 - x;
  double before;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

int64_t Estimate(std::string_view registers) {
  std::array<uint32_t, kRankMax + 1> counts{};
  for (const char rank : registers) {
    WEIR_CHECK(static_cast<uint8_t>(rank) <= kRankMax);
    ++counts[static_cast<uint8_t>(rank)];
  }
  const auto m = static_cast<double>(kRegisters);
  double z = m * Tau(1 - counts[kRankMax] / m);
  for (std::size_t rank = kRankMax - 1; rank >= 1; --rank) {
    z = 0.5 * (z + counts[rank]);
  }
  // A sketch holds more than kExactCount values, so some registers are not zero.
  z += m * Sigma(counts[0] / m);
  const double estimate = m * m / (2 * std::log(2.0) * z);
  return std::max(std::llround(estimate), static_cast<long long>(kExactCount) + 1);
}

void AddToSketch(const Hash128& hash, std::string* state) {
  const std::size_t index = 1 + (hash.low >> (64 - kIndexBits));
  const int rank = std::min(std::countl_zero(hash.low << kIndexBits) + 1, kRankMax);
  (*state)[index] = std::max((*state)[index], static_cast<char>(rank));
}

Hash128 HashAt(std::string_view state, std::size_t i) {
  return Hash128::FromBytes(state.substr(1 + i * kHashSize, kHashSize));
}

std::size_t HashCount(std::string_view state) {
  WEIR_CHECK((state.size() - 1) % kHashSize == 0);
  return (state.size() - 1) / kHashSize;
}

void HashesToSketch(std::string* state) {
  std::string sketch(1 + kRegisters, '\0');
  sketch[0] = kSketch;
  for (std::size_t i = 0; i < HashCount(*state); ++i) {
    AddToSketch(HashAt(*state, i), &sketch);
  }
  *state = std::move(sketch);
}

void AddHash(const Hash128& hash, std::string* state) {
  if (state->front() == kSketch) {
    AddToSketch(hash, state);
    return;
  }
  const std::string bytes = hash.ToBytes();
  std::size_t low = 0;
  std::size_t high = HashCount(*state);
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (std::memcmp(state->data() + 1 + middle * kHashSize, bytes.data(), kHashSize) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const std::size_t position = 1 + low * kHashSize;
  if (position < state->size() &&
      std::memcmp(state->data() + position, bytes.data(), kHashSize) == 0) {
    return;
  }
  state->insert(position, bytes);
  if (HashCount(*state) > kExactCount) {
    HashesToSketch(state);
  }
}

void SmallToHashes(std::string* state) {
  std::vector<std::string> hashes;
  for (const std::string_view encoding : SetEncodings(*state)) {
    hashes.push_back(HashBytes128(encoding).ToBytes());
  }
  std::sort(hashes.begin(), hashes.end());
  state->assign(1, kHashes);
  for (const std::string& hash : hashes) {
    state->append(hash);
  }
}

void AddEncoding(std::string_view encoding, std::string* state) {
  if (!state->empty() && state->front() != kSmall) {
    AddHash(HashBytes128(encoding), state);
    return;
  }
  InsertIntoSet(encoding, 0, state);
  if (state->front() != kSmall) {
    SmallToHashes(state);
  }
}

void MergeHashes(std::string_view other, std::string* state) {
  std::vector<Hash128> hashes;
  const std::size_t left = HashCount(*state);
  const std::size_t right = HashCount(other);
  hashes.reserve(left + right);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left || j < right) {
    const bool take_left = j == right || (i < left && HashAt(*state, i) <= HashAt(other, j));
    const Hash128 hash = take_left ? HashAt(*state, i++) : HashAt(other, j++);
    if (hashes.empty() || hashes.back() != hash) {
      hashes.push_back(hash);
    }
  }
  state->assign(1, kHashes);
  for (const Hash128& hash : hashes) {
    hash.AppendTo(state);
  }
  if (hashes.size() > kExactCount) {
    HashesToSketch(state);
  }
}

class CountDistinct final : public Aggregate {
 public:
  void Add(std::string* state, std::span<const Value> inputs, const Hash128&) const override {
    for (const Value& value : inputs[0].items()) {
      AddEncoding(EncodeScratch(value), state);
    }
  }

  void Merge(std::string* state, std::string_view other) const override {
    if (state->empty() || other.empty()) {
      state->append(other);
      return;
    }
    // The smaller form is folded into the larger.
    std::string smaller(other);
    if (smaller.front() > state->front()) {
      std::swap(smaller, *state);
    }
    if (smaller.front() == kSmall) {
      for (const std::string_view encoding : SetEncodings(smaller)) {
        AddEncoding(encoding, state);
      }
    } else if (smaller.front() == kHashes && state->front() == kHashes) {
      MergeHashes(smaller, state);
    } else if (smaller.front() == kHashes) {
      for (std::size_t i = 0; i < HashCount(smaller); ++i) {
        AddToSketch(HashAt(smaller, i), state);
      }
    } else {
      WEIR_CHECK(smaller.size() == 1 + kRegisters && state->size() == smaller.size());
      for (std::size_t i = 1; i < smaller.size(); ++i) {
        (*state)[i] = std::max((*state)[i], smaller[i]);
      }
    }
  }

  Value Finish(std::string_view state, Arena*) const override {
    if (state.empty()) {
      return Value::Long(0);
    }
    if (state.front() == kSmall) {
      return Value::Long(SetCount(state));
    }
    if (state.front() == kHashes) {
      return Value::Long(static_cast<int64_t>(HashCount(state)));
    }
    WEIR_CHECK(state.front() == kSketch && state.size() == 1 + kRegisters);
    return Value::Long(Estimate(state.substr(1)));
  }

  DataType result_type() const override { return DataType::kLong; }
  bool grows() const override { return true; }
  bool approximate(std::string_view state) const override {
    return !state.empty() && state.front() == kSketch;
  }
};

}  // namespace

AggregatePtr MakeCountDistinct() {
  return std::make_shared<CountDistinct>();
}

}  // namespace weir::agg
