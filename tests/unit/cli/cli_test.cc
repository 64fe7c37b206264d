// Wrong usage exits with 2 and says what helps; what needs no cluster works without one.
#include "cli/cli.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

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
  };
  for (const auto& arguments : cases) {
    const Outcome outcome = RunCommand(arguments);
    EXPECT_EQ(outcome.exit_code, kExitFailed);
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

}  // namespace
}  // namespace weir::cli
