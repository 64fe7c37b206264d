#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "common/agg/number_bag_internal.h"
#include "common/base/bytes.h"
#include "common/base/check.h"

namespace weir::agg {

namespace {

constexpr char kExact = 0;
constexpr char kBuckets = 1;
constexpr int kKeyShift = 44;
constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr std::size_t kWordSize = 8;
constexpr std::size_t kBucketsStart = 1 + 2 * kWordSize;

uint64_t ToOrdered(double value) {
  if (value == 0) {
    value = 0.0;
  } else if (std::isnan(value)) {
    value = std::numeric_limits<double>::quiet_NaN();
  }
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

double FromOrdered(uint64_t ordered) {
  return std::bit_cast<double>((ordered & kSignBit) != 0 ? ordered & ~kSignBit : ~ordered);
}

uint64_t KeyOf(uint64_t ordered) {
  return (ordered + (uint64_t{1} << (kKeyShift - 1))) >> kKeyShift;
}

uint64_t LoadWord(std::string_view state, std::size_t position) {
  uint64_t word;
  std::memcpy(&word, state.data() + position, kWordSize);
  return __builtin_bswap64(word);
}

std::string WordBytes(uint64_t word) {
  std::string bytes;
  ByteWriter(&bytes).Fixed64BigEndian(word);
  return bytes;
}

std::size_t ExactCount(std::string_view state) {
  WEIR_CHECK((state.size() - 1) % kWordSize == 0);
  return (state.size() - 1) / kWordSize;
}

struct Buckets {
  uint64_t least = std::numeric_limits<uint64_t>::max();
  uint64_t greatest = 0;
  struct Bucket {
    uint64_t key;
    uint64_t count;
  };
  std::vector<Bucket> buckets;
};

Buckets ReadBuckets(std::string_view state) {
  Buckets out;
  if (state.front() == kExact) {
    for (std::size_t i = 0; i < ExactCount(state); ++i) {
      const uint64_t ordered = LoadWord(state, 1 + i * kWordSize);
      out.least = std::min(out.least, ordered);
      out.greatest = std::max(out.greatest, ordered);
      const uint64_t key = KeyOf(ordered);
      if (!out.buckets.empty() && out.buckets.back().key == key) {
        ++out.buckets.back().count;
      } else {
        out.buckets.push_back({key, 1});
      }
    }
    return out;
  }
  WEIR_CHECK(state.front() == kBuckets && state.size() > kBucketsStart);
  out.least = LoadWord(state, 1);
  out.greatest = LoadWord(state, 1 + kWordSize);
  ByteReader reader(state.substr(kBucketsStart));
  uint64_t key = 0;
  while (!reader.done()) {
    key += reader.Varint();
    const uint64_t count = reader.Varint();
    WEIR_CHECK(reader.ok() && count > 0);
    out.buckets.push_back({key, count});
  }
  return out;
}

void WriteBuckets(const Buckets& in, std::string* state) {
  state->assign(1, kBuckets);
  ByteWriter writer(state);
  writer.Fixed64BigEndian(in.least);
  writer.Fixed64BigEndian(in.greatest);
  uint64_t before = 0;
  for (const Buckets::Bucket& bucket : in.buckets) {
    writer.Varint(bucket.key - before);
    writer.Varint(bucket.count);
    before = bucket.key;
  }
}

Buckets MergeBuckets(const Buckets& left, const Buckets& right) {
  Buckets out;
  out.least = std::min(left.least, right.least);
  out.greatest = std::max(left.greatest, right.greatest);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left.buckets.size() || j < right.buckets.size()) {
    const bool take_left = j == right.buckets.size() ||
                           (i < left.buckets.size() && left.buckets[i].key <= right.buckets[j].key);
    const Buckets::Bucket& next = take_left ? left.buckets[i++] : right.buckets[j++];
    if (!out.buckets.empty() && out.buckets.back().key == next.key) {
      out.buckets.back().count += next.count;
    } else {
      out.buckets.push_back(next);
    }
  }
  return out;
}

// Counts one value in place, without unpacking the buckets.
void AddToBuckets(uint64_t ordered, std::string* state) {
  if (ordered < LoadWord(*state, 1)) {
    state->replace(1, kWordSize, WordBytes(ordered));
  }
  if (ordered > LoadWord(*state, 1 + kWordSize)) {
    state->replace(1 + kWordSize, kWordSize, WordBytes(ordered));
  }
  const uint64_t key = KeyOf(ordered);
  ByteReader reader(std::string_view(*state).substr(kBucketsStart));
  const auto position = [&] { return static_cast<std::size_t>(reader.position() - state->data()); };
  uint64_t before = 0;
  std::string bytes;
  ByteWriter writer(&bytes);
  while (!reader.done()) {
    const std::size_t start = position();
    const uint64_t here = before + reader.Varint();
    const std::size_t count_start = position();
    const uint64_t count = reader.Varint();
    WEIR_CHECK(reader.ok());
    if (here == key) {
      writer.Varint(count + 1);
      state->replace(count_start, position() - count_start, bytes);
      return;
    }
    if (here > key) {
      writer.Varint(key - before);
      writer.Varint(1);
      writer.Varint(here - key);
      state->replace(start, count_start - start, bytes);
      return;
    }
    before = here;
  }
  writer.Varint(key - before);
  writer.Varint(1);
  state->append(bytes);
}

}  // namespace

void AddToBag(double value, std::string* state) {
  const uint64_t ordered = ToOrdered(value);
  if (state->empty()) {
    state->push_back(kExact);
  }
  if (state->front() == kBuckets) {
    AddToBuckets(ordered, state);
    return;
  }
  std::size_t low = 0;
  std::size_t high = ExactCount(*state);
  if (high == kExactValues) {
    WriteBuckets(ReadBuckets(*state), state);
    AddToBuckets(ordered, state);
    return;
  }
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (LoadWord(*state, 1 + middle * kWordSize) < ordered) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  state->insert(1 + low * kWordSize, WordBytes(ordered));
}

void MergeBags(std::string_view other, std::string* state) {
  if (state->empty() || other.empty()) {
    state->append(other);
    return;
  }
  const bool both_exact = state->front() == kExact && other.front() == kExact;
  if (!both_exact || ExactCount(*state) + ExactCount(other) > kExactValues) {
    WriteBuckets(MergeBuckets(ReadBuckets(*state), ReadBuckets(other)), state);
    return;
  }
  std::vector<uint64_t> words;
  for (const std::string_view bag : {std::string_view(*state), other}) {
    for (std::size_t i = 0; i < ExactCount(bag); ++i) {
      words.push_back(LoadWord(bag, 1 + i * kWordSize));
    }
  }
  std::sort(words.begin(), words.end());
  state->assign(1, kExact);
  ByteWriter writer(state);
  for (const uint64_t word : words) {
    writer.Fixed64BigEndian(word);
  }
}

bool BagIsExact(std::string_view state) {
  return state.empty() || state.front() == kExact;
}

std::vector<Weighted> ReadBag(std::string_view state) {
  std::vector<Weighted> out;
  if (BagIsExact(state)) {
    for (std::size_t i = 0; i < ExactCount(state); ++i) {
      out.push_back({FromOrdered(LoadWord(state, 1 + i * kWordSize)), 1});
    }
    return out;
  }
  const Buckets in = ReadBuckets(state);
  for (const Buckets::Bucket& bucket : in.buckets) {
    const uint64_t middle = std::clamp(bucket.key << kKeyShift, in.least, in.greatest);
    out.push_back({FromOrdered(middle), bucket.count});
  }
  // The ends are known exactly: one value of the outer buckets is the least, one the greatest.
  const auto split_end = [&out](std::size_t at, double end, std::size_t insert_at) {
    if (out[at].value != end) {
      if (out[at].count == 1) {
        out[at].value = end;
        return;
      }
      --out[at].count;
      out.insert(out.begin() + static_cast<std::ptrdiff_t>(insert_at), {end, 1});
    }
  };
  split_end(0, FromOrdered(in.least), 0);
  split_end(out.size() - 1, FromOrdered(in.greatest), out.size());
  return out;
}

double PercentileOf(const std::vector<Weighted>& sorted, double percent) {
  WEIR_CHECK(!sorted.empty());
  uint64_t total = 0;
  for (const Weighted& item : sorted) {
    total += item.count;
  }
  const double rank = percent / 100 * static_cast<double>(total - 1);
  const auto whole = std::min(static_cast<uint64_t>(rank), total - 1);
  const double fraction = rank - static_cast<double>(whole);
  uint64_t seen = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    seen += sorted[i].count;
    if (whole < seen) {
      const double low = sorted[i].value;
      const double high = whole + 1 < seen || i + 1 == sorted.size() ? low : sorted[i + 1].value;
      return fraction == 0 || low == high ? low : low * (1 - fraction) + high * fraction;
    }
  }
  return sorted.back().value;
}

}  // namespace weir::agg
