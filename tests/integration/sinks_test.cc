// A whole node with sinks, a store on disk and a server that is away at first: what fires reaches
// the server and the file under the alert's id, also when the node was started again in between.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "cli/cli.h"
#include "cli/node.h"
#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "tests/testing/http_server.h"
#include "tests/unit/cli/run_command.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kRule[] = R"toml(
[rule]
name = "Many calls"
rule_id = "many-calls"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "high"
risk_score = 50
query = '''
FROM logs-aws.cloudtrail-*
| WHERE event.action == "InvokeModel"
| STATS calls = COUNT(*) BY user.name
| WHERE calls >= 2
'''
)toml";

bool Eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 12'000; ++i) {
    if (holds()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

class SinksTest : public ::testing::Test {
 protected:
  SinksTest() {
    std::string name = ::testing::TempDir() + "sinks_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::ofstream(folder_ / "rule.toml") << kRule;
    std::ofstream(folder_ / "secret") << "s3cret\n";
    port_ = testing_http::HttpServer([](const auto&) { return testing_http::Reply(); }).port();
    StartNode();
  }
  ~SinksTest() override {
    node_.reset();
    std::filesystem::remove_all(folder_);
  }

  void StartNode() {
    node_.reset();
    config::Sources sources;
    sources.file_path = "weir.yaml";
    sources.file_text = fmt::format(
        "listen: 127.0.0.1:0\nshards: 4\ndata_dir: {0}/data\nrules: [{0}/rule.toml]\nsinks:\n"
        "  - name: hook\n    type: webhook\n    url: http://localhost:{1}/hook\n    linger: 0ms\n"
        "    secret_file: {0}/secret\n    retry_max: 1s\n"
        "  - name: file\n    type: file\n    path: {0}/alerts.ndjson\n    linger: 0ms\n",
        folder_.string(), port_);
    const config::LoadResult loaded = config::Load(sources);
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().Render();
    auto node = Node::Start(loaded.config, nullptr, nullptr);
    ASSERT_TRUE(node.ok()) << node.status();
    node_ = std::move(*node);
  }

  void Fire(const std::string& user) {
    const auto stub = weir::ingest::v1::IngestService::NewStub(rpc::MakeChannel(node_->address()));
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 60 * 1000);
    const auto stream = stub->PushEvents(&context);
    weir::ingest::v1::PushEventsRequest request;
    request.set_producer_id("p-" + user);
    stream->Write(request);
    weir::ingest::v1::PushEventsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    request.Clear();
    request.set_sequence(1);
    for (int i = 0; i < 2; ++i) {
      const std::string record = fmt::format(
          R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
          R"("eventID":"{0}-{1}","eventTime":"{2}","awsRegion":"us-east-1",)"
          R"("recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","userName":"{0}",)"
          R"("accountId":"111122223333"}}}})",
          user, i, FormatTime(SystemClock().Now() - 1000).substr(0, 19) + "Z");
      request.mutable_payload()->append(record);
      request.add_record_sizes(static_cast<uint32_t>(record.size()));
    }
    stream->Write(request);
    ASSERT_TRUE(stream->Read(&response));
    stream->WritesDone();
    stream->Finish();
  }

  std::string File() const {
    std::ifstream stream(folder_ / "alerts.ndjson", std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  uint64_t Pending(std::size_t sink) const { return node_->outbox()->GetStatus()[sink].pending; }

  std::filesystem::path folder_;
  uint16_t port_ = 0;
  std::unique_ptr<Node> node_;
};

TEST_F(SinksTest, AlertsReachSinksThatWereAwayAndSurviveARestart) {
  Fire("alice");
  ASSERT_TRUE(Eventually([this] { return File().find("alice") != std::string::npos; }));
  ASSERT_TRUE(Eventually([this] { return Pending(0) == 1; }));
  StartNode();
  Fire("bob");
  ASSERT_TRUE(Eventually([this] { return Pending(0) == 2 && Pending(1) == 0; }));
  std::mutex mutex;
  std::string received;
  testing_http::HttpServer server(
      [&](const testing_http::Request& request) {
        const std::lock_guard lock(mutex);
        received += request.body;
        EXPECT_TRUE(request.headers.contains("weir-signature"));
        return testing_http::Reply();
      },
      port_);
  ASSERT_TRUE(Eventually([this] { return Pending(0) == 0; }));
  const std::lock_guard lock(mutex);
  EXPECT_THAT(received, HasSubstr("alice"));
  EXPECT_THAT(received, HasSubstr("bob"));
  // The file has the same alerts, under the same ids.
  const std::size_t id = received.find("\"alert_id\":\"");
  EXPECT_THAT(File(), HasSubstr(received.substr(id, 45)));
}

TEST_F(SinksTest, CommandShowsSinksAndDeadLetters) {
  testing_http::HttpServer server(
      [](const testing_http::Request&) {
        return testing_http::Reply{422, "no thanks", {}, 0, false};
      },
      port_);
  Fire("carol");
  ASSERT_TRUE(Eventually([this] { return node_->outbox()->GetStatus()[0].dead_letters == 1; }));
  const std::string address = node_->address();
  const Outcome list = RunCommand({"sinks", "list", "--address", address.c_str()});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("hook"));
  EXPECT_THAT(list.out, HasSubstr("1 dead letters"));
  const Outcome letters =
      RunCommand({"sinks", "dead-letters", "hook", "--address", address.c_str()});
  EXPECT_EQ(letters.exit_code, 0) << letters.err;
  EXPECT_THAT(letters.out, HasSubstr("HTTP 422  no thanks"));
  const Outcome retry = RunCommand({"sinks", "retry", "hook", "--address", address.c_str()});
  EXPECT_EQ(retry.exit_code, 0) << retry.err;
  EXPECT_THAT(retry.out, HasSubstr("1 alerts are delivered once more"));
  const Outcome unknown = RunCommand({"sinks", "retry", "nobody", "--address", address.c_str()});
  EXPECT_EQ(unknown.exit_code, kExitNotFound);
  EXPECT_THAT(unknown.err, HasSubstr("no sink is called 'nobody'"));
}

}  // namespace
}  // namespace weir::cli
