// The stored form of an alert: a version byte, then the fields in the order of the struct. Times are
// zigzag varints, counts varints, lists a count and their items.
#include <limits>
#include <utility>

#include "common/alert/alert.h"
#include "common/base/bytes.h"
#include "common/types/coding.h"

namespace weir::alert {

namespace {

// stored: every change of the layout takes the next number. Version 1 ends before the alert's life.
constexpr uint8_t kVersion = 2;
constexpr uint8_t kVersionWithoutLife = 1;
constexpr std::size_t kHashBytes = 16;

template <typename Item, typename Write>
void WriteList(const std::vector<Item>& items, ByteWriter* writer, const Write& write) {
  writer->Varint(items.size());
  for (const Item& item : items) {
    write(item);
  }
}

// Every item takes at least one byte, so a count beyond the input is malformed, not a large allocation.
template <typename Item, typename Read>
void ReadList(ByteReader* reader, std::vector<Item>* items, const Read& read) {
  const uint64_t count = reader->Varint();
  if (count > reader->remaining()) {
    reader->Fail();
    return;
  }
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    read(&items->emplace_back());
  }
}

void WriteCells(const std::vector<NamedCell>& cells, ByteWriter* writer) {
  WriteList(cells, writer, [&](const NamedCell& cell) {
    writer->String(cell.name);
    writer->String(cell.encoded);
  });
}

void ReadCells(ByteReader* reader, std::vector<NamedCell>* cells) {
  Arena arena;
  ReadList(reader, cells, [&](NamedCell* cell) {
    cell->name = reader->String();
    cell->encoded = reader->String();
    ByteReader value(cell->encoded);
    DecodeValue(&value, &arena);
    if (!value.ok() || !value.done()) {
      reader->Fail();
    }
  });
}

void WriteEntry(const rule::ThreatEntry& entry, ByteWriter* writer) {
  writer->String(entry.id);
  writer->String(entry.name);
  writer->String(entry.reference);
}

void ReadEntry(ByteReader* reader, rule::ThreatEntry* entry) {
  entry->id = reader->String();
  entry->name = reader->String();
  entry->reference = reader->String();
}

void WriteThreat(const std::vector<rule::ThreatMapping>& threat, ByteWriter* writer) {
  WriteList(threat, writer, [&](const rule::ThreatMapping& mapping) {
    writer->String(mapping.framework);
    WriteEntry(mapping.tactic, writer);
    WriteList(mapping.techniques, writer, [&](const rule::ThreatTechnique& technique) {
      WriteEntry(technique.entry, writer);
      WriteList(technique.subtechniques, writer,
                [&](const rule::ThreatEntry& entry) { WriteEntry(entry, writer); });
    });
  });
}

void ReadThreat(ByteReader* reader, std::vector<rule::ThreatMapping>* threat) {
  ReadList(reader, threat, [&](rule::ThreatMapping* mapping) {
    mapping->framework = reader->String();
    ReadEntry(reader, &mapping->tactic);
    ReadList(reader, &mapping->techniques, [&](rule::ThreatTechnique* technique) {
      ReadEntry(reader, &technique->entry);
      ReadList(reader, &technique->subtechniques,
               [&](rule::ThreatEntry* entry) { ReadEntry(reader, entry); });
    });
  });
}

Hash128 ReadHash(ByteReader* reader) {
  const std::string_view bytes = reader->Raw(kHashBytes);
  return bytes.size() == kHashBytes ? Hash128::FromBytes(bytes) : Hash128{};
}

template <typename Enum>
Enum ReadEnum(ByteReader* reader, Enum last) {
  const uint8_t raw = reader->U8();
  if (raw > static_cast<uint8_t>(last)) {
    reader->Fail();
    return Enum{};
  }
  return static_cast<Enum>(raw);
}

template <typename Integer>
Integer ReadBounded(ByteReader* reader, int64_t value) {
  if (value < std::numeric_limits<Integer>::min() || value > std::numeric_limits<Integer>::max()) {
    reader->Fail();
    return 0;
  }
  return static_cast<Integer>(value);
}

// The times in their stored order.
template <typename AlertType, typename Visit>
void ForEachTime(AlertType& alert, const Visit& visit) {
  visit(alert.window_start_ms);
  visit(alert.window_end_ms);
  visit(alert.episode_start_ms);
  visit(alert.episode_end_ms);
  visit(alert.first_event_ms);
  visit(alert.last_event_ms);
  visit(alert.arrived_at_ms);
  visit(alert.fired_at_ms);
}

void ReadAlert(ByteReader* reader, Alert* alert) {
  alert->id = ReadHash(reader);
  alert->tenant = reader->String();
  alert->rule_id = reader->String();
  alert->rule_name = reader->String();
  alert->rule_version = reader->Varint();
  alert->dialect = ReadEnum(reader, rule::Dialect::kLucene);
  alert->severity = ReadEnum(reader, rule::Severity::kCritical);
  alert->risk_score = ReadBounded<int>(reader, reader->SignedVarint());
  alert->status = ReadEnum(reader, AlertStatus::kRecovered);
  ReadCells(reader, &alert->group);
  ReadCells(reader, &alert->columns);
  ForEachTime(*alert, [&](UnixMillis& time_ms) { time_ms = reader->SignedVarint(); });
  alert->suppressed_count = reader->Varint();
  alert->flags = ReadBounded<uint32_t>(reader, static_cast<int64_t>(reader->Varint()));
  ReadList(reader, &alert->tags, [&](std::string* tag) { *tag = reader->String(); });
  ReadThreat(reader, &alert->threat);
  ReadList(reader, &alert->events, [&](EventRef* event) {
    event->id = reader->String();
    event->timestamp_ms = reader->SignedVarint();
  });
  alert->group_hash = ReadHash(reader);
  alert->window_id = ReadHash(reader);
  alert->revision = reader->Varint();
}

void WriteLife(const Alert& alert, ByteWriter* writer, std::string* out) {
  writer->String(alert.assignee);
  writer->String(alert.close_reason);
  writer->SignedVarint(alert.closed_at_ms);
  writer->SignedVarint(alert.recovered_at_ms);
  writer->SignedVarint(alert.changed_at_ms);
  WriteList(alert.comments, writer, [&](const Comment& comment) {
    writer->String(comment.author);
    writer->SignedVarint(comment.time_ms);
    writer->String(comment.text);
  });
  WriteList(alert.history, writer, [&](const Change& change) {
    writer->SignedVarint(change.time_ms);
    writer->String(change.actor);
    writer->U8(static_cast<uint8_t>(change.field));
    writer->String(change.from);
    writer->String(change.to);
    writer->String(change.reason);
  });
  writer->Varint(alert.history_dropped);
  writer->Varint(alert.lifecycle_revision);
  writer->Varint(alert.shard);
  writer->Varint(alert.change);
  writer->SignedVarint(alert.cut_ms);
  WriteList(alert.requests, writer, [&](const Hash128& request) { request.AppendTo(out); });
}

void ReadLife(ByteReader* reader, Alert* alert) {
  alert->assignee = reader->String();
  alert->close_reason = reader->String();
  alert->closed_at_ms = reader->SignedVarint();
  alert->recovered_at_ms = reader->SignedVarint();
  alert->changed_at_ms = reader->SignedVarint();
  ReadList(reader, &alert->comments, [&](Comment* comment) {
    comment->author = reader->String();
    comment->time_ms = reader->SignedVarint();
    comment->text = reader->String();
  });
  ReadList(reader, &alert->history, [&](Change* change) {
    change->time_ms = reader->SignedVarint();
    change->actor = reader->String();
    change->field = ReadEnum(reader, Change::Field::kAssignee);
    change->from = reader->String();
    change->to = reader->String();
    change->reason = reader->String();
  });
  alert->history_dropped = reader->Varint();
  alert->lifecycle_revision = reader->Varint();
  alert->shard = ReadBounded<uint16_t>(reader, static_cast<int64_t>(reader->Varint()));
  alert->change = reader->Varint();
  alert->cut_ms = reader->SignedVarint();
  ReadList(reader, &alert->requests, [&](Hash128* request) { *request = ReadHash(reader); });
  alert->comment_count = alert->comments.size();
}

}  // namespace

std::string EncodeAlert(const Alert& alert) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kVersion);
  alert.id.AppendTo(&out);
  writer.String(alert.tenant);
  writer.String(alert.rule_id);
  writer.String(alert.rule_name);
  writer.Varint(alert.rule_version);
  writer.U8(static_cast<uint8_t>(alert.dialect));
  writer.U8(static_cast<uint8_t>(alert.severity));
  writer.SignedVarint(alert.risk_score);
  writer.U8(static_cast<uint8_t>(alert.status));
  WriteCells(alert.group, &writer);
  WriteCells(alert.columns, &writer);
  ForEachTime(alert, [&](UnixMillis time_ms) { writer.SignedVarint(time_ms); });
  writer.Varint(alert.suppressed_count);
  writer.Varint(alert.flags);
  WriteList(alert.tags, &writer, [&](const std::string& tag) { writer.String(tag); });
  WriteThreat(alert.threat, &writer);
  WriteList(alert.events, &writer, [&](const EventRef& event) {
    writer.String(event.id);
    writer.SignedVarint(event.timestamp_ms);
  });
  alert.group_hash.AppendTo(&out);
  alert.window_id.AppendTo(&out);
  writer.Varint(alert.revision);
  WriteLife(alert, &writer, &out);
  return out;
}

StatusOr<Alert> DecodeAlert(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (!reader.ok() || (version != kVersion && version != kVersionWithoutLife)) {
    return DataLoss("decoding an alert of {} bytes: version {} is not known, only 1 to {}",
                    bytes.size(), version, kVersion);
  }
  Alert alert;
  ReadAlert(&reader, &alert);
  if (version == kVersionWithoutLife) {
    alert.changed_at_ms = alert.fired_at_ms;
    alert.recovered_at_ms = alert.status == AlertStatus::kRecovered ? alert.episode_end_ms : 0;
  } else {
    ReadLife(&reader, &alert);
  }
  if (!reader.ok() || !reader.done()) {
    return DataLoss("decoding an alert of {} bytes: {}", bytes.size(),
                    reader.ok() ? "bytes are left over" : "it is cut short or malformed");
  }
  return alert;
}

}  // namespace weir::alert
