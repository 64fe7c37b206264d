#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/alert/alert.h"
#include "tests/unit/alert/sample_alert_internal.h"

namespace weir::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(AlertCodingTest, ReadsBackEveryFieldButTheNote) {
  const Alert alert = SampleAlert();
  const StatusOr<Alert> decoded = DecodeAlert(EncodeAlert(alert));
  ASSERT_TRUE(decoded.ok()) << Message(decoded.status());
  EXPECT_EQ(decoded->note, "");
  Alert without_note = alert;
  without_note.note.clear();
  EXPECT_EQ(ToJson(*decoded), ToJson(without_note));
  EXPECT_EQ(decoded->group_hash, alert.group_hash);
  EXPECT_EQ(decoded->window_id, alert.window_id);
  EXPECT_EQ(decoded->revision, 9U);
  EXPECT_EQ(decoded->flags, alert.flags);
  EXPECT_EQ(decoded->shard, 17);
  EXPECT_EQ(decoded->change, 400U);
  EXPECT_EQ(decoded->cut_ms, 11);
  EXPECT_EQ(decoded->requests, alert.requests);
  EXPECT_EQ(EncodeAlert(*decoded), EncodeAlert(alert));
}

TEST(AlertCodingTest, KeepsExtremesAndEmptyAlerts) {
  EXPECT_TRUE(DecodeAlert(EncodeAlert(Alert{})).ok());
  Alert alert;
  alert.risk_score = -1;
  alert.first_event_ms = -5;
  alert.suppressed_count = UINT64_MAX;
  alert.flags = UINT32_MAX;
  const StatusOr<Alert> decoded = DecodeAlert(EncodeAlert(alert));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->risk_score, -1);
  EXPECT_EQ(decoded->first_event_ms, -5);
  EXPECT_EQ(decoded->suppressed_count, UINT64_MAX);
  EXPECT_EQ(decoded->flags, UINT32_MAX);
}

TEST(AlertCodingTest, StoredBytesStayTheSame) {
  Alert alert;
  alert.id = {1, 2};
  alert.tenant = "t";
  alert.rule_id = "r";
  alert.group = {Cell("g", Value::Long(5))};
  alert.window_end_ms = 1000;
  alert.events = {{"e", 1}};
  EXPECT_EQ(ToHex(EncodeAlert(alert)),
            "02"                                    // version
            "0000000000000001" "0000000000000002"   // id
            "0174" "0172" "00" "00"                 // tenant, rule id, name, version
            "00" "00" "00" "00"                     // dialect, severity, risk, status
            "01" "0167" "02030a"                    // one group cell: "g", long 5
            "00"                                    // no columns
            "00" "d00f" "00" "00" "00" "00" "00" "00"   // times
            "00" "00" "00" "00"                     // suppressed, flags, tags, threat
            "01" "0165" "02"                        // one event
            "0000000000000000" "0000000000000000"   // group hash
            "0000000000000000" "0000000000000000"   // window id
            "00"                                    // revision
            "00" "00" "00" "00" "00"                // assignee, reason, closed, recovered, changed
            "00" "00" "00" "00"                     // comments, history, dropped, lifecycle revision
            "00" "00" "00" "00");                   // shard, change, cut, requests
}

TEST(AlertCodingTest, ReadsTheFormWithoutALife) {
  const std::string bytes = EncodeAlert(SampleAlert());
  Alert alert = SampleAlert();
  alert.assignee.clear();
  alert.comments.clear();
  alert.history.clear();
  alert.requests.clear();
  alert.recovered_at_ms = alert.changed_at_ms = alert.cut_ms = 0;
  alert.history_dropped = alert.lifecycle_revision = alert.change = 0;
  alert.shard = 0;
  alert.status = AlertStatus::kRecovered;
  // The new fields are thirteen zeros at the end of it.
  std::string old = EncodeAlert(alert);
  old.resize(old.size() - 13);
  old[0] = 1;
  const StatusOr<Alert> decoded = DecodeAlert(old);
  ASSERT_TRUE(decoded.ok()) << Message(decoded.status());
  EXPECT_EQ(decoded->revision, 9U);
  EXPECT_EQ(decoded->changed_at_ms, alert.fired_at_ms);
  EXPECT_EQ(decoded->recovered_at_ms, alert.episode_end_ms);
  EXPECT_EQ(decoded->rule_name, alert.rule_name);
}

TEST(AlertCodingTest, RefusesEveryShortenedAndLengthenedForm) {
  const std::string bytes = EncodeAlert(SampleAlert());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeAlert(bytes.substr(0, size)).status().code(), StatusCode::kDataLoss) << size;
  }
  EXPECT_THAT(std::string(Message(DecodeAlert(bytes + "x").status())), HasSubstr("left over"));
}

TEST(AlertCodingTest, RefusesUnknownVersionsAndValuesOutOfRange) {
  const std::string bytes = EncodeAlert(Alert{});
  std::string changed = bytes;
  changed[0] = 3;
  EXPECT_THAT(std::string(Message(DecodeAlert(changed).status())),
              HasSubstr("version 3 is not known"));
  // dialect, severity and status stand behind the id, three empty strings and a zero
  for (const std::size_t offset : {21U, 22U, 24U}) {
    changed = bytes;
    changed[offset] = 9;
    EXPECT_EQ(DecodeAlert(changed).status().code(), StatusCode::kDataLoss) << offset;
  }
  Alert bad_cell;
  bad_cell.columns = {{"c", std::string("\x06\x05" "ab")}};
  EXPECT_EQ(DecodeAlert(EncodeAlert(bad_cell)).status().code(), StatusCode::kDataLoss);
}

TEST(AlertNamesTest, NamesStatesAndFlags) {
  EXPECT_EQ(AlertStatusName(AlertStatus::kOpen), "open");
  EXPECT_EQ(AlertStatusName(AlertStatus::kRecovered), "recovered");
  EXPECT_THAT(AlertFlagNames(0), IsEmpty());
  EXPECT_THAT(AlertFlagNames(UINT32_MAX),
              ElementsAre("late", "partial", "approximate", "warming", "continues"));
}

}  // namespace
}  // namespace weir::alert
