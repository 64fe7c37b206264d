// The page of one alert, whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/alert/render.h"
#include "tests/unit/alert/sample_alert_internal.h"

namespace weir::alert {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Incident SampleIncident() {
  Incident incident;
  incident.alert = SampleAlert();
  incident.alert.suppression = {1730217200000, 1730217290000};
  incident.related.push_back(SampleAlert());
  incident.related.back().id = {0xabcdef0123456789, 0};
  incident.related.back().rule_name = "Other rule";
  incident.related.back().columns = {Cell("calls", Value::Long(7))};
  incident.related.back().flags = 0;
  incident.related_total = 4;
  incident.series = RowSeries{
      60'000, {{1730213564000, 1}, {1730214164000, 40}, {1730215364000, 320}, {1730217104000, 262}}};
  incident.suppression =
      SuppressionState{{Cell("cloud.account.id", Value::Keyword("123456789012"))}, 1730220704000};
  incident.timings.event_to_arrival_ms = 93;
  incident.timings.arrival_to_fired_ms = 250;
  incident.timings.fired_to_acknowledged_ms = 196'650;
  return incident;
}

TEST(IncidentPageTest, TellsTheWholeAlert) {
  EXPECT_EQ(
      RenderIncident(SampleIncident(), {}),
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
      "Counts over time\n"
      "  ▁         ▁                   █                            ▇\n"
      "  2024-10-29 14:51:44 to 2024-10-29 15:51:44 UTC, 1m a mark, at most 320 rows\n"
      "\n"
      "Evidence\n"
      "  Esql.source_ip_values      null\n"
      "  cloud.account.id           123456789012\n"
      "  Esql.model_id              claude-3, nova\n"
      "  Esql.inference_call_count  623\n"
      "  Esql.event_action_values   InvokeModel\n"
      "\n"
      "Times\n"
      "  window        2024-10-29 14:51:44 to 2024-10-29 15:51:44 UTC (1h)\n"
      "  episode       2024-10-29 15:51:44 to 2024-10-29 15:52:44 UTC (1m)\n"
      "  first event   2024-10-29 14:51:45.250 UTC\n"
      "  last event    2024-10-29 15:51:43.007 UTC\n"
      "  arrived       2024-10-29 15:51:43.100 UTC, 93ms after the last event\n"
      "  fired         2024-10-29 15:51:43.350 UTC, 250ms after the arrival\n"
      "  acknowledged  2024-10-29 15:55:00.000 UTC, 3m 16s after the alert\n"
      "  recovered     2024-10-29 15:58:20.000 UTC\n"
      "\n"
      "Alert\n"
      "  id            0123456789abcdef1011121314151617\n"
      "  tenant        acme\n"
      "  rule          f4e1-77 (esql, rule set 12)\n"
      "  status        acknowledged\n"
      "  assignee      kim\n"
      "  suppressed    3 further hits, from 2024-10-29 15:53:20.000 UTC to 2024-10-29 15:54:50.000 UTC\n"
      "  still folds   hits of account.id=123456789012 up to 2024-10-29 16:51:44.000 UTC\n"
      "  flags         late, warming\n"
      "  tags          Cloud, AWS\n"
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
      "  Look at the calls.\n"
      "\n"
      "Comments\n"
      "  2024-10-29 15:56:40.000 UTC  lee\n"
      "    looks like a build job\n"
      "\n"
      "History\n"
      "  (2 older changes)\n"
      "  2024-10-29 15:55:00.000 UTC  kim: status open -> acknowledged\n"
      "  2024-10-29 16:00:00.000 UTC  lee: assignee none -> kim\n"
      "\n"
      "Other alerts of the same entities, 48 h before and after\n"
      "  ID            TIME (UTC)           SEVERITY  RULE        "
      "GROUP                                                                  COUNTED\n"
      "  abcdef012345  2024-10-29 15:51:43  high      Other rule  "
      "user_identity.arn=assumed-role/Builder/alice, account.id=123456789012  7 calls (acknowledged)\n"
      "  and 3 more\n"
      "\n"
      "Next\n"
      "  weir explain alert 0123456789ab\n"
      "  weir alerts close 0123456789ab --reason 'false positive'\n"
      "  weir alerts comment 0123456789ab -m 'what was found'\n"
      "  weir alerts list --field "
      "aws.cloudtrail.user_identity.arn=arn:aws:sts::123456789012:assumed-role/Builder/alice\n"
      "  weir alerts list --field cloud.account.id=123456789012\n"
      "  weir alerts list --rule f4e1-77\n");
}

TEST(IncidentPageTest, LeavesOutWhatIsNotKnownAndWraps) {
  Incident incident;
  incident.alert.rule_id = "r-1";
  incident.alert.rule_name = "A rule with rather a long name";
  incident.alert.group = {Cell("user.name", Value::Keyword("one two three four five six seven"))};
  incident.alert.columns = {Cell("count", Value::Long(1))};
  EXPECT_EQ(RenderIncident(incident, {.width = 30}),
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
            "Evidence\n"
            "  count  1\n"
            "\n"
            "Alert\n"
            "  id            00000000000000\n"
            "                00000000000000\n"
            "                0000\n"
            "  rule          r-1 (esql,\n"
            "                rule set 0)\n"
            "  status        open\n"
            "  assignee      nobody\n"
            "  suppressed    nothing\n"
            "\n"
            "Other alerts of the same\n"
            "entities, 48 h before and\n"
            "after\n"
            "  none\n"
            "\n"
            "Next\n"
            "  weir explain alert\n"
            "  000000000000\n"
            "  weir alerts ack 000000000000\n"
            "  weir alerts close\n"
            "  000000000000 --reason 'false\n"
            "  positive'\n"
            "  weir alerts comment\n"
            "  000000000000 -m 'what was\n"
            "  found'\n"
            "  weir alerts list --field\n"
            "  'user.name=one two three\n"
            "  four five six seven'\n"
            "  weir alerts list --rule r-1\n");
}

TEST(IncidentPageTest, NextCommandsFollowTheStatusAndNeverMislead) {
  Incident incident = SampleIncident();
  incident.alert.status = AlertStatus::kClosed;
  incident.alert.close_reason = "a test";
  incident.alert.closed_at_ms = 1730217700000;
  incident.alert.group = {Cell("user.name", Value::Keyword("it's $(rm -rf ~)")),
                          Cell("source.name", Value::Keyword("a\x1b[8mb")), Cell("gone", Value::Null())};
  const std::string page = RenderIncident(incident, {});
  EXPECT_THAT(page, HasSubstr("  status        closed: a test\n"));
  EXPECT_THAT(page, HasSubstr("  closed        2024-10-29 16:01:40.000 UTC\n"));
  EXPECT_THAT(page, HasSubstr("\n  weir explain alert 0123456789ab\n  weir alerts reopen 0123456789ab\n"
                              "  weir alerts comment"));
  EXPECT_THAT(page, HasSubstr("  weir alerts list --field 'user.name=it'\\''s $(rm -rf ~)'\n"));
  EXPECT_THAT(page, Not(HasSubstr("--field source.name")));
  EXPECT_THAT(page, Not(HasSubstr("--field 'source.name")));
  EXPECT_THAT(page, Not(HasSubstr("--field gone")));
}

TEST(IncidentPageTest, LengthsAreToldInTwoUnits) {
  Incident incident = SampleIncident();
  const auto episode = [&](int64_t length_ms) {
    incident.alert.episode_end_ms = incident.alert.episode_start_ms + length_ms;
    const std::string page = RenderIncident(incident, {});
    const std::size_t begin = page.find('(', page.find("  episode  "));
    return page.substr(begin, page.find(')', begin) - begin + 1);
  };
  EXPECT_EQ(episode(250), "(250ms)");
  EXPECT_EQ(episode(12'460), "(12.4s)");
  EXPECT_EQ(episode(12'000), "(12s)");
  EXPECT_EQ(episode(2'132'000), "(35m 32s)");
  EXPECT_EQ(episode(3 * kMillisPerHour), "(3h)");
  EXPECT_EQ(episode(47 * kMillisPerHour + 59 * kMillisPerMinute), "(47h 59m)");
  EXPECT_EQ(episode(50 * kMillisPerHour), "(2d 2h)");
}

TEST(IncidentPageTest, RelativeTimesStandBesideTheTimes) {
  const Incident incident = SampleIncident();
  const std::string page = RenderIncident(
      incident, {.time = TimeStyle::kRelative, .now_ms = incident.alert.fired_at_ms + 3 * kMillisPerHour});
  EXPECT_THAT(page, HasSubstr("  fired         2024-10-29 15:51:43.350 UTC (3h ago), 250ms after"));
  EXPECT_THAT(RenderIncident(incident, {.time = TimeStyle::kIso}),
              HasSubstr("  fired         2024-10-29T15:51:43.350Z, 250ms after"));
}

TEST(IncidentPageTest, JsonHoldsAllOfIt) {
  const Incident incident = SampleIncident();
  const std::string json = IncidentToJson(incident);
  const std::string alert = ToJson(incident.alert);
  EXPECT_EQ(json.substr(0, alert.size() - 1), alert.substr(0, alert.size() - 1));
  EXPECT_EQ(json.substr(alert.size() - 1),
            ",\"series\":{\"pane_ms\":60000,\"counts\":["
            "{\"time\":\"2024-10-29T14:52:44.000Z\",\"rows\":1},"
            "{\"time\":\"2024-10-29T15:02:44.000Z\",\"rows\":40},"
            "{\"time\":\"2024-10-29T15:22:44.000Z\",\"rows\":320},"
            "{\"time\":\"2024-10-29T15:51:44.000Z\",\"rows\":262}]},"
            "\"suppression\":{\"key\":{\"cloud.account.id\":\"123456789012\"},"
            "\"until\":\"2024-10-29T16:51:44.000Z\"},"
            "\"timings\":{\"event_to_arrival_ms\":93,\"arrival_to_fired_ms\":250,"
            "\"fired_to_acknowledged_ms\":196650,\"fired_to_closed_ms\":null},"
            "\"related\":[" + ToJson(incident.related.front()) + "],\"related_total\":4}");
  EXPECT_THAT(IncidentToJson(Incident{}), HasSubstr(",\"series\":null,\"suppression\":null,"));
}

TEST(ChartTest, FitsAnySpanIntoTheWidth) {
  const RowSeries series{1000, {{1000, 1}, {3000, 4}, {8000, 8}}};
  EXPECT_EQ(DrawChart(series, 60, true).marks, "▁ ▄    █");
  EXPECT_EQ(DrawChart(series, 60, false).marks, ". =    @");
  EXPECT_EQ(DrawChart(series, 4, false).marks, ".= @");
  EXPECT_EQ(DrawChart(series, 1, false).marks, "@");
  EXPECT_EQ(DrawChart(series, 4, false).legend,
            "1970-01-01 00:00:00 to 1970-01-01 00:00:08 UTC, 2s a mark, at most 8 rows");
  EXPECT_EQ(DrawChart({}, 4, false).marks, "");
  // Pauses of weeks between rows are no wider than the chart.
  const RowSeries sparse{1000, {{1000, 1}, {INT64_C(5'000'000'000), 1}}};
  EXPECT_EQ(DrawChart(sparse, 5, false).marks, "@   @");
}

}  // namespace
}  // namespace weir::alert
