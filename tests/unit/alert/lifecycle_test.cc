#include "common/alert/lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::alert {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using Kind = Action::Kind;

Action Make(Kind kind, std::string text = "") {
  Action action;
  action.kind = kind;
  action.actor = "kim";
  action.text = std::move(text);
  return action;
}

TEST(LifecycleTest, AllowsTheseTransitionsAndNoOthers) {
  struct Case {
    AlertStatus from;
    Kind action;
    std::optional<AlertStatus> to;   // empty: refused
  };
  const Case cases[] = {
      {AlertStatus::kOpen, Kind::kAcknowledge, AlertStatus::kAcknowledged},
      {AlertStatus::kAcknowledged, Kind::kAcknowledge, AlertStatus::kAcknowledged},
      {AlertStatus::kClosed, Kind::kAcknowledge, std::nullopt},
      {AlertStatus::kRecovered, Kind::kAcknowledge, std::nullopt},
      {AlertStatus::kOpen, Kind::kClose, AlertStatus::kClosed},
      {AlertStatus::kAcknowledged, Kind::kClose, AlertStatus::kClosed},
      {AlertStatus::kRecovered, Kind::kClose, AlertStatus::kClosed},
      {AlertStatus::kOpen, Kind::kReopen, AlertStatus::kOpen},
      {AlertStatus::kAcknowledged, Kind::kReopen, AlertStatus::kOpen},
      {AlertStatus::kClosed, Kind::kReopen, AlertStatus::kOpen},
      {AlertStatus::kRecovered, Kind::kReopen, AlertStatus::kOpen},
  };
  for (const Case& c : cases) {
    Alert alert;
    alert.status = c.from;
    const StatusOr<Effect> effect = Apply(Make(c.action), 5, &alert);
    SCOPED_TRACE(std::string(AlertStatusName(c.from)) + " " + std::string(ActionName(c.action)));
    if (!c.to.has_value()) {
      EXPECT_EQ(effect.status().code(), StatusCode::kFailedPrecondition);
      EXPECT_EQ(alert.status, c.from);
      continue;
    }
    ASSERT_TRUE(effect.ok());
    EXPECT_EQ(alert.status, *c.to);
    EXPECT_EQ(*effect == Effect::kChanged, *c.to != c.from);
    EXPECT_EQ(alert.lifecycle_revision, *c.to != c.from ? 1U : 0U);
  }
}

TEST(LifecycleTest, ClosingTellsWhyAndReopeningForgetsIt) {
  Alert alert;
  ASSERT_TRUE(Apply(Make(Kind::kClose, "benign"), 5, &alert).ok());
  EXPECT_EQ(alert.close_reason, "benign");
  EXPECT_EQ(alert.closed_at_ms, 5);
  EXPECT_EQ(*Apply(Make(Kind::kClose, "benign"), 6, &alert), Effect::kUnchanged);
  EXPECT_THAT(std::string(Message(Apply(Make(Kind::kClose, "other"), 6, &alert).status())),
              HasSubstr("closed with the reason 'benign'; reopen it first"));
  ASSERT_TRUE(Apply(Make(Kind::kReopen), 7, &alert).ok());
  EXPECT_EQ(alert.close_reason, "");
  EXPECT_EQ(alert.closed_at_ms, 0);
  ASSERT_THAT(alert.history, SizeIs(2));
  EXPECT_EQ(alert.history[0],
            (Change{5, "kim", Change::Field::kStatus, "open", "closed", "benign"}));
}

TEST(LifecycleTest, TheEngineRecoversOnlyWhatNobodyHasInHand) {
  Alert open;
  EXPECT_TRUE(Recover(9, &open));
  EXPECT_EQ(open.status, AlertStatus::kRecovered);
  EXPECT_EQ(open.history.back().actor, kEngine);
  EXPECT_FALSE(Recover(10, &open));
  EXPECT_TRUE(GoOn(11, &open));
  EXPECT_EQ(open.status, AlertStatus::kOpen);
  EXPECT_EQ(open.recovered_at_ms, 0);
  Alert closed;
  closed.status = AlertStatus::kClosed;
  EXPECT_TRUE(Recover(9, &closed));
  EXPECT_TRUE(GoOn(11, &closed));
  EXPECT_EQ(closed.status, AlertStatus::kClosed);
}

TEST(LifecycleTest, HistoryAndCommentsAreBounded) {
  Alert alert;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Apply(Make(Kind::kAssign, fmt::format("p{}", i)), i, &alert).ok());
  }
  EXPECT_THAT(alert.history, SizeIs(kHistoryMax));
  EXPECT_EQ(alert.history_dropped, 100 - kHistoryMax);
  EXPECT_EQ(alert.history.back().to, "p99");
  for (std::size_t i = 0; i < kCommentsMax; ++i) {
    ASSERT_TRUE(Apply(Make(Kind::kComment, "x"), 1, &alert).ok());
  }
  const uint64_t revision = alert.lifecycle_revision;
  EXPECT_EQ(Apply(Make(Kind::kComment, "x"), 1, &alert).status().code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(alert.lifecycle_revision, revision);
}

TEST(LifecycleTest, RequestsAreRememberedForAWhile) {
  Alert alert;
  Action action = Make(Kind::kComment, "x");
  for (std::size_t i = 0; i < kRequestsMax + 1; ++i) {
    action.request_id = fmt::format("r{}", i);
    ASSERT_EQ(*Apply(action, 1, &alert), Effect::kChanged);
    ASSERT_EQ(*Apply(action, 1, &alert), Effect::kUnchanged);
  }
  EXPECT_THAT(alert.requests, SizeIs(kRequestsMax));
}

TEST(LifecycleTest, ChecksTextsByName) {
  EXPECT_TRUE(CheckAction(Make(Kind::kAcknowledge)).ok());
  EXPECT_THAT(std::string(Message(CheckAction(Make(Kind::kComment)))),
              HasSubstr("comment.text: expected 1 to 8192 bytes, got 0"));
  EXPECT_THAT(std::string(Message(CheckAction(Make(Kind::kClose, std::string(2000, 'x'))))),
              HasSubstr("close.reason"));
  Action nobody = Make(Kind::kReopen);
  nobody.actor.clear();
  EXPECT_THAT(std::string(Message(CheckAction(nobody))), HasSubstr("actor"));
}

}  // namespace
}  // namespace weir::alert
