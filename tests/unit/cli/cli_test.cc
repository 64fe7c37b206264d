// Wrong usage exits with 2 and says what helps; what needs no cluster works without one.
#include "cli/cli.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/exit_codes.h"
#include "tests/unit/cli/run_command.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TempFile {
 public:
  TempFile(const std::string& name, const std::string& text)
      : folder_(std::filesystem::temp_directory_path() /
                ("weir_cli_test_" + std::to_string(getpid()))),
        path_((folder_ / name).string()) {
    std::filesystem::create_directories(folder_);
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TempFile() { std::filesystem::remove_all(folder_); }
  const char* path() const { return path_.c_str(); }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

TEST(CliTest, WrongUsageExitsWithTwoAndPointsToHelp) {
  const std::vector<std::vector<const char*>> cases = {
      {},
      {"nonsense"},
      {"all", "--no-such-option"},
      {"ingest"},
      {"ingest", "--watermark-lag", "60", "x"},
      {"alerts"},
      {"alerts", "get"},
      {"alerts", "list", "--format", "xml"},
      {"alerts", "list", "--severity", "awful"},
      {"rules", "check"},
      {"backtest", "x.ndjson"},
      {"config", "check"},
      {"all", "--shards", "none", "--listen", "127.0.0.1:0"},
  };
  for (const auto& arguments : cases) {
    const Outcome outcome = RunCommand(arguments);
    EXPECT_EQ(outcome.exit_code, kExitUsage) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("weir"));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(CliTest, HelpAndVersionGoToStandardOutput) {
  const Outcome help = RunCommand({"ingest", "--help"});
  EXPECT_EQ(help.exit_code, kExitOk);
  EXPECT_THAT(help.out, HasSubstr("--watermark-lag"));
  EXPECT_EQ(RunCommand({"version"}).out, "weir " + Version() + "\n");
  EXPECT_EQ(RunCommand({"--version"}).out, "weir " + Version() + "\n");
}

TEST(CliTest, HelpKnowsEveryCommandAndTheExitCodes) {
  EXPECT_EQ(RunCommand({"help", "alerts", "list"}).out, RunCommand({"alerts", "list", "--help"}).out);
  EXPECT_EQ(RunCommand({"help"}).out, RunCommand({"--help"}).out);
  const Outcome unknown = RunCommand({"help", "alerts", "lst"});
  EXPECT_EQ(unknown.exit_code, kExitUsage);
  EXPECT_THAT(unknown.err, HasSubstr("`weir alerts` has no command 'lst'"));
  const Outcome codes = RunCommand({"help", "exit-codes"});
  EXPECT_EQ(codes.exit_code, kExitOk);
  EXPECT_THAT(codes.out, HasSubstr("\n3  the alert, rule, story or context that was named does not exist\n"));
}

std::string DocumentText(const std::string& name) {
  std::ifstream file(WEIR_ROOT "/docs/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(CliTest, TheReferenceIsWhatTheCommandsAre) {
  EXPECT_EQ(DocumentText("commands.md"), RunCommand({"help", "--markdown"}).out)
      << "run: weir help --markdown > docs/commands.md";
  const std::string guide = DocumentText("cli.md");
  for (const ExitCode& known : ExitCodes()) {
    EXPECT_THAT(guide, HasSubstr(fmt::format("| {} | {} |", known.code, known.meaning)));
  }
}

TEST(CliTest, BadConfigurationIsReportedInFull) {
  const TempFile file("weir.yaml", "listn: x\nshards: 0\n");
  const Outcome check = RunCommand({"config", "check", file.path()});
  EXPECT_EQ(check.exit_code, kExitFailed);
  EXPECT_THAT(check.err, HasSubstr("weir.yaml:1:1: unknown key 'listn'; did you mean 'listen'?"));
  EXPECT_THAT(check.err, HasSubstr("weir.yaml:2:1: 'shards': expected 1 to 4096, got 0"));
  EXPECT_EQ(RunCommand({"all", "--config", file.path()}).exit_code, kExitUsage);
}

TEST(CliTest, GoodConfigurationIsPrintedWithItsOrigins) {
  const TempFile file("weir.yaml", "tenant: acme\nrules: [a, b]\n");
  EXPECT_EQ(RunCommand({"config", "check", file.path()}).exit_code, kExitOk);
  const Outcome print = RunCommand({"config", "print", "--config", file.path(), "--worker-executors",
                                    "3", "--rules", "c", "--rules", "d"});
  EXPECT_EQ(print.exit_code, kExitOk);
  EXPECT_THAT(print.out, HasSubstr("tenant: acme  # "));
  EXPECT_THAT(print.out, HasSubstr("rules: [c, d]  # --rules"));
  EXPECT_THAT(print.out, HasSubstr("executors: 3  # --worker-executors"));
}

TEST(CliTest, UnreachableServerIsOneLine) {
  const std::vector<std::vector<const char*>> cases = {
      {"alerts", "list", "--address", "127.0.0.1:1"},
      {"alerts", "watch", "--address", "127.0.0.1:1"},
      {"cluster", "status", "--address", "127.0.0.1:1"},
      {"cluster", "nodes", "--address", "127.0.0.1:1"},
      {"cluster", "shards", "--address", "127.0.0.1:1"},
      {"cluster", "wait", "--address", "127.0.0.1:1"},
      {"alerts", "get", "--address", "127.0.0.1:1", "0123456789abcdef"},
      {"alerts", "ack", "--address", "127.0.0.1:1", "0123456789abcdef0123456789abcdef"},
  };
  for (const auto& arguments : cases) {
    const Outcome outcome = RunCommand(arguments);
    EXPECT_EQ(outcome.exit_code, kExitUnreachable);
    EXPECT_THAT(outcome.err, HasSubstr("no answer from 127.0.0.1:1"));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

TEST(CliTest, MissingRuleFolderFails) {
  const Outcome outcome = RunCommand({"rules", "check", "/no/such/folder"});
  EXPECT_EQ(outcome.exit_code, kExitFailed);
  EXPECT_THAT(outcome.err, HasSubstr("/no/such/folder"));
}

std::string RuleText(const std::string& kind, const std::string& query) {
  return "[rule]\nrule_id = \"r\"\nname = \"n\"\nseverity = \"low\"\nrisk_score = 1\n" + kind +
         "\nquery = '''\n" + query + "\n'''\n";
}

constexpr char kCounts[] =
    "FROM logs-* | STATS calls = COUNT(*) BY user.name | WHERE calls >= 5";

TEST(CliTest, RulesCommandsShowWhatAnOverlayChanges) {
  const TempFile rule("rule.toml", RuleText("type = \"esql\"\nlanguage = \"esql\"", kCounts));
  const TempFile overlay("o.yaml", "rules: {r: {interval: 10m, thresholds: {calls: 8}}}\n");
  const Outcome check = RunCommand({"rules", "check", rule.path(), "--overlay", overlay.path()});
  EXPECT_EQ(check.exit_code, kExitOk);
  EXPECT_EQ(check.out, fmt::format("ok  {0}\n  interval          5m -> 10m  ({1}:1)\n"
                                   "  thresholds.calls  5 -> 8  ({1}:1)\nok  {1}\n"
                                   "2 files: 2 ok, 0 warning, 0 unsupported, 0 error\n",
                                   rule.path(), overlay.path()));
  const Outcome explain = RunCommand({"rules", "explain", rule.path(), "--overlay", overlay.path()});
  EXPECT_EQ(explain.exit_code, kExitOk);
  EXPECT_THAT(explain.out, HasSubstr("overlay (vendor's value -> in force)"));
  EXPECT_THAT(explain.out, HasSubstr("COUNT(*) >= 8"));
  const Outcome show = RunCommand({"rules", "show", rule.path(), "--overlay", overlay.path()});
  EXPECT_EQ(show.exit_code, kExitOk);
  EXPECT_THAT(show.out, HasSubstr("thresholds.calls  5 -> 8"));
}

TEST(CliTest, RulesCheckFailsOnAnOverlayWithErrorsAndNamesEach) {
  const TempFile rule("rule.toml", RuleText("type = \"esql\"\nlanguage = \"esql\"", kCounts));
  const TempFile overlay("o.yaml", "rules: {r: {intervall: 10m, thresholds: {cals: 8}}}\n");
  const Outcome check = RunCommand({"rules", "check", rule.path(), "--overlay", overlay.path()});
  EXPECT_EQ(check.exit_code, kExitFailed);
  EXPECT_THAT(check.out, HasSubstr(std::string("ok  ") + rule.path()));
  EXPECT_THAT(check.out, HasSubstr("unknown key [intervall] of rule [r]; did you mean [interval]?"));
  EXPECT_THAT(check.out, HasSubstr("no longer fits: rule [r] compares no column [cals]"));
  const Outcome missing =
      RunCommand({"rules", "check", rule.path(), "--overlay", "/no/such/overlay"});
  EXPECT_EQ(missing.exit_code, kExitFailed);
  EXPECT_THAT(missing.err, HasSubstr("/no/such/overlay"));
}

TEST(CliTest, RulesCheckSaysOneLineARule) {
  const TempFile good("good.toml", RuleText("type = \"query\"", "event.action: a"));
  const Outcome fine = RunCommand({"rules", "check", good.path()});
  EXPECT_EQ(fine.exit_code, 0);
  EXPECT_EQ(fine.out, std::string("ok  ") + good.path() +
                          "\n1 files: 1 ok, 0 warning, 0 unsupported, 0 error\n");

  const TempFile warned("warned.toml", RuleText("type = \"query\"", "my.own: a"));
  const Outcome warning = RunCommand({"rules", "check", warned.path()});
  EXPECT_EQ(warning.exit_code, 0);
  EXPECT_THAT(warning.out, HasSubstr(std::string("warning  ") + warned.path() + "  8:1: field [my.own]"));

  const TempFile broken("broken.toml", RuleText("type = \"query\"", "event.action: (a"));
  const Outcome wrong = RunCommand({"rules", "check", "--verbose", broken.path()});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.out, HasSubstr(std::string("error  ") + broken.path() + "  8:17: expected ')'"));
  EXPECT_THAT(wrong.out, HasSubstr("                ^"));
}

TEST(CliTest, RulesCheckWritesJson) {
  const TempFile file("sequence.toml", RuleText("type = \"eql\"", "sequence [any where true]"));
  const Outcome outcome = RunCommand({"rules", "check", "--format", "json", file.path()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out,
            std::string("{\"path\":\"") + file.path() +
                "\",\"rule_id\":\"r\",\"name\":\"n\",\"dialect\":\"eql\",\"status\":\"unsupported\","
                "\"reason\":\"EQL [sequence] is not supported: only queries of single events are\","
                "\"line\":8,\"column\":1}\n");
}

// Rules in a folder of their own.
class RulesPageTest : public ::testing::Test {
 protected:
  RulesPageTest() { std::filesystem::create_directories(folder_); }
  ~RulesPageTest() override { std::filesystem::remove_all(folder_); }

  void AddRule(const std::string& id, const std::string& name, const std::string& kind,
               const std::string& query, const std::string& rest = "") {
    std::ofstream(folder_ / (id + ".toml"))
        << "[rule]\nrule_id = \"" << id << "\"\nname = \"" << name
        << "\"\nseverity = \"low\"\nrisk_score = 1\nauthor = [\"Ann\"]\n"
        << "false_positives = [\"Clean-up.\"]\n" << kind << "query = '''\n" << query << "\n'''\n"
        << rest;
  }
  Outcome Rules(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "rules");
    arguments.insert(arguments.end(), {"--rules", folder_.c_str()});
    return RunCommand(arguments);
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                  ("weir_rules_page_test_" + std::to_string(getpid()));
};

constexpr char kEsql[] = "type = \"esql\"\nlanguage = \"esql\"\n";
constexpr char kKql[] = "type = \"query\"\nlanguage = \"kuery\"\n";
constexpr char kThreat[] =
    "[[rule.threat]]\nframework = \"MITRE ATT&CK\"\n"
    "[rule.threat.tactic]\nid = \"TA0040\"\nname = \"Impact\"\nreference = \"r\"\n"
    "[[rule.threat.technique]]\nid = \"T1485\"\nname = \"Data Destruction\"\nreference = \"r\"\n";

TEST_F(RulesPageTest, ShowDescribesARuleBesideTheOthers) {
  AddRule("one", "Deletes a bucket", kEsql,
          "FROM logs-*\n| WHERE event.action == \"DeleteBucket\" AND user.id IS NOT NULL\n"
          "| STATS deleted = COUNT(*) BY user.id\n| WHERE deleted >= 3",
          kThreat);
  AddRule("two", "Deletes anything", kKql, "event.action: (DeleteBucket or DeleteKey)");
  AddRule("three", "Of several events", "type = \"eql\"\nlanguage = \"eql\"\n",
          "sequence [any where true]");
  const Outcome page = Rules({"show", "a bucket"});
  EXPECT_EQ(page.exit_code, 0) << page.err;
  const std::vector<const char*> parts = {
      "rule            Deletes a bucket\n",
      "status          ok\n",
      "authors         Ann\n",
      "look-back       6m\n",
      "group by        user.id\n",
      "  event.action  eq  DeleteBucket\n      1 other rule looks for the same\n",
      "  user.id  is_not_null\n      0 other rules look for the same\n",
      "  deleted = COUNT(*)  ge  3\n",
      "  deleted (long)  = COUNT(*)\n",
      "  user.id (keyword)  the event's field\n",
      "  MITRE ATT&CK: TA0040 Impact\n    T1485  Data Destruction\n",
      "  Deletes anything  (DeleteBucket)\n",
      "  - Clean-up.\n",
  };
  for (const char* part : parts) {
    EXPECT_THAT(page.out, HasSubstr(part));
  }
  const Outcome json = Rules({"show", "two", "--format", "json"});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_THAT(json.out, HasSubstr("{\"field\":\"event.action\",\"expression\":\"\",\"kind\":\"in\","
                                  "\"values\":[\"DeleteBucket\",\"DeleteKey\"],\"on\":\"events\","
                                  "\"other_rules\":1}"));
  EXPECT_THAT(json.out, HasSubstr("\"status\":\"ok\""));
  EXPECT_THAT(json.out, HasSubstr("\"actions\":[\"DeleteBucket\"]"));
}

TEST_F(RulesPageTest, ShowSaysWhyARuleIsRefusedOrNotFound) {
  AddRule("one", "Deletes one", kKql, "event.action: a");
  AddRule("two", "Deletes two", kKql, "event.action: b");
  AddRule("three", "Of several events", "type = \"eql\"\nlanguage = \"eql\"\n",
          "sequence [any where true]");
  const Outcome refused = Rules({"show", "three"});
  EXPECT_EQ(refused.exit_code, 0) << refused.err;
  EXPECT_THAT(refused.out, HasSubstr("status          refused\n"));
  EXPECT_THAT(refused.out, HasSubstr("EQL [sequence] is not supported"));

  const Outcome unclear = Rules({"show", "deletes"});
  EXPECT_EQ(unclear.exit_code, kExitFailed);
  EXPECT_THAT(unclear.err, HasSubstr("'deletes' may mean any of 2 rules"));
  const Outcome unknown = Rules({"show", "nothing"});
  EXPECT_EQ(unknown.exit_code, kExitNotFound);
  EXPECT_THAT(unknown.err, HasSubstr("no rule with the file, the id or a name like 'nothing'"));
  const Outcome file = RunCommand({"rules", "show", (folder_ / "one.toml").c_str()});
  EXPECT_EQ(file.exit_code, 0) << file.err;
  EXPECT_THAT(file.out, HasSubstr("rule            Deletes one\n"));
}

TEST_F(RulesPageTest, CoverageListsTechniques) {
  AddRule("one", "First", std::string(kKql) + "tags = [\"Mitre Atlas: T0051\"]\n",
          "event.action: a", kThreat);
  AddRule("two", "Second", kKql, "event.action: b", kThreat);
  AddRule("three", "Third", kKql, "event.action: c");
  AddRule("four", "Fourth", "type = \"eql\"\nlanguage = \"eql\"\n", "sequence [any where true]",
          kThreat);
  const Outcome table = Rules({"coverage"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(table.out,
            "TACTIC  TECHNIQUE  NAME              RULES\n"
            "-       AML.T0051                    1: First\n"
            "Impact  T1485      Data Destruction  2: First; Second\n"
            "without a technique: Third\n"
            "3 rules, 2 techniques; refused and not counted: 1\n");
  const Outcome json = Rules({"coverage", "--format", "json"});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_THAT(json.out, HasSubstr("\"technique_id\":\"T1485\",\"technique\":\"Data Destruction\","
                                  "\"rules\":[\"First\",\"Second\"]}"));
}

TEST(CliTest, NormalizePrintsALineForEachRecordInOrder) {
  const TempFile file("records.json",
                      R"({"eventVersion":"1.08","eventName":"A","eventTime":"2025-03-01T10:00:00Z"})"
                      "\n\n{\"broken\n"
                      R"({"eventVersion":"1.08","eventName":"B","requestParameters":{"x":1}})"
                      "\n");
  const Outcome outcome = RunCommand({"normalize", file.path()});
  EXPECT_EQ(outcome.exit_code, kExitFailed);
  std::vector<std::string> lines;
  std::istringstream out(outcome.out);
  for (std::string line; std::getline(out, line);) {
    lines.push_back(line);
  }
  ASSERT_EQ(lines.size(), 4u) << outcome.out;
  EXPECT_THAT(lines[0], HasSubstr(R"("@timestamp":"2025-03-01T10:00:00.000Z")"));
  EXPECT_THAT(lines[0], HasSubstr(R"("action":"A")"));
  EXPECT_THAT(lines[1], HasSubstr(R"("outcome":"success")"));
  EXPECT_THAT(lines[2], HasSubstr(R"("original":"{\"broken")"));
  EXPECT_THAT(lines[2], HasSubstr(R"("error":{"message":["malformed_json: )"));
  EXPECT_THAT(lines[3], HasSubstr(R"("request_parameters":"{x=1}")"));
  EXPECT_THAT(outcome.err, HasSubstr("records.json: record 2 (line 3): malformed_json"));
  const TempFile object("object.json", R"({"note":"neither"})");
  EXPECT_THAT(RunCommand({"normalize", object.path()}).err, HasSubstr("unknown_source"));
  const Outcome forced = RunCommand({"normalize", "--source", "cloudtrail", object.path()});
  EXPECT_EQ(forced.exit_code, kExitOk);
  EXPECT_THAT(forced.out, HasSubstr(R"("dataset":"aws.cloudtrail")"));
}

}  // namespace
}  // namespace weir::cli
