// Detection files in the layouts of their three eras, macros beside them, and stories.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rule/rule.h"
#include "common/rule/story.h"

namespace weir::rule {
namespace {

std::string Problems(const LoadResult& result) {
  std::string text;
  for (const Finding& finding : result.findings) {
    text += fmt::format("{}:{}: {}\n", finding.line, finding.column, finding.message);
  }
  return text;
}

constexpr char kHead[] = "name: A\nid: 7\nversion: 3\ntype: TTP\nstatus: production\n";

TEST(DetectionTest, TheLayoutWithRba) {
  const LoadResult result = LoadRule(
      "a.yml", std::string(kHead) +
                   "data_source:\n- AWS CloudTrail\nsearch: |\n  `cloudtrail` a=1\n  | table b\n"
                   "rba:\n  message: $user$ did it\n  risk_objects:\n  - field: user\n    type: user\n"
                   "    score: 50\n  threat_objects:\n  - field: src\n    type: ip_address\n"
                   "tags:\n  analytic_story:\n  - S\n  mitre_attack_id:\n  - T1562.008\n  - T1485\n"
                   "throttling:\n  fields: [user]\n  period: 2h\n");
  ASSERT_TRUE(result.rule.has_value()) << Problems(result);
  const Rule& rule = *result.rule;
  EXPECT_EQ(rule.dialect, Dialect::kSpl);
  EXPECT_EQ(rule.id, "7");
  EXPECT_EQ(rule.version, 3);
  EXPECT_EQ(rule.query, "`cloudtrail` a=1\n| table b\n");
  EXPECT_EQ(rule.query_line, 9);
  EXPECT_EQ(rule.risk_score, 50);
  EXPECT_EQ(rule.severity, Severity::kHigh);
  EXPECT_THAT(rule.investigation_fields, testing::ElementsAre("user", "src"));
  ASSERT_TRUE(rule.suppression.has_value());
  EXPECT_EQ(rule.suppression->duration_ms, 2 * 60 * 60 * 1000);
  EXPECT_EQ(rule.detection->type, "TTP");
  EXPECT_EQ(rule.detection->message, "$user$ did it");
  EXPECT_THAT(rule.detection->stories, testing::ElementsAre("S"));
  ASSERT_EQ(rule.threat.size(), 1U);
  ASSERT_EQ(rule.threat[0].techniques.size(), 2U);
  EXPECT_EQ(rule.threat[0].techniques[0].subtechniques[0].name, "Disable or Modify Cloud Logs");
  EXPECT_EQ(rule.threat[0].techniques[1].entry.name, "Data Destruction");
}

TEST(DetectionTest, TheLayoutWithObservables) {
  const LoadResult result = LoadRule(
      "a.yml", std::string(kHead) +
                   "search: '`cloudtrail` a=1'\ntags:\n  impact: 80\n  confidence: 50\n  message: m\n"
                   "  observable:\n  - name: user\n    type: User\n    role:\n    - Victim\n"
                   "  - name: src\n    type: IP Address\n    role:\n    - Attacker\n");
  ASSERT_TRUE(result.rule.has_value()) << Problems(result);
  EXPECT_EQ(result.rule->risk_score, 40);
  EXPECT_EQ(result.rule->detection->risk_objects[0].score, 40);
  EXPECT_EQ(result.rule->detection->threat_objects[0].field, "src");
  EXPECT_EQ(result.rule->query_line, 6);
}

TEST(DetectionTest, TheLayoutWithOneRiskObject) {
  const LoadResult result = LoadRule(
      "a.yml", "author: B\ndate: '2021-01-11'\nid: 7\nname: A\nsearch: '`cloudtrail` a=1'\ntype: TTP\n"
               "tags:\n  analytics_story:\n  - S\n  risk_score: 30\n  risk_object_type: user\n"
               "  risk_object: userName\n");
  ASSERT_TRUE(result.rule.has_value()) << Problems(result);
  EXPECT_THAT(result.rule->detection->stories, testing::ElementsAre("S"));
  EXPECT_EQ(result.rule->updated_date, "2021-01-11");
  EXPECT_EQ(result.rule->risk_score, 30);
  ASSERT_EQ(result.rule->detection->risk_objects.size(), 1U);
  EXPECT_EQ(result.rule->detection->risk_objects[0].field, "userName");
  EXPECT_EQ(result.rule->detection->risk_objects[0].type, "user");
  const LoadResult list = LoadRule(
      "a.yml", std::string(kHead) +
                   "modification_date: '2026-05-13'\nsearch: a=1\ntags:\n  risk:\n  - risk_score: 20\n"
                   "    risk_object_type: user\n    risk_object: user\n  - risk_score: 70\n"
                   "    risk_object_type: system\n    risk_object: dest\n");
  ASSERT_TRUE(list.rule.has_value()) << Problems(list);
  EXPECT_EQ(list.rule->updated_date, "2026-05-13");
  EXPECT_EQ(list.rule->risk_score, 70);
  ASSERT_EQ(list.rule->detection->risk_objects.size(), 2U);
  EXPECT_EQ(list.rule->detection->risk_objects[1].field, "dest");
}

TEST(DetectionTest, TheFlatLayouts) {
  const LoadResult finding = LoadRule(
      "a.yml", std::string(kHead) +
                   "search: a=1\nanalytic_story: [S]\nmitre_attack_id: [T1078]\nfinding:\n  title: t\n"
                   "  entity: {field: user, type: user, score: 90}\nthreat_objects:\n"
                   "- {field: src, type: ip_address}\n");
  ASSERT_TRUE(finding.rule.has_value()) << Problems(finding);
  EXPECT_EQ(finding.rule->severity, Severity::kCritical);
  EXPECT_THAT(finding.rule->detection->stories, testing::ElementsAre("S"));
  EXPECT_EQ(finding.rule->detection->threat_objects.size(), 1U);
  const LoadResult anomaly = LoadRule(
      "a.yml", "name: A\nid: 7\ntype: Anomaly\nsearch: a=1\nintermediate_findings:\n  entities:\n"
               "  - {field: user, type: user, score: 20, message: m}\n");
  ASSERT_TRUE(anomaly.rule.has_value()) << Problems(anomaly);
  EXPECT_EQ(anomaly.rule->severity, Severity::kLow);
  EXPECT_EQ(anomaly.rule->building_block_type, "default");
  EXPECT_EQ(anomaly.rule->detection->message, "m");
}

TEST(DetectionTest, ProblemsHavePositions) {
  EXPECT_EQ(Problems(LoadRule("a.yml", "name: A\nsearch: a=1\nthrottling: {period: 2d}\n")),
            "1:1: missing required field [id]\n"
            "3:22: field [throttling.period] must be a number with s, m or h, found [2d]\n");
  EXPECT_THAT(Problems(LoadRule("a.yml", "a: [\n")), testing::HasSubstr("cannot parse YAML"));
  EXPECT_THAT(Problems(LoadRule("a.yml", "[1]")), testing::HasSubstr("no keys and values"));
}

TEST(DetectionTest, TheSchedulersLine) {
  constexpr int64_t kMinuteMs = 60'000;
  const struct {
    std::string_view cron;
    std::string_view earliest;
    std::string_view latest;
    int64_t interval;   // in minutes, as the next two
    int64_t from;
    int64_t to;
  } cases[] = {
      {"0 * * * *", "-70m@m", "-10m@m", 60, 70, 10},
      {"*/5 * * * *", "-15m", "now", 5, 15, 0},
      {"* * * * *", "-1m@m", "@m", 1, 1, 0},
      {"7 * * * *", "-70m@m", "-10m@m", 60, 63, 3},
      {"30 * * * *", "-70m@m", "-10m@m", 60, 100, 40},
      {"30 * * * *", "-1h@h", "@h", 60, 60, 0},
      {"15 */4 * * *", "-4h@h", "now", 240, 480, 225},
      {"30 2 * * *", "-1d@d", "@d", 1440, 1440, 0},
      {"0 * * * *", "-24hours", "-0s", 60, 1440, 0},
  };
  for (const auto& test : cases) {
    const LoadResult result = LoadRule(
        "a.yml", fmt::format("{}search: a=1\nschedule: clock\nscheduling:\n  cron_schedule: '{}'\n"
                             "  earliest_time: '{}'\n  latest_time: '{}'\n",
                             kHead, test.cron, test.earliest, test.latest));
    ASSERT_TRUE(result.rule.has_value()) << Problems(result);
    EXPECT_EQ(Problems(result), "");
    EXPECT_EQ(result.rule->adjustments.mode, "schedule");
    const Detection& detection = *result.rule->detection;
    EXPECT_EQ(detection.clock_interval_ms, test.interval * kMinuteMs) << test.cron;
    EXPECT_EQ(detection.clock_from_ms, test.from * kMinuteMs) << test.cron << test.earliest;
    EXPECT_EQ(detection.clock_to_ms, test.to * kMinuteMs) << test.cron << test.latest;
    EXPECT_EQ(result.rule->lookback_ms, (test.from - test.to) * kMinuteMs);
  }
}

TEST(DetectionTest, ALineThatIsNotAtEqualDistancesIsNotApplied) {
  const struct {
    std::string_view cron;
    std::string_view earliest;
    std::string_view latest;
    std::string_view problem;
  } cases[] = {
      {"0 0 * * 1", "-1d", "now", "equal distances"},  {"5,35 * * * *", "-1h", "now", "equal distances"},
      {"*/7 * * * *", "-1h", "now", "equal distances"}, {"60 * * * *", "-1h", "now", "equal distances"},
      {"*/0 * * * *", "-1h", "now", "equal distances"}, {"*/5 3 * * *", "-1h", "now", "equal distances"},
      {"", "-1h", "now", "equal distances"},            {"0 * * * *", "+1h", "now", "no time before"},
      {"0 * * * *", "-1x", "now", "no time before"},    {"0 * * * *", "-h", "now", "no time before"},
      {"0 * * * *", "", "now", "no time before"},       {"0 * * * *", "-1h@q", "now", "no time before"},
      {"0 * * * *", "-1d@d", "now", "not as long"},     {"0 * * * *", "-5m", "-10m", "is empty"},
      {"* * * * *", "-9w", "now", "longer than"},       {"0 * * * *", "-99999999d", "now", "no time before"},
  };
  for (const auto& test : cases) {
    const LoadResult result = LoadRule(
        "a.yml", fmt::format("{}search: a=1\nscheduling: {{cron_schedule: '{}', earliest_time: '{}', "
                             "latest_time: '{}'}}\n",
                             kHead, test.cron, test.earliest, test.latest));
    ASSERT_TRUE(result.rule.has_value()) << Problems(result);
    EXPECT_THAT(Problems(result), testing::HasSubstr(test.problem)) << test.cron << test.earliest;
    EXPECT_EQ(result.rule->detection->clock_interval_ms, 60 * 60 * 1000);
    EXPECT_EQ(result.rule->detection->clock_from_ms, 70 * 60 * 1000);
  }
  EXPECT_EQ(Problems(LoadRule("a.yml", std::string(kHead) + "search: a=1\nschedule: hourly\n")),
            "7:11: field [schedule] must be clock or sliding, found [hourly]\n");
}

TEST(DetectionTest, RetiredOnesAreOff) {
  const LoadResult result =
      LoadRule("a.yml", "name: A\nid: 7\nstatus: deprecated\nsearch: a=1\n");
  ASSERT_TRUE(result.rule.has_value());
  EXPECT_FALSE(result.rule->enabled);
}

class CheckoutTest : public testing::Test {
 protected:
  CheckoutTest()
      : root_(std::filesystem::path(testing::TempDir()) / fmt::format("weir_checkout_{}", ::getpid())) {
    Write("detections/cloud/one.yml", "name: One\nid: 1\nsearch: \"`mine(x)` `one_filter`\"\n"
                                      "tags: {analytic_story: [A story]}\n");
    Write("macros/mine.yml", "name: mine\narguments: [f]\ndefinition: $f$=1 `inner`\n");
    Write("macros/inner.yml", "name: inner\ndefinition: y=2\n");
    Write("macros/other.yml", "name: other\ndefinition: z=2\n");
    Write("stories/a.yml", "name: A story\nid: s\ndescription: d\nnarrative: why\n"
                           "tags: {category: [Cloud]}\n");
    Write("site/one_filter.yml", "name: one_filter\ndefinition: search user!=robot\n");
  }
  ~CheckoutTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  std::filesystem::path root_;
};

TEST_F(CheckoutTest, MacrosOfTheCheckoutTravelWithTheText) {
  const auto loaded = LoadRules({root_.string()}, {{(root_ / "site").string()}});
  ASSERT_TRUE(loaded.ok());
  ASSERT_EQ(loaded->size(), 1U) << "only detections are rules";
  const LoadResult again = LoadRule(loaded->front().path, loaded->front().text);
  ASSERT_TRUE(again.rule.has_value()) << Problems(again);
  const spl::Macros& macros = again.rule->detection->macros;
  EXPECT_EQ(macros.size(), 3U);
  EXPECT_EQ(macros.at("mine").arguments, std::vector<std::string>{"f"});
  EXPECT_EQ(macros.at("inner").definition, "y=2");
  EXPECT_EQ(macros.at("one_filter").definition, "search user!=robot");
  EXPECT_FALSE(macros.contains("other"));
}

TEST_F(CheckoutTest, StoriesAreFoundBesideTheirDetections) {
  const auto stories = LoadStories({(root_ / "detections").string()});
  ASSERT_TRUE(stories.ok());
  ASSERT_EQ(stories->size(), 1U);
  EXPECT_EQ(stories->front().name, "A story");
  EXPECT_EQ(stories->front().narrative, "why");
  EXPECT_THAT(stories->front().categories, testing::ElementsAre("Cloud"));
  EXPECT_FALSE(LoadStories({(root_ / "nowhere").string()}).ok());
}

}  // namespace
}  // namespace weir::rule
