#include "common/cluster/node.h"

#include "common/base/bytes.h"

namespace weir::cluster {
namespace {

constexpr uint8_t kNodeVersion = 1;     // stored: do not change
constexpr uint8_t kLeaderVersion = 1;   // stored: do not change

}  // namespace

std::string EncodeNodeInfo(const NodeInfo& info) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(kNodeVersion);
  writer.String(info.address);
  writer.Fixed64BigEndian(info.incarnation);
  writer.String(info.version);
  writer.Varint(info.rules.value);
  writer.SignedVarint(info.started_ms);
  return bytes;
}

StatusOr<NodeInfo> DecodeNodeInfo(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (reader.ok() && version != kNodeVersion) {
    return FailedPrecondition("node of format version {}; this weir knows {}", version, kNodeVersion);
  }
  NodeInfo info;
  info.address = reader.String();
  info.incarnation = reader.Fixed64BigEndian();
  info.version = reader.String();
  info.rules = RuleSetVersion(reader.Varint());
  info.started_ms = reader.SignedVarint();
  if (!reader.ok() || !reader.done()) {
    return DataLoss("node of {} bytes is damaged", bytes.size());
  }
  return info;
}

std::string EncodeLeaderInfo(const LeaderInfo& info) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(kLeaderVersion);
  writer.String(info.id);
  writer.String(info.address);
  return bytes;
}

StatusOr<LeaderInfo> DecodeLeaderInfo(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (reader.ok() && version != kLeaderVersion) {
    return FailedPrecondition("leader of format version {}; this weir knows {}", version,
                              kLeaderVersion);
  }
  LeaderInfo info;
  info.id = reader.String();
  info.address = reader.String();
  if (!reader.ok() || !reader.done()) {
    return DataLoss("leader of {} bytes is damaged", bytes.size());
  }
  return info;
}

}  // namespace weir::cluster
