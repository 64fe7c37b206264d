// Client channels with the house's limits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/base/status.h"

namespace weir::rpc {

// A channel to HOST:PORT that reconnects by itself, at most a few seconds apart. Without credentials it is
// not encrypted.
std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials = nullptr);

// PEM files of TLS towards a server. cert and key, which go together, are what the client shows of itself;
// without them it shows nothing.
struct TlsFiles {
  std::string ca;     // who the server's certificate has to be signed by
  std::string cert;
  std::string key;
};

// Reads the files; changes to them need another call. InvalidArgument names the file that cannot be used,
// and why.
StatusOr<std::shared_ptr<grpc::ChannelCredentials>> LoadTls(const TlsFiles& files);

// A channel of a connection between nodes, which its owner makes anew when it breaks: it shares nothing
// with other channels to the address, and does not wait out their failures.
std::shared_ptr<grpc::Channel> MakeLinkChannel(
    const std::string& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials = nullptr);

// Sets the deadline of a call, counted from now.
void SetTimeout(grpc::ClientContext* context, int64_t timeout_ms);

}  // namespace weir::rpc
