#include "common/exec/row_format.h"

namespace weir::exec {

void AppendEntryHeader(const EntryHeader& header, bool explicit_ingested, std::string* out) {
  ByteWriter writer(out);
  writer.Varint(header.class_index);
  writer.Varint(header.event_index);
  header.identity.AppendTo(out);
  writer.SignedVarint(header.timestamp_ms);
  if (explicit_ingested) {
    writer.SignedVarint(header.ingested_ms - header.timestamp_ms);
  }
  writer.String(header.event_id);
  writer.Varint(header.row_count);
}

void AppendRow(const RowView& row, std::string* out) {
  ByteWriter writer(out);
  writer.Varint(row.window_index);
  writer.String(row.key);
  writer.String(row.cells);
}

EntryHeader ReadEntryHeader(ByteReader* reader, bool explicit_ingested) {
  EntryHeader header;
  header.class_index = static_cast<uint32_t>(reader->Varint());
  header.event_index = static_cast<uint32_t>(reader->Varint());
  const std::string_view identity = reader->Raw(16);
  if (identity.size() == 16) {
    header.identity = Hash128::FromBytes(identity);
  }
  header.timestamp_ms = reader->SignedVarint();
  header.ingested_ms = header.timestamp_ms;
  if (explicit_ingested) {
    header.ingested_ms += reader->SignedVarint();
  }
  header.event_id = reader->String();
  header.row_count = static_cast<uint32_t>(reader->Varint());
  return header;
}

RowView ReadRow(ByteReader* reader) {
  RowView row;
  row.window_index = static_cast<uint32_t>(reader->Varint());
  row.key = reader->String();
  row.cells = reader->String();
  return row;
}

}  // namespace weir::exec
