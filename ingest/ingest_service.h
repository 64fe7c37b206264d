// The gRPC face of ingest: weir.ingest.v1.IngestService over a Pipeline. Threads: gRPC's callback threads
// and those that answer batches; nothing here blocks.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_set>

#include "ingest/pipeline.h"
#include "ingest/tenant.h"
#include "weir/cluster/v1/cluster.pb.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::ingest {

class PushReactor;

class IngestService final
    : public v1::IngestService::WithRawCallbackMethod_PushEvents<v1::IngestService::Service> {
 public:
  // The pipeline outlives the service.
  IngestService(Pipeline* pipeline, TenantOfCall tenant)
      : pipeline_(pipeline), tenant_(std::move(tenant)) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PushEvents(
      grpc::CallbackServerContext* context) override;

  // Ends every stream once its batches in hand are answered, and refuses new streams.
  void Drain();

  // Fills in the counters of ingest.
  void FillStatus(weir::cluster::v1::IngestStatus* status) const;

 private:
  friend class PushReactor;

  void Remove(PushReactor* reactor);
  // What one stream may have unanswered now.
  uint64_t WindowBytes() const;

  Pipeline* const pipeline_;
  const TenantOfCall tenant_;
  mutable std::mutex mutex_;
  std::unordered_set<PushReactor*> reactors_;
  bool draining_ = false;
};

}  // namespace weir::ingest
