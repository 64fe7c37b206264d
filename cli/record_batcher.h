// Turns files into batches that are the same every time: numbered from 1, cut by count and size. The same
// files under the same producer name are therefore recognised when they are sent again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/event_clock.h"
#include "common/base/status.h"
#include "common/source/record_reader.h"
#include "weir/ingest/v1/ingest.pb.h"

namespace weir::cli {

// A batch on its way, kept until it is answered.
struct OutgoingBatch {
  weir::ingest::v1::PushEventsRequest request;
  // With replay: no batch after this one has an event at or before it, Unix milliseconds.
  std::optional<UnixMillis> watermark_ms;
  struct Origin {
    uint32_t file;    // index into the batcher's files
    uint64_t line;
  };
  std::vector<Origin> origins;   // of each record
};

struct BatcherOptions {
  std::size_t batch_bytes = 256 * 1024;
  std::size_t batch_records = 500;
  // Give out all records sorted by event time, and each batch a watermark. The records are then held in
  // memory, but for standard input, which is streamed as it comes.
  bool replay = false;
  int64_t watermark_lag_ms = 0;    // behind the latest event seen
};

class RecordBatcher {
 public:
  RecordBatcher(std::vector<std::string> files, BatcherOptions options);

  // The next batch, or null at the end. An error names the file; what was read before it has been given
  // out, and the next call goes on with the next file.
  StatusOr<std::unique_ptr<OutgoingBatch>> Next();

  const std::string& file_name(uint32_t file) const { return files_[file]; }
  // For progress: bytes read of all files, and their size as far as it is known.
  uint64_t bytes_read() const;
  uint64_t bytes_total() const { return bytes_total_; }

 private:
  struct TimedRecord {
    UnixMillis time_ms;
    uint32_t file;
    uint64_t line;
    std::string bytes;
  };

  StatusOr<bool> Fill(OutgoingBatch* batch);
  // The next record of the files in their order; false at the end of a file.
  StatusOr<bool> Read(std::string_view* record);
  Status LoadSorted();
  bool Append(std::string_view record, uint32_t file, uint64_t line, OutgoingBatch* batch) const;
  void Seal(OutgoingBatch* batch);

  const std::vector<std::string> files_;
  const BatcherOptions options_;
  std::unique_ptr<EventClock> clock_;   // with replay
  bool sorts_ = false;
  bool loaded_ = false;
  std::vector<TimedRecord> sorted_;
  std::size_t next_sorted_ = 0;
  std::unique_ptr<source::RecordReader> reader_;
  std::size_t next_file_ = 0;
  uint64_t next_sequence_ = 1;
  uint64_t bytes_before_ = 0;           // of finished files
  uint64_t bytes_total_ = 0;
  Status failure_;                      // of a file, not reported yet
};

}  // namespace weir::cli
