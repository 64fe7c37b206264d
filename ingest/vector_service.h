// What Vector's `vector` sink calls: vector.Vector over a Pipeline. There is no partial success: what
// cannot be used is counted by reason, like every rejection, and the call succeeds.
#pragma once

#include <atomic>
#include <cstdint>

#include "ingest/collect_reactor.h"
#include "ingest/pipeline.h"
#include "ingest/tenant.h"
#include "vector/vector.grpc.pb.h"

namespace weir::ingest {

class VectorService final
    : public vector::Vector::WithRawCallbackMethod_PushEvents<
          vector::Vector::WithCallbackMethod_HealthCheck<vector::Vector::Service>> {
 public:
  // The pipeline outlives the service.
  VectorService(CollectOptions options, Pipeline* pipeline, TenantOfCall tenant)
      : options_(options), pipeline_(pipeline), tenant_(std::move(tenant)) {}

  grpc::ServerUnaryReactor* PushEvents(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* HealthCheck(grpc::CallbackServerContext* context,
                                        const vector::HealthCheckRequest* request,
                                        vector::HealthCheckResponse* response) override;

  // Metrics and traces that were sent here, and dropped.
  uint64_t other_events() const { return other_events_; }

 private:
  const CollectOptions options_;
  Pipeline* const pipeline_;
  const TenantOfCall tenant_;
  std::atomic<uint64_t> other_events_ = 0;
};

}  // namespace weir::ingest
