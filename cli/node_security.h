// What a process takes from the configuration to know its callers, and to be known by other processes.
#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/rpc/access.h"
#include "common/rpc/server.h"

namespace weir::cli {

struct NodeSecurity {
  std::shared_ptr<rpc::AccessControl> access;         // null: whoever connects may call everything
  rpc::ServerOptions server;
  std::shared_ptr<grpc::ChannelCredentials> peers;    // of calls to other processes; null: not encrypted
};

// InvalidArgument names the file that cannot be used.
StatusOr<NodeSecurity> MakeNodeSecurity(const config::Config& config);

}  // namespace weir::cli
