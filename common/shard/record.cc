#include "common/shard/record.h"

#include "common/base/bytes.h"
#include "common/base/hash.h"

namespace weir::shard {

namespace {

constexpr uint8_t kVersion = 1;
constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kHeaderSizeMax = 64;

uint32_t Checksum(std::string_view body) {
  return static_cast<uint32_t>(Hash64(body));
}

}  // namespace

RecordWriter::RecordWriter(const RecordHeader& header, std::size_t bytes_expected) {
  bytes_.reserve(bytes_expected + kHeaderSizeMax);
  bytes_.append(kChecksumSize, '\0');
  ByteWriter writer(&bytes_);
  writer.U8(kVersion);
  writer.U8(static_cast<uint8_t>(header.kind));
  writer.Varint(header.epoch.value);
  writer.Varint(header.version.value);
  writer.SignedVarint(header.closed_ms);
  writer.SignedVarint(header.now_ms);
}

void RecordWriter::Add(const SubBatch& batch) {
  ByteWriter writer(&bytes_);
  writer.SignedVarint(batch.stamp_ms);
  writer.U8(batch.explicit_ingested ? 1 : 0);
  writer.String(batch.bytes);
}

void RecordWriter::AddTick(const TickVerdict& tick) {
  ByteWriter writer(&bytes_);
  tick.rule.AppendTo(&bytes_);
  writer.SignedVarint(tick.tick_ms);
  writer.SignedVarint(tick.previous_ms);
  writer.String(tick.rows);
}

void RecordWriter::AddAction(const AlertAction& action) {
  ByteWriter writer(&bytes_);
  action.alert.AppendTo(&bytes_);
  writer.SignedVarint(action.time_ms);
  alert::EncodeAction(action.action, &writer);
}

void RecordWriter::AddForget(UnixMillis before_ms) {
  ByteWriter(&bytes_).SignedVarint(before_ms);
}

std::string RecordWriter::Finish() {
  std::string checksum;
  ByteWriter(&checksum).Fixed32BigEndian(Checksum(std::string_view(bytes_).substr(kChecksumSize)));
  bytes_.replace(0, kChecksumSize, checksum);
  return std::move(bytes_);
}

StatusOr<Record> ReadRecord(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint32_t checksum = reader.Fixed32BigEndian();
  if (!reader.ok() || checksum != Checksum(bytes.substr(kChecksumSize))) {
    return DataLoss("checksum does not match over {} bytes", bytes.size());
  }
  const uint8_t version = reader.U8();
  if (version != kVersion) {
    return DataLoss("record version {} is unknown to this binary", version);
  }
  Record record;
  record.header.kind = static_cast<RecordKind>(reader.U8());
  record.header.epoch = Epoch(reader.Varint());
  record.header.version = RuleSetVersion(reader.Varint());
  record.header.closed_ms = reader.SignedVarint();
  record.header.now_ms = reader.SignedVarint();
  if (record.header.kind == RecordKind::kTick) {
    const std::string_view rule = reader.Raw(16);
    if (rule.size() == 16) {
      record.tick.rule = Hash128::FromBytes(rule);
    }
    record.tick.tick_ms = reader.SignedVarint();
    record.tick.previous_ms = reader.SignedVarint();
    record.tick.rows = reader.String();
  }
  if (record.header.kind == RecordKind::kForget) {
    record.forget_before_ms = reader.SignedVarint();
  }
  while (record.header.kind == RecordKind::kActions && reader.ok() && !reader.done()) {
    AlertAction& action = record.actions.emplace_back();
    const std::string_view alert = reader.Raw(16);
    if (alert.size() == 16) {
      action.alert = Hash128::FromBytes(alert);
    }
    action.time_ms = reader.SignedVarint();
    action.action = alert::DecodeAction(&reader);
  }
  while (reader.ok() && !reader.done()) {
    SubBatch batch;
    batch.stamp_ms = reader.SignedVarint();
    batch.explicit_ingested = reader.U8() != 0;
    batch.bytes = reader.String();
    record.batches.push_back(batch);
  }
  if (!reader.ok()) {
    return DataLoss("record of {} bytes is cut short", bytes.size());
  }
  return record;
}

}  // namespace weir::shard
