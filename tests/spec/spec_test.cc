// Our own cases of how spec files are read and judged, and the conformance files where they are at hand.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/exec/fold.h"
#include "tests/spec/run.h"

namespace weir::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SpecTest : public testing::Test {
 protected:
  SpecTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                fmt::format("weir_spec_{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "calls.csv") << "who:keyword,n:integer,tags:keyword,at:date\n"
                                            "ann,1,[y,x,y],2024-05-01T10:00:00Z\n"
                                            "bob,2,,2024-05-01T11:00:00Z\n"
                                            "ann,4,z,2024-05-02T10:00:00Z\n";
  }
  ~SpecTest() override { std::filesystem::remove_all(folder_); }

  CaseResult Run(const std::string& text) {
    const StatusOr<std::vector<Case>> cases = ParseCsvSpec(text);
    EXPECT_TRUE(cases.ok()) << Message(cases.status());
    EXPECT_EQ(cases->size(), 1U);
    return SpecRunner(folder_.string()).RunCase(cases->front());
  }

  void ExpectPasses(const std::string& query, const std::string& table) {
    const CaseResult result = Run("case\n" + query + "\n;\n\n" + table + "\n;\n");
    EXPECT_EQ(result.verdict, Verdict::kPassed) << query << "\n" << result.reason;
  }

  std::filesystem::path folder_;
};

TEST_F(SpecTest, ReadsSwitchesCommentsAndQuotedCells) {
  const StatusOr<std::vector<Case>> cases = ParseCsvSpec(
      "// a comment\n"
      "first#[skip:-8.0.0,reason:old]\n"
      "required_capability: something\n"
      "ROW a = \"x\\;\"\n"
      "| LIMIT 1;\n"
      "warning:Line 1:1: careful\n"
      "ignoreOrder:true\n\n"
      "a:keyword | b:l\n"
      "\"x | y\"    | [1, 2]\n"
      ";\n\n"
      "broken-Ignore\nFROM calls\n\na:l\n1\n;\n\n"
      "last\nROW a = 1;\n\na:i\n1\n;\n");
  ASSERT_TRUE(cases.ok()) << Message(cases.status());
  ASSERT_EQ(cases->size(), 3U);
  const Case& first = cases->front();
  EXPECT_EQ(first.name, "first");
  EXPECT_EQ(first.query, "ROW a = \"x;\"\n| LIMIT 1");
  EXPECT_TRUE(first.ignores_order);
  EXPECT_EQ(first.columns[1].type, "l");
  EXPECT_THAT(first.rows, ElementsAre(ElementsAre("x | y", "[1, 2]")));
  EXPECT_TRUE((*cases)[1].ignored);
  EXPECT_EQ((*cases)[2].name, "last");
}

TEST_F(SpecTest, JudgesNamesTypesAndValues) {
  EXPECT_THAT(Run("c\nFROM calls | KEEP n | SORT n | LIMIT 1;\n\nn:l\n1\n;\n").reason,
              HasSubstr("columns are [n:integer]"));
  EXPECT_THAT(Run("c\nFROM calls | KEEP n | SORT n | LIMIT 1;\n\nn:i\n2\n;\n").reason,
              HasSubstr("row 1 is [1] instead of [2]"));
  EXPECT_THAT(Run("c\nFROM calls | KEEP n;\n\nn:i\n1\n;\n").reason, HasSubstr("3 rows instead of 1"));
}

TEST_F(SpecTest, TellsWhatIsNotSupportedFromWhatIsWrong) {
  EXPECT_EQ(Run("c\nFROM calls | ENRICH p;\n\nn:i\n;\n").verdict, Verdict::kUnsupported);
  EXPECT_EQ(Run("c\nROW a = ST_X(1);\n\na:d\n;\n").verdict, Verdict::kUnsupported);
  EXPECT_EQ(Run("c\nFROM elsewhere;\n\nn:i\n;\n").verdict, Verdict::kUnsupported);
  EXPECT_EQ(Run("c\nFROM calls | KEEP nowhere;\n\nn:i\n;\n").verdict, Verdict::kFailed);
}

TEST_F(SpecTest, KeepsRowsInTheirOrderThroughEveryShape) {
  ExpectPasses("FROM calls | EVAL m = n * 2 | DROP at", "n:i | tags:k | who:k | m:i\n"
                                                          "1 | [x, y] | ann | 2\n"
                                                          "2 | null | bob | 4\n"
                                                          "4 | z | ann | 8");
  ExpectPasses("FROM calls | SORT who DESC, n | KEEP who, n | LIMIT 2",
               "who:k | n:i\nbob | 2\nann | 1");
  ExpectPasses("FROM calls | LIMIT 2 | STATS s = SUM(n)", "s:l\n3");
  ExpectPasses("FROM calls | MV_EXPAND tags | KEEP n, tags", "n:i | tags:k\n1 | x\n1 | y\n2 | null\n4 | z");
}

TEST_F(SpecTest, GroupsComeInTheOrderOfTheirFirstRow) {
  ExpectPasses("FROM calls | WHERE tags IS NOT NULL | STATS n = SUM(n) BY tags",
               "n:l | tags:k\n1 | x\n1 | y\n4 | z");
  ExpectPasses("FROM calls | STATS n = SUM(n) BY who", "n:l | who:k\n5 | ann\n2 | bob");
}

TEST_F(SpecTest, MalformedBytesOfAFoldAreAnError) {
  const std::vector<plan::FoldAggregate> aggregates(1);
  exec::FoldTable fold(&aggregates);
  ASSERT_TRUE(fold.Add("key", "", {1, 2}).ok());
  const std::string bytes = fold.Encode();
  EXPECT_TRUE(exec::FoldTable::Decode(&aggregates, bytes).ok());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(exec::FoldTable::Decode(&aggregates, bytes.substr(0, size)).ok()) << size;
  }
}

TEST_F(SpecTest, InlineStatsAddsTheGroupsValuesToEachRow) {
  ExpectPasses("FROM calls | KEEP n, who | INLINE STATS s = SUM(n), c = COUNT(*) WHERE n > 1 BY who",
               "n:i | s:l | c:l | who:k\n1 | 5 | 1 | ann\n2 | 2 | 1 | bob\n4 | 5 | 1 | ann");
  ExpectPasses("FROM calls | KEEP n | INLINESTATS m = MAX(n) | WHERE n == m", "n:i | m:i\n4 | 4");
  // A row of several groups gets each group's value.
  ExpectPasses("FROM calls | KEEP n, tags | INLINE STATS s = SUM(n) BY tags | SORT n",
               "n:i | s:l | tags:k\n1 | [1, 1] | [x, y]\n2 | 2 | null\n4 | 4 | z");
  // A computed key is a column, and an aggregate may replace one.
  ExpectPasses("FROM calls | KEEP n, at | INLINE STATS n = MAX(n) BY day = DATE_TRUNC(1 day, at) | DROP at",
               "n:i | day:dt\n2 | 2024-05-01\n2 | 2024-05-01\n4 | 2024-05-02");
  ExpectPasses("FROM calls | STATS s = SUM(n) BY who | INLINE STATS all = SUM(s) | SORT who",
               "s:l | who:k | all:l\n5 | ann | 7\n2 | bob | 7");
}

TEST_F(SpecTest, ConstantsReachPatternsThroughColumns) {
  ExpectPasses("FROM calls | EVAL p = CONCAT(\"a\", \"*\") | WHERE who LIKE p | KEEP n", "n:i\n1\n4");
  ExpectPasses("FROM calls | STATS s = SUM(n), e = LENGTH(w) + 1 BY w = who | SORT w",
               "s:l | e:i | w:k\n5 | 4 | ann\n2 | 4 | bob");
}

TEST_F(SpecTest, NewFunctions) {
  ExpectPasses(
      "ROW j = \"\"\"{\"a\": {\"b\": [1, \"x\"]}, \"c d\": null, \"n\": 1.50}\"\"\"\n"
      "| EVAL x = JSON_EXTRACT(j, \"a.b[1]\"), y = CONCAT(JSON_EXTRACT(j, \"$.a['b']\"), \"!\"),\n"
      "  n = JSON_EXTRACT(j, \"n\"), z = JSON_EXTRACT(j, \"['c d']\"), q = JSON_EXTRACT(j, \"q.r\")\n"
      "| DROP j",
      "x:k | y:k | n:k | z:k | q:k\nx | \"[1,\"\"x\"\"]!\" | 1.50 | null | null");
  ExpectPasses("ROW a = [1, 2, 3], b = [4, 3, 2]\n"
               "| EVAL i = MV_INTERSECTION(a, b), u = MV_UNION(a, b), d = MV_DIFFERENCE(a, b),\n"
               "  s = MV_INTERSECTS(a, b), n = MV_INTERSECTION(a, null)\n"
               "| DROP a, b",
               "i:i | u:i | d:i | s:boolean | n:i\n[2, 3] | [1, 2, 3, 4] | 1 | true | null");
}

TEST_F(SpecTest, SettingsChangeTheAnswer) {
  ExpectPasses("SET time_zone = \"+09:00\"\\;\n"
               "FROM calls | STATS c = COUNT(*) BY d = DATE_TRUNC(1 day, at), h = HOUR(at) "
               "| SORT d, h",
               "c:l | d:dt | h:l\n1 | 2024-04-30T15:00:00Z | 19\n"
               "1 | 2024-04-30T15:00:00Z | 20\n1 | 2024-05-01T15:00:00Z | 19");
  ExpectPasses("SET unmapped_fields = \"nullify\"\\;\nROW a = 1 | STATS m = MAX(b), s = SUM(a)",
               "m:null | s:l\nnull | 1");
}

TEST_F(SpecTest, KeysOfOneColumnAreOneKey) {
  ExpectPasses("FROM calls | EVAL t = tags | STATS n = SUM(n) BY tags, t, w = who | SORT tags, w",
               "n:l | tags:k | t:k | w:k\n1 | x | x | ann\n1 | y | y | ann\n4 | z | z | ann\n"
               "2 | null | null | bob");
  ExpectPasses("ROW m = [3, 4] | EVAL w = m | STATS c = COUNT(*) BY m, w | SORT m",
               "c:l | m:i | w:i\n1 | 3 | 3\n1 | 4 | 4");
  // Written twice, an expression is two keys.
  ExpectPasses("FROM calls | WHERE n == 1 | STATS c = COUNT(*) BY a = MV_SORT(tags), "
               "b = MV_SORT(tags) | STATS r = COUNT(*)",
               "r:l\n4");
}

TEST_F(SpecTest, AggregatesByAnotherName) {
  ExpectPasses("FROM calls | STATS v = VARIANCE(n), s = STD_VAR(n) | EVAL same = v == s "
               "| KEEP same",
               "same:boolean\ntrue");
  ExpectPasses("FROM calls | RENAME at AS @timestamp | STATS EARLIEST(who), l = LATEST(n) "
               "BY who | SORT who",
               "EARLIEST(who):k | l:i | who:k\nann | 4 | ann\nbob | 2 | bob");
}

TEST_F(SpecTest, AMultivalueHasNoWeightOfItsOwn) {
  ExpectPasses("ROW v = [1, 5] | STATS a = WEIGHTED_AVG(v, 2)", "a:d\n3.0");
  ExpectPasses("FROM calls | EVAL v = CASE(n == 1, [1, 7], n) | STATS a = WEIGHTED_AVG(v, n)",
               "a:d\n3.3333333333333335");
}

TEST_F(SpecTest, ConformanceFilesPass) {
  const char* shared = std::getenv("WEIR_SHARED");
  const std::filesystem::path folder =
      std::filesystem::path(shared == nullptr ? WEIR_SHARED_DEFAULT : shared) / "spec";
  if (!std::filesystem::exists(folder / "data")) {
    GTEST_SKIP() << "WEIR_TEST_SKIPPED: no conformance files in " << folder;
  }
  // What Weir does otherwise on purpose, or cannot do; docs/esql.md says why.
  const std::map<std::string, std::size_t> known_failures = {
      {"row.csv-spec", 1}, {"stats.csv-spec", 2}, {"stats_count_distinct.csv-spec", 1}};
  SpecRunner runner((folder / "data").string());
  std::size_t passed = 0;
  std::size_t failed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".csv-spec") {
      continue;
    }
    const StatusOr<FileResult> file = runner.RunFile(entry.path().string());
    ASSERT_TRUE(file.ok()) << Message(file.status());
    passed += file->Count(Verdict::kPassed);
    failed += file->Count(Verdict::kFailed);
    const auto known = known_failures.find(file->name);
    EXPECT_LE(file->Count(Verdict::kFailed), known == known_failures.end() ? 0 : known->second)
        << file->name;
  }
  EXPECT_GE(static_cast<double>(passed), 0.95 * static_cast<double>(passed + failed));
}

}  // namespace
}  // namespace weir::spec
