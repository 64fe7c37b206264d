#include "common/esql/diagnostic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::esql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::pair<int, int> Locate(const Source& source, uint32_t offset) {
  int line = 0;
  int column = 0;
  source.Locate(offset, &line, &column);
  return {line, column};
}

TEST(SourceTest, LocatesInCodePoints) {
  const Source source("aé漢b\n\nx😀y");
  EXPECT_THAT(Locate(source, 0), Pair(1, 1));
  EXPECT_THAT(Locate(source, 1), Pair(1, 2));
  EXPECT_THAT(Locate(source, 6), Pair(1, 4));   // b
  EXPECT_THAT(Locate(source, 7), Pair(1, 5));   // its line's end
  EXPECT_THAT(Locate(source, 8), Pair(2, 1));
  EXPECT_THAT(Locate(source, 9), Pair(3, 1));
  EXPECT_THAT(Locate(source, 14), Pair(3, 3));  // y
  EXPECT_THAT(Locate(source, 999), Pair(3, 4));
}

TEST(SourceTest, GivesLinesWithoutTheirEnds) {
  const Source source("ab\r\ncd\n");
  EXPECT_EQ(source.Line(1), "ab");
  EXPECT_EQ(source.Line(2), "cd");
  EXPECT_EQ(source.Line(3), "");
  EXPECT_EQ(source.Line(0), "");
  EXPECT_EQ(source.Line(4), "");
}

TEST(SourceTest, ClampsSlices) {
  const Source source("abc");
  EXPECT_EQ(source.Slice({1, 2}), "b");
  EXPECT_EQ(source.Slice({2, 9}), "c");
  EXPECT_EQ(source.Slice({9, 12}), "");
  EXPECT_EQ(source.Slice({2, 1}), "");
}

TEST(DiagnosticsTest, RendersTextAndCaret) {
  const Source source("first\n\té = bad name\n", "rules/a.toml", 40);
  Diagnostics diagnostics(&source);
  diagnostics.Error({12, 20}, "wrong", "try another");
  diagnostics.Warning({0, 0}, "odd");
  EXPECT_EQ(diagnostics.error_count(), 1U);
  EXPECT_EQ(RenderAll(source, diagnostics.list()),
            "rules/a.toml:42:6: error: wrong\n"
            "  \té = bad name\n"
            "  \t    ^~~~~~~~\n"
            "  hint: try another\n"
            "rules/a.toml:41:1: warning: odd\n"
            "  first\n"
            "  ^\n");
}

TEST(DiagnosticsTest, OfALongLineOnlyTheSurroundingsAreShown) {
  const Source source(std::string(1000, 'a') + "b" + std::string(1000, 'c'));
  Diagnostics diagnostics(&source);
  diagnostics.Error({1000, 1001}, "wrong");
  EXPECT_EQ(RenderAll(source, diagnostics.list()),
            "1:1001: error: wrong\n  ..." + std::string(80, 'a') + "b" + std::string(159, 'c') +
                "...\n  " + std::string(83, ' ') + "^\n");
}

// Code points are not cut: é has two bytes, and here the first of the line's excerpt would be a second one.
TEST(DiagnosticsTest, ALongLineIsCutBetweenCodePoints) {
  std::string text = "x";
  for (int i = 0; i < 500; ++i) {
    text += "é";
  }
  const Source source(text);
  Diagnostics diagnostics(&source);
  diagnostics.Error({401, 403}, "wrong");
  const std::string shown = RenderAll(source, diagnostics.list());
  EXPECT_THAT(shown, ::testing::StartsWith("1:202: error: wrong\n  ...é"));
  EXPECT_THAT(shown, ::testing::HasSubstr("é...\n"));
}

TEST(DiagnosticsTest, AListEndsAfterAHundred) {
  const Source source(std::string(300, 'a'));
  Diagnostics diagnostics(&source);
  for (uint32_t i = 0; i < 150; ++i) {
    diagnostics.Warning({i, i + 1}, "odd");
  }
  for (uint32_t i = 0; i < 150; ++i) {
    diagnostics.Error({i, i + 1}, "wrong");
  }
  ASSERT_EQ(diagnostics.list().size(), 202U);
  EXPECT_EQ(diagnostics.list()[100].message, "100 warnings are listed above, the rest is left out");
  EXPECT_EQ(diagnostics.list()[200].message, "wrong");
  EXPECT_EQ(diagnostics.list()[201].message, "100 errors are listed above, the rest is left out");
  EXPECT_EQ(diagnostics.error_count(), 150U);
}

TEST(DiagnosticsTest, UnderlinesOnlyTheFirstLine) {
  const Source source("abc\ndef");
  Diagnostics diagnostics(&source);
  diagnostics.Error({1, 6}, "long");
  EXPECT_EQ(diagnostics.list()[0].length, 2U);
}

TEST(DiagnosticsTest, DropsRepeatedFindings) {
  const Source source("abc");
  Diagnostics diagnostics(&source);
  diagnostics.Error({1, 2}, "same");
  diagnostics.Error({1, 3}, "same");
  diagnostics.Error({2, 3}, "same");
  diagnostics.Warning({1, 2}, "same");
  EXPECT_EQ(diagnostics.list().size(), 3U);
  EXPECT_EQ(diagnostics.error_count(), 2U);
}

TEST(NearestNamesTest, OrdersByDistance) {
  EXPECT_THAT(NearestNames("user.nam", {"user.id", "user.names", "user.name", "host"}),
              ElementsAre("user.name", "user.names"));
  EXPECT_THAT(NearestNames("FORM", {"FROM", "ROW"}), ElementsAre("FROM"));
  EXPECT_THAT(NearestNames("abcdef", {"abcdeg", "abcdeh", "abcdei", "abcdej"}),
              ElementsAre("abcdeg", "abcdeh", "abcdei"));
}

TEST(NearestNamesTest, IgnoresCaseAndFarNames) {
  EXPECT_THAT(NearestNames("USER.ID", {"user.id"}), ElementsAre("user.id"));
  EXPECT_THAT(NearestNames("process", {"network"}), IsEmpty());
  EXPECT_THAT(NearestNames("x", {"y"}), IsEmpty());
  EXPECT_THAT(NearestNames("", {"", "a"}), ElementsAre(""));
}

TEST(NearestNamesTest, FindsTheOnlyNameWithTheSameEnding) {
  EXPECT_THAT(NearestNames("ip", {"source.ip", "host.name"}), ElementsAre("source.ip"));
  EXPECT_THAT(NearestNames("src.ip", {"source.ip", "destination.ip"}), IsEmpty());
}

TEST(NearestNamesTest, PutsSuggestionsInWords) {
  EXPECT_EQ(DidYouMean("nam", {"name"}), "did you mean [name]?");
  EXPECT_EQ(DidYouMean("nam", {"name", "nap"}), "did you mean any of [name, nap]?");
  EXPECT_EQ(DidYouMean("nam", {"other"}), "");
}

}  // namespace
}  // namespace weir::esql
