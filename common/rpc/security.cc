#include "common/rpc/security.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <vector>

#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/rpc/status.h"

namespace weir::rpc {
namespace {

namespace tls = grpc::experimental;

constexpr char kPathKey[] = ":path";
constexpr char kAuthorizationKey[] = "authorization";

template <typename T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* value) const { kFree(value); }
};
void FreeBio(BIO* bio) { BIO_free(bio); }
using BioPtr = std::unique_ptr<BIO, Freer<BIO, FreeBio>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;

StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in || text.str().empty()) {
    return InvalidArgument("TLS: '{}' cannot be read, or is empty", path);
  }
  return text.str();
}

BioPtr OpenMemory(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Nobody types a pass phrase into a server.
int NoPassPhrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return 0;
}

unsigned RefreshSeconds(int64_t reload_ms) {
  return static_cast<unsigned>(std::max<int64_t>(1, reload_ms / 1000));
}

std::string_view ViewOf(grpc::string_ref text) {
  return {text.data(), text.size()};
}

// Asks AccessControl before gRPC hands a call to its service.
class AccessProcessor final : public grpc::AuthMetadataProcessor {
 public:
  explicit AccessProcessor(std::shared_ptr<AccessControl> access) : access_(std::move(access)) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* /*consumed*/, OutputMetadata* /*response*/) override {
    AccessControl::Credentials credentials;
    std::vector<grpc::string_ref> names;
    if (context != nullptr && context->IsPeerAuthenticated()) {
      names = context->FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME);
      for (const grpc::string_ref& name : context->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)) {
        names.push_back(name);
      }
    }
    for (const grpc::string_ref& name : names) {
      credentials.certificate_names.push_back(ViewOf(name));
    }
    const auto authorization = metadata.find(kAuthorizationKey);
    if (authorization != metadata.end()) {
      credentials.authorization = ViewOf(authorization->second);
    }
    const auto path = metadata.find(kPathKey);
    return ToGrpc(access_->Check(path == metadata.end() ? "" : ViewOf(path->second), credentials));
  }

 private:
  const std::shared_ptr<AccessControl> access_;
};

// Puts a token on every call: the first line of a file, or without a path the one given.
class TokenPlugin final : public grpc::MetadataCredentialsPlugin {
 public:
  TokenPlugin(std::string path, std::string given, int64_t reload_ms)
      : path_(std::move(path)), given_(std::move(given)), reload_ms_(reload_ms) {}

  bool IsBlocking() const override { return false; }
  const char* GetType() const override { return "weir-token"; }
  // What gRPC may print.
  grpc::string DebugString() override { return "bearer token"; }

  StatusOr<std::string> Read() const {
    if (path_.empty()) {
      return given_;
    }
    std::ifstream in(path_);
    std::string token;
    std::getline(in, token);
    while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) {
      token.pop_back();
    }
    if (token.empty()) {
      return InvalidArgument("the token file '{}' cannot be read, or its first line is empty", path_);
    }
    return token;
  }

  grpc::Status GetMetadata(grpc::string_ref /*service*/, grpc::string_ref /*method*/,
                           const grpc::AuthContext& /*channel*/,
                           std::multimap<grpc::string, grpc::string>* metadata) override {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (token_.empty() || now - read_at_ > std::chrono::milliseconds(reload_ms_)) {
      read_at_ = now;
      auto token = Read();
      if (token.ok()) {
        token_ = *std::move(token);
      } else if (token_.empty()) {
        return ToGrpc(Unavailable("{}", Message(token.status())));
      }
    }
    metadata->emplace(kAuthorizationKey, "Bearer " + token_);
    return grpc::Status::OK;
  }

 private:
  const std::string path_;
  const std::string given_;
  const int64_t reload_ms_;
  std::mutex mutex_;
  std::string token_;
  std::chrono::steady_clock::time_point read_at_;
};

Status CheckPair(const std::string& cert, const std::string& key) {
  if (cert.empty() || key.empty()) {
    return InvalidArgument("TLS: the certificate ('{}') and its key ('{}') go together", cert, key);
  }
  return CheckCertificate(cert, key).status();
}

}  // namespace

StatusOr<UnixMillis> CheckCertificate(const std::string& cert, const std::string& key) {
  WEIR_ASSIGN_OR_RETURN(const std::string cert_text, ReadFile(cert));
  const BioPtr cert_bio = OpenMemory(cert_text);
  const CertificatePtr certificate(PEM_read_bio_X509(cert_bio.get(), nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) {
    return InvalidArgument("TLS: '{}' holds no PEM certificate", cert);
  }
  if (!key.empty()) {
    WEIR_ASSIGN_OR_RETURN(const std::string key_text, ReadFile(key));
    const BioPtr key_bio = OpenMemory(key_text);
    const KeyPtr private_key(
        PEM_read_bio_PrivateKey(key_bio.get(), nullptr, NoPassPhrase, nullptr));
    const bool fits =
        private_key != nullptr && X509_check_private_key(certificate.get(), private_key.get()) == 1;
    ERR_clear_error();
    if (private_key == nullptr) {
      return InvalidArgument("TLS: '{}' holds no PEM private key without a pass phrase", key);
    }
    if (!fits) {
      return InvalidArgument("TLS: the key in '{}' is not that of the certificate in '{}'", key, cert);
    }
  }
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
    return InvalidArgument("TLS: the certificate in '{}' has no readable end", cert);
  }
  return static_cast<UnixMillis>(timegm(&end)) * kMillisPerSecond;
}

StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerSecurity& security) {
  if (security.cert.empty()) {
    if (security.access != nullptr || security.require_client_certificate) {
      return InvalidArgument("TLS: without a certificate callers cannot be asked who they are: their "
                             "tokens would be readable by everybody");
    }
    return grpc::InsecureServerCredentials();
  }
  WEIR_RETURN_IF_ERROR(CheckPair(security.cert, security.key));
  if (security.ca.empty() && security.require_client_certificate) {
    return InvalidArgument("TLS: client certificates are required, but no CA is named");
  }
  if (!security.ca.empty()) {
    WEIR_RETURN_IF_ERROR(CheckCertificate(security.ca, "").status());
  }
  const auto provider = std::make_shared<tls::FileWatcherCertificateProvider>(
      security.key, security.cert, security.ca, RefreshSeconds(security.reload_ms));
  tls::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!security.ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(security.require_client_certificate
                                      ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                      : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  std::shared_ptr<grpc::ServerCredentials> credentials = tls::TlsServerCredentials(options);
  if (security.access != nullptr) {
    credentials->SetAuthMetadataProcessor(std::make_shared<AccessProcessor>(security.access));
  }
  return credentials;
}

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeClientCredentials(
    const ClientSecurity& security) {
  if (security.ca.empty()) {
    if (!security.cert.empty() || !security.key.empty() || !security.token_file.empty() ||
        !security.token.empty()) {
      return InvalidArgument("TLS: a certificate or token is shown only to servers that a CA vouches "
                             "for, and no CA is named");
    }
    return std::shared_ptr<grpc::ChannelCredentials>();
  }
  WEIR_RETURN_IF_ERROR(CheckCertificate(security.ca, "").status());
  const bool shows = !security.cert.empty() || !security.key.empty();
  if (shows) {
    WEIR_RETURN_IF_ERROR(CheckPair(security.cert, security.key));
  }
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
      security.key, security.cert, security.ca, RefreshSeconds(security.reload_ms)));
  options.watch_root_certs();
  if (shows) {
    options.watch_identity_key_cert_pairs();
  }
  std::shared_ptr<grpc::ChannelCredentials> credentials = tls::TlsCredentials(options);
  if (!security.token_file.empty() || !security.token.empty()) {
    auto plugin =
        std::make_unique<TokenPlugin>(security.token_file, security.token, security.reload_ms);
    WEIR_RETURN_IF_ERROR(plugin->Read().status());
    credentials = grpc::CompositeChannelCredentials(
        credentials, grpc::MetadataCredentialsFromPlugin(
                         std::unique_ptr<grpc::MetadataCredentialsPlugin>(std::move(plugin))));
  }
  return credentials;
}

}  // namespace weir::rpc
