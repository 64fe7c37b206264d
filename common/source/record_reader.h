// Splits what people have on disk into collected records, streaming: NDJSON, concatenated or
// pretty-printed objects, JSON arrays, {"Records": [...]}, each also gzipped; "-" is standard input.
// The bytes of each record are passed on unchanged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace weir::source {

class RecordReader {
 public:
  struct Options {
    // Gives out each blank line between records that are on lines of their own as an empty record, as
    // pipelines take it for an event without content; else blank lines are passed over.
    bool blank_lines = false;
  };

  // Opens a file, or standard input for "-".
  static StatusOr<std::unique_ptr<RecordReader>> Open(const std::string& path, Options options);
  static StatusOr<std::unique_ptr<RecordReader>> Open(const std::string& path) {
    return Open(path, Options());
  }
  virtual ~RecordReader() = default;

  // Next record, valid until the next call and followed by Decoder::kPadding readable bytes. False at the
  // end. A text that is no JSON is given out as
  // one record a line (the decoder rejects it by index and goes on): only I/O and gzip errors, which
  // lose data, are a Status; it names the file and the byte offset. So is a file that ends between two
  // elements of an array of records, where there is no text left to reject. A file that ends inside a
  // record gives out the rest as one record.
  virtual StatusOr<bool> Next(std::string_view* record) = 0;

  // Bytes of the file consumed so far, and its size (0 when unknown), for progress.
  virtual uint64_t bytes_read() const = 0;
  virtual uint64_t bytes_total() const = 0;
  // 1-based line of the file on which the last record began.
  virtual uint64_t line() const = 0;
};

}  // namespace weir::source
