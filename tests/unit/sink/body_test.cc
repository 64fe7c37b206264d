#include "common/sink/body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/unit/sink/alerts.h"

namespace weir::sink {
namespace {

using testing::HasSubstr;

std::string TextAt(const std::string& json, std::string_view key) {
  simdjson::dom::parser parser;
  std::string_view text;
  return parser.parse(json)[key].get_string().get(text) == simdjson::SUCCESS ? std::string(text)
                                                                             : "?";
}

TEST(BodyTest, NdjsonIsTheShapeOfAlertsALineEach) {
  const std::vector<alert::Alert> alerts = {MakeAlert("a"), MakeAlert("b")};
  EXPECT_EQ(MakeBody({BodyFormat::kNdjson, ""}, alerts),
            alert::ToJson(alerts[0]) + "\n" + alert::ToJson(alerts[1]) + "\n");
  EXPECT_EQ(MakeBody({BodyFormat::kArray, ""}, alerts),
            "[" + alert::ToJson(alerts[0]) + "," + alert::ToJson(alerts[1]) + "]");
}

TEST(BodyTest, BulkCreatesUnderTheAlertsId) {
  const alert::Alert alert = MakeAlert("a");
  const std::string body = MakeBody({BodyFormat::kElasticBulk, "weir-alerts"}, {alert});
  const std::string action =
      R"({"create":{"_index":"weir-alerts","_id":")" + alert.id.ToHex() + "\"}}\n";
  EXPECT_EQ(body, action + ToElasticAlert(alert) + "\n");
}

TEST(BodyTest, ElasticAlertHasTheNamesOfDetectionAlerts) {
  alert::Alert alert = MakeAlert("a");
  alert.columns = {TextCell("kibana.alert.uuid", "forged"), TextCell("_index", "forged"),
                   TextCell("user.name", "mallory"), TextCell("calls", "many")};
  const std::string json = ToElasticAlert(alert);
  EXPECT_EQ(TextAt(json, "@timestamp"), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(TextAt(json, "event.kind"), "signal");
  EXPECT_EQ(TextAt(json, "kibana.alert.uuid"), alert.id.ToHex());
  EXPECT_EQ(TextAt(json, "kibana.alert.rule.name"), "Rule a");
  EXPECT_EQ(TextAt(json, "kibana.alert.severity"), "high");
  EXPECT_EQ(TextAt(json, "kibana.alert.workflow_status"), "open");
  EXPECT_EQ(TextAt(json, "user.name"), "mallory");
  EXPECT_EQ(TextAt(json, "calls"), "many");
  EXPECT_EQ(json.find("forged"), std::string::npos);
  EXPECT_EQ(json.find("user.name"), json.rfind("user.name"));
}

TEST(BodyTest, SplunkEnvelopeHoldsTheAlertAndItsTime) {
  const alert::Alert alert = MakeAlert("a");
  const std::string body = MakeBody({BodyFormat::kSplunkHec, "main"}, {alert});
  EXPECT_EQ(body, R"({"time":1700000000.123,"source":"weir","sourcetype":"weir:alert",)"
                  R"("index":"main","event":)" +
                      alert::ToJson(alert) + "}\n");
}

TEST(BodyTest, BulkResponseIsReadItemByItem) {
  const auto items = ParseBulkResponse(
      R"({"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409,"error":)"
      R"({"type":"version_conflict_engine_exception","reason":"there"}}}]})",
      2);
  ASSERT_TRUE(items.ok()) << items.status();
  EXPECT_EQ((*items)[0].status, 201);
  EXPECT_EQ((*items)[0].reason, "");
  EXPECT_EQ((*items)[1].status, 409);
  EXPECT_THAT((*items)[1].reason, HasSubstr("version_conflict"));
}

TEST(BodyTest, BulkResponseThatIsNoneIsRefused) {
  for (const std::string body : {"", "<html>", "{}", R"({"items":[{}]})", R"({"items":[]})",
                                 R"({"items":[{"create":{"status":"x"}}]})"}) {
    EXPECT_FALSE(ParseBulkResponse(body, 1).ok()) << body;
  }
}

}  // namespace
}  // namespace weir::sink
