#include "common/cluster/shard_table.h"

#include "common/base/bytes.h"

namespace weir::cluster {
namespace {

constexpr uint8_t kEntryVersion = 1;   // stored: do not change

}  // namespace

std::string EncodeShardEntry(const ShardEntry& entry) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(kEntryVersion);
  writer.Varint(entry.epoch.value);
  writer.String(entry.worker);
  writer.String(entry.successor);
  return bytes;
}

StatusOr<ShardEntry> DecodeShardEntry(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (reader.ok() && version != kEntryVersion) {
    return FailedPrecondition("shard entry of version {}; this weir knows {}", version, kEntryVersion);
  }
  ShardEntry entry;
  entry.epoch = Epoch(reader.Varint());
  entry.worker = reader.String();
  entry.successor = reader.String();
  if (!reader.ok() || !reader.done()) {
    return DataLoss("shard entry of {} bytes is damaged", bytes.size());
  }
  return entry;
}

}  // namespace weir::cluster
