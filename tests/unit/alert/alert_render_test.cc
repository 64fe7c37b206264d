#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/alert/alert.h"
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
      "TIME (UTC)           SEVERITY  RULE                           "
      "GROUP                                                                  COUNTED\n"
      "2024-10-29 15:51:43  high      Model Probing by One Identity  "
      "user_identity.arn=assumed-role/Builder/alice, account.id=123456789012  "
      "inference call count 623, 2 models, event action InvokeModel "
      "(acknowledged, late, warming)\n"
      "2024-10-29 15:51:44  low       r-2                            "
      "                                                                       count 4\n");
}

TEST(RenderTableTest, FitsLinesToTheWidth) {
  EXPECT_EQ(RenderTable({SampleAlert()}, {.width = 100}),
            "TIME (UTC)           SEVERITY  RULE                   GROUP                   COUNTED\n"
            "2024-10-29 15:51:43  high      Model Probing by One…  user_identity.arn=ass…  "
            "inference call count…\n");
  EXPECT_EQ(RenderTable({SampleAlert()}, {.width = 50}),
            "TIME (UTC)           SEVERITY  RULE      GROUP\n"
            "2024-10-29 15:51:43  high      Model P…  user_ide…\n");
  EXPECT_EQ(RenderTable({SampleAlert()}, {.width = 12}), "TIME (UTC)…\n2024-10-29…\n");
}

TEST(RenderTableTest, KeepsMarksWhenWordsAreCut) {
  EXPECT_THAT(RenderTable({SampleAlert()}, {.width = 200}),
              HasSubstr("  inference call count 623, 2 models, … (acknowledged, late, warming)\n"));
}

TEST(RenderTableTest, ColoursTheSeverityOnly) {
  Alert alert;
  alert.rule_id = "r";
  alert.severity = rule::Severity::kCritical;
  EXPECT_EQ(RenderTable({alert}, {.width = 0, .colour = true}),
            "TIME (UTC)  SEVERITY  RULE  GROUP  COUNTED\n"
            "-           \x1b[1;31mcritical\x1b[0m  r\n");
}

TEST(RenderTableTest, SaysWhenThereIsNone) {
  EXPECT_EQ(RenderTable({}, {}), "no alerts\n");
}

TEST(RenderPageTest, TellsTheWholeAlert) {
  EXPECT_EQ(RenderPage(SampleAlert(), {}),
            "HIGH  Model Probing by One Identity (risk 73, acknowledged)\n"
            "\n"
            "Within 1h up to 2024-10-29 15:51:44 UTC the rule found inference call count 623, "
            "2 models, event action InvokeModel for "
            "user_identity.arn=assumed-role/Builder/alice, account.id=123456789012.\n"
            "\n"
            "Group\n"
            "  aws.cloudtrail.user_identity.arn  "
            "arn:aws:sts::123456789012:assumed-role/Builder/alice\n"
            "  cloud.account.id                  123456789012\n"
            "\n"
            "Columns\n"
            "  Esql.source_ip_values      null\n"
            "  cloud.account.id           123456789012\n"
            "  Esql.model_id              claude-3, nova\n"
            "  Esql.inference_call_count  623\n"
            "  Esql.event_action_values   InvokeModel\n"
            "\n"
            "Times\n"
            "  window       2024-10-29 14:51:44 to 2024-10-29 15:51:44 UTC (1h)\n"
            "  episode      2024-10-29 15:51:44 to 2024-10-29 15:52:44 UTC (1m)\n"
            "  first event  2024-10-29 14:51:45.250 UTC\n"
            "  last event   2024-10-29 15:51:43.007 UTC\n"
            "  arrived      2024-10-29 15:51:43.100 UTC\n"
            "  fired        2024-10-29 15:51:43.350 UTC\n"
            "\n"
            "Alert\n"
            "  id           0123456789abcdef1011121314151617\n"
            "  tenant       acme\n"
            "  rule         f4e1-77 (esql, rule set 12)\n"
            "  suppressed   3 further hits\n"
            "  flags        late, warming\n"
            "  tags         Cloud, AWS\n"
            "\n"
            "Events (a sample, newest last)\n"
            "  2024-10-29 15:51:42.000 UTC  e-1\n"
            "  2024-10-29 15:51:43.007 UTC  e-2\n"
            "\n"
            "Techniques\n"
            "  MITRE ATT&CK: TA0007 Discovery\n"
            "    T1580 Cloud Infrastructure Discovery\n"
            "    T1069 Permission Groups Discovery\n"
            "      T1069.003 Cloud Groups\n"
            "  MITRE ATLAS\n"
            "    AML.T0040\n"
            "\n"
            "Note\n"
            "  ## Triage\n"
            "\n"
            "  Look at the calls.\n");
}

TEST(RenderPageTest, WrapsAtTheWidth) {
  Alert alert;
  alert.rule_id = "r-1";
  alert.rule_name = "A rule with rather a long name";
  alert.group = {Cell("user.name", Value::Keyword("one two three four five six seven"))};
  alert.columns = {Cell("count", Value::Long(1))};
  EXPECT_EQ(RenderPage(alert, {.width = 30}),
            "LOW  A rule with rather a long\n"
            "     name (risk 0, open)\n"
            "\n"
            "The rule found count 1 for\n"
            "user.name=one two three four\n"
            "five six seven.\n"
            "\n"
            "Group\n"
            "  user.name  one two three\n"
            "             four five six\n"
            "             seven\n"
            "\n"
            "Columns\n"
            "  count  1\n"
            "\n"
            "Alert\n"
            "  id           000000000000000\n"
            "               000000000000000\n"
            "               00\n"
            "  rule         r-1 (esql, rule\n"
            "               set 0)\n"
            "  suppressed   nothing\n");
}

TEST(RenderPageTest, CutsLongNotes) {
  Alert alert = SampleAlert();
  alert.note.clear();
  for (int i = 1; i <= 20; ++i) {
    alert.note += "line\t" + std::to_string(i) + "\r\n";
  }
  const std::string page = RenderPage(alert, {});
  EXPECT_THAT(page, HasSubstr("\nNote\n  line 1\n  line 2\n"));
  EXPECT_THAT(page, HasSubstr("\n  line 12\n  … 8 more lines\n"));
  EXPECT_THAT(page, Not(HasSubstr("line 13")));
}

TEST(RenderTest, KeepsEveryLineWithinAnyWidth) {
  for (int width = 4; width <= 200; ++width) {
    for (const std::string& text :
         {RenderTable({HostileAlert(), SampleAlert()}, {.width = width}),
          RenderPage(HostileAlert(), {.width = width})}) {
      for (const std::string& line : LinesOf(text)) {
        ASSERT_LE(DisplayWidth(line), static_cast<std::size_t>(width)) << line;
      }
    }
  }
}

TEST(RenderTest, LetsNoControlCharacterOfAnEventThrough) {
  for (const std::string& text :
       {RenderTable({HostileAlert()}, {}), RenderPage(HostileAlert(), {})}) {
    for (const std::string& line : LinesOf(text)) {
      EXPECT_EQ(SafeText(line), line);
    }
    EXPECT_THAT(text, HasSubstr("user.name=eve\\nALERT\\x0d\\u202e\\x9b"));
    EXPECT_THAT(text, HasSubstr("Rule\\x1b[2Jwith"));
  }
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
