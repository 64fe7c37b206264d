#include "cli/record_batcher.h"

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
  }
}

StatusOr<std::unique_ptr<OutgoingBatch>> RecordBatcher::Next() {
  if (!failure_.ok()) {
    return std::exchange(failure_, OkStatus());
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
  if (reader_ == nullptr) {
    if (next_file_ == files_.size()) {
      return false;
    }
    WEIR_ASSIGN_OR_RETURN(reader_, source::RecordReader::Open(files_[next_file_++]));
  }
  std::string_view record;
  WEIR_ASSIGN_OR_RETURN(const bool found, reader_->Next(&record));
  if (!found) {
    bytes_before_ += reader_->bytes_read();
    reader_.reset();
    return true;
  }
  std::string* payload = batch->request.mutable_payload();
  payload->append(record);
  batch->request.add_record_sizes(static_cast<uint32_t>(record.size()));
  batch->origins.push_back({static_cast<uint32_t>(next_file_ - 1), reader_->line()});
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
    batch->request.set_watermark_unix_millis(*clock_->latest_ms() - options_.watermark_lag_ms);
  }
}

uint64_t RecordBatcher::bytes_read() const {
  return bytes_before_ + (reader_ == nullptr ? 0 : reader_->bytes_read());
}

}  // namespace weir::cli
