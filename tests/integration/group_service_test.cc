// The groups of a whole node over real gRPC, with the commands people use: which are nearest, and why one
// did not fire.
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

// Judged at ticks: its condition is no lower bound.
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

constexpr char kEachRule[] = R"toml([rule]
name = "Each call"
rule_id = "each-call"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "low"
risk_score = 20
query = '''
FROM logs-aws.cloudtrail-* METADATA _id
| WHERE event.action == "DeleteGuardrail"
'''
)toml";

class GroupServiceTest : public ::testing::Test {
 protected:
  GroupServiceTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("weir_group_service_test_{}", getpid())) {
    std::filesystem::create_directories(folder_ / "rules");
    log::Options log;
    log.file = (folder_ / "log").string();
    EXPECT_TRUE(log::Init(log).ok());
    Write("rules/many.toml", kRules);
    Write("rules/few.toml", kTickRule);
    Write("rules/each.toml", kEachRule);
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
  ~GroupServiceTest() override {
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
  std::string ExplainGroup(const std::string& user) {
    const Outcome outcome = Run({"explain", "group", "many-calls", "user.name=" + user});
    EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
    return outcome.out;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Node> node_;
  uint64_t sequence_ = 0;
  int events_ = 0;
};

TEST_F(GroupServiceTest, TopShowsTheNearestGroupsFirst) {
  Push("ana", 2, 1);
  Push("bob", 3, 2);
  Push("cleo", 1, 1);
  const Outcome outcome = Run({"groups", "top", "many-calls", "--limit", "2"});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("Many calls (many-calls), continuous: 2 of 3 groups with rows in the window\n"));
  EXPECT_THAT(outcome.out, HasSubstr("COUNT(*) 3 of 4"));
  EXPECT_THAT(outcome.out, HasSubstr("user.name = bob\n"));
  EXPECT_THAT(outcome.out, HasSubstr("user.name = ana\n"));
  EXPECT_LT(outcome.out.find("= bob"), outcome.out.find("= ana"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("cleo")));
  const Outcome json = Run({"groups", "top", "Many calls", "--format", "json"});
  EXPECT_THAT(json.out, HasSubstr(R"("share":0.75)"));
  EXPECT_THAT(json.out, HasSubstr(R"("total":"3")"));
}

TEST_F(GroupServiceTest, OfARuleWithoutLowerBoundsTheGroupsWithMostRowsComeFirst) {
  Push("ana", 2, 1);
  Push("bob", 3, 2);
  const Outcome outcome = Run({"groups", "top", "few-calls"});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("no condition of the rule can only become true as rows are added"));
  EXPECT_LT(outcome.out.find("= bob"), outcome.out.find("= ana"));
}

// A group that did not fire: every answer that `explain group` has.
TEST_F(GroupServiceTest, WhyDidItNotFire) {
  Push("below", 3, 2);
  Push("narrow", 9, 1);
  Push("fires", 5, 2);
  Push("sandbox", 9, 2);
  Push("older", 5, 2, 61 * 60 * 1000);

  const std::string below = ExplainGroup("below");
  EXPECT_THAT(below, HasSubstr("does not fire:\n      calls >= 4 is false, not true\n        calls = 3\n"));
  EXPECT_THAT(below, HasSubstr("reached     75 %: COUNT(*) 3 of 4"));
  EXPECT_THAT(below, HasSubstr("rows        3 in the window"));
  EXPECT_THAT(below, HasSubstr("columns     calls = 3, regions = 2"));
  EXPECT_THAT(below, HasSubstr("warming until"));   // the node has just begun

  EXPECT_THAT(ExplainGroup("narrow"), HasSubstr("regions > 1 is false, not true\n        regions = 1\n"));

  const std::string fired = ExplainGroup("fires");
  EXPECT_THAT(fired, HasSubstr("fires: every condition holds in the window\n"));
  EXPECT_THAT(fired, HasSubstr("    fired       "));
  EXPECT_THAT(fired, HasSubstr(": alert "));
  EXPECT_THAT(fired, HasSubstr("    suppressed  until "));
  EXPECT_THAT(fired, HasSubstr(": a hit folds into alert "));

  const std::string excepted = ExplainGroup("sandbox");
  EXPECT_THAT(excepted, HasSubstr("excepted: 9 rows by sandbox"));
  EXPECT_THAT(excepted, HasSubstr("no group with user.name=sandbox has rows that are kept"));

  const std::string late = ExplainGroup("older");
  EXPECT_THAT(late, HasSubstr("5 late"));
  EXPECT_THAT(late, HasSubstr("no group with user.name=older has rows that are kept"));
}

TEST_F(GroupServiceTest, ASecondEpisodeIsFoldedIntoTheAlertThatSuppressesIt) {
  Push("ana", 5, 2, 50 * 60 * 1000);
  Push("ana", 5, 2, 20 * 60 * 1000);
  const std::string group = ExplainGroup("ana");
  EXPECT_THAT(group, HasSubstr("does not fire: it has no row in the window"));
  EXPECT_THAT(group, HasSubstr("rows        0 in the window; 10 outside it"));
  EXPECT_THAT(group, HasSubstr(": suppressed by alert "));
  EXPECT_THAT(group, HasSubstr(": a hit folds into alert "));
}

TEST_F(GroupServiceTest, AGroupOfATickRuleNamesTheConditionThatFails) {
  Push("bob", 1, 1);
  Push("ana", 2, 1);
  const Outcome bob = Run({"explain", "group", "few-calls", "user.name=bob"});
  EXPECT_EQ(bob.exit_code, kExitOk) << bob.err;
  EXPECT_THAT(bob.out, HasSubstr("Few calls (few-calls), schedule over 1h"));
  EXPECT_THAT(bob.out, HasSubstr(R"(user.name LIKE "a*" is false, not true)"));
  EXPECT_THAT(bob.out, HasSubstr(R"(user.name = "bob")"));
  const Outcome ana = Run({"explain", "group", "few-calls", "user.name=ana"});
  EXPECT_THAT(ana.out, HasSubstr("fires: every condition holds in the window"));
}

TEST_F(GroupServiceTest, GroupsAreThereAfterARestart) {
  Push("ana", 2, 1);
  StartNode();
  EXPECT_THAT(ExplainGroup("ana"), HasSubstr("rows        2 in the window"));
}

TEST_F(GroupServiceTest, RefusalsSayWhatToDo) {
  const Outcome unknown = Run({"groups", "top", "nothing"});
  EXPECT_EQ(unknown.exit_code, kExitNotFound);
  EXPECT_THAT(unknown.err, HasSubstr("no rule with the id or name 'nothing' runs; `weir rules list`"));
  const Outcome each = Run({"groups", "top", "each-call"});
  EXPECT_EQ(each.exit_code, kExitConflict);
  EXPECT_THAT(each.err, HasSubstr("rule 'each-call' counts nothing: each row is an alert"));
  const Outcome key = Run({"explain", "group", "many-calls", "user.nmae=ana"});
  EXPECT_EQ(key.exit_code, kExitUsage);
  EXPECT_THAT(key.err, HasSubstr("does not group by 'user.nmae'; its groups have user.name"));
  EXPECT_EQ(Run({"explain", "group", "many-calls", "ana"}).exit_code, kExitUsage);
  EXPECT_EQ(Run({"groups", "top", "many-calls", "--limit", "0"}).exit_code, kExitUsage);
}

}  // namespace
}  // namespace weir::cli
