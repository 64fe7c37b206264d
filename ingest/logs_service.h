// OTLP logs over gRPC: opentelemetry.proto.collector.logs.v1.LogsService over a Pipeline. Requests are
// taken as bytes (otlp_decoder.h). Threads: gRPC's callback threads, which decode, and those that answer
// batches.
#pragma once

#include "ingest/collect_reactor.h"
#include "ingest/otlp_decoder.h"
#include "ingest/pipeline.h"
#include "ingest/tenant.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.grpc.pb.h"

namespace weir::ingest {

namespace otlp = opentelemetry::proto::collector::logs::v1;

class LogsService final
    : public otlp::LogsService::WithRawCallbackMethod_Export<otlp::LogsService::Service> {
 public:
  // The pipeline outlives the service.
  LogsService(CollectOptions options, Pipeline* pipeline, TenantOfCall tenant)
      : options_(options), pipeline_(pipeline), tenant_(std::move(tenant)) {}

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;

 private:
  const CollectOptions options_;
  Pipeline* const pipeline_;
  const TenantOfCall tenant_;
};

// What a request may be at most, by the pipeline's limits.
RequestLimits LimitsOf(const CollectOptions& options, const PipelineOptions& pipeline);

}  // namespace weir::ingest
