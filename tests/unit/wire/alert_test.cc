// An alert survives the wire with every field and type, whatever bytes its events brought.
#include "common/wire/alert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/types/coding.h"
#include "common/wire/text.h"

namespace weir::wire {
namespace {

alert::NamedCell Cell(const std::string& name, const Value& value) {
  alert::NamedCell cell;
  cell.name = name;
  EncodeValue(value, &cell.encoded);
  return cell;
}

alert::Alert FullAlert() {
  alert::Alert alert;
  alert.id = {0x0123456789abcdef, 0xfedcba9876543210};
  alert.tenant = "acme";
  alert.rule_id = "r1";
  alert.rule_name = "Rule";
  alert.rule_version = 7;
  alert.dialect = rule::Dialect::kKuery;
  alert.severity = rule::Severity::kCritical;
  alert.risk_score = 73;
  alert.status = alert::AlertStatus::kRecovered;
  const Value items[] = {Value::Long(1), Value::Long(int64_t{1} << 60)};
  const char ip[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01";
  alert.group = {Cell("user", Value::Keyword("anna"))};
  alert.columns = {
      Cell("boolean", Value::Boolean(true)),
      Cell("integer", Value::Integer(-5)),
      Cell("list", Value::Multi(items)),
      Cell("unsigned", Value::UnsignedLong(~uint64_t{0})),
      Cell("double", Value::Double(0.1)),
      Cell("time", Value::Datetime(1773144000123)),
      Cell("ip", Value::Ip(ip)),
      Cell("version", Value::String(DataType::kVersion, "1.2.3")),
      Cell("null", Value::Null()),
  };
  alert.window_start_ms = 1773140400000;
  alert.window_end_ms = 1773144000000;
  alert.episode_start_ms = 1773144000000;
  alert.episode_end_ms = 1773144060000;
  alert.first_event_ms = 1773140400001;
  alert.last_event_ms = 1773143999999;
  alert.fired_at_ms = 1773144000500;
  alert.suppressed_count = 3;
  alert.flags = alert::kLate | alert::kContinues;
  alert.tags = {"a", "b"};
  alert.threat = {{"MITRE ATT&CK",
                   {"TA0040", "Impact", "https://attack"},
                   {{{"T1496", "Hijacking", ""}, {{"T1496.001", "Compute", ""}}}}}};
  alert.events = {{"e1", 1773143999999}};
  alert.note = "look";
  alert.revision = 9;
  alert.status = alert::AlertStatus::kClosed;
  alert.close_reason = "benign";
  alert.closed_at_ms = 1773144100000;
  alert.recovered_at_ms = 1773144200000;
  alert.changed_at_ms = 1773144300000;
  alert.assignee = "kim";
  alert.comments = {{"lee", 1773144050000, "a job"}};
  alert.comment_count = 1;
  alert.history = {{1773144100000, "kim", alert::Change::Field::kStatus, "open", "closed", "benign"}};
  alert.lifecycle_revision = 2;
  alert.shard = 7;
  alert.change = 70;
  return alert;
}

TEST(AlertTest, EveryFieldSurvivesTheWire) {
  const alert::Alert alert = FullAlert();
  weir::alert::v1::Alert message;
  ToProto(alert, &message);
  weir::alert::v1::Alert parsed;
  ASSERT_TRUE(parsed.ParseFromString(message.SerializeAsString()));
  const auto again = FromProto(parsed);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(alert::ToJson(*again), alert::ToJson(alert));
  EXPECT_EQ(again->revision, alert.revision);
  EXPECT_EQ(again->shard, 7);
  EXPECT_EQ(again->change, 70U);
  EXPECT_EQ(again->episode_end_ms, alert.episode_end_ms);
  ASSERT_EQ(again->columns.size(), alert.columns.size());
  for (std::size_t i = 0; i < alert.columns.size(); ++i) {
    EXPECT_EQ(again->columns[i].encoded, alert.columns[i].encoded) << alert.columns[i].name;
  }
}

TEST(AlertTest, AbsentTimesStayAbsent) {
  weir::alert::v1::Alert message;
  ToProto(FullAlert(), &message);
  EXPECT_FALSE(message.has_arrived_at());
  EXPECT_EQ(FromProto(message)->arrived_at_ms, 0);
}

TEST(AlertTest, BrokenTextDoesNotBreakTheMessage) {
  alert::Alert alert = FullAlert();
  alert.group = {Cell("user", Value::Keyword("a\xff" "b"))};
  weir::alert::v1::Alert message;
  ToProto(alert, &message);
  weir::alert::v1::Alert parsed;
  ASSERT_TRUE(parsed.ParseFromString(message.SerializeAsString()));
  EXPECT_EQ(parsed.group(0).value().keyword_value(), "a\xef\xbf\xbd" "b");
}

TEST(AlertTest, IdsAreThirtyTwoHexDigits) {
  EXPECT_EQ(ParseAlertId("0123456789ABCDEFfedcba9876543210")->ToHex(),
            "0123456789abcdeffedcba9876543210");
  for (const char* bad : {"", "0", "0123456789abcdeffedcba987654321", "g123456789abcdeffedcba9876543210",
                          "0123456789abcdeffedcba98765432100"}) {
    EXPECT_EQ(ParseAlertId(bad).status().code(), StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace weir::wire
