#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "common/agg/value_set_internal.h"
#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/base/hash.h"

namespace weir::agg {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint8_t kCut = 1;
constexpr uint8_t kIndexed = 2;
constexpr std::size_t kEntrySize = 12;
constexpr std::size_t kCountSize = 4;

struct Item {
  uint64_t hash;
  std::string_view encoding;

  bool operator<(const Item& other) const {
    return hash != other.hash ? hash < other.hash : encoding < other.encoding;
  }
  bool operator==(const Item& other) const = default;
};

uint8_t FlagsOf(std::string_view state) {
  return static_cast<uint8_t>(state[0]);
}

uint32_t Load32(const char* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

uint64_t Load64(const char* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

// The parts of an indexed state.
class Index {
 public:
  explicit Index(std::string_view state) : state_(state) {
    WEIR_CHECK(state.size() > kCountSize);
    count_ = Load32(state.data() + state.size() - kCountSize);
    const std::size_t tail = count_ * kEntrySize + kCountSize;
    WEIR_CHECK(tail < state.size(), "index of {} in {} bytes", count_, state.size());
    start_ = state.size() - tail;
  }

  uint32_t count() const { return count_; }
  // Where the index begins, and so the records end.
  std::size_t start() const { return start_; }
  std::size_t entry_position(uint32_t i) const { return start_ + i * kEntrySize; }
  uint64_t hash(uint32_t i) const { return Load64(state_.data() + entry_position(i)); }
  std::string_view encoding(uint32_t i) const {
    const uint32_t offset = Load32(state_.data() + entry_position(i) + 8);
    WEIR_CHECK(offset < start_);
    ByteReader reader(state_.substr(offset, start_ - offset));
    const std::string_view encoding = reader.String();
    WEIR_CHECK(reader.ok());
    return encoding;
  }
  Item item(uint32_t i) const { return {hash(i), encoding(i)}; }

  // The first entry not less than the item.
  uint32_t LowerBound(const Item& item) const {
    uint32_t low = 0;
    uint32_t high = count_;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      const uint64_t middle_hash = hash(middle);
      const bool less = middle_hash != item.hash ? middle_hash < item.hash
                                                 : encoding(middle) < item.encoding;
      if (less) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

 private:
  std::string_view state_;
  uint32_t count_;
  std::size_t start_;
};

std::vector<Item> SmallItems(std::string_view state) {
  std::vector<Item> items;
  ByteReader reader(state.substr(1));
  while (!reader.done()) {
    const std::string_view encoding = reader.String();
    WEIR_CHECK(reader.ok());
    items.push_back({Hash64(encoding), encoding});
  }
  return items;
}

// Sorted by hash.
std::vector<Item> SortedItems(std::string_view state) {
  if (state.empty()) {
    return {};
  }
  if ((FlagsOf(state) & kIndexed) == 0) {
    std::vector<Item> items = SmallItems(state);
    std::sort(items.begin(), items.end());
    return items;
  }
  const Index index(state);
  std::vector<Item> items;
  items.reserve(index.count());
  for (uint32_t i = 0; i < index.count(); ++i) {
    items.push_back(index.item(i));
  }
  return items;
}

// Writes items sorted by hash, dropping those beyond the limit.
std::string BuildSet(std::vector<Item> items, bool cut, uint32_t limit) {
  if (limit != 0 && items.size() > limit) {
    items.resize(limit);
    cut = true;
  }
  std::string out;
  ByteWriter writer(&out);
  if (items.size() <= kSmallCount) {
    std::sort(items.begin(), items.end(),
              [](const Item& a, const Item& b) { return a.encoding < b.encoding; });
    writer.U8(cut ? kCut : 0);
    for (const Item& item : items) {
      writer.String(item.encoding);
    }
    return out;
  }
  writer.U8(static_cast<uint8_t>(kIndexed | (cut ? kCut : 0)));
  std::string index;
  ByteWriter index_writer(&index);
  for (const Item& item : items) {
    WEIR_CHECK(out.size() <= std::numeric_limits<uint32_t>::max());
    const auto offset = static_cast<uint32_t>(out.size());
    index_writer.Fixed64LittleEndian(item.hash);
    index.append(reinterpret_cast<const char*>(&offset), sizeof(offset));
    writer.String(item.encoding);
  }
  const auto count = static_cast<uint32_t>(items.size());
  index.append(reinterpret_cast<const char*>(&count), sizeof(count));
  out.append(index);
  return out;
}

void Rebuild(const Item& added, uint32_t limit, std::string* state) {
  std::vector<Item> items = SortedItems(*state);
  items.insert(std::lower_bound(items.begin(), items.end(), added), added);
  *state = BuildSet(std::move(items), SetWasCut(*state), limit);
}

void InsertIntoSmall(std::string_view encoding, uint32_t limit, std::string* state) {
  ByteReader reader(std::string_view(*state).substr(1));
  std::size_t insert_at = 0;
  uint32_t count = 0;
  while (!reader.done()) {
    const auto position = static_cast<std::size_t>(reader.position() - state->data());
    const std::string_view record = reader.String();
    WEIR_CHECK(reader.ok());
    ++count;
    const int order = record.compare(encoding);
    if (order == 0) {
      return;
    }
    if (order > 0 && insert_at == 0) {
      insert_at = position;
    }
  }
  if (count == kSmallCount || (limit != 0 && count >= limit)) {
    Rebuild({Hash64(encoding), encoding}, limit, state);
    return;
  }
  std::string header;
  ByteWriter(&header).Varint(encoding.size());
  insert_at = insert_at == 0 ? state->size() : insert_at;
  state->insert(insert_at, header);
  state->insert(insert_at + header.size(), encoding);
}

void InsertIntoIndexed(const Item& item, uint32_t limit, std::string* state) {
  const Index index(*state);
  const uint32_t at = index.LowerBound(item);
  if (at < index.count() && index.item(at) == item) {
    return;
  }
  if (limit != 0 && index.count() >= limit) {
    if (at >= limit) {
      (*state)[0] |= static_cast<char>(kCut);
    } else {
      Rebuild(item, limit, state);
    }
    return;
  }
  const std::size_t records_end = index.start();
  WEIR_CHECK(records_end <= std::numeric_limits<uint32_t>::max());
  const auto offset = static_cast<uint32_t>(records_end);
  const uint32_t count = index.count() + 1;
  std::string entry;
  ByteWriter(&entry).Fixed64LittleEndian(item.hash);
  entry.append(reinterpret_cast<const char*>(&offset), sizeof(offset));
  state->insert(index.entry_position(at), entry);
  state->replace(state->size() - kCountSize, kCountSize, reinterpret_cast<const char*>(&count),
                 sizeof(count));
  std::string record;
  ByteWriter(&record).String(item.encoding);
  state->insert(records_end, record);
}

}  // namespace

void InsertIntoSet(std::string_view encoding, uint32_t limit, std::string* state) {
  if (state->empty()) {
    state->push_back(0);
    ByteWriter(state).String(encoding);
  } else if ((FlagsOf(*state) & kIndexed) == 0) {
    InsertIntoSmall(encoding, limit, state);
  } else {
    InsertIntoIndexed({Hash64(encoding), encoding}, limit, state);
  }
}

void MergeSets(std::string_view other, uint32_t limit, std::string* state) {
  if (other.empty()) {
    return;
  }
  if (state->empty()) {
    state->assign(other);
    return;
  }
  if ((FlagsOf(other) & (kIndexed | kCut)) == 0) {
    ByteReader reader(other.substr(1));
    while (!reader.done()) {
      const std::string_view encoding = reader.String();
      WEIR_CHECK(reader.ok());
      InsertIntoSet(encoding, limit, state);
    }
    return;
  }
  const std::vector<Item> left = SortedItems(*state);
  const std::vector<Item> right = SortedItems(other);
  std::vector<Item> both;
  both.reserve(left.size() + right.size());
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
  *state = BuildSet(std::move(both), SetWasCut(*state) || SetWasCut(other), limit);
}

bool SetWasCut(std::string_view state) {
  return !state.empty() && (FlagsOf(state) & kCut) != 0;
}

uint32_t SetCount(std::string_view state) {
  if (state.empty()) {
    return 0;
  }
  return (FlagsOf(state) & kIndexed) != 0 ? Index(state).count()
                                          : static_cast<uint32_t>(SetEncodings(state).size());
}

std::vector<std::string_view> SetEncodings(std::string_view state) {
  std::vector<std::string_view> encodings;
  if (state.empty()) {
    return encodings;
  }
  const bool indexed = (FlagsOf(state) & kIndexed) != 0;
  const std::size_t end = indexed ? Index(state).start() : state.size();
  ByteReader reader(state.substr(1, end - 1));
  while (!reader.done()) {
    encodings.push_back(reader.String());
    WEIR_CHECK(reader.ok());
  }
  return encodings;
}

}  // namespace weir::agg
