#include "common/esql/literal.h"

#include <gtest/gtest.h>

namespace weir::esql {
namespace {

TEST(LiteralTest, ReadsTimespans) {
  constexpr int64_t kMonth = int64_t{1} << 32;
  constexpr struct {
    std::string_view unit;
    DataType type;
    int64_t value;  // of 3 units
  } kCases[] = {
      {"ms", DataType::kTimeDuration, 3},
      {"milliseconds", DataType::kTimeDuration, 3},
      {"s", DataType::kTimeDuration, 3'000},
      {"SEC", DataType::kTimeDuration, 3'000},
      {"m", DataType::kTimeDuration, 180'000},
      {"min", DataType::kTimeDuration, 180'000},
      {"Hours", DataType::kTimeDuration, 10'800'000},
      {"d", DataType::kDatePeriod, 3},
      {"weeks", DataType::kDatePeriod, 21},
      {"mo", DataType::kDatePeriod, 3 * kMonth},
      {"q", DataType::kDatePeriod, 9 * kMonth},
      {"yr", DataType::kDatePeriod, 36 * kMonth},
  };
  for (const auto& item : kCases) {
    ASSERT_TRUE(IsTimeUnit(item.unit)) << item.unit;
    const auto literal = MakeTimespan("3", item.unit);
    ASSERT_TRUE(literal.has_value()) << item.unit;
    EXPECT_EQ(DataTypeName(literal->type), DataTypeName(item.type)) << item.unit;
    EXPECT_EQ(literal->integer, item.value) << item.unit;
  }
  EXPECT_FALSE(IsTimeUnit("fortnight"));
}

TEST(LiteralTest, RefusesTimespansOutOfRange) {
  EXPECT_TRUE(MakeTimespan("2147483647", "days").has_value());
  EXPECT_FALSE(MakeTimespan("2147483648", "days").has_value());
  EXPECT_FALSE(MakeTimespan("306783379", "weeks").has_value());
  EXPECT_FALSE(MakeTimespan("200000000", "years").has_value());
  EXPECT_FALSE(MakeTimespan("9223372036854775807", "s").has_value());
  EXPECT_FALSE(MakeTimespan("99999999999999999999", "ms").has_value());
}

TEST(LiteralTest, PrintsTimespansInTheLargestUnit) {
  EXPECT_EQ(PrintLiteral(*MakeTimespan("60", "seconds")), "1 minute");
  EXPECT_EQ(PrintLiteral(*MakeTimespan("90", "seconds")), "90 seconds");
  EXPECT_EQ(PrintLiteral(*MakeTimespan("120", "m")), "2 hours");
  EXPECT_EQ(PrintLiteral(*MakeTimespan("1500", "ms")), "1500 milliseconds");
  EXPECT_EQ(PrintLiteral(*MakeTimespan("0", "h")), "0 milliseconds");
  EXPECT_EQ(PrintLiteral(*MakeTimespan("1", "week")), "7 days");
  EXPECT_EQ(PrintLiteral(*MakeTimespan("1", "y")), "12 months");
  EXPECT_EQ(PrintLiteral(*MakeTimespan("0", "y")), "0 days");
}

TEST(LiteralTest, PrintsDoublesThatReadBackTheSame) {
  for (const double number : {1.0, 0.1, 1e300, 5e-324, 1.0 / 3, 1e16, 123456789.125}) {
    Literal literal;
    literal.type = DataType::kDouble;
    literal.number = number;
    const std::string text = PrintLiteral(literal);
    const auto again = MakeNumber(text, false);
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_EQ(again->type, DataType::kDouble) << text;
    EXPECT_EQ(again->number, number) << text;
  }
}

TEST(LiteralTest, RefusesNumbersBeyondDouble) {
  EXPECT_FALSE(MakeNumber("1e400", false).has_value());
  EXPECT_FALSE(MakeNumber(std::string(400, '9'), false).has_value());
}

TEST(LiteralTest, PrintsOtherTypesAsCasts) {
  Literal literal;
  literal.type = DataType::kDatetime;
  literal.integer = 1;
  EXPECT_EQ(PrintLiteral(literal), "\"1970-01-01T00:00:00.001Z\"::datetime");
  literal.type = DataType::kVersion;
  literal.text = "1.2.3";
  EXPECT_EQ(PrintLiteral(literal), "\"1.2.3\"::version");
}

TEST(LiteralTest, WidensUnsignedWithNegativeToDouble) {
  std::vector<Literal> literals = {*MakeNumber("18446744073709551615", false),
                                   *MakeNumber("1", true)};
  WidenNumbers(&literals);
  EXPECT_EQ(literals[0].type, DataType::kDouble);
  EXPECT_EQ(literals[0].number, 18446744073709551616.0);
  EXPECT_EQ(literals[1].number, -1.0);
}

}  // namespace
}  // namespace weir::esql
