#include "coordinator/leader_client.h"

#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::coordinator {

Status AskLeaderToWait(const std::string& address,
                       const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                       int64_t timeout_ms) {
  const auto stub = weir::cluster::v1::ClusterService::NewStub(
      rpc::MakeChannel(address, credentials));
  grpc::ClientContext context;
  rpc::SetTimeout(&context, timeout_ms);
  weir::cluster::v1::WaitJudgedRequest request;
  request.set_forwarded(true);
  weir::cluster::v1::WaitJudgedResponse response;
  return Annotate(rpc::FromGrpc(stub->WaitJudged(&context, request, &response)),
                  "asking the leader at " + address);
}

}  // namespace weir::coordinator
