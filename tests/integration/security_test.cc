// A node that asks its callers who they are: TLS with certificates made here, tokens, what each may do, and
// what changes while it runs.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/node.h"
#include "cli/node_probes.h"
#include "common/rpc/channel.h"
#include "common/rpc/security.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"
#include "tests/testing/http_get.h"
#include "weir/alert/v1/alert.grpc.pb.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::HttpGet;
using testing::ParsePrometheus;

constexpr char kCollector[] = "collector-secret-1";
constexpr char kReader[] = "reader-secret-0001";
constexpr char kAdmin[] = "admin-secret-00001";

class SecurityTest : public ::testing::Test {
 protected:
  SecurityTest()
      : folder_((std::filesystem::temp_directory_path() /
                 fmt::format("weir_security_test_{}", getpid()))
                    .string()) {
    std::filesystem::create_directories(folder_);
  }
  ~SecurityTest() override {
    probes_.reset();
    node_.reset();
    std::filesystem::remove_all(folder_);
  }

  void SetUp() override {
    if (std::system("openssl version >/dev/null 2>&1") != 0) {
      std::printf("WEIR_TEST_SKIPPED: openssl is not installed\n");
      GTEST_SKIP();
    }
    std::ofstream(File("extensions")) << "subjectAltName=IP:127.0.0.1,DNS:localhost\n"
                                         "extendedKeyUsage=serverAuth,clientAuth\n";
    std::ofstream(File("extensions-client")) << "subjectAltName=DNS:node.weir\n"
                                                "extendedKeyUsage=clientAuth\n";
    MakeCa("ca");
    MakeCa("other-ca");
    MakeCertificate("server", "ca", "extensions");
    MakeCertificate("client", "ca", "extensions-client");
    MakeCertificate("stranger", "other-ca", "extensions-client");
    WriteAccess(kCollector);
  }

  std::string File(const std::string& name) const { return folder_ + "/" + name; }
  void Openssl(const std::string& arguments) {
    const std::string command =
        fmt::format("cd {} && openssl {} >>openssl.log 2>&1", folder_, arguments);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  void MakeCa(const std::string& name) {
    Openssl(fmt::format("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                        "-subj /CN={0} -keyout {0}-key.pem -out {0}.pem",
                        name));
  }
  void MakeCertificate(const std::string& name, const std::string& ca, const std::string& extensions) {
    Openssl(fmt::format("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={0} "
                        "-keyout {0}-key.pem.new -out {0}.csr",
                        name));
    Openssl(fmt::format("x509 -req -in {0}.csr -CA {1}.pem -CAkey {1}-key.pem -CAcreateserial -days 2 "
                        "-extfile {2} -out {0}.pem.new",
                        name, ca, extensions));
    for (const char* part : {".pem", "-key.pem"}) {
      std::filesystem::rename(File(name + part + ".new"), File(name + part));
    }
  }
  void WriteAccess(const std::string& collector) {
    std::ofstream(File("access.new"))
        << "token collector plain:" << collector << " tenant=default roles=ingest\n"
        << "token reader plain:" << kReader << " tenant=default roles=read\n"
        << "token admin plain:" << kAdmin << " tenant=default roles=admin\n"
        << "certificate node.weir tenant=default roles=read\n";
    std::filesystem::rename(File("access.new"), File("access"));
  }

  void StartNode(const std::vector<std::pair<std::string, std::string>>& more = {}) {
    config::Sources sources;
    sources.flags = {{"listen", "127.0.0.1:0"},       {"shards", "4"},
                     {"tls.cert", File("server.pem")}, {"tls.key", File("server-key.pem")},
                     {"tls.ca", File("ca.pem")},       {"tls.reload", "1s"},
                     {"health.listen", "127.0.0.1:0"}};
    sources.flags.insert(sources.flags.end(), more.begin(), more.end());
    const config::LoadResult loaded = config::Load(sources);
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().Render();
    auto probes = Probes::Start(loaded.config);
    ASSERT_TRUE(probes.ok()) << probes.status();
    probes_ = *std::move(probes);
    EXPECT_EQ(HttpGet(probes_->address(), "/readyz").body, "starting\n");
    auto node = Node::Start(loaded.config, state::MakeMemoryStore(), nullptr);
    ASSERT_TRUE(node.ok()) << node.status();
    node_ = *std::move(node);
    probes_->Serve(node_.get());
  }
  void StartKnowingNode() { StartNode({{"auth.file", File("access")}}); }

  // A channel that shows a certificate of a name, and a token.
  std::shared_ptr<grpc::Channel> Channel(const std::string& certificate, const std::string& token) {
    rpc::ClientSecurity security;
    security.ca = File("ca.pem");
    if (!certificate.empty()) {
      security.cert = File(certificate + ".pem");
      security.key = File(certificate + "-key.pem");
    }
    if (!token.empty()) {
      security.token_file = File("token-" + token);
      std::ofstream(security.token_file) << token << "\n";
    }
    auto credentials = rpc::MakeClientCredentials(security);
    EXPECT_TRUE(credentials.ok()) << credentials.status();
    return rpc::MakeLinkChannel(node_->address(), *credentials);
  }
  grpc::Status List(const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = weir::alert::v1::AlertService::NewStub(channel);
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 5000);
    weir::alert::v1::ListAlertsResponse response;
    return stub->ListAlerts(&context, {}, &response);
  }
  grpc::Status Update(const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = weir::alert::v1::AlertService::NewStub(channel);
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 5000);
    weir::alert::v1::BatchUpdateAlertsResponse response;
    return stub->BatchUpdateAlerts(&context, {}, &response);
  }
  std::map<std::string, double> Scrape() {
    return ParsePrometheus(HttpGet(probes_->address(), "/metrics").body);
  }

  const std::string folder_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Probes> probes_;
};

// A push stream that stays open.
class Stream {
 public:
  explicit Stream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(weir::ingest::v1::IngestService::NewStub(channel)) {
    rpc::SetTimeout(&context_, 30 * 1000);
    stream_ = stub_->PushEvents(&context_);
    weir::ingest::v1::PushEventsRequest opening;
    opening.set_producer_id("p");
    stream_->Write(opening);
    opened_ = Read();
  }
  bool opened() const { return opened_; }
  // Sends a batch and waits for its answer.
  bool Push(uint64_t sequence) {
    weir::ingest::v1::PushEventsRequest request;
    request.set_sequence(sequence);
    request.set_payload("{}");
    request.add_record_sizes(2);
    return stream_->Write(request) && Read();
  }
  grpc::Status Finish() {
    stream_->WritesDone();
    while (Read()) {
    }
    return stream_->Finish();
  }

 private:
  bool Read() {
    weir::ingest::v1::PushEventsResponse response;
    return stream_->Read(&response);
  }

  std::unique_ptr<weir::ingest::v1::IngestService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<weir::ingest::v1::PushEventsRequest,
                                           weir::ingest::v1::PushEventsResponse>>
      stream_;
  bool opened_ = false;
};

TEST_F(SecurityTest, EveryCallerMayDoWhatItsRolesAllow) {
  StartKnowingNode();
  EXPECT_EQ(List(Channel("", "")).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(List(Channel("", "")).error_message(), HasSubstr("send a bearer token"));
  EXPECT_EQ(List(Channel("", "no-such-secret-01")).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(List(Channel("", kCollector)).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(List(Channel("", kReader)).ok());
  EXPECT_TRUE(List(Channel("client", "")).ok());
  EXPECT_EQ(Update(Channel("", kReader)).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_NE(Update(Channel("", kAdmin)).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  Stream denied(Channel("", kReader));
  EXPECT_FALSE(denied.opened());
  EXPECT_EQ(denied.Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  Stream stream(Channel("", kCollector));
  EXPECT_TRUE(stream.opened());
  EXPECT_TRUE(stream.Push(1));
  EXPECT_TRUE(stream.Finish().ok());
  const auto values = Scrape();
  EXPECT_EQ(values.at("weir_rpc_calls_refused_total{reason=\"no_credentials\"}"), 2);
  EXPECT_EQ(values.at("weir_rpc_calls_refused_total{reason=\"bad_token\"}"), 1);
  EXPECT_EQ(values.at("weir_rpc_calls_refused_total{reason=\"wrong_role\"}"), 3);
}

TEST_F(SecurityTest, UnencryptedAndForeignCallersDoNotGetIn) {
  StartKnowingNode();
  EXPECT_EQ(List(rpc::MakeLinkChannel(node_->address())).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(List(Channel("stranger", "")).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(SecurityTest, ARequiredCertificateIsRequired) {
  StartNode({{"tls.client_certificates", "required"}});
  EXPECT_EQ(List(Channel("", "")).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(List(Channel("client", "")).ok());
}

TEST_F(SecurityTest, CertificatesChangeUnderOpenStreams) {
  StartKnowingNode();
  Stream stream(Channel("", kCollector));
  ASSERT_TRUE(stream.Push(1));
  MakeCertificate("server", "other-ca", "extensions");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  grpc::Status status = List(Channel("", kReader));
  while (status.ok() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    status = List(Channel("", kReader));
  }
  // New connections meet the new certificate, which this client's CA did not sign.
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(stream.Push(2));
  MakeCertificate("server", "ca", "extensions");
  while (!status.ok() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    status = List(Channel("", kReader));
  }
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(stream.Push(3));
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(SecurityTest, TokensChangeWithoutARestart) {
  StartKnowingNode();
  Stream open(Channel("", kCollector));
  ASSERT_TRUE(open.Push(1));
  WriteAccess("collector-secret-2");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  Stream old(Channel("", kCollector));
  EXPECT_FALSE(old.opened());
  EXPECT_EQ(old.Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  Stream fresh(Channel("", "collector-secret-2"));
  EXPECT_TRUE(fresh.Push(1));
  EXPECT_TRUE(fresh.Finish().ok());
  // What is open goes on; connection.max_age bounds for how long.
  EXPECT_TRUE(open.Push(2));
  EXPECT_TRUE(open.Finish().ok());
}

TEST_F(SecurityTest, SecretsAreNotLogged) {
  log::Options options;
  options.level = log::Level::kDebug;
  options.file = File("log");
  ASSERT_TRUE(log::Init(options).ok());
  StartKnowingNode();
  EXPECT_FALSE(List(Channel("", "no-such-secret-01")).ok());
  EXPECT_FALSE(List(Channel("", kCollector)).ok());
  std::ofstream(File("access")) << "token x plain:new-secret-000001\n";
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_TRUE(List(Channel("", kReader)).ok());
  log::Flush();
  ASSERT_TRUE(log::Init(log::Options()).ok());
  std::ifstream in(File("log"));
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("reason=bad_token"));
  EXPECT_THAT(text.str(), HasSubstr("the old one counts on"));
  EXPECT_THAT(text.str(), Not(HasSubstr("-secret-")));
}

TEST_F(SecurityTest, AKeyOfAnotherCertificateIsRefusedAtTheStart) {
  rpc::ServerSecurity security;
  security.cert = File("server.pem");
  security.key = File("client-key.pem");
  const auto credentials = rpc::MakeServerCredentials(security);
  ASSERT_FALSE(credentials.ok());
  EXPECT_THAT(std::string(Message(credentials.status())), HasSubstr("is not that of the certificate"));
}

TEST_F(SecurityTest, ProbesFollowTheNode) {
  StartKnowingNode();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (HttpGet(probes_->address(), "/readyz").status != 200 &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(HttpGet(probes_->address(), "/readyz").body, "ok\n");
  EXPECT_EQ(HttpGet(probes_->address(), "/livez").status, 200);
  const auto before = Scrape();
  ASSERT_FALSE(before.empty());
  EXPECT_EQ(before.at("weir_worker_shards{state=\"serving\"}"), 4);
  EXPECT_EQ(before.at("weir_process_ready"), 1);
  Stream stream(Channel("", kCollector));
  ASSERT_TRUE(stream.Push(1));
  const auto after = Scrape();
  EXPECT_EQ(after.at("weir_ingest_streams"), 1);
  EXPECT_EQ(after.at("weir_ingest_batches_total"), before.at("weir_ingest_batches_total") + 1);
  EXPECT_EQ(after.at("weir_ingest_records_total"), before.at("weir_ingest_records_total") + 1);
  EXPECT_TRUE(stream.Finish().ok());
  probes_->Drain();
  EXPECT_EQ(HttpGet(probes_->address(), "/readyz").body, "draining\n");
  EXPECT_EQ(HttpGet(probes_->address(), "/livez").status, 200);
}

// A connection that is old enough is replaced, and calls go on.
TEST_F(SecurityTest, ConnectionsEndAtTheirAge) {
  rpc::ServerOptions options;
  options.connection_age_ms_max = 300;
  options.connection_grace_ms = 100;
  weir::alert::v1::AlertService::Service unused;
  auto server = rpc::Server::Start("127.0.0.1:0", {&unused}, options);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel = rpc::MakeLinkChannel((*server)->address());
  const auto stub = weir::alert::v1::AlertService::NewStub(channel);
  int ends = 0;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < until) {
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 5000);
    context.set_wait_for_ready(true);
    weir::alert::v1::ListAlertsResponse response;
    const grpc::Status status = stub->ListAlerts(&context, {}, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    // The call before left it ready; who made it idle again was the server.
    ends += channel->GetState(false) != GRPC_CHANNEL_READY ? 1 : 0;
  }
  EXPECT_GE(ends, 2);
}

}  // namespace
}  // namespace weir::cli
