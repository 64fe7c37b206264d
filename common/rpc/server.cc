#include "common/rpc/server.h"

#include <chrono>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

namespace weir::rpc {
namespace {

constexpr int kCallsPerConnectionMax = 1024;

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::Start(const std::string& listen,
                                                const std::vector<grpc::Service*>& services,
                                                const ServerOptions& options) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<Server> result(new Server());
  grpc::ServerBuilder builder;
  builder.AddListeningPort(
      listen, options.credentials != nullptr ? options.credentials : grpc::InsecureServerCredentials(),
      &result->port_);
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.SetMaxSendMessageSize(kMessageBytesMax);
  // Unpacking is left to those who know how much a message may hold (common/rpc/message.h).
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
                             1 << GRPC_COMPRESS_NONE | 1 << GRPC_COMPRESS_GZIP);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kCallsPerConnectionMax);
  // One process owns an address: a second one must fail instead of taking half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10 * 1000);
  if (options.connection_age_ms_max > 0) {
    // gRPC spreads the age by a tenth to either side, so that connections do not end together.
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               static_cast<int>(options.connection_age_ms_max));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                               static_cast<int>(options.connection_grace_ms));
  }
  for (grpc::Service* service : services) {
    builder.RegisterService(service);
  }
  result->server_ = builder.BuildAndStart();
  if (result->server_ == nullptr || result->port_ == 0) {
    return Unavailable("listening on {}: the address is in use or not ours", listen);
  }
  result->address_ = listen.substr(0, listen.rfind(':') + 1) + std::to_string(result->port_);
  result->SetServing(true);
  return result;
}

Server::~Server() {
  Shutdown(0);
}

void Server::SetServing(bool serving) {
  if (server_ != nullptr && server_->GetHealthCheckService() != nullptr) {
    server_->GetHealthCheckService()->SetServingStatus(serving);
  }
}

void Server::Shutdown(int64_t grace_ms) {
  if (server_ == nullptr) {
    return;
  }
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(grace_ms));
  server_->Wait();
  server_.reset();
}

}  // namespace weir::rpc
