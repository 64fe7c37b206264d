// Alerts and events of a whole node explained over real gRPC, with the commands people use.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/node.h"
#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"
#include "tests/unit/cli/run_command.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRules[] = R"toml([rule]
name = "Many calls"
rule_id = "many-calls"
type = "esql"
language = "esql"
from = "now-10m"
interval = "1m"
severity = "high"
risk_score = 50
query = '''
FROM logs-aws.cloudtrail-*
| WHERE event.action == "InvokeModel"
| STATS calls = COUNT(*), regions = COUNT_DISTINCT(cloud.region) BY user.name
| WHERE calls >= 4 AND regions > 1
'''

[rule.alert_suppression]
group_by = ["user.name"]
duration = {value = 2, unit = "h"}
missing_fields_strategy = "suppress"
)toml";

constexpr char kTickRule[] = R"toml([rule]
name = "Few calls"
rule_id = "few-calls"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "low"
risk_score = 20
query = '''
FROM logs-aws.cloudtrail-*
| WHERE event.action == "InvokeModel"
| STATS calls = COUNT(*) BY user.name
| WHERE calls < 3 AND user.name LIKE "a*"
'''
)toml";

class ExplainServiceTest : public ::testing::Test {
 protected:
  ExplainServiceTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("weir_explain_service_test_{}", getpid())) {
    std::filesystem::create_directories(folder_ / "rules");
    log::Options log;
    log.file = (folder_ / "log").string();
    EXPECT_TRUE(log::Init(log).ok());
    Write("rules/many.toml", kRules);
    Write("rules/few.toml", kTickRule);
    Write("overlay.yaml", R"(rules:
  many-calls:
    exceptions:
      - name: sandbox
        field: user.name
        values: ["sandbox"]
        author: ana
        reason: a sandbox
)");
    StartNode();
  }
  ~ExplainServiceTest() override {
    node_.reset();
    EXPECT_TRUE(log::Init(log::Options()).ok());
    std::filesystem::remove_all(folder_);
  }

  void StartNode() {
    node_.reset();
    config::Sources sources;
    sources.flags = {{"listen", "127.0.0.1:0"},
                     {"shards", "4"},
                     {"worker.executors", "2"},
                     {"ingest.threads", "2"},
                     {"data_dir", (folder_ / "data").string()},
                     {"overlays", (folder_ / "overlay.yaml").string()},
                     {"rules", (folder_ / "rules").string()}};
    const config::LoadResult loaded = config::Load(sources);
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().Render();
    auto node = Node::Start(loaded.config, nullptr, nullptr);
    ASSERT_TRUE(node.ok()) << node.status();
    node_ = std::move(*node);
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // Calls of a user, so long ago, in as many regions.
  void Push(const std::string& user, int calls, int regions, int64_t ago_ms = 1000) {
    const auto stub = weir::ingest::v1::IngestService::NewStub(rpc::MakeChannel(node_->address()));
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 60 * 1000);
    const auto stream = stub->PushEvents(&context);
    weir::ingest::v1::PushEventsRequest request;
    request.set_producer_id("p");
    stream->Write(request);
    weir::ingest::v1::PushEventsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    request.Clear();
    request.set_sequence(++sequence_);
    for (int i = 0; i < calls; ++i) {
      const std::string record = fmt::format(
          R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
          R"("eventID":"e{}","eventTime":"{}Z","awsRegion":"us-east-{}","recipientAccountId":"111122223333",)"
          R"("userIdentity":{{"type":"IAMUser","userName":"{}","accountId":"111122223333"}}}})",
          events_++, FormatTime(SystemClock().Now() - ago_ms).substr(0, 19), 1 + i % regions, user);
      request.mutable_payload()->append(record);
      request.add_record_sizes(static_cast<uint32_t>(record.size()));
    }
    stream->Write(request);
    ASSERT_TRUE(stream->Read(&response));
    stream->WritesDone();
    stream->Finish();
  }

  Outcome Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--address", node_->address()});
    std::vector<const char*> pointers;
    for (const std::string& argument : arguments) {
      pointers.push_back(argument.c_str());
    }
    return RunCommand(pointers);
  }

  std::filesystem::path folder_;
  std::unique_ptr<Node> node_;
  uint64_t sequence_ = 0;
  int events_ = 0;
};

TEST_F(ExplainServiceTest, AnAlertSaysWhatItsEventsAndItsGroupPassed) {
  Push("ana", 5, 2);
  const Outcome list = Run({"alerts", "list", "--rule", "many-calls", "--format", "ndjson"});
  ASSERT_EQ(list.exit_code, kExitOk) << list.err;
  const std::string before = "\"alert_id\":\"";
  const std::size_t at = list.out.find(before);
  ASSERT_NE(at, std::string::npos) << list.out;
  const std::string id = list.out.substr(at + before.size(), 32);
  const Outcome outcome = Run({"explain", "alert", id});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Many calls (many-calls): alert " + id + ", open\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  group       user.name = ana\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    WHERE event.action == \"InvokeModel\"\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    exception sandbox: "));
  EXPECT_THAT(outcome.out, HasSubstr(" does not hold\n"));
  EXPECT_THAT(outcome.out, HasSubstr(" BY user.name, over 10m in panes of 1s\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    WHERE calls >= 4\n      calls = 5\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    WHERE regions > 1\n      regions = 2\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  suppresses  hits with user.name = ana until "));
  EXPECT_THAT(outcome.out, HasSubstr("  warming     its window was younger than the look-back"));
  EXPECT_EQ(Run({"explain", "alert", std::string(32, '0')}).exit_code, kExitNotFound);
  EXPECT_EQ(Run({"explain", "alert", "x"}).exit_code, kExitUsage);
}

TEST_F(ExplainServiceTest, AnEventIsExplainedByTheRulesOfTheCluster) {
  Push("ana", 2, 1);                        // e0, e1
  Push("older", 1, 1, 61 * 60 * 1000);      // e2
  ASSERT_EQ(Run({"rules", "disable", "few-calls"}).exit_code, kExitOk);
  const auto explain = [&](const std::string& id, const std::string& user) {
    const std::string events = Write(
        "events.ndjson",
        fmt::format(R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
                    R"("eventID":"{}","eventTime":"2026-03-02T10:00:00Z","awsRegion":"us-east-1",)"
                    R"("recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser",)"
                    R"("userName":"{}","accountId":"111122223333"}}}})"
                    "\n",
                    id, user));
    const Outcome outcome = Run({"explain", "event", events});
    EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
    return outcome.out;
  };
  const std::string ana = explain("e0", "ana");
  EXPECT_THAT(ana, HasSubstr("  matched    Many calls (many-calls)\n"));
  EXPECT_THAT(ana, HasSubstr(", group user.name = \"ana\"\n"));
  EXPECT_THAT(ana, Not(HasSubstr("few-calls")));
  EXPECT_THAT(explain("e9", "sandbox"), HasSubstr("  excepted   Many calls (many-calls)\n"));
  EXPECT_THAT(explain("e9", "dan"), Not(HasSubstr("not counted")));
  EXPECT_THAT(explain("e2", "older"), HasSubstr("  not counted: it came too late at "));
}

}  // namespace
}  // namespace weir::cli
