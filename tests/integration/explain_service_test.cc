// Alerts and events of a whole node explained over real gRPC, with the commands people use.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
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

// Each row is an alert; further ones of the same user fold into it for an hour.
constexpr char kEachRule[] = R"toml([rule]
name = "Each deletion"
rule_id = "each-deletion"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "low"
risk_score = 20
query = '''
FROM logs-aws.cloudtrail-* METADATA _id
| WHERE event.action == "DeleteGuardrail"
| KEEP _id, user.name, cloud.region
'''

[rule.alert_suppression]
group_by = ["user.name"]
duration = {value = 1, unit = "h"}
missing_fields_strategy = "suppress"
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
    Write("rules/each.toml", kEachRule);
    Write("overlay.yaml", R"(silences:
  - name: drill
    rules: [many-calls]
    group: {user.name: "drill*"}
    until: 2100-01-01
    author: ana
    reason: a drill
rules:
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

  static std::string Record(const std::string& id, const std::string& user, int region, int64_t ago_ms,
                            const std::string& action) {
    return fmt::format(
        R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"{}",)"
        R"("eventID":"{}","eventTime":"{}Z","awsRegion":"us-east-{}","recipientAccountId":"111122223333",)"
        R"("userIdentity":{{"type":"IAMUser","userName":"{}","accountId":"111122223333"}}}})",
        action, id, FormatTime(SystemClock().Now() - ago_ms).substr(0, 19), region, user);
  }

  // Calls of a user, so long ago, in as many regions: events "e0", "e1", ...
  void Push(const std::string& user, int calls, int regions, int64_t ago_ms = 1000,
            const std::string& action = "InvokeModel") {
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
      const std::string record =
          Record(fmt::format("e{}", events_), user, 1 + i % regions, ago_ms, action);
      pushed_[fmt::format("e{}", events_++)] = record;
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

  // The id of a user's only alert of a rule.
  std::string AlertOf(const std::string& rule, const std::string& user) {
    const Outcome list = Run({"alerts", "list", "--rule", rule, "--field", "user.name=" + user, "--format", "ndjson"});
    EXPECT_EQ(list.exit_code, kExitOk) << list.err;
    const std::string before = "\"alert_id\":\"";
    const std::size_t at = list.out.find(before);
    EXPECT_NE(at, std::string::npos) << list.out;
    return at == std::string::npos ? "" : list.out.substr(at + before.size(), 32);
  }

  // What is said of an event: the one that was pushed under the id, or else a new one.
  std::string ExplainEvent(const std::string& id, const std::string& user, int64_t ago_ms = 1000,
                           const std::string& rule = "") {
    const std::string record =
        pushed_.contains(id) ? pushed_[id] : Record(id, user, 1, ago_ms, "InvokeModel");
    std::vector<std::string> arguments = {"explain", "event", Write("event.ndjson", record + "\n")};
    if (!rule.empty()) {
      arguments.insert(arguments.end(), {"--rule", rule});
    }
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
    return outcome.out;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Node> node_;
  std::map<std::string, std::string> pushed_;   // records, by event id
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
  const std::string ana = ExplainEvent("e0", "ana");
  EXPECT_THAT(ana, HasSubstr("  matched    Many calls (many-calls)\n"));
  EXPECT_THAT(ana, HasSubstr(", group user.name = \"ana\"\n"));
  EXPECT_THAT(ana, Not(HasSubstr("few-calls")));
  EXPECT_THAT(ExplainEvent("e9", "sandbox"), HasSubstr("  excepted   Many calls (many-calls)\n"));
  EXPECT_THAT(ExplainEvent("e9", "dan"), Not(HasSubstr("not counted")));
  const std::string older = ExplainEvent("e2", "older", 61 * 60 * 1000);
  EXPECT_THAT(older, HasSubstr("  not counted: it came too late at "));
  EXPECT_THAT(older, HasSubstr("    known       it was taken before"));
}

TEST_F(ExplainServiceTest, AnEventSaysWhetherItIsARepeatOrLate) {
  Push("ana", 2, 1);                        // e0, e1
  const std::string known = ExplainEvent("e0", "ana", 1000, "many-calls");
  EXPECT_THAT(known, HasSubstr("    known       it was taken before: sent again it is a repeat"));
  EXPECT_THAT(known, HasSubstr("    no alert    no window with it has fired"));
  const std::string never = ExplainEvent("e9", "ana", 1000, "many-calls");
  EXPECT_THAT(never, HasSubstr("    new         it was not taken"));
  EXPECT_THAT(never, Not(HasSubstr("late")));
  EXPECT_THAT(ExplainEvent("e9", "ana", 70 * 60 * 1000, "many-calls"),
              HasSubstr("    late        if it came now it would be late: events up to "));
  EXPECT_THAT(ExplainEvent("e9", "ana", -10 * 60 * 1000, "many-calls"),
              HasSubstr("    ahead       if it came now it would be ahead of the clock: events behind "));
  // Asking took nothing in.
  EXPECT_THAT(ExplainEvent("e9", "ana", 1000, "many-calls"), HasSubstr("    new         "));
  const std::string twice = Record("e9", "ana", 1, 1000, "InvokeModel") + "\n";
  EXPECT_THAT(Run({"explain", "event", Write("twice.ndjson", twice + twice)}).out,
              HasSubstr("  repeat     it is event 1 of the file again"));
}

TEST_F(ExplainServiceTest, AnEventNamesItsAlertAndWhatSuppressesAndSilencesIt) {
  Push("ana", 5, 2);                        // e0 to e4
  const std::string fired = ExplainEvent("e0", "ana", 1000, "many-calls");
  EXPECT_THAT(fired, HasSubstr("    alert       " + AlertOf("many-calls", "ana") + " (open, fired "));
  EXPECT_THAT(fired, Not(HasSubstr("silence")));
  // Half an hour before: windows of their own, but of the same suppression key.
  Push("ana", 5, 2, 30 * 60 * 1000);        // e5 to e9
  EXPECT_THAT(ExplainEvent("e5", "ana", 30 * 60 * 1000, "many-calls"),
              HasSubstr("    suppressed  its hit was folded into alert " + AlertOf("many-calls", "ana")));

  Push("drill-1", 5, 2);                    // e10 to e14
  const std::string silenced = ExplainEvent("e10", "drill-1", 1000, "many-calls");
  EXPECT_THAT(silenced, HasSubstr("; silenced: not delivered)\n"));
  EXPECT_THAT(silenced, HasSubstr("    silence     drill until 2100-01-01"));
}

TEST_F(ExplainServiceTest, AnEventThatIsAnAlertItselfNamesItOrWhatItFoldsInto) {
  Push("bob", 2, 1, 1000, "DeleteGuardrail");   // e0, e1
  const std::string alert = AlertOf("each-deletion", "bob");
  const auto explain = [&](const std::string& id) {
    return Run({"explain", "event", "--rule", "each-deletion",
                Write("deletion.ndjson", pushed_.contains(id) ? pushed_[id] : Record(id, "bob", 1, 0, "DeleteGuardrail"))})
        .out;
  };
  EXPECT_THAT(explain("e0"), HasSubstr("    alert       " + alert + " (open, fired "));
  EXPECT_THAT(explain("e1"), HasSubstr("    suppressed  its hit was folded into alert " + alert));
  EXPECT_THAT(explain("e9"), HasSubstr("    suppressed  its hit would be folded into alert " + alert));
}

TEST_F(ExplainServiceTest, JsonHasWhatBecameOfAnEvent) {
  Push("ana", 5, 2);
  const Outcome outcome = Run({"explain", "event", "--rule", "many-calls", "--format", "json",
                               Write("event.ndjson", Record("e0", "ana", 1, 1000, "InvokeModel"))});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\"known\":true,\"time\":\"in_time\",\"alerts\":[{\"alert_id\":\"" +
                                     AlertOf("many-calls", "ana") + "\",\"folded\":false,"));
}

TEST_F(ExplainServiceTest, EveryExplanationIsAudited) {
  Push("ana", 5, 2);
  const std::string id = AlertOf("many-calls", "ana");
  ASSERT_EQ(Run({"explain", "alert", id}).exit_code, kExitOk);
  ExplainEvent("e0", "ana", 1000, "many-calls");
  std::ifstream file(folder_ / "log");
  const std::string log{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(log, HasSubstr("method=ExplainAlert what=" + id));
  EXPECT_THAT(log, ::testing::ContainsRegex("method=ExplainEvents what=\"1 records of rule many-calls\" "
                                            "result=ok alerts=1"));
}

}  // namespace
}  // namespace weir::cli
