#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/alert/render.h"
#include "common/alert/text_internal.h"
#include "tests/unit/alert/sample_alert_internal.h"

namespace weir::alert {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Every width must hold for whatever events bring along.
Alert HostileAlert() {
  Alert alert = SampleAlert();
  alert.rule_name = "Rule\x1b[2Jwith \xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97 and \xff";
  alert.group.push_back(Cell("user.name", Value::Keyword("eve\nALERT\r\xe2\x80\xae\xc2\x9b")));
  alert.columns.push_back(Cell("blob", Value::Keyword(std::string(500, 'w'))));
  return alert;
}

Incident HostileIncident() {
  Incident incident;
  incident.alert = HostileAlert();
  incident.alert.comments.push_back({"eve\x1b[1m", 1730217400000, "two\nlines\x07 " + std::string(300, 'c')});
  incident.alert.close_reason = "\x1b]0;title";
  incident.related = {HostileAlert(), HostileAlert()};
  incident.related_total = 7;
  incident.series = RowSeries{60'000, {{1730213564000, 3}, {1730217104000, 620}}};
  incident.suppression = SuppressionState{{Cell("user.name", Value::Keyword("e\nve"))}, 1730220704000};
  return incident;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST(RenderTableTest, ShowsOneLineForEachAlert) {
  Alert other;
  other.rule_id = "r-2";
  other.window_end_ms = 1730217104000;
  other.columns = {Cell("count(*)", Value::Long(4))};
  EXPECT_EQ(
      RenderTable({SampleAlert(), other}, {}),
      "ID            TIME (UTC)           SEVERITY  RULE                           "
      "GROUP                                                                  COUNTED\n"
      "0123456789ab  2024-10-29 15:51:43  high      Model Probing by One Identity  "
      "user_identity.arn=assumed-role/Builder/alice, account.id=123456789012  "
      "inference call count 623, 2 models, event action InvokeModel "
      "(acknowledged, late, warming)\n"
      "000000000000  2024-10-29 15:51:44  low       r-2                            "
      "                                                                       count 4\n");
}

TEST(RenderTableTest, FitsLinesToTheWidth) {
  EXPECT_EQ(
      RenderTable({SampleAlert()}, {.width = 114}),
      "ID            TIME (UTC)           SEVERITY  RULE                   GROUP                   COUNTED\n"
      "0123456789ab  2024-10-29 15:51:43  high      Model Probing by One…  user_identity.arn=ass…  "
      "inference call count…\n");
  EXPECT_EQ(RenderTable({SampleAlert()}, {.width = 64}),
            "ID            TIME (UTC)           SEVERITY  RULE      GROUP\n"
            "0123456789ab  2024-10-29 15:51:43  high      Model P…  user_ide…\n");
  // The rule is worth more than the id.
  EXPECT_EQ(RenderTable({SampleAlert()}, {.width = 50}),
            "TIME (UTC)           SEVERITY  RULE      GROUP\n"
            "2024-10-29 15:51:43  high      Model P…  user_ide…\n");
}

TEST(RenderTableTest, ComesInPartsOfTheSameColumns) {
  AlertTable table({.width = 0});
  Alert alert;
  alert.rule_id = "short";
  EXPECT_EQ(table.Lines({}), "");
  EXPECT_EQ(table.Lines({alert}),
            "ID            TIME (UTC)  SEVERITY  RULE   GROUP  COUNTED\n"
            "000000000000  -           low       short\n");
  alert.rule_id = "a longer one is not cut where nothing limits the line";
  EXPECT_EQ(table.Lines({alert}),
            "000000000000  -           low       a longer one is not cut where nothing limits the line\n");
}

TEST(RenderTableTest, EvenColumnsWaitForNoAlert) {
  AlertTable table({.width = 100, .time = TimeStyle::kRelative, .now_ms = 1000}, AlertTable::Columns::kEven);
  Alert alert;
  alert.rule_id = "r";
  alert.fired_at_ms = 400;
  EXPECT_EQ(table.Lines({alert}),
            "ID            TIME     SEVERITY  RULE                   GROUP                  COUNTED\n"
            "000000000000  now      low       r\n");
  alert.rule_id = std::string(40, 'r');
  alert.severity = rule::Severity::kCritical;
  table.set_now_ms(400 + 90 * kMillisPerMinute);
  EXPECT_EQ(table.Lines({alert}), "000000000000  1h ago   critical  rrrrrrrrrrrrrrrrrrrr…\n");
}

TEST(RenderTableTest, ShowsTimesAsAsked) {
  EXPECT_THAT(RenderTable({SampleAlert()}, {.time = TimeStyle::kIso}),
              HasSubstr("  2024-10-29T15:51:43.350Z  high"));
  EXPECT_THAT(RenderTable({SampleAlert()}, {.time = TimeStyle::kRelative,
                                            .now_ms = SampleAlert().fired_at_ms + 5 * kMillisPerMinute}),
              HasSubstr("  5m ago  high"));
  const auto relative = [](int64_t ago_ms) { return RelativeTime(0, ago_ms); };
  EXPECT_EQ(relative(999), "now");
  EXPECT_EQ(relative(59'999), "59s ago");
  EXPECT_EQ(relative(60'000), "1m ago");
  EXPECT_EQ(relative(3'600'000), "1h ago");
  EXPECT_EQ(relative(47 * kMillisPerHour), "47h ago");
  EXPECT_EQ(relative(48 * kMillisPerHour), "2d ago");
  EXPECT_EQ(relative(-5 * kMillisPerMinute), "in 5m");
}

TEST(RenderTableTest, KeepsMarksWhenWordsAreCut) {
  EXPECT_THAT(RenderTable({SampleAlert()}, {.width = 214}),
              HasSubstr("  inference call count 623, 2 models, … (acknowledged, late, warming)\n"));
}

TEST(RenderTableTest, ColoursTheSeverityOnly) {
  Alert alert;
  alert.rule_id = "r";
  alert.severity = rule::Severity::kCritical;
  EXPECT_EQ(RenderTable({alert}, {.width = 0, .colour = true}),
            "ID            TIME (UTC)  SEVERITY  RULE  GROUP  COUNTED\n"
            "000000000000  -           \x1b[1;31mcritical\x1b[0m  r\n");
}

TEST(RenderTableTest, SaysWhenThereIsNone) {
  EXPECT_EQ(RenderTable({}, {}), "no alerts\n");
}

TEST(RenderPageTest, CutsLongNotes) {
  Incident incident;
  Alert& alert = incident.alert;
  alert.note.clear();
  for (int i = 1; i <= 20; ++i) {
    alert.note += "line\t" + std::to_string(i) + "\r\n";
  }
  const std::string page = RenderIncident(incident, {});
  EXPECT_THAT(page, HasSubstr("\nNote\n  line 1\n  line 2\n"));
  EXPECT_THAT(page, HasSubstr("\n  line 12\n  … 8 more lines\n"));
  EXPECT_THAT(page, Not(HasSubstr("line 13")));
}

TEST(RenderTest, KeepsEveryLineWithinAnyWidth) {
  for (int width = 4; width <= 200; ++width) {
    for (const std::string& text :
         {RenderTable({HostileAlert(), SampleAlert()}, {.width = width}),
          RenderIncident(HostileIncident(), {.width = width})}) {
      for (const std::string& line : LinesOf(text)) {
        ASSERT_LE(DisplayWidth(line), static_cast<std::size_t>(width)) << line;
      }
    }
  }
}

TEST(RenderTest, LetsNoControlCharacterOfAnEventThrough) {
  for (const std::string& text :
       {RenderTable({HostileAlert()}, {}), RenderIncident(HostileIncident(), {})}) {
    for (const std::string& line : LinesOf(text)) {
      EXPECT_EQ(SafeText(line), line);
    }
    EXPECT_THAT(text, HasSubstr("user.name=eve\\nALERT\\x0d\\u202e\\x9b"));
    EXPECT_THAT(text, HasSubstr("Rule\\x1b[2Jwith"));
  }
}

TEST(SummarizeColumnsTest, SaysHowManyOfThingsAndTheValueOfOthers) {
  Alert alert;
  alert.columns = {Cell("invalid_calls", Value::Long(5)), Cell("Esql.inference_call_count", Value::Long(6)),
                   Cell("http_status", Value::Long(403)), Cell("tokens", Value::Double(1.5))};
  EXPECT_EQ(SummarizeColumns(alert, 0),
            "5 invalid calls, inference call count 6, http status 403, tokens 1.5");
}

TEST(SummarizeColumnsTest, PutsNumbersBeforeKindsBeforeSingleValues) {
  Alert alert;
  alert.columns = {
      Cell("cloud.region", Value::Keyword("eu-west-1")),
      ListCell("Esql.source_as_organization_name_values",
               {Value::Keyword("a"), Value::Keyword("b"), Value::Keyword("c")}),
      ListCell("Esql.aws_cloudtrail_user_identity_access_key_id_values",
               {Value::Keyword("a"), Value::Keyword("b")}),
      ListCell("policy", {Value::Keyword("a"), Value::Keyword("b")}),
      Cell("ratio", Value::Double(2.0 / 3)),
      Cell("count", Value::Long(623)),
      Cell("role", Value::Keyword("arn:aws:iam::123456789012:role/Admin")),
      Cell("gone", Value::Null()),
  };
  EXPECT_EQ(SummarizeColumns(alert, 0),
            "ratio 0.667, count 623, 3 as organizations, 2 access keys, 2 policies, "
            "cloud region eu-west-1, role role/Admin");
  EXPECT_EQ(SummarizeColumns(alert, 50), "ratio 0.667, count 623, 3 as organizations, …");
  EXPECT_EQ(SummarizeColumns(alert, 28), "ratio 0.667, count 623, …");
  EXPECT_EQ(SummarizeColumns(alert, 8), "ratio 0…");
  EXPECT_EQ(SummarizeColumns(Alert{}, 10), "");
}

TEST(TextTest, ShortensArnsToWhatTellsThemApart) {
  EXPECT_EQ(ShortenArn("arn:aws:iam::123456789012:user/alice"), "user/alice");
  EXPECT_EQ(ShortenArn("arn:aws:iam::123456789012:root"), "123456789012:root");
  EXPECT_EQ(ShortenArn("arn:aws:bedrock:us-east-1::foundation-model/a.b-v1:0"),
            "foundation-model/a.b-v1:0");
  EXPECT_EQ(ShortenArn("arn:aws"), "arn:aws");
  EXPECT_EQ(ShortenArn("alice"), "alice");
}

TEST(TextTest, MeasuresAndCutsByColumns) {
  EXPECT_EQ(DisplayWidth("caf\xc3\xa9"), 4U);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1U);
  EXPECT_EQ(DisplayWidth("\xe6\xbc\xa2\xe5\xad\x97"), 4U);
  EXPECT_EQ(FitText("\xe6\xbc\xa2\xe5\xad\x97", 3), "\xe6\xbc\xa2…");
  EXPECT_EQ(FitText("abc", 3), "abc");
  EXPECT_EQ(FitText("abcd", 3), "ab…");
}

}  // namespace
}  // namespace weir::alert
