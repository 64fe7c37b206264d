#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/esql/parse_cases.h"

namespace weir::esql {
namespace {

using ::testing::ElementsAre;

template <typename T>
const T& Body(const Query& query, std::size_t index) {
  return std::get<T>(query.commands.at(index).body);
}

class CommandParserTest : public ::testing::Test {
 protected:
  // The query lives as long as the test.
  const Query& ParseOrDie(std::string text) {
    source_ = Source(std::move(text));
    Diagnostics diagnostics(&source_);
    auto query = Parse(&diagnostics);
    EXPECT_TRUE(query.has_value()) << RenderAll(source_, diagnostics.list());
    query_ = query.has_value() ? std::move(*query) : Query();
    return query_;
  }

  Source source_{""};
  Query query_;
};

TEST_F(CommandParserTest, ParsesFrom) {
  constexpr ParseCase kCases[] = {
      {"from logs", "FROM logs"},
      {"FROM logs-*,.alerts-x.y*, -logs-old", "FROM logs-*, .alerts-x.y*, -logs-old"},
      {"FROM eu:logs-*, *:x", "FROM eu:logs-*, *:x"},
      {"FROM \"a b\", \"c,-d\", eu:\"e\"", "FROM \"a b\", c, -d, eu:e"},
      {"FROM <logs-{now/d}>", "FROM <logs-{now/d}>"},
      {"FROM a metadata _id,_index", "FROM a METADATA _id, _index"},
      {"FROM a [METADATA _id, _version]", "FROM a METADATA _id, _version"},
      {"FROM \"metadata\" METADATA _id", "FROM \"metadata\" METADATA _id"},
      {"FROM a // first\n, b /* second */ METADATA _id", "FROM a, b METADATA _id"},
      {"FROM from, by-x, limit", "FROM from, by-x, limit"},
  };
  ExpectQueries(kCases);
}

TEST_F(CommandParserTest, AppliesSettings) {
  EXPECT_EQ(PrintQuery("SET time_zone = \"Z\"; set unmapped_fields = \"load\"; FROM a-*"), "FROM a-*");
  EXPECT_EQ(
      PrintQuery("SET time_zone = \"+02\"; FROM a | EVAL d = DATE_TRUNC(1 day, t), y = YEAR(t)"),
      "FROM a\n| EVAL d = DATE_TRUNC(1 day, t + 2 hours) - 2 hours, y = YEAR(t + 2 hours)");
  EXPECT_EQ(PrintQuery("SET time_zone = \"-05:30\"; FROM a | WHERE DATE_DIFF(\"day\", s, e) > 1"),
            "FROM a\n| WHERE DATE_DIFF(\"day\", s - 330 minutes, e - 330 minutes) > 1");
  EXPECT_EQ(PrintQuery("SET unmapped_fields = \"nullify\"; ROW a = 1 | EVAL b = a + c | STATS MAX(d) BY b"),
            "ROW a = 1\n| EVAL c = null, d = null\n| EVAL b = a + c\n| STATS MAX(d) BY b");
  EXPECT_EQ(PrintQuery("SET unmapped_fields = \"nullify\"; FROM a | WHERE b"), "FROM a\n| WHERE b");
}

TEST_F(CommandParserTest, SplitsPatternsAndMetadata) {
  const Query& query = ParseOrDie("FROM \"a, -b\", c:d METADATA _id, _index");
  EXPECT_THAT(Body<FromCommand>(query, 0).patterns, ElementsAre("a", "-b", "c:d"));
  EXPECT_THAT(Body<FromCommand>(query, 0).metadata, ElementsAre("_id", "_index"));
}

TEST_F(CommandParserTest, ParsesProcessingCommands) {
  constexpr ParseCase kCases[] = {
      {"row a = 1, b = [1, 2], 7", "ROW a = 1, b = [1, 2], 7"},
      {"FROM x | where a", "FROM x\n| WHERE a"},
      {"FROM x | eval a = 1, `b c` = a, d", "FROM x\n| EVAL a = 1, `b c` = a, d"},
      {"FROM x | stats count(*)", "FROM x\n| STATS `count(*)` = COUNT(*)"},
      {"FROM x | STATS COUNT(*)", "FROM x\n| STATS COUNT(*)"},
      {"FROM x | STATS BY a", "FROM x\n| STATS BY a"},
      {"FROM x | STATS c = MAX(a) - MIN(a) WHERE b > 1, COUNT() WHERE d BY e, f = g + 1",
       "FROM x\n| STATS c = MAX(a) - MIN(a) WHERE b > 1, COUNT() WHERE d BY e, f = g + 1"},
      {"FROM x | inline stats a = max(b) by c", "FROM x\n| INLINE STATS a = MAX(b) BY c"},
      {"FROM x | InlineStats a = max(b)", "FROM x\n| INLINE STATS a = MAX(b)"},
      {"FROM x | keep a, b*, *, *.c, `d*`, e.*.f", "FROM x\n| KEEP a, b*, *, *.c, `d*`, e.*.f"},
      {"FROM x | keep `a-b`*, *1, by", "FROM x\n| KEEP `a-b`*, *1, `by`"},
      {"FROM x | drop `COUNT(*)`, a.b", "FROM x\n| DROP `COUNT(*)`, a.b"},
      {"FROM x | rename a as b, c = `d e`", "FROM x\n| RENAME a AS b, `d e` AS c"},
      {"FROM x | sort a, b desc, c asc nulls first, d DESC NULLS LAST, e NULLS LAST, f+1 ASC",
       "FROM x\n| SORT a, b DESC, c NULLS FIRST, d DESC NULLS LAST, e, f + 1"},
      {"FROM x | limit 10", "FROM x\n| LIMIT 10"},
      {"FROM x | mv_expand a.b", "FROM x\n| MV_EXPAND a.b"},
      {"FROM x | grok a \"\"\"%{WORD:b} \"q\" \\d\"\"\", \"c\"",
       "FROM x\n| GROK a \"%{WORD:b} \\\"q\\\" \\\\d\", \"c\""},
      {"FROM x | grok concat(a, b) \"c\"", "FROM x\n| GROK CONCAT(a, b) \"c\""},
      {"FROM x | dissect a \"%{b}-%{c}\"", "FROM x\n| DISSECT a \"%{b}-%{c}\""},
      {"FROM x | dissect a \"%{b}\" append_separator=\",\"",
       "FROM x\n| DISSECT a \"%{b}\" APPEND_SEPARATOR = \",\""},
  };
  ExpectQueries(kCases);
}

TEST_F(CommandParserTest, SkipsUnsupportedCommands) {
  constexpr ParseCase kCases[] = {
      {"FROM x | ENRICH p ON a WITH n = b | LIMIT 1", "FROM x\n| ENRICH\n| LIMIT 1"},
      {"FROM x | lookup join idx-lookup on a", "FROM x\n| LOOKUP JOIN"},
      {"FROM x | FORK (WHERE a | LIMIT 1) (SORT b | KEEP c) | LIMIT 2",
       "FROM x\n| FORK\n| LIMIT 2"},
      {"FROM x | FORK (WHERE a | LIMIT 1", "FROM x\n| FORK\n| LIMIT 1"},
      {"FROM x | COMPLETION p = {\"a\": ?b} | FUSE | SAMPLE 0.1 | RERANK | CHANGE_POINT v",
       "FROM x\n| COMPLETION\n| FUSE\n| SAMPLE\n| RERANK\n| CHANGE_POINT"},
      {"TS k8s-* | LIMIT 1", "TS\n| LIMIT 1"},
      {"SHOW INFO", "SHOW"},
      {"METRICS m", "METRICS"},
      {"EXPLAIN [FROM x | LIMIT 1]", "EXPLAIN"},
  };
  ExpectQueries(kCases);
}

TEST_F(CommandParserTest, NamesUnnamedItemsByTheirText) {
  const Query& query = ParseOrDie(
      "FROM x | STATS  couNt( * ), sum(a  +1) WHERE b , c = max(d) BY (e), `f g`, h+ 1");
  const auto& stats = Body<StatsCommand>(query, 1);
  EXPECT_EQ(stats.aggregates[0].name, "couNt( * )");
  EXPECT_EQ(stats.aggregates[1].name, "sum(a  +1) WHERE b");
  EXPECT_EQ(stats.aggregates[2].name, "c");
  EXPECT_TRUE(stats.aggregates[2].has_alias);
  EXPECT_EQ(source_.Slice(stats.aggregates[2].name_range), "c");
  EXPECT_EQ(stats.groups[0].name, "e");
  EXPECT_EQ(stats.groups[1].name, "f g");
  EXPECT_EQ(stats.groups[2].name, "h+ 1");
  EXPECT_FALSE(stats.groups[2].has_alias);
  EXPECT_EQ(PrintQuery(source_.text()),
            "FROM x\n| STATS `couNt( * )` = COUNT(*), `sum(a  +1) WHERE b` = SUM(a + 1) WHERE b, "
            "c = MAX(d) BY e, `f g`, `h+ 1` = h + 1");
}

TEST_F(CommandParserTest, KeepsRangesOfCommandsAndItems) {
  const Query& query = ParseOrDie(
      "FROM x // y\n| RENAME a AS b, c = d\n| GROK a \"p\" , \"q\"\n| MV_EXPAND `z` | KEEP a.b*");
  EXPECT_EQ(source_.Slice(query.commands[0].range), "FROM x");
  EXPECT_EQ(source_.Slice(query.commands[1].range), "RENAME a AS b, c = d");
  const auto& rename = Body<RenameCommand>(query, 1);
  EXPECT_EQ(source_.Slice(rename.items[1].range), "c = d");
  EXPECT_EQ(source_.Slice(rename.items[1].from_range), "d");
  EXPECT_EQ(rename.items[1].from, "d");
  EXPECT_EQ(rename.items[1].to, "c");
  EXPECT_EQ(source_.Slice(Body<GrokCommand>(query, 2).pattern_ranges[1]), "\"q\"");
  EXPECT_EQ(source_.Slice(Body<MvExpandCommand>(query, 3).column_range), "`z`");
  const auto& keep = Body<KeepCommand>(query, 4);
  EXPECT_EQ(source_.Slice(keep.patterns[0].range), "a.b*");
  EXPECT_TRUE(keep.patterns[0].has_wildcard);
}

TEST_F(CommandParserTest, AppliesTheDefaultOrderOfNulls) {
  const Query& query = ParseOrDie("FROM x | SORT a, b DESC, c NULLS FIRST, d DESC NULLS LAST");
  const auto& keys = Body<SortCommand>(query, 1).keys;
  EXPECT_FALSE(keys[0].nulls_first);
  EXPECT_TRUE(keys[1].nulls_first && keys[1].descending);
  EXPECT_TRUE(keys[2].nulls_first && !keys[2].descending);
  EXPECT_TRUE(!keys[3].nulls_first && keys[3].descending);
}

TEST_F(CommandParserTest, TellsQuotedStarsFromWildcards) {
  const Query& query = ParseOrDie("FROM x | DROP `a*`, a*");
  const auto& patterns = Body<DropCommand>(query, 1).patterns;
  EXPECT_EQ(patterns[0].text, patterns[1].text);
  EXPECT_FALSE(patterns[0].has_wildcard);
  EXPECT_TRUE(patterns[1].has_wildcard);
}

TEST_F(CommandParserTest, ParsesARuleOfManyLines) {
  constexpr std::string_view kText = R"(
from logs-auth.events-*, audit-* metadata _id, _version, _index
// failed logins only
| where event.action == "login" and event.outcome != "success"
  and not cidr_match(source.ip, "10.0.0.0/8", "192.168.0.0/16") /* own nets */
| eval Weir.window = date_trunc(5 minutes, @timestamp)
| stats Weir.failures = count(*), Weir.users = count_distinct(user.name)
    by source.ip, Weir.window
| where Weir.failures >= 25 and Weir.users > 3
| sort Weir.failures desc
| limit 100
)";
  constexpr std::string_view kPrinted =
      R"(FROM logs-auth.events-*, audit-* METADATA _id, _version, _index
| WHERE event.action == "login" AND event.outcome != "success" AND NOT CIDR_MATCH(source.ip, "10.0.0.0/8", "192.168.0.0/16")
| EVAL Weir.window = DATE_TRUNC(5 minutes, @timestamp)
| STATS Weir.failures = COUNT(*), Weir.users = COUNT_DISTINCT(user.name) BY source.ip, Weir.window
| WHERE Weir.failures >= 25 AND Weir.users > 3
| SORT Weir.failures DESC
| LIMIT 100)";
  EXPECT_EQ(PrintQuery(kText), kPrinted);
  EXPECT_EQ(PrintQuery(kPrinted), kPrinted);
}

}  // namespace
}  // namespace weir::esql
