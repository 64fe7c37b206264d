#include "common/esql/printer.h"

#include <gtest/gtest.h>

#include "common/esql/names.h"
#include "tests/unit/esql/parse_cases.h"

namespace weir::esql {
namespace {

TEST(PrinterTest, PrintsQueriesOfOneMeaningAlike) {
  const std::string_view kQueries[] = {
      "FROM a | WHERE x == 1 AND y IN (\"p\") | STATS c = COUNT(*) BY z | SORT c DESC",
      "from a|where (x==1)and(`y` in(\"\"\"p\"\"\"))|stats c=count( * )by `z`"
      "|sort c desc nulls first",
      "FROM a // one\n| WHERE ((x == 1)) /* two */ AND y in (\"p\")\n| STATS c = Count(*) BY z\n"
      "| SORT c DESC",
  };
  for (const std::string_view query : kQueries) {
    EXPECT_EQ(PrintQuery(query), PrintQuery(kQueries[0]));
  }
}

TEST(PrinterTest, KeepsQueriesOfOtherMeaningApart) {
  const std::pair<std::string_view, std::string_view> kPairs[] = {
      {"ROW a - (b - c)", "ROW a - b - c"},
      {"ROW 1", "ROW 1.0"},
      {"ROW \"1\"", "ROW 1"},
      {"ROW a", "ROW \"a\""},
      {"ROW count(*)", "ROW COUNT(*)"},  // other column names
      {"ROW -(2147483648)", "ROW -2147483648"},
      {"FROM x | DROP `a*`", "FROM x | DROP a*"},
      {"FROM x | WHERE NOT (a OR b)", "FROM x | WHERE NOT a OR b"},
      {"FROM x | SORT a", "FROM x | SORT a NULLS FIRST"},
      {"FROM \"a b\"", "FROM a, b"},
  };
  for (const auto& [left, right] : kPairs) {
    EXPECT_NE(PrintQuery(left), PrintQuery(right));
  }
}

TEST(PrinterTest, EscapesStrings) {
  const Source source(R"("a\t\n\r\"\\ é")");
  EXPECT_EQ(PrintExpression(source.text()), source.text());
}

TEST(NamesTest, QuotesNamesThatNeedIt) {
  for (const char* name : {"a", "a.b.c", "@timestamp", "_id", "a1_", "count", "a.by"}) {
    EXPECT_EQ(QuoteName(name), name);
  }
  for (const char* name : {"a-b", "1a", "a.1", "a..b", ".a", "a.", "", "_", "@", "by", "NULL",
                           "and.x", "é", "COUNT(*)", "a b"}) {
    EXPECT_EQ(QuoteName(name), "`" + std::string(name) + "`");
  }
  EXPECT_EQ(QuoteName("a`b"), "`a``b`");
}

TEST(NamesTest, QuotesIndexPatternsThatNeedIt) {
  for (const char* pattern : {"logs-*", ".x", "-x", "eu:logs", "a/b", "<logs-{now/d}>"}) {
    EXPECT_EQ(QuoteSource(pattern), pattern);
  }
  for (const char* pattern : {"a b", "metadata", "a//b", "a/*b", "a|b", "a=b"}) {
    EXPECT_EQ(QuoteSource(pattern), "\"" + std::string(pattern) + "\"");
  }
}

}  // namespace
}  // namespace weir::esql
