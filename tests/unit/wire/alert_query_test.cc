#include "common/wire/alert_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/time.h"

namespace weir::wire {
namespace {

namespace pb = weir::alert::v1;
using ::testing::HasSubstr;

TEST(AlertQueryTest, FiltersSurviveTheWire) {
  alert::AlertFilter filter;
  filter.rules = {"many-*"};
  filter.severities = {rule::Severity::kHigh};
  filter.statuses = {alert::AlertStatus::kClosed, alert::AlertStatus::kOpen};
  filter.tenants = {"a"};
  filter.assignees = {"kim"};
  filter.fields = {{"user.name", "anna"}};
  filter.fired_from_ms = 1'700'000'000'123;
  filter.fired_until_ms = 1'700'000'000'124;
  filter.changed_from_ms = -5;
  filter.changed_until_ms = 0;
  filter.text = "words";
  pb::AlertFilter message;
  ToProto(filter, &message);
  const auto again = FromProto(message);
  ASSERT_TRUE(again.ok()) << again.status();
  pb::AlertFilter second;
  ToProto(*again, &second);
  EXPECT_EQ(message.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(again->changed_until_ms, 0);
  EXPECT_EQ(again->fields[0].value, "anna");
  EXPECT_EQ(again->statuses.size(), 2U);
}

TEST(AlertQueryTest, RefusesWhatIsNoFilter) {
  pb::AlertFilter message;
  message.add_statuses(pb::ALERT_STATUS_UNSPECIFIED);
  EXPECT_THAT(std::string(Message(FromProto(message).status())), HasSubstr("filter.statuses[0]: 0"));
  message.Clear();
  message.mutable_fired_from()->set_nanos(-1);
  EXPECT_THAT(std::string(Message(FromProto(message).status())), HasSubstr("filter.fired_from: "));
  message.Clear();
  message.set_text(std::string(5000, 'x'));
  EXPECT_THAT(std::string(Message(FromProto(message).status())), HasSubstr("filter.text: at most"));
}

TEST(AlertQueryTest, ActionsSurviveTheWire) {
  for (int kind = 1; kind <= 5; ++kind) {
    alert::Action action;
    action.kind = static_cast<alert::Action::Kind>(kind);
    action.request_id = "r";
    if (kind == 2) {
      action.end_suppression = false;
    }
    if (kind == 2 || kind == 4 || kind == 5) {
      action.text = "text";
    }
    pb::BatchUpdateAlertsRequest message;
    ToProto(action, &message);
    const auto again = ActionFromProto(message);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->kind, action.kind);
    EXPECT_EQ(again->text, action.text);
    EXPECT_EQ(again->end_suppression, action.end_suppression);
    EXPECT_EQ(again->request_id, "r");
  }
  EXPECT_EQ(ActionFromProto({}).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::wire
