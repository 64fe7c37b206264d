#include <gtest/gtest.h>

#include "common/expr/conversion_internal.h"
#include "tests/unit/expr/row_harness.h"

namespace weir::expr {
namespace {

TEST(ConvertTest, Booleans) {
  ExpectAll({
      {"\"TRuE\"::boolean", "boolean true"},
      {"\"yes\"::bool", "boolean false"},
      {"\"1\"::boolean", "boolean false"},
      {"TO_BOOLEAN(i)", "boolean true"},
      {"TO_BOOL(i0)", "boolean false"},
      {"0.0::boolean", "boolean false"},
      {"TO_BOOLEAN([\"true\", \"x\"])", "boolean [true, false]"},
  });
}

TEST(ConvertTest, Numbers) {
  ExpectAll({
      {"kint::integer", "integer 42"},
      {"\"1.0\"::long", "long 1"},
      {"\"-1\"::long", "long -1"},
      {"2.5::integer", "integer 3"},
      {"TO_INT(-2.5)", "integer -2"},
      {"b::integer", "integer 1"},
      {"date::long", "long 1710510330123"},
      {"1::string::long", "long 1"},
      {"TO_LONG([\"1\", \"two\", \"3\"])", "long [1, 3]",
       "org.elasticsearch.xpack.esql.core.InvalidArgumentException: Cannot parse number [two]"},
      {"\"1.1.1.1\"::long", "long null",
       "org.elasticsearch.xpack.esql.core.InvalidArgumentException: Cannot parse number [1.1.1.1]"},
      {"l * 1000000000::integer", "long 10000000000"},
      {"lmax::integer", "integer null",
       "org.elasticsearch.xpack.esql.core.InvalidArgumentException: [9223372036854775807] out of "
       "[integer] range"},
      {"dbig::long", "long null",
       "org.elasticsearch.xpack.esql.core.InvalidArgumentException: [1.0E308] out of [long] range"},
      {"ulmax::long", "long null",
       "org.elasticsearch.xpack.esql.core.InvalidArgumentException: [18446744073709551615] out of "
       "[long] range"},
      {"\"18446744073709551615\"::unsigned_long", "unsigned_long 18446744073709551615"},
      {"TO_UL(-1)", "unsigned_long null",
       "org.elasticsearch.xpack.esql.core.InvalidArgumentException: [-1] out of [unsigned_long] "
       "range"},
      {"abs(-2)::UnsigneD_LOng", "unsigned_long 2"},
      {"\"0\"::double", "double 0.0"},
      {"TO_DBL(\"1e3\")", "double 1000.0"},
      {"im::double", "double [3.0, 1.0, 2.0]"},
      {"inn::double", "double null"},
      {"null::int", "integer null"},
  });
}

TEST(ConvertTest, TextAndOthers) {
  ExpectAll({
      {"TO_STRING(d)", "keyword 2.5"},
      {"57000000.0::keyword", "keyword 5.7E7"},
      {"date::string", "keyword 2024-03-15T13:45:30.123Z"},
      {"ip6::keyword", "keyword fe80::1"},
      {"TO_STR(bm)", "keyword [true, false]"},
      {"k::text", "text Hello"},
      {"t::keyword", "keyword The quick Brown fox"},
      {"0::datetime", "datetime 1970-01-01T00:00:00.000Z"},
      {"\"1985-01-01T00:00:00Z\"::date", "datetime 1985-01-01T00:00:00.000Z"},
      {"TO_DATETIME(k)", "datetime null",
       "java.lang.IllegalArgumentException: failed to parse date field [Hello] with format "
       "[strict_date_optional_time]"},
      {"\"1.1.1.1\"::ip", "ip 1.1.1.1"},
      {"TO_IP(k)", "ip null",
       "java.lang.IllegalArgumentException: 'Hello' is not an IP string literal."},
      {"TO_IP(\"010.0.0.07\", {\"leading_zeros\": \"octal\"})", "ip 8.0.0.7"},
      {"TO_IP(\"010.0.0.07\", {\"leading_zeros\": \"decimal\"})", "ip 10.0.0.7"},
      {"TO_IP(\"::1\", {\"leading_zeros\": \"octal\"})", "ip ::1"},
      {"TO_IP(\"10.0.0.1\", {})", "ip 10.0.0.1"},
      {"TO_IP(ip, {\"leading_zeros\": \"octal\"})", "ip 10.1.2.3"},
      {"TO_IP(\"08.0.0.1\", {\"leading_zeros\": \"octal\"})", "ip null",
       "java.lang.IllegalArgumentException: '08.0.0.1' is not an IP string literal."},
      {"TO_VERSION(k)", "version Hello"},
      {"TO_VER(\"1.2\") < v", "boolean true"},
      {"\"3 DAYS\"::date_period", "date_period P0M3D"},
      {"date - TO_TIMEDURATION(\"3 hours\")", "datetime 2024-03-15T10:45:30.123Z"},
      {"date + to_dateperiod(\"3 days\"::date_period)", "datetime 2024-03-18T13:45:30.123Z"},
      {"date + to_string(null)::date_period", "datetime null"},
      {"date + null::time_duration", "datetime null"},
      {"date + 3 hours + 3 minutes::time_duration", "datetime 2024-03-15T16:48:30.123Z"},
  });
}

TEST(ConversionTest, ReadsPartialAndNegativeDates) {
  EXPECT_EQ(ParseDate("1990"), ParseTime("1990-01-01"));
  EXPECT_EQ(ParseDate("1990-05"), ParseTime("1990-05-01"));
  EXPECT_EQ(ParseDate("1990-05-06T07:08"), ParseTime("1990-05-06T07:08:00Z"));
  EXPECT_EQ(ParseDate("-0001-12-31"), ParseDate("0000-01-01").value() - kMillisPerDay);
  EXPECT_EQ(ParseDate("199"), std::nullopt);
  EXPECT_EQ(ParseDate("1990-13"), std::nullopt);
  EXPECT_EQ(ParseDate(""), std::nullopt);
  EXPECT_EQ(ParseDate("abcd"), std::nullopt);
}

TEST(ConversionTest, ReadsTimespans) {
  EXPECT_EQ(ParseTimespan("90 minutes")->integer(), 90 * kMillisPerMinute);
  EXPECT_EQ(ParseTimespan("1h30m")->integer(), 90 * kMillisPerMinute);
  EXPECT_EQ(ParseTimespan("1 mo")->period_months(), 1);
  EXPECT_EQ(ParseTimespan("2 Quarters")->period_months(), 6);
  EXPECT_EQ(ParseTimespan("1 week 1 day")->period_days(), 8);
  EXPECT_FALSE(ParseTimespan("1 day 1 hour").has_value());
  EXPECT_FALSE(ParseTimespan("day").has_value());
  EXPECT_FALSE(ParseTimespan("3 fortnights").has_value());
  EXPECT_FALSE(ParseTimespan("").has_value());
}

}  // namespace
}  // namespace weir::expr
