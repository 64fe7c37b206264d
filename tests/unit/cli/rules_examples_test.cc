// `weir rules test` and `weir rules tune` over rules and events of a folder of its own.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/run_command.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

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
| WHERE calls >= 3
'''
)toml";

class RulesExamplesTest : public testing::Test {
 protected:
  RulesExamplesTest() {
    std::string name = testing::TempDir() + "examples_XXXXXX";
    folder_ = mkdtemp(name.data());
    Write("many_calls.toml", kRule);
  }
  ~RulesExamplesTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  std::string Read(const std::string& name) const {
    std::ifstream stream(folder_ / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  static std::string Calls(const std::string& user, int calls) {
    std::string text;
    for (int i = 0; i < calls; ++i) {
      text += fmt::format(
          R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
          R"("eventID":"{0}-{1}","eventTime":"2024-05-01T10:00:{1:02}Z","awsRegion":"us-east-1",)"
          R"("recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","userName":"{0}",)"
          R"("accountId":"111122223333"}}}})",
          user, i);
      text += "\n";
    }
    return text;
  }

  fs::path folder_;
};

TEST_F(RulesExamplesTest, EachExampleIsALine) {
  Write("tests/many_calls/fires.ndjson", Calls("alice", 3));
  Write("tests/many_calls/quiet.ndjson", Calls("alice", 2) + Calls("bob", 2));
  const Outcome outcome = RunCommand({"rules", "test", folder_.c_str()});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_EQ(outcome.out,
            "ok    many_calls/fires.ndjson  1 alerts\n"
            "ok    many_calls/quiet.ndjson  0 alerts\n");
  EXPECT_EQ(outcome.err, "1 rules, 0 without examples; 2 examples, 0 failed\n");
}

TEST_F(RulesExamplesTest, AFailureSaysWhatIsWrong) {
  Write("many_calls.tests/fires.ndjson", Calls("alice", 2));
  Write("many_calls.tests/quiet.ndjson", Calls("mallory", 4));
  Write("many_calls.tests/exact.ndjson", Calls("alice", 5));
  Write("many_calls.tests/exact.expect.yaml", "- {group: {user.name: alice}, columns: {calls: 6}}\n");
  Write("many_calls.tests/unnamed.ndjson", Calls("alice", 5));
  Write("many_calls.tests/quiet_damaged.ndjson", Calls("alice", 1) + "{\"eventSource\":\n");
  const std::string junit = Path("report.xml");
  const Outcome outcome =
      RunCommand({"rules", "test", Path("many_calls.toml").c_str(), "--junit", junit.c_str()});
  EXPECT_EQ(outcome.exit_code, kExitFailed);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("FAIL  many_calls/fires.ndjson  the rule did not fire\n"),
                                 HasSubstr("FAIL  many_calls/quiet.ndjson  the rule fired: rule "
                                           "many-calls, group user.name=mallory"),
                                 HasSubstr("calls is 5, not 6"),
                                 HasSubstr("FAIL  many_calls/unnamed.ndjson  what it shows is not "
                                           "known"),
                                 HasSubstr("FAIL  many_calls/quiet_damaged.ndjson  ")));
  EXPECT_THAT(outcome.err, HasSubstr("5 examples, 5 failed"));
  EXPECT_THAT(Read("report.xml"), AllOf(HasSubstr("tests=\"5\" failures=\"5\""),
                                        HasSubstr("the rule did not fire")));
}

// The folder of a rule that others publish stays as it is.
TEST_F(RulesExamplesTest, ExamplesMayLieElsewhere) {
  Write("mine/many_calls/fires.ndjson", Calls("alice", 3));
  const Outcome outcome = RunCommand({"rules", "test", "--examples", Path("mine").c_str(),
                                      Path("many_calls.toml").c_str()});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("ok    many_calls/fires.ndjson"));
}

TEST_F(RulesExamplesTest, NoExampleAtAllIsAFailure) {
  const Outcome outcome = RunCommand({"rules", "test", folder_.c_str()});
  EXPECT_EQ(outcome.exit_code, kExitFailed);
  EXPECT_THAT(outcome.out, StartsWith("none  "));
  EXPECT_THAT(outcome.err, HasSubstr("no rule there has an example"));
}

// Searches of Splunk's language have examples in the same way.
TEST_F(RulesExamplesTest, TheShippedRulesPass) {
  for (const char* pack : {WEIR_ROOT "/deploy/rules/bedrock_usage",
                           WEIR_ROOT "/deploy/rules/bedrock_story/detections"}) {
    const Outcome outcome = RunCommand({"rules", "test", "--all", pack});
    EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, Not(IsEmpty()));
  }
}

TEST_F(RulesExamplesTest, ExpectPrintsDifferencesInsteadOfAlerts) {
  Write("events.ndjson", Calls("alice", 3) + Calls("bob", 4));
  Write("right.yaml", "alerts:\n  - group: {user.name: alice}\n  - {rule: many-calls, columns: {calls: 4}}\n");
  Write("wrong.yaml", "- {rule: Many calls, group: {user.name: alice}, columns: {calls: 9}}\n");
  const std::string rule = Path("many_calls.toml");
  const std::string events = Path("events.ndjson");
  const Outcome right = RunCommand({"backtest", "--rules", rule.c_str(), "--expect",
                                    Path("right.yaml").c_str(), events.c_str()});
  EXPECT_EQ(right.exit_code, kExitOk) << right.out << right.err;
  EXPECT_THAT(right.out, StartsWith("ok: 2 alerts"));
  const Outcome wrong = RunCommand({"backtest", "--rules", rule.c_str(), "--expect",
                                    Path("wrong.yaml").c_str(), events.c_str()});
  EXPECT_EQ(wrong.exit_code, kExitFailed);
  EXPECT_THAT(wrong.out, AllOf(HasSubstr("missing: line 1: rule Many calls"),
                               HasSubstr("near: calls is 3, not 9"), HasSubstr("unexpected: ")));
}

TEST_F(RulesExamplesTest, JunitWithoutExpectIsWrongUsage) {
  const Outcome outcome =
      RunCommand({"backtest", "--rules", "r.toml", "--junit", "out.xml", "events.ndjson"});
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("--expect"));
}

TEST_F(RulesExamplesTest, TuneShowsWhatOtherThresholdsWouldAlert) {
  Write("events.ndjson", Calls("alice", 2) + Calls("bob", 4) + Calls("carol", 9));
  const std::string rule = Path("many_calls.toml");
  const std::string events = Path("events.ndjson");
  const Outcome outcome =
      RunCommand({"rules", "tune", rule.c_str(), events.c_str(), "--values", "5,2"});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_EQ(outcome.out,
            "         calls    alerts    groups  suppressed  which\n"
            "             2         3         3           0  user.name=alice; user.name=bob; "
            "user.name=carol\n"
            "           3 *         2         2           0  user.name=bob; user.name=carol\n"
            "             5         1         1           0  user.name=carol\n"
            "* the rule's own threshold\n");
  const Outcome json =
      RunCommand({"rules", "tune", rule.c_str(), events.c_str(), "--format", "json"});
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"("rule_id":"many-calls","column":"calls")"),
                              HasSubstr(R"({"group":"user.name=carol","alerts":1})")));
  const Outcome none = RunCommand({"rules", "tune", rule.c_str(), events.c_str(), "--column", "user.name"});
  EXPECT_EQ(none.exit_code, kExitFailed);
  EXPECT_THAT(none.err, HasSubstr("no column user.name"));
}

}  // namespace
}  // namespace weir::cli
