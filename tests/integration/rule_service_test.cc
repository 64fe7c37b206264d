// The rules of a whole node, changed over real gRPC with the commands people use: applied, refused,
// switched, deleted, rolled back, and still so after a restart.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/node.h"
#include "common/config/config.h"
#include "common/telemetry/log.h"
#include "tests/unit/cli/run_command.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string RuleText(const std::string& id, int threshold, const std::string& action = "InvokeModel",
                     const std::string& keys = "user.name") {
  return fmt::format(R"toml([rule]
name = "Rule {0}"
rule_id = "{0}"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "high"
risk_score = 50
query = '''
FROM logs-aws.cloudtrail-*
| WHERE event.action == "{2}"
| STATS calls = COUNT(*) BY {3}
| WHERE calls >= {1}
'''
)toml",
                     id, threshold, action, keys);
}

class RuleServiceTest : public ::testing::Test {
 protected:
  RuleServiceTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("weir_rule_service_test_{}", getpid())) {
    std::filesystem::create_directories(folder_);
    log::Options log;
    log.file = (folder_ / "log").string();
    EXPECT_TRUE(log::Init(log).ok());
    Write("base.toml", RuleText("base", 3));
    StartNode();
  }
  ~RuleServiceTest() override {
    node_.reset();
    EXPECT_TRUE(log::Init(log::Options()).ok());
    std::filesystem::remove_all(folder_);
  }

  void StartNode(const std::string& listen = "127.0.0.1:0") {
    node_.reset();
    config::Sources sources;
    sources.flags = {{"listen", listen},
                     {"shards", "4"},
                     {"worker.executors", "2"},
                     {"ingest.threads", "2"},
                     {"data_dir", (folder_ / "data").string()},
                     {"rules", (folder_ / "base.toml").string()}};
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

  Outcome Rules(std::vector<std::string> arguments) {
    return RulesAt(node_->address(), std::move(arguments));
  }
  static Outcome RulesAt(const std::string& address, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "rules");
    arguments.insert(arguments.end(), {"--address", address});
    std::vector<const char*> pointers;
    for (const std::string& argument : arguments) {
      pointers.push_back(argument.c_str());
    }
    return RunCommand(pointers);
  }
  Hash128 WindowOf(const std::string& rule) {
    const plan::RuleSetPtr rules = node_->worker()->rules();
    const plan::CompiledRule* found = rules->FindRule(rule);
    return found == nullptr ? Hash128() : rules->windows[found->window_index].id;
  }
  bool Runs(const std::string& rule) { return node_->worker()->rules()->FindRule(rule) != nullptr; }

  std::filesystem::path folder_;
  std::unique_ptr<Node> node_;
};

TEST_F(RuleServiceTest, ApplyWaitsForAClusterThatIsBeingStarted) {
  const std::string more = Write("more.toml", RuleText("more", 5));
  const std::string address = node_->address();
  node_.reset();
  EXPECT_EQ(RulesAt(address, {"apply", more}).exit_code, kExitUnreachable);
  std::thread starts([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    StartNode(address);
  });
  const Outcome applied = RulesAt(address, {"apply", more, "--retry-for", "60s"});
  starts.join();
  EXPECT_EQ(applied.exit_code, kExitOk) << applied.err;
  EXPECT_THAT(applied.err, HasSubstr("not applied yet"));
  EXPECT_THAT(applied.err, HasSubstr("trying again for 1m"));
  EXPECT_TRUE(Runs("more"));
  // The same once more changes nothing.
  const Outcome again = Rules({"apply", more, "--retry-for", "60s"});
  EXPECT_EQ(again.exit_code, kExitOk) << again.err;
  EXPECT_THAT(again.out, HasSubstr("nothing changed"));
}

TEST_F(RuleServiceTest, ApplyDoesNotRetryWhatStaysRefused) {
  const std::string more = Write("more.toml", RuleText("more", 5));
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(Rules({"apply", more, "--if-version", "7", "--retry-for", "10m"}).exit_code, kExitConflict);
  EXPECT_EQ(Rules({"apply", Write("bad.toml", "[rule\n"), "--retry-for", "10m"}).exit_code, kExitFailed);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::minutes(5));
  const Outcome wrong = Rules({"apply", more, "--retry-for", "5"});
  EXPECT_EQ(wrong.exit_code, kExitUsage);
  EXPECT_THAT(wrong.err, HasSubstr("--retry-for"));
}

TEST_F(RuleServiceTest, AppliedRulesRunAtOnceAndAfterARestart) {
  const Outcome applied = Rules({"apply", Write("more.toml", RuleText("more", 5)), "--author", "ana", "-m",
                                 "for the audit"});
  EXPECT_EQ(applied.exit_code, kExitOk) << applied.err;
  EXPECT_THAT(applied.out, HasSubstr("added"));
  EXPECT_THAT(applied.out, HasSubstr("rule set 2 replaces 1"));
  EXPECT_TRUE(Runs("more"));
  EXPECT_TRUE(Runs("base"));
  const Outcome history = Rules({"history"});
  EXPECT_THAT(history.out, HasSubstr("added Rule more (for the audit)"));
  EXPECT_THAT(history.out, HasSubstr("ana"));

  StartNode();   // with the same files: they are not put over what was applied
  EXPECT_TRUE(Runs("more"));
  EXPECT_EQ(node_->worker()->rules()->version, RuleSetVersion(2));
}

TEST_F(RuleServiceTest, ChangedFilesReplaceFilesAndLeaveWhatWasApplied) {
  ASSERT_EQ(Rules({"apply", Write("more.toml", RuleText("more", 5))}).exit_code, kExitOk);
  Write("base.toml", RuleText("base", 9));
  StartNode();
  EXPECT_TRUE(Runs("more"));
  EXPECT_THAT(Rules({"get", "base"}).out, HasSubstr("calls >= 9"));
  EXPECT_THAT(Rules({"history"}).out,
              HasSubstr("the files that the process was started with have changed"));
}

TEST_F(RuleServiceTest, ABadRuleIsRefusedAloneWithItsDiagnostics) {
  const std::string bad = Write("bad.toml", RuleText("bad", 5, "x\" AND nonsense( == \"y"));
  const std::string good = Write("good.toml", RuleText("good", 5));
  const Outcome both = Rules({"apply", bad, good});
  EXPECT_EQ(both.exit_code, kExitFailed);
  EXPECT_THAT(both.out, HasSubstr("refused    " + bad));
  EXPECT_THAT(both.out, HasSubstr("bad.toml:"));   // file, line and column
  EXPECT_THAT(both.err, HasSubstr("1 of the files was refused"));
  EXPECT_TRUE(Runs("good"));
  EXPECT_FALSE(Runs("bad"));
  EXPECT_TRUE(Runs("base"));
}

TEST_F(RuleServiceTest, AllOrNothingAppliesNothingWhenOneIsRefused) {
  const std::string bad = Write("bad.toml", RuleText("bad", 5, "x\" AND nonsense( == \"y"));
  const std::string good = Write("good.toml", RuleText("good", 5));
  const Outcome both = Rules({"apply", bad, good, "--all-or-nothing"});
  EXPECT_EQ(both.exit_code, kExitFailed);
  EXPECT_THAT(both.out, HasSubstr("nothing changed: rule set 1 stays"));
  EXPECT_FALSE(Runs("good"));
}

TEST_F(RuleServiceTest, ADryRunShowsTheDifferenceAndWhatHappensToCounts) {
  const Outcome threshold = Rules({"apply", Write("b.toml", RuleText("base", 4)), "--dry-run"});
  EXPECT_EQ(threshold.exit_code, kExitOk) << threshold.err;
  EXPECT_THAT(threshold.out, HasSubstr("-| WHERE calls >= 3\n+| WHERE calls >= 4\n"));
  EXPECT_THAT(threshold.out, HasSubstr("counts kept   Rule base\n"));
  EXPECT_THAT(threshold.out, HasSubstr("nothing was changed"));
  const Outcome counted = Rules({"apply", Write("b.toml", RuleText("base", 3, "Converse")), "--dry-run"});
  EXPECT_THAT(counted.out, HasSubstr("counts anew   Rule base, warming until 2"));
  EXPECT_EQ(node_->worker()->rules()->version, RuleSetVersion(1));
  EXPECT_THAT(Rules({"get", "base"}).out, HasSubstr("calls >= 3"));
}

// A class for fewer keys would fit rules that are there already: they stay where their counts are.
TEST_F(RuleServiceTest, CountsStayWhateverOtherRulesComeAndGo) {
  const std::string wide = RuleText("wide", 5, "InvokeModel", "user.name, source.ip, cloud.region");
  ASSERT_EQ(Rules({"apply", Write("wide.toml", wide)}).exit_code, kExitOk);
  ASSERT_EQ(Rules({"delete", "base"}).exit_code, kExitOk);
  const std::string other = RuleText("other", 5, "InvokeModel", "source.ip, cloud.region, cloud.account.id");
  ASSERT_EQ(Rules({"apply", Write("other.toml", other)}).exit_code, kExitOk);
  const Hash128 window = WindowOf("wide");
  const Hash128 other_window = WindowOf("other");
  const std::string narrow = Write("narrow.toml", RuleText("narrow", 5, "Converse", "source.ip"));
  const Outcome planned = Rules({"apply", narrow, "--dry-run"});
  EXPECT_THAT(planned.out, HasSubstr("counts anew   Rule narrow"));
  EXPECT_THAT(planned.out, Not(HasSubstr("Rule wide")));
  EXPECT_THAT(planned.out, Not(HasSubstr("Rule other")));
  ASSERT_EQ(Rules({"apply", narrow}).exit_code, kExitOk);
  EXPECT_EQ(WindowOf("wide"), window);
  EXPECT_EQ(WindowOf("other"), other_window);
  const RuleSetVersion version = node_->worker()->rules()->version;
  StartNode();
  EXPECT_EQ(node_->worker()->rules()->version, version);
  EXPECT_EQ(WindowOf("wide"), window);
  // Files that change on disk are published by the node itself, back to earlier ones by people.
  Write("base.toml", RuleText("base", 9, "InvokeModel", "cloud.region"));
  StartNode();
  EXPECT_TRUE(Runs("base"));
  EXPECT_EQ(WindowOf("wide"), window);
  ASSERT_EQ(Rules({"rollback", "3"}).exit_code, kExitOk);
  EXPECT_EQ(WindowOf("wide"), window);
}

TEST_F(RuleServiceTest, RulesAreSwitchedDeletedAndRolledBack) {
  EXPECT_EQ(Rules({"disable", "base", "-m", "too loud"}).exit_code, kExitOk);
  EXPECT_FALSE(Runs("base"));
  EXPECT_THAT(Rules({"list"}).out, HasSubstr("disabled"));
  StartNode();
  EXPECT_FALSE(Runs("base"));
  EXPECT_EQ(Rules({"enable", "Rule base"}).exit_code, kExitOk);
  EXPECT_TRUE(Runs("base"));
  EXPECT_THAT(Rules({"enable", "base"}).out, HasSubstr("nothing changed"));
  EXPECT_EQ(Rules({"delete", "base"}).exit_code, kExitOk);
  EXPECT_FALSE(Runs("base"));
  const Outcome gone = Rules({"get", "base"});
  EXPECT_EQ(gone.exit_code, kExitNotFound);
  EXPECT_THAT(gone.err, HasSubstr("weir rules list"));
  EXPECT_EQ(Rules({"rollback", "1"}).exit_code, kExitOk);
  EXPECT_TRUE(Runs("base"));
  const Outcome history = Rules({"history", "base"});
  for (const char* line : {"rolled back to version 1", "removed Rule base", "enabled Rule base",
                           "disabled Rule base (too loud)"}) {
    EXPECT_THAT(history.out, HasSubstr(line));
  }
  EXPECT_EQ(Rules({"rollback", "77"}).exit_code, kExitNotFound);
}

TEST_F(RuleServiceTest, AStaleVersionIsRefused) {
  ASSERT_EQ(Rules({"disable", "base"}).exit_code, kExitOk);
  const Outcome stale = Rules({"enable", "base", "--if-version", "1"});
  EXPECT_EQ(stale.exit_code, kExitConflict);
  EXPECT_THAT(stale.err, HasSubstr("the newest rule set is version 2, not 1"));
  EXPECT_EQ(Rules({"enable", "base", "--if-version", "2"}).exit_code, kExitOk);
}

TEST_F(RuleServiceTest, OverlaysAreAppliedAndDeletedAsRulesAre) {
  const std::string overlay = Write("o.yaml", "rules:\n  base:\n    severity: low\n");
  EXPECT_EQ(Rules({"apply", "--overlay", overlay}).exit_code, kExitOk);
  EXPECT_THAT(Rules({"get", "base"}).out, HasSubstr("high -> low"));
  EXPECT_EQ(Rules({"delete", overlay}).exit_code, kExitOk);
  EXPECT_THAT(Rules({"get", "base"}).out, Not(HasSubstr("high -> low")));
}

}  // namespace
}  // namespace weir::cli
