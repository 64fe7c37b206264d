#include "common/rpc/channel.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <string_view>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include "common/rpc/server.h"

namespace weir::rpc {

namespace {

// gRPC ends the threads of its callbacks with the last channel or server that uses them, and aborts when
// that channel goes away within one of its own callbacks, as those of broken connections do. One channel
// that lives as long as the process keeps the threads. A channel takes them with its first call, so it
// makes one, which reaches nobody.
void KeepCallbackThreads() {
  struct Keeper {
    grpc::GenericStub stub{
        grpc::CreateChannel("unix:/nonexistent/weir", grpc::InsecureChannelCredentials())};
    grpc::ClientContext context;
    grpc::Slice empty;
    grpc::ByteBuffer request{&empty, 1};   // one without slices is no message
    grpc::ByteBuffer response;
  };
  // Never deleted. Nobody reads the pointer, but with it a leak checker finds what it keeps.
  [[gnu::used]] static Keeper* const keeper = [] {
    auto* made = new Keeper();
    made->stub.UnaryCall(&made->context, "/weir.rpc.Keeper/Keep", grpc::StubOptions(),
                         &made->request, &made->response, [](const grpc::Status&) {});
    return made;
  }();
}

grpc::ChannelArguments CommonArguments() {
  KeepCallbackThreads();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetMaxSendMessageSize(kMessageBytesMax);
  // A proxy from the environment must not stand between a client and its cluster.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

// The text of a PEM file that has to hold a block of a kind.
StatusOr<std::string> ReadPem(const std::string& path, std::string_view kind) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in || text.str().empty()) {
    return InvalidArgument("TLS: '{}' cannot be read, or is empty", path);
  }
  if (text.str().find(kind) == std::string::npos) {
    return InvalidArgument("TLS: '{}' holds no PEM block that ends in '{}'", path, kind);
  }
  return text.str();
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments = CommonArguments();
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30 * 1000);
  return grpc::CreateCustomChannel(
      address, credentials == nullptr ? grpc::InsecureChannelCredentials() : credentials, arguments);
}

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> LoadTls(const TlsFiles& files) {
  if (files.ca.empty()) {
    return InvalidArgument("TLS needs the certificate of a CA that the server is known by");
  }
  if (files.cert.empty() != files.key.empty()) {
    return InvalidArgument("TLS: the client's certificate ('{}') and its key ('{}') go together",
                           files.cert, files.key);
  }
  grpc::SslCredentialsOptions options;
  WEIR_ASSIGN_OR_RETURN(options.pem_root_certs, ReadPem(files.ca, "CERTIFICATE-----"));
  if (!files.cert.empty()) {
    WEIR_ASSIGN_OR_RETURN(options.pem_cert_chain, ReadPem(files.cert, "CERTIFICATE-----"));
    WEIR_ASSIGN_OR_RETURN(options.pem_private_key, ReadPem(files.key, "PRIVATE KEY-----"));
  }
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::Channel> MakeLinkChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments = CommonArguments();
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);   // how long connecting may take
  return grpc::CreateCustomChannel(
      address, credentials == nullptr ? grpc::InsecureChannelCredentials() : credentials, arguments);
}

void SetTimeout(grpc::ClientContext* context, int64_t timeout_ms) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
}

}  // namespace weir::rpc
