#include <gtest/gtest.h>

#include "tests/unit/expr/row_harness.h"

namespace weir::expr {
namespace {

constexpr std::string_view kMulti =
    "java.lang.IllegalArgumentException: single-value function encountered multi-value";

TEST(ConditionalTest, CaseTakesTheFirstTrueCondition) {
  ExpectAll({
      {"CASE(i == 3, \"three\", \"other\")", "keyword three"},
      {"CASE(bn, 1, i > 5, 2, 3)", "integer 3"},
      {"CASE(bf, 1)", "integer null"},
      {"CASE(bf, 1, b, 2)", "integer 2"},
      {"CASE(b, 1, 2.5)", "double 1.0"},
      {"CASE(bf, i, bf, l, d)", "double 2.5"},
      {"CASE(b, null, \"x\")", "keyword null"},
      {"CASE(b, km, \"x\")", "keyword [b, a, b]"},
      {"CASE(b, t)", "keyword The quick Brown fox"},
      {"CASE(true, 1 day, 10 days)", "date_period P0M1D"},
      {"CASE([true], \"a\", \"b\")", "keyword a"},
      {"CASE(bm, \"a\", \"b\")", "keyword b", kMulti},
      {"CASE(b, 1, i / 0)", "integer 1"},
      {"CASE(b, ip, \"::1\")", "ip 10.1.2.3"},
      {"CASE(\"true\", 1, 2)", "integer 1"},
  });
  EXPECT_EQ(WarningsOf("CASE([false, true], \"a\", \"b\")"),
            "1:1 [CASE([false, true], \"a\", \"b\")] false: " + std::string(kMulti));
}

TEST(ConditionalTest, CoalesceTakesTheFirstNonNull) {
  ExpectAll({
      {"COALESCE(kn, k, \"x\")", "keyword Hello"},
      {"COALESCE(inn, 0)", "integer 0"},
      {"COALESCE(inn, null, 1.5)", "double 1.5"},
      {"COALESCE(null, null)", "null null"},
      {"COALESCE(km, \"x\")", "keyword [b, a, b]"},
      {"COALESCE(im, d)", "double [3.0, 1.0, 2.0]"},
      {"COALESCE(ipn, \"0.0.0.0\")", "ip 0.0.0.0"},
      {"COALESCE(bn, false)", "boolean false"},
      {"COALESCE(k)", "keyword Hello"},
  });
}

TEST(ConditionalTest, GreatestAndLeastLookAtAllValues) {
  ExpectAll({
      {"GREATEST(i, l, 7)", "long 10"},
      {"LEAST(i, d)", "double 2.5"},
      {"GREATEST(k, \"Zoo\")", "keyword Zoo"},
      {"GREATEST(im, 2)", "integer 3"},
      {"LEAST(im)", "integer 1"},
      {"GREATEST(i, inn)", "integer null"},
      {"LEAST(date, \"2020\")", "datetime 2020-01-01T00:00:00.000Z"},
      {"CLAMP(i, 5, 9)", "integer 5"},
      {"CLAMP(l, 5, 9)", "long 9"},
      {"CLAMP(k, \"A\", \"Z\")", "keyword Hello"},
      {"CLAMP_MIN(i, 4)", "integer 4"},
      {"CLAMP_MAX(i, 2)", "integer 2"},
      {"CLAMP_MAX(im, 2)", "integer null", kMulti},
  });
}

TEST(StringFunctionsTest, MeasureAndCut) {
  ExpectAll({
      {"LENGTH(k)", "integer 5"},
      {"LENGTH(ku)", "integer 8"},
      {"BYTE_LENGTH(ku)", "integer 13"},
      {"BIT_LENGTH(k)", "integer 40"},
      {"LENGTH(ke)", "integer 0"},
      {"LENGTH(kn)", "integer null"},
      {"LENGTH(null)", "integer null"},
      {"LENGTH(km)", "integer null", kMulti},
      {"LENGTH(t)", "integer 19"},
      {"SUBSTRING(k, 3)", "keyword llo"},
      {"SUBSTRING(k, -3)", "keyword llo"},
      {"SUBSTRING(k, 0, 2)", "keyword He"},
      {"SUBSTRING(k, 2, 2)", "keyword el"},
      {"SUBSTRING(k, 9)", "keyword "},
      {"SUBSTRING(k, -9, 2)", "keyword He"},
      {"SUBSTRING(ku, 2, 3)", "keyword pfe"},
      {"SUBSTRING(k, 1, -1)", "keyword null",
       "java.lang.IllegalArgumentException: Length parameter cannot be negative, found [-1]"},
      {"LEFT(k, 2)", "keyword He"},
      {"LEFT(k, 99)", "keyword Hello"},
      {"LEFT(k, -1)", "keyword "},
      {"RIGHT(k, 2)", "keyword lo"},
      {"RIGHT(ku, 3)", "keyword  \xe2\x9d\x97\xef\xb8\x8f"},
      {"RIGHT(k, 99)", "keyword Hello"},
      {"TRIM(\"  a b \")", "keyword a b"},
      {"LTRIM(\"  a \")", "keyword a "},
      {"RTRIM(\"  a \")", "keyword   a"},
  });
}

TEST(StringFunctionsTest, BuildText) {
  ExpectAll({
      {"CONCAT(k, \" \", \"World\")", "keyword Hello World"},
      {"CONCAT(k, kn)", "keyword null"},
      {"CONCAT(k, km)", "keyword null", kMulti},
      {"CONCAT(k, ke, k, ke, k, k)", "keyword HelloHelloHelloHello"},
      {"TO_LOWER(k)", "keyword hello"},
      {"TO_UPPER(k)", "keyword HELLO"},
      {"TO_UPPER(\"stra\xc3\x9f" "e\")", "keyword STRASSE"},
      {"TO_LOWER(ku)", "keyword \xc3\xa4pfel \xe2\x9d\x97\xef\xb8\x8f"},
      {"TO_UPPER(\"\xd0\xbb\xd0\xb5\xd1\x81\")", "keyword \xd0\x9b\xd0\x95\xd0\xa1"},
      {"TO_UPPER(km)", "keyword [B, A, B]"},
      {"REPEAT(\"ab\", 3)", "keyword ababab"},
      {"REPEAT(\"ab\", 0)", "keyword "},
      {"REPEAT(\"ab\", -1)", "keyword null",
       "java.lang.IllegalArgumentException: Number parameter cannot be negative, found [-1]"},
      {"REPEAT(\"ab\", imax)", "keyword null",
       "java.lang.IllegalArgumentException: Creating repeated strings with more than [1048576] "
       "bytes is not supported"},
      {"LENGTH(SPACE(4))", "integer 4"},
      {"REVERSE(ku)", "keyword \xe2\x9d\x97\xef\xb8\x8f lefp\xc3\x84"},
      {"SPLIT(\"a;b;;c\", \";\")", "keyword [a, b, , c]"},
      {"SPLIT(k, \";\")", "keyword Hello"},
      {"SPLIT(\"a--b\", \"--\")", "keyword [a, b]"},
  });
}

TEST(StringFunctionsTest, Search) {
  ExpectAll({
      {"STARTS_WITH(k, \"He\")", "boolean true"},
      {"STARTS_WITH(k, \"he\")", "boolean false"},
      {"STARTS_WITH(k, \"\")", "boolean true"},
      {"STARTS_WITH(path, k)", "boolean false"},
      {"ENDS_WITH(f.k, \"llo\")", "boolean true"},
      {"ENDS_WITH(k, kn)", "boolean null"},
      {"CONTAINS(k, \"ell\")", "boolean true"},
      {"CONTAINS(km, \"a\")", "boolean null", kMulti},
      {"LOCATE(k, \"l\")", "integer 3"},
      {"LOCATE(k, \"l\", 4)", "integer 4"},
      {"LOCATE(k, \"z\")", "integer 0"},
      {"LOCATE(ku, \"fel\")", "integer 3"},
      {"MATCH_PHRASE(t, \"QUICK brown\")", "boolean true"},
      {"MATCH_PHRASE(t, \"brown quick\")", "boolean false"},
      {"MATCH_PHRASE(tm, \"two three\")", "boolean false"},
      {"MATCH_PHRASE(k, \"Hello\")", "boolean true"},
      {"MATCH_PHRASE(k, \"hello\")", "boolean false"},
      {"REPLACE(k, \"l+\", \"L\")", "keyword HeLo"},
      {"REPLACE(k, \"(H)(e)\", \"$2$1\")", "keyword eHllo"},
      {"REPLACE(k, \"(?<first>H)\", \"<${first}>\")", "keyword <H>ello"},
      {"REPLACE(k, \"x*\", \"-\")", "keyword -H-e-l-l-o-"},
      {"REPLACE(k, \"z\", k)", "keyword Hello"},
      {"REPLACE(k, \"l(?=o)\", \"L\")", "keyword HelLo"},
      {"REPLACE(k, \"(?<!e)l\", \"L\")", "keyword HelLo"},
      {"REPLACE(k, \"(.)\\\\1\", \"<$1>\")", "keyword He<l>o"},
      {"REPLACE(k, \"[a-z&&[^l]]++\", \"\")", "keyword Hll"},
      {"REPLACE(k, \"l\", \"$7\")", "keyword null",
       "java.lang.IllegalArgumentException: Illegal group reference"},
      {"REPLACE(km, \"a\", \"b\")", "keyword null", kMulti},
  });
  EXPECT_EQ(ValueOf("REPLACE(k, \"[\", \"x\")"), "keyword null");
  EXPECT_NE(WarningsOf("REPLACE(k, \"[\", \"x\")").find("PatternSyntaxException"),
            std::string::npos);
  const std::string slow = "REPLACE(REPEAT(\"a\", 60), \"(?=a)(a|aa)+$x\", \"-\")";
  EXPECT_EQ(ValueOf(slow), "keyword null");
  EXPECT_NE(WarningsOf(slow).find("stopped at the step limit"), std::string::npos);
}

TEST(EncodingFunctionsTest, MatchTheStandards) {
  ExpectAll({
      {"MD5(\"abc\")", "keyword 900150983cd24fb0d6963f7d28e17f72"},
      {"SHA1(\"abc\")", "keyword a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"SHA256(\"abc\")",
       "keyword ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"HASH(\"sha-256\", \"abc\")",
       "keyword ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"HASH(\"MD5\", ke)", "keyword d41d8cd98f00b204e9800998ecf8427e"},
      {"HASH(k, \"abc\")", "keyword null",
       "java.security.NoSuchAlgorithmException: Hello MessageDigest not available"},
      {"MD5(km)", "keyword null", kMulti},
      {"TO_BASE64(\"foob\")", "keyword Zm9vYg=="},
      {"TO_BASE64(\"fooba\")", "keyword Zm9vYmE="},
      {"TO_BASE64(\"foobar\")", "keyword Zm9vYmFy"},
      {"TO_BASE64(ke)", "keyword "},
      {"FROM_BASE64(\"Zm9vYg==\")", "keyword foob"},
      {"FROM_BASE64(\"Zm9vYg\")", "keyword foob"},
      {"FROM_BASE64(TO_BASE64(ku)) == ku", "boolean true"},
      {"FROM_BASE64(\"a*bc\")", "keyword null",
       "java.lang.IllegalArgumentException: Illegal base64 character or length"},
      {"URL_ENCODE(\"a b&c=~/\")", "keyword a+b%26c%3D%7E%2F"},
      {"URL_ENCODE_COMPONENT(\"a b~\")", "keyword a%20b~"},
      {"URL_DECODE(\"a+b%26c\")", "keyword a b&c"},
      {"URL_DECODE(\"a%2\")", "keyword null",
       "java.lang.IllegalArgumentException: URLDecoder: Incomplete or illegal escape (%) pattern"},
  });
}

TEST(DateFunctionsTest, Truncate) {
  ExpectAll({
      {"DATE_TRUNC(1 minute, date)", "datetime 2024-03-15T13:45:00.000Z"},
      {"date_trunc(1 hour, f.date)", "datetime 2024-03-15T13:00:00.000Z"},
      {"DATE_TRUNC(1 day, date)", "datetime 2024-03-15T00:00:00.000Z"},
      {"DATE_TRUNC(1 week, date)", "datetime 2024-03-11T00:00:00.000Z"},
      {"DATE_TRUNC(1 month, date)", "datetime 2024-03-01T00:00:00.000Z"},
      {"DATE_TRUNC(1 quarter, date)", "datetime 2024-01-01T00:00:00.000Z"},
      {"DATE_TRUNC(1 year, \"1991-06-26T00:00:00.000Z\")", "datetime 1991-01-01T00:00:00.000Z"},
      {"DATE_TRUNC(\"240 hours\", \"1985-02-18\")", "datetime 1985-02-11T00:00:00.000Z"},
      {"DATE_TRUNC(\"1 day\", date)", "datetime 2024-03-15T00:00:00.000Z"},
      {"DATE_TRUNC(7 years, \"-0007-01-01\")", "datetime -13-01-01T00:00:00.000Z"},
      {"DATE_TRUNC(7 months, \"1969-11-12\")", "datetime 1969-10-01T00:00:00.000Z"},
      {"DATE_TRUNC(1 day, daten)", "datetime null"},
      {"DATE_TRUNC(1 day, datem)", "datetime null", kMulti},
      {"DATE_TRUNC(null, date)", "datetime null"},
  });
}

TEST(DateFunctionsTest, SubtractAndTakeApart) {
  ExpectAll({
      {"DATE_DIFF(\"day\", \"2024-03-01\", date)", "integer 14"},
      {"DATE_DIFF(\"hours\", date, \"2024-03-15\")", "integer -13"},
      {"DATE_DIFF(\"month\", \"2024-01-31\", \"2024-02-29\")", "integer 0"},
      {"DATE_DIFF(\"months\", \"2024-03-15\", \"2024-01-15\")", "integer -2"},
      {"DATE_DIFF(\"year\", \"2020-02-29\", date)", "integer 4"},
      {"DATE_DIFF(\"week\", \"2024-03-01\", date)", "integer 2"},
      {"DATE_DIFF(\"ms\", \"1970\", date)", "integer null",
       "org.elasticsearch.xpack.esql.core.InvalidArgumentException: [1710510330123] out of "
       "[integer] range"},
      {"DATE_DIFF(k, date, date)", "integer null",
       "java.lang.IllegalArgumentException: A value of [YEAR, QUARTER, MONTH, DAYOFYEAR, DAY, WEEK, "
       "WEEKDAY, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, NANOSECOND] or their aliases is "
       "required; received [Hello]"},
      {"DATE_EXTRACT(\"hour_of_day\", date)", "long 13"},
      {"DATE_EXTRACT(\"day_of_week\", date)", "long 5"},
      {"DATE_EXTRACT(\"DAY_OF_WEEK\", \"2024-03-17\")", "long 7"},
      {"DATE_EXTRACT(\"day_of_year\", date)", "long 75"},
      {"DATE_EXTRACT(\"year\", date)", "long 2024"},
      {"DATE_EXTRACT(\"minute_of_day\", date)", "long 825"},
      {"DATE_EXTRACT(k, date)", "long null",
       "java.lang.IllegalArgumentException: invalid date field: Hello"},
      {"DAY_NAME(date)", "keyword Friday"},
      {"MONTH_NAME(date)", "keyword March"},
      {"YEAR(date)", "long 2024"},
      {"MONTH(date)", "long 3"},
      {"DAY(date)", "long 15"},
      {"HOUR(\"2024-02-29T23:59:59Z\")", "long 23"},
      {"DAYS_IN_MONTH(\"2024-02-01\")", "long 29"},
      {"NOW()", "datetime 2024-03-15T13:45:30.123Z"},
  });
}

TEST(DateFunctionsTest, FormatAndParse) {
  ExpectAll({
      {"DATE_FORMAT(date)", "keyword 2024-03-15T13:45:30.123Z"},
      {"DATE_FORMAT(\"yyyy-MM-dd\", date)", "keyword 2024-03-15"},
      {"DATE_FORMAT(\"d MMM yy, h:mm a EEEE\", date)", "keyword 15 Mar 24, 1:45 PM Friday"},
      {"DATE_FORMAT(\"HH:mm:ss.SSS'Z' Q XX\", date)", "keyword 13:45:30.123Z 1 Z"},
      {"DATE_FORMAT(\"epoch_second\", date)", "keyword 1710510330"},
      {"DATE_FORMAT(CONCAT(\"yy\", kint), date)", "keyword 2442"},
      {"DATE_FORMAT(k, date)", "keyword null",
       "java.lang.IllegalArgumentException: unsupported [e] in date pattern [Hello]"},
      {"DATE_FORMAT(\"yyyy\", daten)", "keyword null"},
      {"DATE_PARSE(\"yyyy-MM-dd\", \"2022-05-06\")", "datetime 2022-05-06T00:00:00.000Z"},
      {"DATE_PARSE(\"yyyyMMddHHmm\", \"202205061530\")", "datetime 2022-05-06T15:30:00.000Z"},
      {"DATE_PARSE(\"dd/MMM/yyyy:HH:mm:ss Z\", \"06/May/2022:10:00:00 +0200\")",
       "datetime 2022-05-06T08:00:00.000Z"},
      {"DATE_PARSE(\"2022-05-06T01:02:03Z\")", "datetime 2022-05-06T01:02:03.000Z"},
      {"DATE_PARSE(\"yyyy-MM-dd[ HH:mm]\", \"2022-05-06\")", "datetime 2022-05-06T00:00:00.000Z"},
      {"DATE_PARSE(\"yyyy||epoch_millis\", \"1000000000000\")",
       "datetime 2001-09-09T01:46:40.000Z"},
      {"DATE_PARSE(\"yyyy-MM-dd\", \"2022-02-30\")", "datetime null",
       "java.lang.IllegalArgumentException: failed to parse date field [2022-02-30] with format "
       "[yyyy-MM-dd]"},
      {"DATE_PARSE(\"yyyy-MM-dd\", k)", "datetime null",
       "java.lang.IllegalArgumentException: failed to parse date field [Hello] with format "
       "[yyyy-MM-dd]"},
  });
}

TEST(BucketTest, GroupsDatesAndNumbers) {
  ExpectAll(
      {
          {"BUCKET(date, 1 hour)", "datetime 2024-03-15T13:00:00.000Z"},
          {"BUCKET(date, \"1 month\")", "datetime 2024-03-01T00:00:00.000Z"},
          {"BUCKET(date, \"5 minutes\")", "datetime 2024-03-15T13:45:00.000Z"},
          {"BUCKET(date, 20, \"2024-01-01\", \"2025-01-01\")",
           "datetime 2024-03-01T00:00:00.000Z"},
          {"BUCKET(date, 100, \"2024-01-01\", \"2025-01-01\")",
           "datetime 2024-03-11T00:00:00.000Z"},
          {"BUCKET(date, 24, \"2024-03-15\", \"2024-03-16\")",
           "datetime 2024-03-15T13:00:00.000Z"},
          {"BUCKET(l, 4)", "double 8.0"},
          {"BUCKET(dneg, 1.0)", "double -3.0"},
          {"BUCKET(l, 20, 0, 100)", "double 10.0"},
          {"BUCKET(inn, 5)", "double null"},
          {"BUCKET(im, 5)", "double null", kMulti},
          {"TBUCKET(1 day)", "datetime 2024-03-15T00:00:00.000Z"},
          {"DATE_TRUNC(1 day, date)", "datetime 2024-03-15T00:00:00.000Z"},
          {"i + 1", "integer 4"},
      },
      CompileAs::kGrouping);
}

TEST(IpFunctionsTest, MatchBlocks) {
  ExpectAll({
      {"CIDR_MATCH(ip, \"10.0.0.0/8\")", "boolean true"},
      {"CIDR_MATCH(ip, \"10.1.2.4/31\")", "boolean false"},
      {"CIDR_MATCH(f.ip, \"192.168.0.0/16\", \"10.1.2.3\")", "boolean true"},
      {"CIDR_MATCH(ip6, \"fe80::/10\")", "boolean true"},
      {"CIDR_MATCH(ip, \"::/0\")", "boolean true"},
      {"CIDR_MATCH(\"10.0.0.1\", \"10.0.0.0/30\")", "boolean true"},
      {"CIDR_MATCH(ip, CONCAT(\"10.0.0.0/\", kint))", "boolean null",
       "java.lang.IllegalArgumentException: '10.0.0.0/42' is not an IP string literal."},
      {"CIDR_MATCH(ip, SUBSTRING(\"10.0.0.0/8\", i0))", "boolean true"},
      {"CIDR_MATCH(ipn, \"10.0.0.0/8\")", "boolean null"},
      {"NETWORK_DIRECTION(ip, \"8.8.8.8\", \"private\")", "keyword outbound"},
      {"NETWORK_DIRECTION(\"8.8.8.8\", ip, \"private\")", "keyword inbound"},
      {"NETWORK_DIRECTION(ip, \"192.168.0.1\", \"private\")", "keyword internal"},
      {"NETWORK_DIRECTION(\"8.8.8.8\", \"1.1.1.1\", [\"private\", \"loopback\"])", "keyword external"},
      {"NETWORK_DIRECTION(\"8.8.8.8\", \"127.0.0.1\", [\"8.8.0.0/16\", \"loopback\"])", "keyword internal"},
      {"NETWORK_DIRECTION(\"8.8.8.8\", \"169.254.0.1\", \"public\")", "keyword outbound"},
      {"NETWORK_DIRECTION(\"fe80::1\", \"2001:db8::1\", \"global_unicast\")", "keyword inbound"},
      {"NETWORK_DIRECTION(\"224.0.0.1\", \"10.0.0.1\", \"unicast\")", "keyword inbound"},
      {"NETWORK_DIRECTION(ipn, \"8.8.8.8\", \"private\")", "keyword null"},
      {"NETWORK_DIRECTION(ipm, \"8.8.8.8\", \"private\")", "keyword null", kMulti},
      {"NETWORK_DIRECTION(ip, \"8.8.8\", \"private\")", "keyword null",
       "java.lang.IllegalArgumentException: '8.8.8' is not an IP string literal."},
      {"NETWORK_DIRECTION(ip, \"8.8.8.8\", \"home\")", "keyword null",
       "java.lang.IllegalArgumentException: 'home' is not an IP string literal."},
      {"CIDR_MATCH(ipm, \"10.0.0.0/8\")", "boolean null", kMulti},
      {"IP_PREFIX(ip, 24, 0)", "ip 10.1.2.0"},
      {"IP_PREFIX(ip, 9, 0)", "ip 10.0.0.0"},
      {"IP_PREFIX(ip6, 0, 16)", "ip fe80::"},
      {"IP_PREFIX(ip, 33, 0)", "ip null",
       "java.lang.IllegalArgumentException: Prefix length v4 must be in range [0, 32], found 33"},
  });
}

TEST(MathFunctionsTest, Round) {
  ExpectAll({
      {"ROUND(-123.5)", "double -124.0"},
      {"ROUND(d)", "double 3.0"},
      {"ROUND(2.345, 2)", "double 2.35"},
      {"ROUND(1234.5, -2)", "double 1200.0"},
      {"ROUND(i)", "integer 3"},
      {"ROUND(im)", "integer [3, 1, 2]"},
      {"ROUND(155, -1)", "integer 160"},
      {"ROUND(-155, -1)", "integer -160"},
      {"ROUND(155, 2)", "integer 155"},
      {"ROUND(155, -2::long)", "integer 200"},
      {"ROUND(18446744073709551615, -20::long)", "unsigned_long 0"},
      {"ROUND(18446744073709551615, -19::long)", "unsigned_long null",
       "java.lang.ArithmeticException: unsigned_long overflow"},
      {"ROUND(imax, -1)", "integer null", "java.lang.ArithmeticException: integer overflow"},
      {"ROUND(dm)", "double null", kMulti},
      {"CEIL(2.1)", "double 3.0"},
      {"CEIL(i)", "integer 3"},
      {"FLOOR(dneg)", "double -3.0"},
      {"FLOOR(l)", "long 10"},
      {"ABS(dneg)", "double 2.5"},
      {"ABS(-3)", "integer 3"},
      {"ABS(ulm)", "unsigned_long [1, 2]"},
      {"ABS(imin)", "integer null",
       "java.lang.ArithmeticException: Overflow to represent absolute value of Integer.MIN_VALUE"},
      {"SIGNUM(dneg)", "double -1.0"},
  });
}

TEST(MathFunctionsTest, Reals) {
  ExpectAll({
      {"POW(i, 2)", "double 9.0"},
      {"POW(dbig, 2)", "double null",
       "java.lang.ArithmeticException: not a finite double number: Infinity"},
      {"SQRT(9)", "double 3.0"},
      {"SQRT(dneg)", "double null", "java.lang.ArithmeticException: Square root of negative"},
      {"CBRT(27)", "double 3.0"},
      {"EXP(0)", "double 1.0"},
      {"LOG(1)", "double 0.0"},
      {"LOG(10, 1000)", "double 3.0"},
      {"LOG(1000000000, 10)", "double 0.1111111111111111"},
      {"LOG(2, 8)", "double 3.0"},
      {"LOG(0)", "double null", "java.lang.ArithmeticException: Log of non-positive number"},
      {"LOG(1, 5)", "double null", "java.lang.ArithmeticException: / by zero"},
      {"LOG(dneg, 5)", "double null", "java.lang.ArithmeticException: Log of non-positive number"},
      {"LOG10(100)", "double 2.0"},
      {"LOG10(11)", "double 1.0413926851582251"},
      {"LOG10(i0)", "double null", "java.lang.ArithmeticException: Log of non-positive number"},
      {"SIN(0)", "double 0.0"},
      {"COS(0)", "double 1.0"},
      {"TAN(0)", "double 0.0"},
      {"ASIN(0)", "double 0.0"},
      {"ASIN(2)", "double null", "java.lang.ArithmeticException: Asin input out of range"},
      {"ACOS(1)", "double 0.0"},
      {"ACOS(2)", "double null", "java.lang.ArithmeticException: Acos input out of range"},
      {"ATAN(0)", "double 0.0"},
      {"ATAN2(0, 1)", "double 0.0"},
      {"SINH(0)", "double 0.0"},
      {"COSH(0)", "double 1.0"},
      {"TANH(0)", "double 0.0"},
      {"HYPOT(3, 4)", "double 5.0"},
      {"ROUND(PI(), 5)", "double 3.14159"},
      {"ROUND(E(), 5)", "double 2.71828"},
      {"TAU() == 2 * PI()", "boolean true"},
      {"TO_DEGREES(PI())", "double 180.0"},
      {"TO_RADIANS(180) == PI()", "boolean true"},
      {"TO_RADIANS([0, 0])", "double [0.0, 0.0]"},
  });
}

TEST(MultivalueFunctionsTest, Reduce) {
  ExpectAll({
      {"MV_COUNT(km)", "integer 3"},
      {"MV_COUNT(k)", "integer 1"},
      {"MV_COUNT(kn)", "integer null"},
      {"MV_COUNT(null)", "integer null"},
      {"MV_MIN(km)", "keyword a"},
      {"MV_MAX(vm)", "version bad"},
      {"MV_MAX(im)", "integer 3"},
      {"MV_FIRST(im)", "integer 3"},
      {"MV_LAST(im)", "integer 2"},
      {"MV_FIRST(t)", "keyword The quick Brown fox"},
      {"MV_SUM(im)", "integer 6"},
      {"MV_SUM(dm)", "double 5.0"},
      {"MV_SUM(lm)", "long null", "java.lang.ArithmeticException: long overflow"},
      {"MV_AVG(im)", "double 2.0"},
      {"MV_AVG(i)", "double 3.0"},
      {"MV_MEDIAN(im)", "integer 2"},
      {"MV_MEDIAN(dm)", "double 2.5"},
      {"MV_MEDIAN([1, 2])", "integer 1"},
      {"MV_MEDIAN([-1, -2])", "integer -2"},
      {"MV_MEDIAN(lm)", "long 4611686018427387904"},
      {"MV_MEDIAN_ABSOLUTE_DEVIATION([0, 2, 5, 6])", "integer 2"},
      {"MV_PERCENTILE([1, 2, 3], 50)", "integer 2"},
      {"MV_PERCENTILE(dm, 25)", "double 2.0"},
      {"MV_PSERIES_WEIGHTED_SUM([8, 4, 9], 1)", "double 13.0"},
      {"MV_PSERIES_WEIGHTED_SUM([8, 4, 9], 2)", "double 10.0"},
      {"MV_PSERIES_WEIGHTED_SUM(5, 0.5)", "double 5.0"},
      {"MV_PERCENTILE(im, 101)", "integer null",
       "java.lang.IllegalArgumentException: Percentile parameter must be a number between 0 and "
       "100, found [101.0]"},
      {"MV_CONCAT(km, \", \")", "keyword b, a, b"},
      {"MV_CONCAT(k, \"-\")", "keyword Hello"},
      {"MV_CONCAT(km, km)", "keyword null", kMulti},
      {"MV_CONCAT(TO_STRING([10, 9, 8]), \",\")", "keyword 10,9,8"},
  });
}

TEST(MultivalueFunctionsTest, Rearrange) {
  ExpectAll({
      {"MV_DEDUPE(km)", "keyword [b, a]"},
      {"MV_DEDUPE([1, 1])", "integer 1"},
      {"MV_SORT(im)", "integer [1, 2, 3]"},
      {"MV_SORT(im, \"DESC\")", "integer [3, 2, 1]"},
      {"MV_SORT(bm, \"asc\")", "boolean [false, true]"},
      {"MV_SLICE(im, 0)", "integer 3"},
      {"MV_SLICE(im, 1, 2)", "integer [1, 2]"},
      {"MV_SLICE(im, -2, -1)", "integer [1, 2]"},
      {"MV_SLICE(im, 1, 99)", "integer [1, 2]"},
      {"MV_SLICE(im, 5)", "integer null"},
      {"MV_SLICE(im, 2, 1)", "integer null",
       "org.elasticsearch.xpack.esql.core.InvalidArgumentException: Start offset is greater than "
       "end offset"},
      {"MV_APPEND(i, im)", "integer [3, 3, 1, 2]"},
      {"MV_APPEND(i, inn)", "integer null"},
      {"MV_APPEND(i, l)", "long [3, 10]"},
      {"MV_ZIP(km, [\"x\", \"y\"], \"-\")", "keyword [b-x, a-y, b]"},
      {"MV_ZIP(k, \"x\")", "keyword Hello,x"},
      {"MV_ZIP(k, kn)", "keyword Hello"},
      {"MV_ZIP(kn, kn)", "keyword null"},
      {"MV_CONTAINS(km, [\"a\", \"b\"])", "boolean true"},
      {"MV_CONTAINS(km, \"c\")", "boolean false"},
      {"MV_CONTAINS(km, null)", "boolean true"},
      {"MV_CONTAINS(kn, \"a\")", "boolean false"},
      {"MV_CONTAINS(im, 2.0)", "boolean true"},
  });
}

}  // namespace
}  // namespace weir::expr
