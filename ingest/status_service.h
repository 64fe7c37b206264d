// What an ingest node of a cluster tells coordinators of itself. Answers at once, on gRPC's threads.
#pragma once

#include <string>

#include "ingest/ingest_service.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::ingest {

class StatusService final : public weir::cluster::v1::IngestStatusService::CallbackService {
 public:
  // Who the node is: calls that look for another are refused. ingest outlives the service.
  StatusService(std::string cluster_id, std::string ingest_id, const IngestService* ingest)
      : cluster_id_(std::move(cluster_id)), ingest_id_(std::move(ingest_id)), ingest_(ingest) {}

  grpc::ServerUnaryReactor* GetIngestStatus(
      grpc::CallbackServerContext* context,
      const weir::cluster::v1::GetIngestStatusRequest* request,
      weir::cluster::v1::GetIngestStatusResponse* response) override;

 private:
  const std::string cluster_id_;
  const std::string ingest_id_;
  const IngestService* const ingest_;
};

}  // namespace weir::ingest
