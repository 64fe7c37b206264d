// Client channels with the house's limits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

namespace weir::rpc {

// A channel to HOST:PORT that reconnects by itself, at most a few seconds apart.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address);

// A channel of a connection between nodes, which its owner makes anew when it breaks: it shares nothing
// with other channels to the address, and does not wait out their failures.
std::shared_ptr<grpc::Channel> MakeLinkChannel(const std::string& address);

// Sets the deadline of a call, counted from now.
void SetTimeout(grpc::ClientContext* context, int64_t timeout_ms);

}  // namespace weir::rpc
