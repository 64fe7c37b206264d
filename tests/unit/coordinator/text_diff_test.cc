#include "coordinator/text_diff.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir::coordinator {
namespace {

std::string Numbers(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) {
    text += fmt::format("{}\n", i);
  }
  return text;
}

TEST(TextDiffTest, EqualTextsHaveNone) {
  EXPECT_EQ(UnifiedDiff("a", "x\n", "a", "x\n"), "");
}

TEST(TextDiffTest, ShowsChangedLinesWithThreeAround) {
  EXPECT_EQ(UnifiedDiff("a", Numbers(1, 9), "b", Numbers(1, 4) + "five\n" + Numbers(6, 9)),
            "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(TextDiffTest, ChangesFarApartAreHunksOfTheirOwn) {
  EXPECT_EQ(UnifiedDiff("a", Numbers(1, 20), "a", Numbers(2, 19)),
            "--- a\n+++ a\n@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n@@ -17,4 +16,3 @@\n 17\n 18\n 19\n-20\n");
}

TEST(TextDiffTest, ChangesThatAreNearShareAHunk) {
  EXPECT_EQ(UnifiedDiff("a", "a\nb\nc\nd\n", "a", "A\nb\nc\nD\n"),
            "--- a\n+++ a\n@@ -1,4 +1,4 @@\n-a\n+A\n b\n c\n-d\n+D\n");
}

TEST(TextDiffTest, AFileThatWasNotThere) {
  EXPECT_EQ(UnifiedDiff("", "", "b", "x\ny\n"), "--- /dev/null\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n");
  EXPECT_EQ(UnifiedDiff("b", "x\n", "", ""), "--- b\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n");
}

TEST(TextDiffTest, TextsWithNothingInCommonThatAreTooLongToCompareAreReplaced) {
  const std::string before = Numbers(1, 4000);
  const std::string after = Numbers(10001, 14000);
  const std::string diff = UnifiedDiff("a", before, "a", after);
  EXPECT_EQ(diff.find("@@ -1,4000 +1,4000 @@"), std::string("--- a\n+++ a\n").size());
}

}  // namespace
}  // namespace weir::coordinator
