// Rules whose fold keeps rows, from events to alerts.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/backtest/backtest.h"
#include "common/base/arena.h"
#include "common/types/coding.h"

namespace weir::backtest {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class RowsRuleTest : public testing::Test {
 protected:
  RowsRuleTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                fmt::format("weir_rows_rule_{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~RowsRuleTest() override { std::filesystem::remove_all(folder_); }

  void AddEvent(std::string_view time, std::string_view user, std::string_view region) {
    std::ofstream(folder_ / "events.ndjson", std::ios::app) << fmt::format(
        R"({{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"{}"}},"eventTime":"{}",)"
        R"("eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","eventID":"e{}",)"
        R"("recipientAccountId":"1","awsRegion":"{}","sourceIPAddress":"203.0.113.7",)"
        R"("userAgent":"sdk","requestParameters":null,"responseElements":null}})"
        "\n",
        user, time, ++events_, region);
  }

  // "column=value, ..." of each alert.
  std::vector<std::string> Alerts(const std::string& query) {
    std::ofstream(folder_ / "rule.toml")
        << "[metadata]\nmaturity = \"production\"\n[rule]\nrule_id = \"r\"\nname = \"r\"\n"
           "severity = \"low\"\nrisk_score = 1\ntype = \"esql\"\nlanguage = \"esql\"\n"
           "from = \"now-60m\"\ninterval = \"60m\"\nquery = '''\n"
        << query << "\n'''\n";
    Options options;
    options.rule_paths = {(folder_ / "rule.toml").string()};
    options.files = {(folder_ / "events.ndjson").string()};
    options.alerts = plan::AlertMode::kParity;
    const StatusOr<Result> result = backtest::Run(options);
    EXPECT_TRUE(result.ok()) << Message(result.status());
    EXPECT_EQ(result->rules_loaded, 1U)
        << (result->findings.empty() ? "" : result->findings.front().rendered);
    std::vector<std::string> texts;
    for (const alert::Alert& alert : result->alerts) {
      std::vector<std::string> cells;
      for (const alert::NamedCell& cell : alert.columns) {
        Arena arena;
        ByteReader reader(cell.encoded);
        cells.push_back(fmt::format("{}={}", cell.name, ValueToString(DecodeValue(&reader, &arena))));
      }
      texts.push_back(fmt::format("{} events={}", fmt::join(cells, ","), alert.events.size()));
    }
    return texts;
  }

  std::filesystem::path folder_;
  int events_ = 0;
};

TEST_F(RowsRuleTest, InlineStatsAlertsOnRowsOfTheirWindow) {
  AddEvent("2024-05-01T10:05:00Z", "ann", "us-east-1");
  AddEvent("2024-05-01T10:10:00Z", "ann", "us-west-2");
  AddEvent("2024-05-01T10:15:00Z", "bob", "us-east-1");
  AddEvent("2024-05-01T10:20:00Z", "ann", "us-west-2");
  AddEvent("2024-05-01T11:20:00Z", "bob", "us-west-2");   // the next window
  EXPECT_THAT(
      Alerts("FROM logs-* | INLINE STATS regions = COUNT_DISTINCT(cloud.region) BY user.id = "
             "aws.cloudtrail.user_identity.arn\n| WHERE regions > 1 | KEEP user.id, cloud.region, regions"),
      UnorderedElementsAre("user.id=ann,cloud.region=us-east-1,regions=2 events=1",
                           "user.id=ann,cloud.region=us-west-2,regions=2 events=2",
                           "user.id=ann,cloud.region=us-west-2,regions=2 events=0"));
}

TEST_F(RowsRuleTest, SortAndLimitBeforeStatsChooseRows) {
  AddEvent("2024-05-01T10:05:00Z", "ann", "a");
  AddEvent("2024-05-01T10:10:00Z", "bob", "b");
  AddEvent("2024-05-01T10:15:00Z", "cat", "c");
  EXPECT_THAT(Alerts("FROM logs-* | SORT cloud.region DESC | LIMIT 2\n"
                     "| STATS r = MV_SORT(VALUES(cloud.region))"),
              ElementsAre(testing::StartsWith("r=[b, c]")));
}

TEST_F(RowsRuleTest, NowBeforeStatsIsTheTick) {
  AddEvent("2024-05-01T10:05:00Z", "ann", "a");
  AddEvent("2024-05-01T10:55:00Z", "ann", "b");
  EXPECT_THAT(Alerts("FROM logs-* | WHERE @timestamp < NOW() - 10 minutes\n"
                     "| STATS c = COUNT(*), r = VALUES(cloud.region)"),
              ElementsAre(testing::StartsWith("c=1,r=a")));
  EXPECT_THAT(Alerts("FROM logs-* | WHERE @timestamp > NOW() - 10 minutes\n"
                     "| STATS c = COUNT(*), r = VALUES(cloud.region) | WHERE c == 1"),
              ElementsAre(testing::StartsWith("c=1,r=b")));
}

}  // namespace
}  // namespace weir::backtest
