// A gRPC server with the standard health service and reflection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "common/base/status.h"

namespace weir::rpc {

// Largest message of any of our calls, both ways.
inline constexpr int kMessageBytesMax = 64 * 1024 * 1024;

struct ServerOptions {
  std::shared_ptr<grpc::ServerCredentials> credentials;   // null: not encrypted, open to everybody
  // How old a connection may get, give or take a tenth, before its client is asked to make another, and how
  // long calls under way may then go on. 0: any age.
  int64_t connection_age_ms_max = 0;
  int64_t connection_grace_ms = 0;
};

class Server {
 public:
  // Listens on HOST:PORT (port 0 takes a free one) and serves; services outlive the server. Reports
  // itself healthy. Unavailable when the address cannot be had.
  static StatusOr<std::unique_ptr<Server>> Start(const std::string& listen,
                                                 const std::vector<grpc::Service*>& services,
                                                 const ServerOptions& options = ServerOptions());
  // Shuts down at once if Shutdown was not called.
  ~Server();

  // The port that was taken.
  int port() const { return port_; }
  // "127.0.0.1:7431"
  const std::string& address() const { return address_; }
  // What the health service says from now on.
  void SetServing(bool serving);
  // Takes no further calls, waits for those that run and cuts them off after grace_ms.
  void Shutdown(int64_t grace_ms);

 private:
  Server() = default;

  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::string address_;
};

}  // namespace weir::rpc
