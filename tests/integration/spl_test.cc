// Searches of Splunk's language from end to end: the cases of tests/spec/spl over made CloudTrail
// records, judged as a rule over the files.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/backtest/backtest.h"
#include "common/base/bytes.h"
#include "common/base/json_writer.h"
#include "common/types/coding.h"

namespace weir::backtest {
namespace {

constexpr char kSpec[] = WEIR_ROOT "/tests/spec/spl/semantics.spec";

struct Case {
  std::string name;
  int line = 0;
  std::string search;
  std::vector<std::string> events;
  std::vector<std::map<std::string, std::string>> rows;
  bool none = false;
  uint64_t dropped = 0;
  std::string error;
  std::string keys;   // of the detection's file, beside its name, id and search
};

// "a=1, b=[x, y]": a comma parts columns where a name and '=' follow it.
std::map<std::string, std::string> ParseRow(std::string text) {
  std::map<std::string, std::string> row;
  std::string last;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(", ", begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equal = part.find('=');
    const bool inside = !last.empty() && row[last].starts_with('[') && !row[last].ends_with(']');
    if (inside || equal == std::string::npos) {
      row[last] += ", " + part;
    } else {
      last = part.substr(0, equal);
      row[last] = part.substr(equal + 1);
    }
    begin = end + 2;
  }
  return row;
}

std::vector<Case> ReadCases() {
  std::vector<Case> cases;
  std::ifstream file(kSpec);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const auto after = [&](std::string_view word) { return line.substr(word.size()); };
    if (line.starts_with("case ")) {
      cases.push_back({after("case "), number, "", {}, {}, false, 0, "", ""});
    } else if (line.starts_with("search ") || line == "search") {
      cases.back().search = line.size() > 7 ? after("search ") : "";
    } else if (line.starts_with("keys ")) {
      cases.back().keys = after("keys ");
    } else if (line.starts_with("event ")) {
      cases.back().events.push_back(after("event "));
    } else if (line.starts_with("row ")) {
      cases.back().rows.push_back(ParseRow(after("row ")));
    } else if (line.starts_with("error: ")) {
      cases.back().error = after("error: ");
    } else if (line.starts_with("dropped ")) {
      cases.back().dropped = std::stoull(after("dropped "));
    } else if (line == "none") {
      cases.back().none = true;
    } else if (!line.empty() && line.front() != '#') {
      ADD_FAILURE() << kSpec << ":" << number << ": " << line;
    }
  }
  return cases;
}

// The fields laid over a record: what they name is left out of it.
std::string MakeRecord(const std::string& fields, std::size_t index) {
  const std::size_t at = fields.find("\"minute\":");
  const std::size_t minute =
      at == std::string::npos ? index : std::stoul(fields.substr(at + 9));
  std::string record = "{";
  const auto add = [&](std::string_view key, const std::string& value) {
    if (fields.find(fmt::format("\"{}\":", key)) == std::string::npos) {
      record += fmt::format("\"{}\":{},", key, value);
    }
  };
  add("eventVersion", "\"1.11\"");
  add("eventTime", fmt::format("\"2026-03-02T{:02}:{:02}:00Z\"", 10 + minute / 60, minute % 60));
  add("eventSource", "\"s3.amazonaws.com\"");
  add("eventName", "\"GetObject\"");
  add("awsRegion", "\"us-east-1\"");
  add("eventID", fmt::format("\"id-{}\"", index));
  add("recipientAccountId", "\"111122223333\"");
  return record + fields.substr(1);
}

class FolderTest : public testing::Test {
 protected:
  FolderTest()
      : folder_(std::filesystem::path(testing::TempDir()) / fmt::format("weir_spl_{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~FolderTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }

  std::filesystem::path folder_;
};

class SplSpecTest : public FolderTest, public testing::WithParamInterface<Case> {};

std::map<std::string, std::string> Columns(const alert::Alert& alert) {
  std::map<std::string, std::string> columns;
  Arena arena;
  for (const auto* cells : {&alert.columns, &alert.group}) {
    for (const alert::NamedCell& cell : *cells) {
      ByteReader reader(cell.encoded);
      const Value value = DecodeValue(&reader, &arena);
      std::string text = ValueToString(value);
      if (value.type() == DataType::kDouble && value.count() == 1) {
        text = fmt::format("{:.10g}", value.number());
      }
      columns[cell.name] = text;
    }
  }
  return columns;
}

bool HasColumns(const std::map<std::string, std::string>& row,
                const std::map<std::string, std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& column) {
    const auto found = row.find(column.first);
    return found == row.end() ? column.second == "null" : found->second == column.second;
  });
}

TEST_P(SplSpecTest, GivesItsRows) {
  const Case& test = GetParam();
  std::string search;
  JsonWriter(&search).String("`cloudtrail` " + test.search);
  const std::string rule =
      fmt::format("{{\"name\": \"n\", \"id\": \"i\", \"search\": {}{}{}}}\n", search,
                  test.keys.empty() ? "" : ", ", test.keys);
  std::string events;
  for (std::size_t i = 0; i < test.events.size(); ++i) {
    events += MakeRecord(test.events[i], i) + "\n";
  }
  Options options;
  options.rule_paths = {Write("rule.yml", rule)};
  options.files = {Write("events.ndjson", events)};
  const StatusOr<Result> result = backtest::Run(options);
  ASSERT_TRUE(result.ok()) << Message(result.status());
  std::string findings;
  for (const rule::Finding& finding : result->findings) {
    findings += finding.rendered;
  }
  if (!test.error.empty()) {
    EXPECT_EQ(result->rules_loaded, 0U);
    EXPECT_THAT(findings, testing::HasSubstr(test.error));
    return;
  }
  ASSERT_EQ(result->rules_loaded, 1U) << findings;
  ASSERT_EQ(result->events, test.events.size());
  std::string got;
  for (const alert::Alert& alert : result->alerts) {
    got += alert::ToJson(alert) + "\n";
  }
  EXPECT_EQ(result->alerts.size(), test.rows.size()) << got;
  for (const auto& row : test.rows) {
    EXPECT_TRUE(std::any_of(
        result->alerts.begin(), result->alerts.end(),
        [&](const alert::Alert& alert) { return HasColumns(Columns(alert), row); }))
        << testing::PrintToString(row) << "\n" << got;
  }
  EXPECT_TRUE(test.none || !test.rows.empty()) << "the case expects nothing";
  const auto dropped = result->without_group.find("i");
  EXPECT_EQ(dropped == result->without_group.end() ? 0 : dropped->second, test.dropped);
}

INSTANTIATE_TEST_SUITE_P(Cases, SplSpecTest, testing::ValuesIn(ReadCases()), [](const auto& test) {
  return fmt::format("line_{}", test.param.line);
});

// ---- records of real accounts, where they are at hand ------------------------------------------------

class RealRecordsTest : public FolderTest {
 protected:
  // The columns of the alerts of a search over a file of samples/.
  std::vector<std::map<std::string, std::string>> Run(const std::string& file, std::string_view search) {
    std::string json;
    JsonWriter(&json).String(search);
    Options options;
    options.rule_paths = {
        Write("rule.yml", fmt::format("{{\"name\": \"n\", \"id\": \"i\", \"search\": {}}}\n", json))};
    options.files = {(samples_ / file).string()};
    options.mode = plan::JudgeMode::kSchedule;
    const StatusOr<Result> result = backtest::Run(options);
    EXPECT_TRUE(result.ok()) << Message(result.status());
    std::vector<std::map<std::string, std::string>> rows;
    if (result.ok()) {
      EXPECT_EQ(result->rules_loaded, 1U) << search;
      EXPECT_EQ(result->rejected, 0U);
      for (const alert::Alert& alert : result->alerts) {
        rows.push_back(Columns(alert));
      }
    }
    return rows;
  }

  void SetUp() override {
    const char* shared = std::getenv("WEIR_SHARED");
    samples_ = std::filesystem::path(shared == nullptr ? "" : shared) / "samples";
    if (shared == nullptr || !std::filesystem::exists(samples_)) {
      GTEST_SKIP() << "WEIR_TEST_SKIPPED: WEIR_SHARED names no folder with samples";
    }
  }

  std::filesystem::path samples_;
};

TEST_F(RealRecordsTest, ASnapshotSharedWithAnotherAccount) {
  const auto rows = Run("stratus/aws.exfiltration.ec2-share-ebs-snapshot.json",
                        "`cloudtrail` eventName=ModifySnapshotAttribute | rename "
                        "requestParameters.createVolumePermission.add.items{}.userId AS other | search "
                        "other=* | where other!=aws_account_id | stats count BY user_name other "
                        "vendor_account dest");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().at("count"), "1");
  EXPECT_EQ(rows.front().at("dest"), "ec2.amazonaws.com");
  EXPECT_NE(rows.front().at("other"), rows.front().at("vendor_account"));
}

TEST_F(RealRecordsTest, ALifecycleThatDeletesAfterADay) {
  const auto rows = Run("invictus_cloudtrail.ndjson.gz",
                        "`cloudtrail` eventName=PutBucketLifecycle user_type=IAMUser errorCode=success | spath "
                        "path=requestParameters{}.LifecycleConfiguration{}.Rule{}.Expiration{}.Days output=days "
                        "| where days<3 | stats count BY user_name dest days");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().at("days"), "1");
  EXPECT_THAT(rows.front().at("dest"), testing::HasSubstr(".s3."));   // the host, of calls that put
}

TEST_F(RealRecordsTest, PasswordsOfManyMachinesWithinMinutes) {
  const auto rows = Run("stratus/aws.credential-access.ec2-get-password-data.json",
                        "`cloudtrail` eventName=GetPasswordData | bin _time span=5m | stats count "
                        "values(errorCode) AS codes dc(requestParameters.instanceId) AS machines BY user_name "
                        "_time | where machines > 10");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().at("machines"), rows.front().at("count"));
  EXPECT_EQ(rows.front().at("codes"), "Client.UnauthorizedOperation");
}

// ---- the shipped story -----------------------------------------------------------------------------

constexpr char kStory[] = WEIR_ROOT "/deploy/rules/bedrock_story";

struct Fired {
  std::vector<alert::Alert> alerts;
  uint64_t without_group = 0;
};

Fired RunStory(const std::string& rule, const std::string& events,
               std::optional<plan::JudgeMode> mode = std::nullopt) {
  Options options;
  options.rule_paths = {fmt::format("{}/detections", kStory)};
  options.files = {fmt::format("{}/tests/{}/{}.ndjson", kStory, rule, events)};
  options.mode = mode;
  const StatusOr<Result> result = backtest::Run(options);
  EXPECT_TRUE(result.ok()) << Message(result.status());
  Fired fired;
  if (result.ok()) {
    for (const rule::Finding& finding : result->findings) {
      ADD_FAILURE() << finding.rendered;
    }
    EXPECT_EQ(result->rules_loaded, 5U);
    fired.alerts = result->alerts;
    for (const auto& [id, count] : result->without_group) {
      fired.without_group += count;
    }
  }
  return fired;
}

constexpr std::string_view kRules[] = {
    "story_guardrail_deleted", "story_knowledge_base_deleted", "story_invocation_logging_deleted",
    "story_model_listing_failures", "story_model_invocation_denied"};

TEST(StoryPackTest, EachFiresOnceAndAlone) {
  for (const std::string_view rule : kRules) {
    EXPECT_EQ(RunStory(std::string(rule), "fires").alerts.size(), 1U) << rule;
    EXPECT_TRUE(RunStory(std::string(rule), "quiet").alerts.empty()) << rule;
  }
}

TEST(StoryPackTest, RowsWithoutAUserAreDroppedAndCounted) {
  for (const std::string_view rule : kRules) {
    const Fired fired = RunStory(std::string(rule), "without_user");
    EXPECT_TRUE(fired.alerts.empty()) << rule;
    EXPECT_EQ(fired.without_group, rule == kRules[3] ? 12U : 1U) << rule;
  }
  EXPECT_EQ(RunStory("story_model_invocation_denied", "without_message").without_group, 1U);
}

TEST(StoryPackTest, DeniedDeletionsCount) {
  for (const std::string_view rule : {kRules[0], kRules[1], kRules[2]}) {
    EXPECT_EQ(RunStory(std::string(rule), "denied").alerts.size(), 1U) << rule;
  }
}

TEST(StoryPackTest, AlertsShowWhoAndWhat) {
  const Fired fired = RunStory("story_guardrail_deleted", "fires");
  ASSERT_EQ(fired.alerts.size(), 1U);
  const std::map<std::string, std::string> columns = Columns(fired.alerts.front());
  EXPECT_EQ(columns.at("user"), "mallory");
  EXPECT_EQ(columns.at("src"), "198.51.100.7");
  EXPECT_EQ(columns.at("dest"), "bedrock.amazonaws.com");
  EXPECT_EQ(columns.at("signature"), "DeleteGuardrail");
  EXPECT_EQ(columns.at("vendor_account"), "111122223333");
  EXPECT_EQ(columns.at("guardrailIds"), "[gr-1, gr-2]");
  EXPECT_EQ(columns.at("count"), "2");
  EXPECT_EQ(columns.at("firstTime"), "2026-03-02T10:00:00");
  EXPECT_EQ(columns.at("lastTime"), "2026-03-02T10:01:00");
  EXPECT_EQ(fired.alerts.front().risk_score, 50);
  EXPECT_THAT(fired.alerts.front().note,
              testing::StartsWith("mallory deleted guardrails gr-1, gr-2 in account 111122223333 from "
                                  "198.51.100.7\nat risk: user mallory, score 50\n"
                                  "threat object: ip_address 198.51.100.7\n\n"));
  const Fired role = RunStory("story_guardrail_deleted", "role");
  ASSERT_EQ(role.alerts.size(), 1U);
  EXPECT_EQ(Columns(role.alerts.front()).at("user"), "builder");
}

TEST(StoryPackTest, TheThresholdIsStrict) {
  const std::string rule = "story_model_listing_failures";
  EXPECT_EQ(RunStory(rule, "above").alerts.size(), 1U);
  EXPECT_TRUE(RunStory(rule, "wrong_code").alerts.empty());
  EXPECT_TRUE(RunStory(rule, "two_users").alerts.empty());
  EXPECT_TRUE(RunStory("story_model_invocation_denied", "wrong_code").alerts.empty());
}

// Ten within an hour, five on each side of ten to eleven: only the moving range sees them together.
TEST(StoryPackTest, TheClockCutsWhereTheSchedulerDoes) {
  const std::string rule = "story_model_listing_failures";
  EXPECT_EQ(RunStory(rule, "straddles").alerts.size(), 1U);
  EXPECT_TRUE(RunStory(rule, "straddles", plan::JudgeMode::kSchedule).alerts.empty());
  EXPECT_EQ(RunStory(rule, "fires", plan::JudgeMode::kSchedule).alerts.size(), 1U);
  EXPECT_TRUE(RunStory(rule, "quiet", plan::JudgeMode::kSchedule).alerts.empty());
}

}  // namespace
}  // namespace weir::backtest
