// One unary call of a collector: its bytes are unpacked and laid into a batch on gRPC's thread, the
// pipeline works on it, and whoever comes first, the pipeline or the deadline, answers. Deletes itself
// when all three (gRPC, pipeline, deadline) are done with it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include "common/base/status.h"
#include "ingest/pipeline.h"
#include "ingest/tenant.h"

namespace weir::ingest {

struct CollectOptions {
  uint64_t message_bytes_max = 64ULL << 20;   // of a request, unpacked
  int64_t answer_ms_max = 4000;               // after which a call is answered in any case
};

// Fits error codes to what collectors make of them: what may succeed later is UNAVAILABLE, or, of a quota,
// RESOURCE_EXHAUSTED, with RetryInfo both; what never will is INVALID_ARGUMENT or FAILED_PRECONDITION.
grpc::Status ToCollector(const Status& status, std::optional<int64_t> retry_delay_ms);

// The host of gRPC's name for a peer: "10.0.0.5" of "ipv4:10.0.0.5:43210".
std::string HostOfPeer(std::string_view peer);

class CollectReactor final : public grpc::ServerUnaryReactor {
 public:
  // Lays a request's records into the batch.
  using Decode = std::function<Status(std::string_view request, Batch* batch)>;
  // Makes the answer of a batch that was taken.
  using Respond = std::function<grpc::ByteBuffer(const BatchResult& result, std::size_t records)>;

  CollectReactor(CollectOptions options, Pipeline* pipeline, grpc::ByteBuffer* response,
                 Respond respond)
      : options_(options), pipeline_(pipeline), response_(response), respond_(std::move(respond)) {}

  // Called once, at the beginning of the call. peer: as gRPC names it.
  void Begin(const StatusOr<std::string>& tenant, const std::string& peer,
             const grpc::ByteBuffer& request, const Decode& decode);

  void OnDone() override { Release(); }

 private:
  void OnBatchDone(BatchResult result);
  // The first one answers.
  void Answer(grpc::Status status);
  void Release();

  const CollectOptions options_;
  Pipeline* const pipeline_;
  grpc::ByteBuffer* const response_;   // gRPC's, until the answer
  const Respond respond_;
  std::size_t records_ = 0;
  grpc::Alarm deadline_;
  std::atomic<bool> answered_ = false;
  std::atomic<int> users_ = 1;         // gRPC
};

}  // namespace weir::ingest
