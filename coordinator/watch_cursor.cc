#include "coordinator/watch_cursor.h"

#include <algorithm>

#include <absl/strings/escaping.h>

#include "common/base/bytes.h"
#include "common/base/hash.h"

namespace weir::coordinator {
namespace {

constexpr uint8_t kVersion = 1;

}  // namespace

// Version, be32 low half of hash64 over the rest, then for every shard with changes: varint number less the
// one before, varint change.
std::string WatchCursor::ToText() const {
  std::string body;
  ByteWriter writer(&body);
  std::size_t last = 0;
  for (std::size_t shard = 0; shard < changes_.size(); ++shard) {
    if (changes_[shard] >= 0) {
      writer.Varint(shard - last);
      writer.Varint(static_cast<uint64_t>(changes_[shard]));
      last = shard;
    }
  }
  std::string bytes;
  ByteWriter head(&bytes);
  head.U8(kVersion);
  head.Fixed32BigEndian(static_cast<uint32_t>(Hash64(body)));
  bytes += body;
  return absl::WebSafeBase64Escape(bytes);
}

StatusOr<WatchCursor> WatchCursor::Parse(std::string_view text) {
  const Status refusal = InvalidArgument("cursor: '{}' did not come from a watch", text.substr(0, 40));
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(std::string(text), &bytes)) {
    return refusal;
  }
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  const uint32_t checksum = reader.Fixed32BigEndian();
  if (!reader.ok() || version != kVersion ||
      checksum != static_cast<uint32_t>(Hash64(std::string_view(bytes).substr(5)))) {
    return refusal;
  }
  WatchCursor cursor;
  uint64_t shard = 0;
  while (reader.ok() && !reader.done()) {
    shard += reader.Varint();
    const uint64_t change = reader.Varint();
    if (!reader.ok() || shard > UINT16_MAX || change > INT64_MAX) {
      return refusal;
    }
    cursor.Raise(static_cast<uint16_t>(shard), change);
  }
  return cursor;
}

void WatchCursor::Raise(uint16_t shard, uint64_t change) {
  if (shard >= changes_.size()) {
    changes_.resize(shard + 1U, -1);
  }
  changes_[shard] = std::max(changes_[shard], static_cast<int64_t>(change));
}

void WatchCursor::RaiseTo(const WatchCursor& other) {
  for (std::size_t shard = 0; shard < other.changes_.size(); ++shard) {
    if (other.changes_[shard] >= 0) {
      Raise(static_cast<uint16_t>(shard), static_cast<uint64_t>(other.changes_[shard]));
    }
  }
}

int WatchCursor::BehindIn(const WatchCursor& other) const {
  for (std::size_t shard = 0; shard < other.changes_.size(); ++shard) {
    if (Of(static_cast<uint16_t>(shard)) < other.changes_[shard]) {
      return static_cast<int>(shard);
    }
  }
  return -1;
}

}  // namespace weir::coordinator
