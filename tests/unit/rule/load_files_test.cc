// Loading files and folders.
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rule/rule.h"

namespace weir::rule {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class LoadFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) /
              fmt::format("weir_load_files_{}_{}", ::getpid(), info->name());
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  static std::string RuleText(const std::string& id) {
    return fmt::format(
        "[rule]\nrule_id = \"{}\"\nname = \"n\"\ntype = \"esql\"\nseverity = \"low\"\nrisk_score = 1\n"
        "query = \"from a\"\n",
        id);
  }

  fs::path folder_;
};

TEST_F(LoadFilesTest, FindsTomlFilesRecursivelyInOrder) {
  Write("b.toml", RuleText("b"));
  Write("sub/a.toml", RuleText("a"));
  Write("a.toml", RuleText("c"));
  Write("readme.md", "no rule");
  const StatusOr<std::vector<LoadResult>> results = LoadRules({folder_.string()});
  ASSERT_TRUE(results.ok());
  ASSERT_EQ(results->size(), 3U);
  EXPECT_EQ((*results)[0].rule->id, "c");
  EXPECT_EQ((*results)[1].rule->id, "b");
  EXPECT_EQ((*results)[2].rule->id, "a");
  EXPECT_EQ((*results)[2].text, RuleText("a"));
}

// A mounted ConfigMap has a link for each file, to a hidden folder that has them.
TEST_F(LoadFilesTest, LeavesHiddenFilesAndFoldersOut) {
  fs::create_directories(folder_ / "..2026_11_22");
  Write("..2026_11_22/a.toml", RuleText("a"));
  fs::create_symlink("..2026_11_22", folder_ / "..data");
  fs::create_symlink("..data/a.toml", folder_ / "a.toml");
  Write(".#b.toml", RuleText("b"));
  const StatusOr<std::vector<LoadResult>> results = LoadRules({folder_.string()});
  ASSERT_TRUE(results.ok());
  ASSERT_EQ(results->size(), 1U);
  EXPECT_EQ((*results)[0].path, (folder_ / "a.toml").string());
  EXPECT_TRUE((*results)[0].rule.has_value());
  EXPECT_EQ((*results)[0].text, RuleText("a"));
  // Named, they are meant.
  const StatusOr<std::vector<LoadResult>> named = LoadRules({(folder_ / "..2026_11_22").string()});
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(named->size(), 1U);
}

TEST_F(LoadFilesTest, LoadsAFileNamedTwiceOnce) {
  const std::string path = Write("a.toml", RuleText("a"));
  const StatusOr<std::vector<LoadResult>> results = LoadRules({path, folder_.string()});
  ASSERT_TRUE(results.ok());
  ASSERT_EQ(results->size(), 1U);
  EXPECT_TRUE((*results)[0].rule.has_value());
}

TEST_F(LoadFilesTest, RefusesARuleIdMetTwice) {
  const std::string first = Write("a.toml", RuleText("same"));
  Write("b.toml", RuleText("same"));
  Write("c.toml", RuleText("other"));
  const StatusOr<std::vector<LoadResult>> results = LoadRules({folder_.string()});
  ASSERT_TRUE(results.ok());
  EXPECT_TRUE((*results)[0].rule.has_value());
  EXPECT_FALSE((*results)[1].rule.has_value());
  EXPECT_EQ((*results)[1].findings.at(0).message,
            fmt::format("rule_id [same] is already used by {}", first));
  EXPECT_TRUE((*results)[2].rule.has_value());
}

TEST_F(LoadFilesTest, ABadFileDoesNotAffectOthers) {
  Write("a.toml", "[rule\n");
  Write("b.toml", RuleText("b"));
  const StatusOr<std::vector<LoadResult>> results = LoadRules({folder_.string()});
  ASSERT_TRUE(results.ok());
  EXPECT_FALSE((*results)[0].rule.has_value());
  EXPECT_TRUE((*results)[1].rule.has_value());
}

TEST_F(LoadFilesTest, AnUnreadableFileIsAFindingOfItsResult) {
  fs::create_symlink(folder_ / "gone", folder_ / "a.toml");
  Write("b.toml", RuleText("b"));
  const StatusOr<std::vector<LoadResult>> results = LoadRules({folder_.string()});
  ASSERT_TRUE(results.ok()) << Message(results.status());
  ASSERT_EQ(results->size(), 2U);
  EXPECT_THAT((*results)[0].findings.at(0).message, HasSubstr("cannot read the rule file"));
  EXPECT_TRUE((*results)[1].rule.has_value());
}

TEST_F(LoadFilesTest, APathThatDoesNotExistIsNotFound) {
  const StatusOr<std::vector<LoadResult>> results = LoadRules({(folder_ / "no").string()});
  EXPECT_EQ(results.status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace weir::rule
