// The gRPC face of ingest: weir.ingest.v1.IngestService over a Pipeline. Threads: gRPC's callback threads
// and those that answer batches; nothing here blocks.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_set>

#include "ingest/pipeline.h"
#include "weir/cluster/v1/cluster.pb.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::ingest {

class PushReactor;

class IngestService final : public weir::ingest::v1::IngestService::CallbackService {
 public:
  // The pipeline outlives the service.
  explicit IngestService(Pipeline* pipeline) : pipeline_(pipeline) {}

  grpc::ServerBidiReactor<v1::PushEventsRequest, v1::PushEventsResponse>* PushEvents(
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
  mutable std::mutex mutex_;
  std::unordered_set<PushReactor*> reactors_;
  bool draining_ = false;
};

}  // namespace weir::ingest
