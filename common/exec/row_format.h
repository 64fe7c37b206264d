// The bytes in which rows travel from ingest to a shard and stand in its log. A part is a sequence of
// entries; an entry is one event's rows of one class (docs/formats.md, "part"). stored: do not change
// without a new record version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/hash.h"
#include "common/base/time.h"

namespace weir::exec {

// What an entry says of its event.
struct EntryHeader {
  uint32_t class_index = 0;
  uint32_t event_index = 0;      // position in the ingest batch, for verdicts
  Hash128 identity;
  UnixMillis timestamp_ms = 0;
  UnixMillis ingested_ms = 0;    // only kept when the frame says explicit_ingested
  std::string_view event_id;
  uint32_t row_count = 0;
};

struct RowView {
  uint32_t window_index = 0;
  std::string_view key;          // encoded key cells, concatenated
  std::string_view cells;        // encoded aggregate inputs, or event cells
};

void AppendEntryHeader(const EntryHeader& header, bool explicit_ingested, std::string* out);
void AppendRow(const RowView& row, std::string* out);

// Reads entries and rows in order; malformed bytes make reader->ok() false.
EntryHeader ReadEntryHeader(ByteReader* reader, bool explicit_ingested);
RowView ReadRow(ByteReader* reader);

}  // namespace weir::exec
