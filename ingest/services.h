// Everything that collectors may call on a node, over one pipeline.
#pragma once

#include <functional>
#include <vector>

#include "ingest/ingest_service.h"
#include "ingest/logs_service.h"
#include "ingest/vector_service.h"

namespace weir::ingest {

class Services {
 public:
  // The pipeline outlives the services.
  Services(CollectOptions options, Pipeline* pipeline, const TenantOfCall& tenant)
      : pipeline_(pipeline),
        push_(pipeline, tenant),
        logs_(options, pipeline, tenant),
        vector_(options, pipeline, tenant) {}

  std::vector<grpc::Service*> list() { return {&push_, &logs_, &vector_}; }

  // Takes nothing more; what was taken is still answered.
  void Drain();
  // Fills in the counters of ingest.
  void FillStatus(weir::cluster::v1::IngestStatus* status) const;
  void FillSources(weir::cluster::v1::GetIngestSourcesResponse* sources) const;
  // Takes silent sources as events; done may be called within, or from another thread.
  void ReportSilence(const weir::cluster::v1::ReportSilenceRequest& request,
                     std::function<void(Status)> done);

 private:
  Pipeline* const pipeline_;
  IngestService push_;
  LogsService logs_;
  VectorService vector_;
};

}  // namespace weir::ingest
