// Finds the records in a request of Vector's sink (proto/vector) and lays them into a batch, one for each
// log event. One per thread; reuses its buffers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "ingest/batch.h"
#include "ingest/otlp_decoder.h"
#include "ingest/record_text.h"

namespace weir::ingest {

class VectorDecoder {
 public:
  explicit VectorDecoder(RequestLimits limits)
      : limits_(limits), record_(ReadVectorValue, limits.value) {}

  // REQUIRES: request is the bytes of a PushEventsRequest, batch is empty. InvalidArgument when they are
  // none, or beyond the limits; the batch is of no use then. Metrics and traces are passed over and
  // added to other_events.
  Status Decode(std::string_view request, Batch* batch, uint64_t* other_events);

 private:
  Status DecodeLog(std::string_view message, Batch* batch);

  const RequestLimits limits_;
  RecordText record_;
  std::vector<MessageEntry> fields_;
};

}  // namespace weir::ingest
