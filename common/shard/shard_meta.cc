#include "common/shard/shard_meta.h"

#include "common/base/bytes.h"

namespace weir::shard {

namespace {
constexpr uint8_t kVersion = 2;
constexpr uint8_t kVersionWithoutChanges = 1;
}  // namespace

std::string EncodeMeta(const ShardMeta& meta) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kVersion);
  writer.Varint(meta.applied.value);
  writer.SignedVarint(meta.closed_ms);
  writer.Varint(meta.version.value);
  writer.Varint(meta.entries);
  writer.Varint(meta.repeats);
  writer.Varint(meta.late);
  writer.Varint(meta.future);
  writer.Varint(meta.rules.size());
  for (const auto& [hash, rule] : meta.rules) {
    hash.AppendTo(&out);
    writer.SignedVarint(rule.judged_ms);
    writer.Varint(rule.rows);
    writer.Varint(rule.late);
    writer.Varint(rule.future);
    writer.Varint(rule.alerts);
    writer.Varint(rule.suppressed);
  }
  writer.Varint(meta.windows.size());
  for (const auto& [id, window] : meta.windows) {
    id.AppendTo(&out);
    writer.SignedVarint(window.earliest_ms);
    writer.SignedVarint(window.latest_ms);
    writer.SignedVarint(window.created_ms);
  }
  writer.Varint(meta.dead_letters.size());
  for (const DeadLetter& letter : meta.dead_letters) {
    writer.SignedVarint(letter.timestamp_ms);
    writer.SignedVarint(letter.arrived_ms);
    writer.U8(static_cast<uint8_t>(letter.refusal));
    writer.String(letter.event_id);
    writer.String(letter.rule_id);
  }
  writer.Varint(meta.last_change);
  writer.Varint(meta.stale_alerts.size());
  for (const Hash128& alert : meta.stale_alerts) {
    alert.AppendTo(&out);
  }
  return out;
}

StatusOr<ShardMeta> DecodeMeta(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (version != kVersion && version != kVersionWithoutChanges) {
    return DataLoss("shard state has a version unknown to this binary");
  }
  ShardMeta meta;
  meta.applied = LogNumber(reader.Varint());
  meta.closed_ms = reader.SignedVarint();
  meta.version = RuleSetVersion(reader.Varint());
  meta.entries = reader.Varint();
  meta.repeats = reader.Varint();
  meta.late = reader.Varint();
  meta.future = reader.Varint();
  for (uint64_t n = reader.Varint(); n > 0 && reader.remaining() >= 16; --n) {
    ShardMeta::RuleCounters& rule = meta.rules[Hash128::FromBytes(reader.Raw(16))];
    rule.judged_ms = reader.SignedVarint();
    rule.rows = reader.Varint();
    rule.late = reader.Varint();
    rule.future = reader.Varint();
    rule.alerts = reader.Varint();
    rule.suppressed = reader.Varint();
  }
  for (uint64_t n = reader.Varint(); n > 0 && reader.remaining() >= 16; --n) {
    ShardMeta::WindowTimes& window = meta.windows[Hash128::FromBytes(reader.Raw(16))];
    window.earliest_ms = reader.SignedVarint();
    window.latest_ms = reader.SignedVarint();
    window.created_ms = reader.SignedVarint();
  }
  for (uint64_t n = reader.Varint(); n > 0 && reader.ok(); --n) {
    DeadLetter letter;
    letter.timestamp_ms = reader.SignedVarint();
    letter.arrived_ms = reader.SignedVarint();
    letter.refusal = static_cast<Refusal>(reader.U8());
    letter.event_id = reader.String();
    letter.rule_id = reader.String();
    meta.dead_letters.push_back(std::move(letter));
  }
  if (version == kVersion) {
    meta.last_change = reader.Varint();
    for (uint64_t n = reader.Varint(); n > 0 && reader.remaining() >= 16; --n) {
      meta.stale_alerts.push_back(Hash128::FromBytes(reader.Raw(16)));
    }
  }
  if (!reader.ok()) {
    return DataLoss("shard state of {} bytes is cut short", bytes.size());
  }
  return meta;
}

}  // namespace weir::shard
