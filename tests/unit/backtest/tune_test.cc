#include "common/backtest/tune.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::backtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

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
| STATS calls = COUNT(*), regions = COUNT_DISTINCT(cloud.region) BY user.name
| WHERE {}
'''
)toml";

class TuneTest : public testing::Test {
 protected:
  TuneTest() {
    std::string name = testing::TempDir() + "tune_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::ofstream events(folder_ + "/events.ndjson");
    int number = 0;
    for (const auto& [user, calls] :
         {std::pair("alice", 2), std::pair("bob", 5), std::pair("carol", 9)}) {
      for (int i = 0; i < calls; ++i) {
        events
            << fmt::format(
                   R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
                   R"("eventID":"id-{}","eventTime":"2024-05-01T10:00:{:02}Z","awsRegion":"us-east-1",)"
                   R"("recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","userName":"{}",)"
                   R"("accountId":"111122223333"}}}})",
                   ++number, number, user)
            << "\n";
      }
    }
    WriteRule("calls >= 4");
    options_.pass.rule_paths = {folder_ + "/rule.toml"};
    options_.pass.files = {folder_ + "/events.ndjson"};
  }
  ~TuneTest() override { std::filesystem::remove_all(folder_); }

  void WriteRule(const std::string& condition) const {
    std::string text = kRule;
    text.replace(text.find("{}"), 2, condition);
    std::ofstream(folder_ + "/rule.toml") << text;
  }
  TuneResult Run() const {
    StatusOr<TuneResult> result = Tune(options_);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : TuneResult();
  }
  std::string Error() const { return std::string(Message(Tune(options_).status())); }

  std::string folder_;
  TuneOptions options_;
};

TEST_F(TuneTest, CandidatesAreTheGroupsGreatestValuesAndThePresentOne) {
  const TuneResult result = Run();
  EXPECT_EQ(result.column, "calls");
  EXPECT_EQ(result.groups_seen, 3U);
  EXPECT_EQ(result.pass.events, 16U);
  std::vector<std::pair<double, uint64_t>> alerts;
  for (const TuneCandidate& candidate : result.candidates) {
    alerts.emplace_back(candidate.value, candidate.alerts);
    EXPECT_EQ(candidate.is_present, candidate.value == 4);
  }
  EXPECT_THAT(alerts, ElementsAre(Pair(2, 3U), Pair(4, 2U), Pair(5, 2U), Pair(9, 1U)));
  EXPECT_THAT(result.candidates.back().groups, ElementsAre(Pair("user.name=carol", 1U)));
}

// What a backtest of the rule with that threshold says.
TEST_F(TuneTest, AlertsAreThoseOfABacktest) {
  options_.values = {1, 3, 5, 6, 100};
  for (const TuneCandidate& candidate : Run().candidates) {
    WriteRule(fmt::format("calls >= {}", candidate.value));
    const auto pass = backtest::Run(options_.pass);
    ASSERT_TRUE(pass.ok()) << pass.status();
    EXPECT_EQ(candidate.alerts, pass->alerts.size()) << candidate.value;
  }
}

TEST_F(TuneTest, OneOfSeveralThresholdsIsChosen) {
  WriteRule("calls >= 4 AND regions >= 1");
  EXPECT_THAT(Error(), HasSubstr("several thresholds; choose one of"));
  options_.column = "regions";
  options_.values = {2};
  const TuneResult result = Run();
  ASSERT_EQ(result.candidates.size(), 2U);
  EXPECT_EQ(result.candidates[0].alerts, 2U);
  EXPECT_TRUE(result.candidates[0].is_present);
  EXPECT_EQ(result.candidates[1].alerts, 0U);
}

TEST_F(TuneTest, RulesWithoutAThresholdAreRefused) {
  WriteRule("user.name != \"root\"");
  EXPECT_THAT(Error(), HasSubstr("no threshold to tune"));
  options_.column = "callz";
  WriteRule("calls >= 4");
  EXPECT_THAT(Error(), HasSubstr("compares no column callz"));
}

}  // namespace
}  // namespace weir::backtest
