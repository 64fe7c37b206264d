#include "ingest/status_service.h"

#include "common/rpc/status.h"

namespace weir::ingest {

grpc::ServerUnaryReactor* StatusService::GetIngestStatus(
    grpc::CallbackServerContext* context, const weir::cluster::v1::GetIngestStatusRequest* request,
    weir::cluster::v1::GetIngestStatusResponse* response) {
  Status status;
  if (request->cluster_id() != cluster_id_) {
    status = FailedPrecondition("this ingest node belongs to cluster '{}', not to '{}'", cluster_id_,
                                request->cluster_id());
  } else if (request->ingest_id() != ingest_id_) {
    status = FailedPrecondition("this is ingest node '{}', not '{}'", ingest_id_,
                                request->ingest_id());
  } else {
    ingest_->FillStatus(response->mutable_ingest());
    response->mutable_ingest()->set_nodes(1);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(status));
  return reactor;
}

}  // namespace weir::ingest
