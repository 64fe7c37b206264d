#include "ingest/status_service.h"

#include "common/rpc/status.h"

namespace weir::ingest {

namespace pb = weir::cluster::v1;

Status StatusService::CheckTarget(const std::string& cluster_id, const std::string& ingest_id) const {
  if (cluster_id != cluster_id_) {
    return FailedPrecondition("this ingest node belongs to cluster '{}', not to '{}'", cluster_id_,
                              cluster_id);
  }
  if (ingest_id != ingest_id_) {
    return FailedPrecondition("this is ingest node '{}', not '{}'", ingest_id_, ingest_id);
  }
  return OkStatus();
}

grpc::ServerUnaryReactor* StatusService::GetIngestStatus(grpc::CallbackServerContext* context,
                                                         const pb::GetIngestStatusRequest* request,
                                                         pb::GetIngestStatusResponse* response) {
  const Status status = CheckTarget(request->cluster_id(), request->ingest_id());
  if (status.ok()) {
    ingest_->FillStatus(response->mutable_ingest());
    response->mutable_ingest()->set_nodes(1);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(status));
  return reactor;
}

grpc::ServerUnaryReactor* StatusService::GetIngestSources(
    grpc::CallbackServerContext* context, const pb::GetIngestSourcesRequest* request,
    pb::GetIngestSourcesResponse* response) {
  const Status status = CheckTarget(request->cluster_id(), request->ingest_id());
  if (status.ok()) {
    ingest_->FillSources(response);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(status));
  return reactor;
}

grpc::ServerUnaryReactor* StatusService::ReportSilence(grpc::CallbackServerContext* context,
                                                       const pb::ReportSilenceRequest* request,
                                                       pb::ReportSilenceResponse* /*response*/) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Status status = CheckTarget(request->cluster_id(), request->ingest_id());
  if (!status.ok()) {
    reactor->Finish(rpc::ToGrpc(status));
    return reactor;
  }
  ingest_->ReportSilence(*request,
                         [reactor](const Status& taken) { reactor->Finish(rpc::ToGrpc(taken)); });
  return reactor;
}

}  // namespace weir::ingest
