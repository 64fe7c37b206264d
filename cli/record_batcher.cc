#include "cli/record_batcher.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace weir::cli {

RecordBatcher::RecordBatcher(std::vector<std::string> files, BatcherOptions options)
    : files_(std::move(files)), options_(options) {
  for (const std::string& file : files_) {
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(file, error);
    bytes_total_ += error ? 0 : size;
  }
  if (options_.replay) {
    clock_ = std::make_unique<EventClock>();
    sorts_ = std::find(files_.begin(), files_.end(), "-") == files_.end();
  }
}

StatusOr<std::unique_ptr<OutgoingBatch>> RecordBatcher::Next() {
  if (!failure_.ok()) {
    return std::exchange(failure_, OkStatus());
  }
  if (sorts_ && !loaded_) {
    WEIR_RETURN_IF_ERROR(LoadSorted());
  }
  auto batch = std::make_unique<OutgoingBatch>();
  batch->request.mutable_payload()->reserve(options_.batch_bytes + source::Decoder::kPadding);
  bool more = true;
  while (more) {
    const StatusOr<bool> filled = Fill(batch.get());
    if (!filled.ok()) {
      reader_.reset();
      if (batch->origins.empty()) {
        return filled.status();
      }
      failure_ = filled.status();
      break;
    }
    more = *filled;
  }
  if (batch->origins.empty()) {
    return std::unique_ptr<OutgoingBatch>();
  }
  Seal(batch.get());
  return batch;
}

// Adds one record; false when the batch is full or nothing is left.
StatusOr<bool> RecordBatcher::Fill(OutgoingBatch* batch) {
  if (sorts_) {
    if (next_sorted_ == sorted_.size()) {
      return false;
    }
    TimedRecord& record = sorted_[next_sorted_++];
    const bool more = Append(record.bytes, record.file, record.line, batch);
    record.bytes = {};
    return more;
  }
  if (reader_ == nullptr && next_file_ == files_.size()) {
    return false;
  }
  std::string_view record;
  WEIR_ASSIGN_OR_RETURN(const bool found, Read(&record));
  return !found || Append(record, static_cast<uint32_t>(next_file_ - 1),
                          reader_->line(), batch);
}

StatusOr<bool> RecordBatcher::Read(std::string_view* record) {
  if (reader_ == nullptr) {
    WEIR_ASSIGN_OR_RETURN(reader_, source::RecordReader::Open(files_[next_file_++]));
  }
  WEIR_ASSIGN_OR_RETURN(const bool found, reader_->Next(record));
  if (!found) {
    bytes_before_ += reader_->bytes_read();
    reader_.reset();
  }
  return found;
}

// A record without a readable time keeps its place behind the one before it. After an error the call is
// made again and goes on with the next file.
Status RecordBatcher::LoadSorted() {
  UnixMillis time_ms = INT64_MIN;
  while (reader_ != nullptr || next_file_ < files_.size()) {
    std::string_view record;
    const StatusOr<bool> found = Read(&record);
    if (!found.ok()) {
      reader_.reset();
      return found.status();
    }
    if (!*found) {
      time_ms = INT64_MIN;
      continue;
    }
    time_ms = clock_->TimeOf(record).value_or(time_ms);
    sorted_.push_back(
        {time_ms, static_cast<uint32_t>(next_file_ - 1), reader_->line(), std::string(record)});
  }
  std::stable_sort(sorted_.begin(), sorted_.end(), [](const TimedRecord& a, const TimedRecord& b) {
    return a.time_ms < b.time_ms;
  });
  loaded_ = true;
  return OkStatus();
}

bool RecordBatcher::Append(std::string_view record, uint32_t file, uint64_t line,
                           OutgoingBatch* batch) const {
  std::string* payload = batch->request.mutable_payload();
  payload->append(record);
  batch->request.add_record_sizes(static_cast<uint32_t>(record.size()));
  batch->origins.push_back({file, line});
  return payload->size() < options_.batch_bytes && batch->origins.size() < options_.batch_records;
}

void RecordBatcher::Seal(OutgoingBatch* batch) {
  batch->request.set_sequence(next_sequence_++);
  if (clock_ == nullptr) {
    return;
  }
  clock_->Observe(batch->request.payload(), {batch->request.record_sizes().begin(),
                                             batch->request.record_sizes().end()});
  if (clock_->latest_ms().has_value()) {
    batch->watermark_ms = *clock_->latest_ms() - options_.watermark_lag_ms;
  }
}

uint64_t RecordBatcher::bytes_read() const {
  return bytes_before_ + (reader_ == nullptr ? 0 : reader_->bytes_read());
}

}  // namespace weir::cli
