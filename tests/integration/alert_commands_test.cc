// The commands that work with alerts, against a whole node: what bad input is answered with, and silences.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/node.h"
#include "common/base/clock.h"
#include "common/base/time.h"
#include "common/config/config.h"
#include "common/state/state_store.h"
#include "common/telemetry/log.h"
#include "tests/unit/cli/run_command.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

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
| STATS calls = COUNT(*) BY user.name
| WHERE calls >= 3
'''
)toml";

class AlertCommandsTest : public ::testing::Test {
 protected:
  AlertCommandsTest()
      : folder_(std::filesystem::temp_directory_path() / fmt::format("weir_alert_commands_{}", getpid())) {
    std::filesystem::create_directories(folder_);
    log::Options log;   // the node's lines are not the command's
    log.file = (folder_ / "log").string();
    EXPECT_TRUE(log::Init(log).ok());
    setenv("WEIR_CLIENT_CONFIG", (folder_ / "none.yaml").c_str(), 1);
    setenv("WEIR_ACTOR", "kim", 1);
    std::ofstream(folder_ / "rule.toml") << kRule;
    std::ofstream(folder_ / "team.yaml")
        << "silences:\n  - name: team\n    rules: [many-calls]\n    until: 2030-01-01\n    author: lee\n"
           "    reason: a test\n";
    config::Sources sources;
    sources.flags = {{"listen", "127.0.0.1:0"},
                     {"shards", "4"},
                     {"worker.executors", "1"},
                     {"ingest.threads", "1"},
                     {"data_dir", (folder_ / "data").string()},
                     {"rules", (folder_ / "rule.toml").string()},
                     {"overlays", (folder_ / "team.yaml").string()}};
    const config::LoadResult loaded = config::Load(sources);
    EXPECT_TRUE(loaded.problems.empty());
    auto node = Node::Start(loaded.config, state::MakeMemoryStore(), nullptr);
    EXPECT_TRUE(node.ok()) << node.status();
    node_ = std::move(*node);
    setenv("WEIR_ADDRESS", node_->address().c_str(), 1);
  }
  ~AlertCommandsTest() override {
    node_.reset();
    EXPECT_TRUE(log::Init(log::Options()).ok());
    unsetenv("WEIR_ADDRESS");
    unsetenv("WEIR_CLIENT_CONFIG");
    unsetenv("WEIR_ACTOR");
    std::filesystem::remove_all(folder_);
  }

  // An id of the alert that three calls of the user make.
  std::string Fire(const std::string& user) {
    const std::filesystem::path events = folder_ / "events";
    std::ofstream file(events);
    for (int i = 0; i < 3; ++i) {
      file << fmt::format(
                  R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
                  R"("eventID":"{}-{}","eventTime":"{}","recipientAccountId":"1",)"
                  R"("userIdentity":{{"type":"IAMUser","userName":"{}","accountId":"1"}}}})",
                  user, i, FormatTime(SystemClock().Now() - 1000).substr(0, 19) + "Z", user)
           << "\n";
    }
    file.close();
    EXPECT_EQ(RunCommand({"ingest", events.c_str()}).exit_code, kExitOk);
    const std::string condition = "user.name=" + user;
    std::string out;
    for (int i = 0; i < 200 && out.empty(); ++i) {
      out = RunCommand({"alerts", "list", "--format", "ndjson", "--field", condition.c_str()}).out;
    }
    EXPECT_THAT(out, StartsWith("{\"alert_id\":\""));
    return out.substr(13, 32);
  }

  const std::filesystem::path folder_;
  std::unique_ptr<Node> node_;
};

TEST_F(AlertCommandsTest, BadInputHasOneLineWhatToDoAndAnExitCode) {
  const std::string id = Fire("anna");
  ASSERT_EQ(RunCommand({"alerts", "close", id.c_str()}).exit_code, kExitOk);
  struct Case {
    std::vector<const char*> arguments;
    int exit_code;
    const char* says;
  };
  const std::string unknown(32, 'f');
  const Case kCases[] = {
      // Unknown ids.
      {{"alerts", "get", unknown.c_str()}, kExitNotFound, "no alert"},
      {{"alerts", "get", "fffff"}, kExitNotFound, "`weir alerts list` shows which there are"},
      {{"alerts", "get", "f"}, kExitUsage, "'f' is no alert id: an id is 32 hexadecimal digits"},
      {{"alerts", "get", "not-an-id"}, kExitUsage, "`weir alerts list` shows them"},
      {{"alerts", "ack", unknown.c_str()}, kExitNotFound, "no alert"},
      {{"rules", "get", "no-such-rule"}, kExitNotFound, "no-such-rule"},
      {{"alerts", "silence", "remove", "nothing"}, kExitNotFound, "`weir alerts silence list`"},
      // Stale versions.
      {{"alerts", "reopen", "--if-revision", "77", id.c_str()}, kExitConflict,
       "`weir alerts get` shows it as it is now"},
      {{"alerts", "ack", id.c_str()}, kExitConflict, "closed"},
      {{"rules", "disable", "many-calls", "--if-version", "77"}, kExitConflict, "77"},
      // Filters and orders.
      {{"alerts", "list", "--field", "user.name"}, kExitUsage, "--field: expected NAME=VALUE, got 'user.name'"},
      {{"alerts", "list", "--sort", "loudness"}, kExitUsage, "expected fired_at, changed_at, severity"},
      {{"alerts", "list", "--severity", "awful"}, kExitUsage, "see `weir alerts list --help`"},
      {{"alerts", "list", "--limit", "-1"}, kExitUsage, "see `weir alerts list --help`"},
      {{"alerts", "watch", "--cursor", "nonsense"}, kExitUsage, "cursor"},
      // Times.
      {{"alerts", "list", "--since", "yesterday"}, kExitUsage,
       "--since: 'yesterday' is neither a time (2026-01-02T03:04:05Z) nor a duration (2h)"},
      {{"alerts", "list", "--until", "2026-13-01"}, kExitUsage, "--until: '2026-13-01' is neither"},
      {{"alerts", "silence", "add", "x", "--rule", "r", "--until", "soon", "--reason", "y"}, kExitUsage,
       "--until: 'soon' is neither"},
      {{"alerts", "silence", "add", "x", "--until", "2h", "--reason", "y"}, kExitUsage, "--everything"},
      {{"alerts", "silence", "add", "team", "--rule", "r", "--until", "2h", "--reason", "y"}, kExitConflict,
       "there is a silence 'team' already"},
      {{"alerts", "silence", "remove", "team"}, kExitFailed, "team.yaml: take it out there"},
      // Nothing to show.
      {{"alerts", "list", "--rule", "other", "--format", "table"}, kExitOk, "no alert passes the filter"},
      // Nobody there.
      {{"alerts", "list", "--address", "127.0.0.1:1"}, kExitUnreachable,
       "is `weir all` running there? (--address names another)"},
      {{"alerts", "list", "--context", "prod"}, kExitNotFound, "`weir context set prod --address HOST:PORT`"},
  };
  for (const Case& tried : kCases) {
    const Outcome outcome = RunCommand(tried.arguments);
    const std::string command = fmt::format("{}", fmt::join(tried.arguments, " "));
    EXPECT_EQ(outcome.exit_code, tried.exit_code) << command << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(tried.says)) << command;
    // Usage errors have the way to the help on a second line.
    EXPECT_LE(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 2) << command << "\n" << outcome.err;
    if (tried.exit_code != kExitOk) {
      EXPECT_THAT(outcome.out, IsEmpty()) << command;
    }
  }
}

TEST_F(AlertCommandsTest, SilencesAreSetListedAndTakenOut) {
  const Outcome set = RunCommand({"alerts", "silence", "add", "load-test", "--rule", "many-*", "--severity",
                                  "high", "--group", "user.name=load*", "--until", "2h", "--reason",
                                  "load \"test\""});
  EXPECT_EQ(set.exit_code, kExitOk) << set.err;
  EXPECT_THAT(set.out, HasSubstr(": rules many-*; severities high; user.name=load*\n"));
  const Outcome list = RunCommand({"alerts", "silence", "list"});
  EXPECT_THAT(list.out, HasSubstr("load-test\n  matches  rules many-*; severities high; user.name=load*\n"));
  EXPECT_THAT(list.out, HasSubstr("  set by   kim: load \"test\"\n  file     silences.yaml\n"));
  EXPECT_THAT(list.out, HasSubstr("team\n  matches  rules many-calls\n  until    2030-01-01T00:00:00.000Z\n"));
  EXPECT_THAT(RunCommand({"alerts", "silence", "list", "--format", "json"}).out,
              HasSubstr("{\"name\":\"load-test\",\"rules\":[\"many-*\"],\"severities\":[\"high\"],"
                        "\"group\":{\"user.name\":\"load*\"},"));
  EXPECT_EQ(RunCommand({"alerts", "silence", "add", "second", "--rule", "x", "--until", "1d", "--reason", "y"})
                .exit_code,
            kExitOk);
  EXPECT_EQ(RunCommand({"alerts", "silence", "remove", "second"}).out, "silence second removed\n");
  EXPECT_EQ(RunCommand({"alerts", "silence", "remove", "load-test"}).out, "silence load-test removed\n");
  EXPECT_THAT(RunCommand({"alerts", "silence", "list"}).out, Not(HasSubstr("silences.yaml")));
  // It is a change of the rule set as others are.
  EXPECT_THAT(RunCommand({"rules", "history"}).out, HasSubstr("silence load-test: load \"test\""));
}

}  // namespace
}  // namespace weir::cli
