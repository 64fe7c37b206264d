// What an ingest node of a cluster tells coordinators of itself. Answers on gRPC's threads, or on those
// of the pipeline.
#pragma once

#include <string>

#include "ingest/services.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::ingest {

class StatusService final : public weir::cluster::v1::IngestStatusService::CallbackService {
 public:
  // Who the node is: calls that look for another are refused. ingest outlives the service.
  StatusService(std::string cluster_id, std::string ingest_id, Services* ingest)
      : cluster_id_(std::move(cluster_id)), ingest_id_(std::move(ingest_id)), ingest_(ingest) {}

  grpc::ServerUnaryReactor* GetIngestStatus(
      grpc::CallbackServerContext* context,
      const weir::cluster::v1::GetIngestStatusRequest* request,
      weir::cluster::v1::GetIngestStatusResponse* response) override;
  grpc::ServerUnaryReactor* GetIngestSources(
      grpc::CallbackServerContext* context,
      const weir::cluster::v1::GetIngestSourcesRequest* request,
      weir::cluster::v1::GetIngestSourcesResponse* response) override;
  grpc::ServerUnaryReactor* ReportSilence(
      grpc::CallbackServerContext* context,
      const weir::cluster::v1::ReportSilenceRequest* request,
      weir::cluster::v1::ReportSilenceResponse* response) override;

 private:
  Status CheckTarget(const std::string& cluster_id, const std::string& ingest_id) const;

  const std::string cluster_id_;
  const std::string ingest_id_;
  Services* const ingest_;
};

}  // namespace weir::ingest
