#include "cli/node_security.h"

#include "common/rpc/security.h"

namespace weir::cli {

StatusOr<NodeSecurity> MakeNodeSecurity(const config::Config& config) {
  NodeSecurity security;
  if (config.tls_cert.empty()) {
    return security;
  }
  if (!config.auth_file.empty()) {
    WEIR_ASSIGN_OR_RETURN(security.access, rpc::AccessControl::Load(config.auth_file, config.tenant,
                                                                    config.tls_reload_ms));
  }
  rpc::ServerSecurity server;
  server.cert = config.tls_cert;
  server.key = config.tls_key;
  server.ca = config.tls_ca;
  server.require_client_certificate = config.tls_client_certificates == "required";
  server.access = security.access;
  server.reload_ms = config.tls_reload_ms;
  WEIR_ASSIGN_OR_RETURN(security.server.credentials, rpc::MakeServerCredentials(server));
  if (!config.tls_ca.empty()) {
    rpc::ClientSecurity peers;
    peers.ca = config.tls_ca;
    peers.cert = config.tls_cert;
    peers.key = config.tls_key;
    peers.token_file = config.auth_token_file;
    peers.reload_ms = config.tls_reload_ms;
    WEIR_ASSIGN_OR_RETURN(security.peers, rpc::MakeClientCredentials(peers));
  }
  return security;
}

}  // namespace weir::cli
