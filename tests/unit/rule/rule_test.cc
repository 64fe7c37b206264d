#include "common/rule/rule.h"

#include <gtest/gtest.h>

namespace weir::rule {
namespace {

TEST(RuleTest, ParsesNowOffsets) {
  EXPECT_EQ(ParseNowOffset("now"), 0);
  EXPECT_EQ(ParseNowOffset("now-90s"), 90'000);
  EXPECT_EQ(ParseNowOffset("now-60m"), 3'600'000);
  EXPECT_EQ(ParseNowOffset("now-1h"), 3'600'000);
  EXPECT_EQ(ParseNowOffset("now-2d"), 2 * 86'400'000LL);
  EXPECT_EQ(ParseNowOffset("now-1w"), 7 * 86'400'000LL);
  EXPECT_EQ(ParseNowOffset("now-1h-119m"), 3'600'000 + 119 * 60'000);
  EXPECT_EQ(ParseNowOffset("now-1d+1h"), 23 * 3'600'000LL);
  EXPECT_EQ(ParseNowOffset("now-1d/d"), 2 * 86'400'000LL);
  EXPECT_EQ(ParseNowOffset("now/h"), 3'600'000);
}

TEST(RuleTest, RefusesWhatIsNoNowOffset) {
  for (const char* text : {"", "no", "now-", "now-m", "now-5", "now+5m", "now-5x", "now-5.5m", "now--5m",
                           "now-5m/", "now/5m", "now+1h-5m", "60m", "now-9223372036854775807w"}) {
    EXPECT_FALSE(ParseNowOffset(text).has_value()) << text;
  }
}

TEST(RuleTest, NamesAreThoseOfRuleFiles) {
  EXPECT_EQ(RuleTypeName(RuleType::kNewTerms), "new_terms");
  EXPECT_EQ(DialectName(Dialect::kKuery), "kuery");
  EXPECT_EQ(SeverityName(Severity::kCritical), "critical");
}

}  // namespace
}  // namespace weir::rule
