// One call to a cluster, and how its answer is printed for programs.
#pragma once

#include <string>

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "cli/alerts_internal.h"
#include "cli/cli.h"
#include "cli/dial.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace weir::cli {

inline constexpr int64_t kClusterCallTimeoutMs = 60 * 1000;

// One call; the exit code, after saying why it failed.
template <typename Service, typename Request, typename Response>
int CallCluster(const std::string& address,
                grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request, Response* response) {
  const auto stub = Service::NewStub(Dial(address));
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kClusterCallTimeoutMs);
  SetActor(&context);
  const Status status = rpc::FromGrpc((stub.get()->*method)(&context, request, response));
  return status.ok() ? kExitOk : FailCall(address, status);
}

// The message as one line of JSON with its own field names.
void PrintMessage(const google::protobuf::Message& message);

}  // namespace weir::cli
