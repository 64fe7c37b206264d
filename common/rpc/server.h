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

class Server {
 public:
  // Listens on HOST:PORT (port 0 takes a free one) and serves; services outlive the server. Reports
  // itself healthy. Unavailable when the address cannot be had.
  static StatusOr<std::unique_ptr<Server>> Start(const std::string& listen,
                                                 const std::vector<grpc::Service*>& services);
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
