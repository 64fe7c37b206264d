// weir explain event: why a rule took an event, or why it did not, with the values it saw.
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/cli/run_command.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ExplainEventTest : public ::testing::Test {
 protected:
  ExplainEventTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("weir_explain_event_test_{}", getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~ExplainEventTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // What is said of a document with these members, under a rule with this query.
  Outcome Explain(const std::string& query, const std::string& members,
                  std::vector<const char*> more = {}) {
    const std::string rule = Write("rule.toml", fmt::format(R"toml([rule]
name = "Calls"
rule_id = "calls"
type = "esql"
language = "esql"
query = '''
{}
'''
severity = "low"
risk_score = 10
)toml",
                                                            query));
    const std::string events = Write(
        "events.ndjson",
        fmt::format("{{\"@timestamp\":\"2026-03-02T10:00:00Z\",\"event.id\":\"e1\","
                    "\"data_stream\":{{\"dataset\":\"x.y\"}},{}}}\n",
                    members));
    std::vector<const char*> arguments = {"explain", "event", events.c_str(), "--rules", rule.c_str()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCommand(arguments);
  }

  std::filesystem::path folder_;
};

constexpr char kCount[] = "| STATS n = COUNT(*) BY user.name | WHERE n >= 3";

TEST_F(ExplainEventTest, NamesTheFirstConditionThatFailedAndWhatItSaw) {
  const Outcome outcome = Explain(
      fmt::format("FROM logs-x.y-*\n| WHERE event.outcome == \"success\"\n  AND user.name == \"ana\"\n{}",
                  kCount),
      R"("event.outcome":"failure","user.name":"bob")");
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_EQ(outcome.out,
            "event \"e1\" of 2026-03-02T10:00:00.000Z, logs-x.y-default\n"
            "  no match   Calls (calls)\n"
            "    event.outcome == \"success\" is false, not true  [8:9]\n"
            "      event.outcome = \"failure\"\n");
}

TEST_F(ExplainEventTest, TakesAndOrAndNotApart) {
  const Outcome outcome = Explain(
      fmt::format("FROM logs-x.y-* | WHERE user.name == \"ana\" OR NOT (event.action == \"a\" AND "
                  "event.outcome == \"failure\") {}",
                  kCount),
      R"("event.outcome":"failure","event.action":"a","user.name":"bob")");
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("      user.name == \"ana\" is false, not true"));
  EXPECT_THAT(outcome.out, HasSubstr("        user.name = \"bob\"\n"));
  EXPECT_THAT(outcome.out, HasSubstr("          event.action == \"a\" is true, not false"));
  EXPECT_THAT(outcome.out, HasSubstr("          event.outcome == \"failure\" is true, not false"));
}

TEST_F(ExplainEventTest, AMissingValueMakesAComparisonNeitherTrueNorFalse) {
  const Outcome outcome =
      Explain(fmt::format("FROM logs-x.y-* | WHERE NOT user.name == \"ana\" {}", kCount),
              R"("event.action":"a")");
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("user.name == \"ana\" is null, not false"));
  EXPECT_THAT(outcome.out, HasSubstr("user.name = null"));
}

TEST_F(ExplainEventTest, SaysThatGrokFoundNothing) {
  const Outcome outcome = Explain(
      fmt::format("FROM logs-x.y-* | GROK event.action \"model=%{{WORD:model}}\" | WHERE model == \"m\" {}",
                  kCount),
      R"("event.action":"nothing to see")");
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("model == \"m\" is null, not true"));
  EXPECT_THAT(outcome.out, HasSubstr("model = null"));
  EXPECT_THAT(outcome.out, HasSubstr("found nothing in \"nothing to see\""));
}

TEST_F(ExplainEventTest, AMatchSaysWhereItIsCounted) {
  const Outcome outcome = Explain(
      fmt::format("FROM logs-x.y-* | WHERE event.action == \"a\" {}", kCount),
      R"("event.action":"a","user.name":"bob")", {"--shards", "1"});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("  matched    Calls (calls)\n    shard 0, group user.name = \"bob\"\n"));
}

TEST_F(ExplainEventTest, AnotherDataStreamIsNotRead) {
  const Outcome outcome =
      Explain(fmt::format("FROM logs-other-* | WHERE event.action == \"a\" {}", kCount),
              R"("event.action":"a")");
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("  not read   Calls (calls)\n    its query reads FROM logs-other-*\n"));
}

TEST_F(ExplainEventTest, NamesTheExceptionThatLeftItOut) {
  const std::string overlay = Write("overlay.yaml", R"(rules:
  calls:
    exceptions:
      - name: sandbox
        field: user.name
        values: ["bob"]
        author: ana
        reason: a sandbox
)");
  const Outcome outcome = Explain(
      fmt::format("FROM logs-x.y-* | WHERE event.action == \"a\" {}", kCount),
      R"("event.action":"a","user.name":"bob")", {"--overlay", overlay.c_str()});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("  excepted   Calls (calls)\n    exception sandbox: "));
}

TEST_F(ExplainEventTest, TextOfPromptsIsNeverShown) {
  const Outcome outcome = Explain(
      fmt::format("FROM logs-x.y-* | EVAL p = TO_LOWER(gen_ai.prompt) | WHERE p == \"x\" {}", kCount),
      R"("gen_ai.prompt":"the planted SECRET")");
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("p = <18 bytes of text>"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("ecret")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("SECRET")));
}

TEST_F(ExplainEventTest, JsonHasAnObjectForEachEventAndRule) {
  const Outcome outcome =
      Explain(fmt::format("FROM logs-x.y-* | WHERE event.action == \"a\" {}", kCount),
              R"("event.action":"b")", {"--format", "json"});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(R"("outcome":"filtered","step":"WHERE event.action == \"a\"")"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("values":{"event.action":"\"b\""})"));
}

// What the file alone would make: an alert, hits that fold into it, repeats.
TEST_F(ExplainEventTest, NamesTheAlertThatTheEventsOfTheFileWouldMake) {
  for (const std::string interval : {"auto", "schedule"}) {
    SCOPED_TRACE(interval);
    const std::string rule = Write("rule.toml", R"toml([rule]
name = "Calls"
rule_id = "calls"
type = "esql"
language = "esql"
query = '''
FROM logs-aws.cloudtrail-* | STATS n = COUNT(*) BY user.name | WHERE n >= 3
'''
from = "now-10m"
interval = "5m"
severity = "low"
risk_score = 10

[rule.alert_suppression]
group_by = ["user.name"]
duration = {value = 2, unit = "h"}
missing_fields_strategy = "suppress"
)toml");
    const std::string overlay = Write("overlay.yaml", R"(silences:
  - name: drill
    rules: [calls]
    group: {user.name: "bob"}
    until: 2026-03-02T10:00:30Z
    author: ana
    reason: a drill
)");
    std::string text;
    const auto add = [&](const std::string& id, const std::string& time, const std::string& user) {
      text += fmt::format("{{\"@timestamp\":\"2026-03-02T{}Z\",\"event.id\":\"{}\","
                          "\"data_stream\":{{\"dataset\":\"aws.cloudtrail\"}},\"user.name\":\"{}\"}}\n",
                          time, id, user);
    };
    for (int i = 0; i < 3; ++i) {
      add(fmt::format("b{}", i), fmt::format("10:0{}:10", i), "bob");
      add(fmt::format("s{}", i), fmt::format("11:0{}:00", i), "bob");
    }
    add("b1", "10:01:10", "bob");
    add("c1", "10:01:00", "cleo");
    const std::string events = Write("events.ndjson", text);
    const auto lines_of = [&](const std::string& out, const std::string& id) {
      const std::size_t begin = out.find("event \"" + id + "\"");
      EXPECT_NE(begin, std::string::npos) << out;
      return out.substr(begin, out.find("\nevent ", begin) - begin);
    };
    const Outcome outcome = RunCommand({"explain", "event", events.c_str(), "--rules", rule.c_str(),
                                        "--overlay", overlay.c_str(), "--mode", interval.c_str()});
    EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
    const std::string first = lines_of(outcome.out, "b0");
    EXPECT_THAT(first, HasSubstr("\n    alert       "));
    EXPECT_THAT(first, HasSubstr("\n    silence     drill until 2026-03-02T10:00:30.000Z"));
    EXPECT_THAT(lines_of(outcome.out, "s0"), HasSubstr("\n    suppressed  its hit is folded into alert "));
    EXPECT_THAT(lines_of(outcome.out, "s0"), Not(HasSubstr("silence")));
    EXPECT_THAT(lines_of(outcome.out, "c1"), Not(HasSubstr("alert")));
    EXPECT_THAT(outcome.out.substr(outcome.out.rfind("event \"b1\"")),
                HasSubstr("\n  repeat     it is event 3 of the file again"));
  }
}

TEST_F(ExplainEventTest, SaysWhatIsMissing) {
  const Outcome unknown =
      Explain(fmt::format("FROM logs-x.y-* {}", kCount), R"("event.action":"b")", {"--rule", "other"});
  EXPECT_EQ(unknown.exit_code, kExitFailed);
  EXPECT_THAT(unknown.err, HasSubstr("no rule with the id or name 'other' can be run"));
  const Outcome none = RunCommand({"explain", "event", "x.ndjson"});
  EXPECT_EQ(none.exit_code, kExitUsage);
  EXPECT_THAT(none.err, HasSubstr("--rules"));
}

}  // namespace
}  // namespace weir::cli
