// TLS of servers and between nodes, from files that may change while the process runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/base/status.h"
#include "common/base/time.h"
#include "common/rpc/access.h"

namespace weir::rpc {

// What a server shows, and asks for. PEM files.
struct ServerSecurity {
  std::string cert;                          // empty: not encrypted, and nobody is asked who they are
  std::string key;
  std::string ca;                            // who clients' certificates have to be signed by
  bool require_client_certificate = false;   // needs ca
  std::shared_ptr<AccessControl> access;     // null: whoever gets a connection may call everything
  int64_t reload_ms = 10 * 1000;             // how often the files are looked at; at least a second
};

// InvalidArgument names the file that cannot be used: at the start; files that go bad later leave what was
// read before in force.
StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerSecurity& security);

// What a client shows of itself, and trusts.
struct ClientSecurity {
  std::string ca;           // PEM; empty: not encrypted, and the rest must be empty
  std::string cert;         // PEM; empty: shows no certificate
  std::string key;
  std::string token_file;   // its first line is sent as the bearer token; empty: none
  std::string token;        // the bearer token itself, not together with token_file; empty: none
  int64_t reload_ms = 10 * 1000;
};

// Null without a ca. InvalidArgument as above. Changed files count for new connections, a changed token
// for new calls.
StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeClientCredentials(
    const ClientSecurity& security);

// When a PEM certificate ends. InvalidArgument when the files hold no certificate, no key, or not the
// certificate's key. An empty key is not looked at.
StatusOr<UnixMillis> CheckCertificate(const std::string& cert, const std::string& key);

}  // namespace weir::rpc
