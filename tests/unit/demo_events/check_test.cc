// The demo's judge must notice each way of being wrong.
#include "deploy/demo_events/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::demo {
namespace {

using ::testing::HasSubstr;

std::vector<ExpectedAlert> Expected() {
  return {{"someone knocks", "rule-1", {{"user.id", "u1"}}, "calls", 4, 6, 1}};
}

constexpr char kGood[] =
    R"({"rule_id":"rule-1","group":{"user.id":"u1"},"columns":{"calls":5},"suppressed_count":1})";

CheckResult Check(const std::string& alerts) {
  const StatusOr<CheckResult> result = CheckAlerts(Expected(), alerts);
  EXPECT_TRUE(result.ok()) << Message(result.status());
  return result.value_or(CheckResult{});
}

TEST(CheckTest, PassesOnTheExpectedAlertInBothFormats) {
  EXPECT_TRUE(Check(std::string(kGood) + "\n").passed);
  EXPECT_TRUE(Check(" [" + std::string(kGood) + "]").passed);
}

TEST(CheckTest, ReportsAMissingAlert) {
  EXPECT_FALSE(Check("").passed);
  EXPECT_THAT(Check("[]").report, HasSubstr("missing: someone knocks"));
}

TEST(CheckTest, ReportsAnAlertTooMany) {
  const CheckResult twice = Check(std::string(kGood) + "\n" + kGood);
  EXPECT_FALSE(twice.passed);
  EXPECT_THAT(twice.report, HasSubstr("unexpected alert"));
}

TEST(CheckTest, ReportsAnotherGroupCountOrSuppression) {
  const auto broken = [](std::string_view what, std::string_view with) {
    std::string text = kGood;
    text.replace(text.find(what), what.size(), with);
    return Check(text);
  };
  EXPECT_THAT(broken("\"u1\"", "\"u2\"").report, HasSubstr("missing"));
  EXPECT_THAT(broken("rule-1", "rule-2").report, HasSubstr("missing"));
  EXPECT_THAT(broken("\"calls\":5", "\"calls\":3").report, HasSubstr("outside 4 to 6"));
  EXPECT_THAT(broken("\"calls\":5", "\"calls\":10").report, HasSubstr("outside 4 to 6"));
  EXPECT_THAT(broken("suppressed_count\":1", "suppressed_count\":0").report, HasSubstr("below 1"));
}

TEST(CheckTest, ReadsBackTheFileOfExpectations) {
  const StatusOr<std::vector<ExpectedAlert>> read = ExpectedFromJson(ExpectedToJson(Expected()));
  ASSERT_TRUE(read.ok()) << Message(read.status());
  EXPECT_EQ(ExpectedToJson(*read), ExpectedToJson(Expected()));
  EXPECT_FALSE(ExpectedFromJson("{}").ok());
}

}  // namespace
}  // namespace weir::demo
