// KQL, EQL and threshold rules over files of events: what matches alerts once, a near miss does
// not.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/backtest/backtest.h"
#include "common/types/coding.h"

namespace weir::backtest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class QueryRulesTest : public ::testing::Test {
 protected:
  QueryRulesTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("weir_backtest_test_{}", getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~QueryRulesTest() override { std::filesystem::remove_all(folder_); }

  void WriteRule(const std::string& kind, const std::string& query, const std::string& more = "") {
    Write("rule.toml", fmt::format("[rule]\nrule_id = \"r\"\nname = \"n\"\nseverity = \"low\"\n"
                                   "risk_score = 1\nindex = [\"logs-*\"]\n{}\nquery = '''\n{}\n'''\n{}",
                                   kind, query, more));
  }

  // One event a second; members is what stands in its object beside the time and the id.
  void WriteEvents(const std::vector<std::string>& members) {
    std::string text;
    for (std::size_t i = 0; i < members.size(); ++i) {
      text += fmt::format("{{\"@timestamp\":\"2026-01-01T00:00:{:02}Z\",\"event\":{{\"id\":\"e{}\"}},"
                          "\"data_stream\":{{\"dataset\":\"x.y\"}},{}}}\n",
                          i, i, members[i]);
    }
    Write("events.ndjson", text);
  }

  // The named column of each alert, as text.
  std::vector<std::string> AlertedColumn(const std::string& name) {
    Options options;
    options.rule_paths = {(folder_ / "rule.toml").string()};
    options.files = {(folder_ / "events.ndjson").string()};
    const StatusOr<Result> result = backtest::Run(options);
    EXPECT_TRUE(result.ok()) << Message(result.status());
    std::vector<std::string> texts;
    if (!result.ok()) {
      return texts;
    }
    for (const rule::Finding& finding : result->findings) {
      EXPECT_NE(finding.severity, esql::Severity::kError) << finding.rendered;
    }
    EXPECT_EQ(result->rejected, 0U);
    for (const alert::Alert& alert : result->alerts) {
      texts.push_back(CellText(alert, name));
    }
    return texts;
  }

 private:
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  static std::string CellText(const alert::Alert& alert, const std::string& name) {
    for (const auto* cells : {&alert.group, &alert.columns}) {
      for (const alert::NamedCell& cell : *cells) {
        if (cell.name == name) {
          ByteReader reader(cell.encoded);
          Arena arena;
          return ValueToString(DecodeValue(&reader, &arena));
        }
      }
    }
    return "no such column";
  }

  std::filesystem::path folder_;
};

constexpr char kKql[] = "type = \"query\"\nlanguage = \"kuery\"";
constexpr char kEql[] = "type = \"eql\"\nlanguage = \"eql\"";
constexpr char kThreshold[] = "type = \"threshold\"\nlanguage = \"kuery\"";

std::string User(const std::string& user, const std::string& more) {
  return fmt::format("\"user\":{{\"name\":\"{}\"}},{}", user, more);
}

TEST_F(QueryRulesTest, EachEventThatAKqlRuleMatchesAlertsOnce) {
  WriteRule(kKql, "tags: (a or b) and not user.name: x* and my.count > 5");
  WriteEvents({User("hit", R"("tags":["a","b"],"my":{"count":6})"),
               User("hit2", R"("tags":"b","my.count":7.5)"),
               User("xmiss", R"("tags":"b","my.count":7)"),
               User("other_tag", R"("tags":"ab","my.count":7)"),
               User("few", R"("tags":"a","my.count":5)"),
               User("none", R"("tags":"a")")});
  EXPECT_THAT(AlertedColumn("user.name"), UnorderedElementsAre("hit", "hit2"));
}

TEST_F(QueryRulesTest, AnEqlRuleReadsItsCategory) {
  WriteRule(kEql, "info where stringContains(user.name, \"oo\") and not mfa == true");
  WriteEvents({User("foo", R"("event.type":"info")"), User("foo", R"("event.category":"info")"),
               User("bar", R"("event.category":"info")"),
               User("food", R"("event.category":["x","info"],"mfa":true)")});
  EXPECT_THAT(AlertedColumn("user.name"), ElementsAre("foo"));
  WriteRule(fmt::format("{}\nevent_category_override = \"event.type\"", kEql),
            "info where stringContains(user.name, \"oo\")");
  EXPECT_THAT(AlertedColumn("user.name"), ElementsAre("foo"));
}

TEST_F(QueryRulesTest, AThresholdIsReachedByEnoughEvents) {
  WriteRule(kThreshold, "event.action: get",
            "[rule.threshold]\nfield = [\"user.name\"]\nvalue = 3\n");
  std::vector<std::string> events;
  for (int i = 0; i < 3; ++i) {
    events.push_back(User("often", R"("event.action":"get")"));
    events.push_back(User("often", R"("event.action":"put")"));
    events.push_back(R"("event.action":"get")");
  }
  events.push_back(User("seldom", R"("event.action":"get")"));
  events.push_back(User("seldom", R"("event.action":"get")"));
  WriteEvents(events);
  EXPECT_THAT(AlertedColumn("user.name"), ElementsAre("often"));
  EXPECT_THAT(AlertedColumn("threshold_result.count"), ElementsAre("3"));
}

TEST_F(QueryRulesTest, AThresholdMayCountDistinctValues) {
  WriteRule(kThreshold, "event.action: get",
            "[rule.threshold]\nfield = [\"user.name\"]\nvalue = 1\n"
            "[[rule.threshold.cardinality]]\nfield = \"key\"\nvalue = 3\n");
  std::vector<std::string> events;
  for (int i = 0; i < 3; ++i) {
    events.push_back(User("wide", fmt::format(R"("event.action":"get","key":"k{}")", i)));
    events.push_back(User("narrow", R"("event.action":"get","key":"k")"));
  }
  WriteEvents(events);
  EXPECT_THAT(AlertedColumn("user.name"), ElementsAre("wide"));
}

TEST_F(QueryRulesTest, AThresholdWithoutFieldsCountsEverything) {
  WriteRule(kThreshold, "event.action: get", "[rule.threshold]\nfield = []\nvalue = 4\n");
  const std::string event = R"("event.action":"get")";
  WriteEvents({event, event, event});
  EXPECT_THAT(AlertedColumn("threshold_result.count"), IsEmpty());
  WriteEvents({event, event, event, event});
  EXPECT_THAT(AlertedColumn("threshold_result.count"), ElementsAre("4"));
}

TEST_F(QueryRulesTest, SeveralValuesOfAThresholdFieldAreSeveralGroups) {
  WriteRule(kThreshold, "event.action: get",
            "[rule.threshold]\nfield = [\"tags\"]\nvalue = 2\n");
  WriteEvents({R"("event.action":"get","tags":["a","b"])", R"("event.action":"get","tags":"b")"});
  EXPECT_THAT(AlertedColumn("tags"), ElementsAre("b"));
}

}  // namespace
}  // namespace weir::backtest
