#include "cli/dial.h"

#include "common/rpc/channel.h"
#include "common/rpc/security.h"

namespace weir::cli {
namespace {

struct ClientState {
  rpc::ClientSecurity security;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
};

ClientState& State() {
  static auto* const state = new ClientState();
  return *state;
}

}  // namespace

void AddClientOptions(CLI::App* app) {
  rpc::ClientSecurity& security = State().security;
  const auto add = [app](const char* name, std::string* value, const char* text, const char* variable) {
    app->add_option(name, *value, text)->envname(variable)->group("Connection");
  };
  add("--ca", &security.ca, "PEM file of the CA that the cluster's certificates are signed by: use TLS",
      "WEIR_CLIENT_CA");
  add("--cert", &security.cert, "PEM file of the certificate to show", "WEIR_CLIENT_CERT");
  add("--key", &security.key, "PEM file of its private key", "WEIR_CLIENT_KEY");
  add("--token-file", &security.token_file, "File whose first line is the bearer token to show",
      "WEIR_CLIENT_TOKEN_FILE");
}

void ResetClientOptions() {
  State() = ClientState();
}

Status LoadClientOptions() {
  WEIR_ASSIGN_OR_RETURN(State().credentials, rpc::MakeClientCredentials(State().security));
  return OkStatus();
}

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  return rpc::MakeChannel(address, State().credentials);
}

}  // namespace weir::cli
