#include <cmath>

#include <gtest/gtest.h>

#include "common/alert/alert.h"
#include "tests/unit/alert/sample_alert_internal.h"

namespace weir::alert {
namespace {

TEST(AlertJsonTest, WritesEveryKeyInOrder) {
  EXPECT_EQ(
      ToJson(SampleAlert()),
      R"({"alert_id":"0123456789abcdef1011121314151617","tenant":"acme","rule_id":"f4e1-77",)"
      R"("rule_name":"Model Probing by One Identity","rule_version":12,"dialect":"esql",)"
      R"("severity":"high","risk_score":73,"status":"acknowledged",)"
      R"("group":{"aws.cloudtrail.user_identity.arn":)"
      R"("arn:aws:sts::123456789012:assumed-role/Builder/alice",)"
      R"("cloud.account.id":"123456789012"},)"
      R"("columns":{"Esql.source_ip_values":null,"cloud.account.id":"123456789012",)"
      R"("Esql.model_id":["claude-3","nova"],"Esql.inference_call_count":623,)"
      R"("Esql.event_action_values":"InvokeModel"},)"
      R"("window_start":"2024-10-29T14:51:44.000Z","window_end":"2024-10-29T15:51:44.000Z",)"
      R"("episode_start":"2024-10-29T15:51:44.000Z","episode_end":"2024-10-29T15:52:44.000Z",)"
      R"("first_event":"2024-10-29T14:51:45.250Z","last_event":"2024-10-29T15:51:43.007Z",)"
      R"("arrived_at":"2024-10-29T15:51:43.100Z","fired_at":"2024-10-29T15:51:43.350Z",)"
      R"("suppressed_count":3,"flags":["late","warming"],"tags":["Cloud","AWS"],)"
      R"("threat":[{"framework":"MITRE ATT&CK","tactic":{"id":"TA0007","name":"Discovery",)"
      R"("reference":"https://attack.mitre.org/tactics/TA0007/"},"technique":[{"id":"T1580",)"
      R"("name":"Cloud Infrastructure Discovery","reference":"https://a/T1580",)"
      R"("subtechnique":[]},{"id":"T1069","name":"Permission Groups Discovery",)"
      R"("reference":"https://a/T1069","subtechnique":[{"id":"T1069.003","name":"Cloud Groups",)"
      R"("reference":"https://a/T1069/003"}]}]},{"framework":"MITRE ATLAS","tactic":{"id":"",)"
      R"("name":"","reference":""},"technique":[{"id":"AML.T0040","name":"","reference":"",)"
      R"("subtechnique":[]}]}],"events":[{"id":"e-1","timestamp":"2024-10-29T15:51:42.000Z"},)"
      R"({"id":"e-2","timestamp":"2024-10-29T15:51:43.007Z"}],)"
      R"("note":"## Triage\n\nLook at the calls.\n",)"
      R"("assignee":"kim","close_reason":"","closed_at":null,)"
      R"("recovered_at":"2024-10-29T15:58:20.000Z","changed_at":"2024-10-29T16:00:00.000Z",)"
      R"("comments":[{"author":"lee","time":"2024-10-29T15:56:40.000Z",)"
      R"("text":"looks like a build job"}],)"
      R"("history":[{"time":"2024-10-29T15:55:00.000Z","actor":"kim","field":"status",)"
      R"("from":"open","to":"acknowledged","reason":""},)"
      R"({"time":"2024-10-29T16:00:00.000Z","actor":"lee","field":"assignee","from":"",)"
      R"("to":"kim","reason":""}],"history_dropped":2,"comment_count":1,"revision":9,)"
      R"("lifecycle_revision":5})");
}

TEST(AlertJsonTest, KeepsTheTypeOfEveryValue) {
  const std::string ip("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
  Alert alert;
  alert.columns = {
      Cell("null", Value::Null()),
      Cell("yes", Value::Boolean(true)),
      Cell("integer", Value::Integer(-7)),
      Cell("long", Value::Long(INT64_MIN)),
      Cell("unsigned", Value::UnsignedLong(UINT64_MAX)),
      Cell("double", Value::Double(0.1)),
      Cell("whole", Value::Double(5)),
      Cell("large", Value::Double(1e300)),
      Cell("nan", Value::Double(std::nan(""))),
      Cell("ip", Value::Ip(ip.data())),
      Cell("date", Value::Datetime(1)),
      Cell("version", Value::String(DataType::kVersion, "1.2.3")),
      ListCell("numbers", {Value::Long(1), Value::Long(2)}),
      ListCell("dates", {Value::Datetime(0), Value::Datetime(1)}),
      {"broken", "\x06\x7f"},
  };
  const std::string json = ToJson(alert);
  const std::size_t begin = json.find("\"columns\"");
  EXPECT_EQ(json.substr(begin, json.find(",\"window_start\"") - begin),
            R"("columns":{"null":null,"yes":true,"integer":-7,"long":-9223372036854775808,)"
            R"("unsigned":18446744073709551615,"double":0.1,"whole":5.0,"large":1e+300,)"
            R"("nan":null,"ip":"10.0.0.1","date":"1970-01-01T00:00:00.001Z","version":"1.2.3",)"
            R"("numbers":[1,2],)"
            R"("dates":["1970-01-01T00:00:00.000Z","1970-01-01T00:00:00.001Z"],"broken":null})");
}

TEST(AlertJsonTest, WritesNullForTimesThatAreNotSet) {
  const std::string json = ToJson(Alert{});
  EXPECT_NE(json.find(R"("window_start":null,"window_end":null,"episode_start":null,)"
                      R"("episode_end":null,"first_event":null,"last_event":null,)"
                      R"("arrived_at":null,"fired_at":null,)"),
            std::string::npos)
      << json;
}

}  // namespace
}  // namespace weir::alert
