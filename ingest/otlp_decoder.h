// Finds the records in an OTLP logs request (proto/opentelemetry) and lays them into a batch, one for each
// log record: bodies of text are copied once, all else is written as JSON. What a log record becomes is in
// docs/collectors.md. One per thread; reuses its buffers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "ingest/batch.h"
#include "ingest/record_text.h"

namespace weir::ingest {

// What a request may be at most; above any of these it is refused as a whole.
struct RequestLimits {
  std::size_t records_max = 100000;
  uint64_t payload_bytes_max = 64ULL << 20;   // of all records together
  ValueLimits value;                          // a record above these is refused alone
};

class OtlpDecoder {
 public:
  explicit OtlpDecoder(RequestLimits limits)
      : limits_(limits), record_(ReadOtlpValue, limits.value) {}

  // REQUIRES: request is the bytes of an ExportLogsServiceRequest, batch is empty. InvalidArgument when
  // they are none, or beyond the limits; the batch is of no use then.
  Status Decode(std::string_view request, Batch* batch);

 private:
  Status DecodeResource(std::string_view message, Batch* batch);
  Status DecodeScope(std::string_view message, Batch* batch);
  Status DecodeRecord(std::string_view message, Batch* batch);
  // The attributes of the resource, the scope and the log record, the nearest last.
  bool ReadAttributes(std::string_view record);

  const RequestLimits limits_;
  RecordText record_;
  std::vector<MessageEntry> around_;       // attributes of the resource, then the scope
  std::size_t of_resource_ = 0;            // how many are the resource's
  std::vector<MessageEntry> attributes_;
  std::size_t visits_left_ = 0;            // attributes that may still be looked at
};

// The CloudTrail record that the Collector's awslogs encoding spread over attributes, as far as they
// hold it, as JSON. Empty when they are not of that kind.
// time_ms: of the log record.
std::string RebuildCloudTrail(const std::vector<MessageEntry>& attributes, int64_t time_ms);

}  // namespace weir::ingest
