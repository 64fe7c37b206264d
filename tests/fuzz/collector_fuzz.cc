// Any bytes as a collector's request, of OTLP and of Vector, in small limits; what is laid into the batch
// must add up, whatever the request said. Text that looks like JSON goes on to the decoder of records
// (decoder_fuzz.cc).
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string_view>

#include "ingest/otlp_decoder.h"
#include "ingest/vector_decoder.h"

namespace {

using namespace weir;

ingest::RequestLimits SmallLimits() {
  ingest::RequestLimits limits;
  limits.records_max = 64;
  limits.payload_bytes_max = 1 << 16;
  limits.value.depth_max = 16;
  limits.value.fields_max = 1000;
  return limits;
}

void Require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void Check(const Status& status, const ingest::Batch& batch) {
  Require(status.ok() || status.code() == StatusCode::kInvalidArgument);
  if (!status.ok()) {
    return;
  }
  const uint64_t sum =
      std::accumulate(batch.record_sizes.begin(), batch.record_sizes.end(), uint64_t{0});
  Require(sum == batch.payload.size());
  Require(batch.record_sizes.size() <= SmallLimits().records_max);
  Require(batch.request_hash.has_value());
  uint64_t next = 0;
  for (const ingest::Batch::Refusal& refusal : batch.refusals) {
    Require(refusal.record_index >= next && refusal.record_index < batch.record_sizes.size());
    Require(batch.record_sizes[refusal.record_index] == 0);
    next = refusal.record_index + uint64_t{1};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  {
    ingest::Batch batch;
    const Status status = ingest::OtlpDecoder(SmallLimits()).Decode(bytes, &batch);
    Check(status, batch);
  }
  ingest::Batch batch;
  uint64_t others = 0;
  const Status status = ingest::VectorDecoder(SmallLimits()).Decode(bytes, &batch, &others);
  Check(status, batch);
  return 0;
}
