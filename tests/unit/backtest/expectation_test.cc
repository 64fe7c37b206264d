#include "common/backtest/expectation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/types/coding.h"

namespace weir::backtest {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

alert::NamedCell Cell(const std::string& name, const Value& value) {
  alert::NamedCell cell;
  cell.name = name;
  EncodeValue(value, &cell.encoded);
  return cell;
}

alert::Alert MakeAlert(const std::string& rule, const std::string& user, int64_t calls) {
  alert::Alert alert;
  alert.id = HashBytes128(rule + user + std::to_string(calls));
  alert.rule_id = rule;
  alert.rule_name = "Name of " + rule;
  alert.group = {Cell("user.name", Value::Keyword(user))};
  alert.columns = {Cell("user.name", Value::Keyword(user)), Cell("calls", Value::Long(calls))};
  return alert;
}

std::vector<Expectation> Parse(const std::string& text) {
  const auto parsed = ParseExpectations("e.yaml", text);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.value_or(std::vector<Expectation>());
}

std::string ErrorOf(const std::string& text) {
  return std::string(Message(ParseExpectations("e.yaml", text).status()));
}

const std::vector<alert::Alert>& Three() {
  static const std::vector<alert::Alert> kThree = {
      MakeAlert("r", "alice", 5), MakeAlert("r", "bob", 7), MakeAlert("s", "alice", 1)};
  return kThree;
}

TEST(ExpectationTest, ExactSetIsOk) {
  const Comparison comparison =
      Compare(Parse("alerts:\n"
                    "  - rule: r\n    group: {user.name: alice}\n    columns: {calls: 5}\n"
                    "  - {rule: Name of r, group: {user.name: bob}}\n"
                    "  - rule: s\n"),
              Three());
  EXPECT_TRUE(comparison.ok()) << comparison.Differences();
  EXPECT_EQ(comparison.Differences(), "");
}

TEST(ExpectationTest, NdjsonAsItIsPrintedIsOk) {
  std::string text;
  for (const alert::Alert& alert : Three()) {
    text += alert::ToJson(alert) + "\n";
  }
  EXPECT_TRUE(Compare(Parse(text), Three()).ok());
}

TEST(ExpectationTest, DifferencesAreNamed) {
  const Comparison comparison = Compare(
      Parse("- {rule: r, group: {user.name: alice}, columns: {calls: 6}}\n- rule: s\n  count: 2\n"),
      Three());
  EXPECT_FALSE(comparison.ok());
  const std::string text = comparison.Differences();
  EXPECT_THAT(text, HasSubstr("missing: line 1: rule r, group user.name=alice, calls=6\n"));
  EXPECT_THAT(text, HasSubstr("near: calls is 5, not 6"));
  EXPECT_THAT(text, HasSubstr("missing: line 2: rule s (1 of 2 alerts)"));
  EXPECT_THAT(text, HasSubstr("unexpected: rule r, group user.name=bob, calls=7, user.name=bob"));
}

TEST(ExpectationTest, WiderExpectationsLeaveRoomForNarrowerOnes) {
  // The first line would take the alert that only the second one's columns allow.
  EXPECT_TRUE(Compare(Parse("- rule: r\n- {rule: r, columns: {calls: 5}}\n- {}\n"), Three()).ok());
  EXPECT_TRUE(Compare(Parse("- {count: 2}\n- {rule: r, columns: {calls: 5}}\n"), Three()).ok());
}

TEST(ExpectationTest, DoublesAreTheSameHoweverTheyAreWritten) {
  alert::Alert alert = MakeAlert("r", "alice", 5);
  alert.columns.push_back(Cell("ratio", Value::Double(57000000)));
  alert.columns.push_back(Cell("version", Value::Keyword("1.10")));
  for (const std::string text : {"5.7E7", "57000000", "57000000.0", "5.7e7"}) {
    EXPECT_TRUE(Compare(Parse("- columns: {ratio: " + text + "}\n"), {alert}).ok()) << text;
  }
  EXPECT_FALSE(Compare(Parse("- columns: {ratio: 57000001}\n"), {alert}).ok());
  EXPECT_FALSE(Compare(Parse("- columns: {version: '1.1'}\n"), {alert}).ok());
  EXPECT_TRUE(Compare(Parse(alert::ToJson(alert)), {alert}).ok());
}

TEST(ExpectationTest, NothingExpectedMeansNoAlert) {
  EXPECT_TRUE(Compare(Parse("alerts: []\n"), {}).ok());
  EXPECT_THAT(Compare(Parse(""), Three()).unexpected, SizeIs(3));
}

TEST(ExpectationTest, MistakesHaveAPlace) {
  EXPECT_THAT(ErrorOf("- rule: r\n  cuont: 2\n"), HasSubstr("e.yaml:2:3: unknown key 'cuont'"));
  EXPECT_THAT(ErrorOf("- {rule: r, count: 0}\n"), HasSubstr("'count'"));
  EXPECT_THAT(ErrorOf("- rule: r\n  group: alice\n"),
              HasSubstr("'group': expected names and values"));
  EXPECT_THAT(ErrorOf("rules: []\n"), HasSubstr("expected the key 'alerts'"));
  EXPECT_THAT(ErrorOf("- 5\n"), HasSubstr("expected an alert"));
  EXPECT_THAT(ErrorOf("- [\n"), HasSubstr("e.yaml:"));
  EXPECT_THAT(ErrorOf("{\"rule\":\"r\"}\n{\"x\":1}\n"), HasSubstr("e.yaml:2:"));
}

TEST(ExpectationTest, JunitIsXml) {
  EXPECT_EQ(ToJunit("s", {{"a<b>", "", 0.5}, {"c", "x & \"y\"\nz", 0}}),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuite name=\"s\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"0.500\">\n"
            "  <testcase classname=\"s\" name=\"a&lt;b&gt;\" time=\"0.500\"/>\n"
            "  <testcase classname=\"s\" name=\"c\" time=\"0.000\">\n"
            "    <failure message=\"x &amp; &quot;y&quot;\">x &amp; &quot;y&quot;&#10;z</failure>\n"
            "  </testcase>\n</testsuite>\n");
}

}  // namespace
}  // namespace weir::backtest
