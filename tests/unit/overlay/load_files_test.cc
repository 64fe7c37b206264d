// Which files of a folder are overlays.
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/overlay/overlay.h"

namespace weir::overlay {
namespace {

namespace fs = std::filesystem;

class LoadOverlaysTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) /
              fmt::format("weir_load_overlays_{}_{}", ::getpid(), info->name());
    fs::create_directories(folder_ / "..2026_11_22");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& name) const {
    std::ofstream(folder_ / name) << "rules:\n  r1: {severity: high}\n";
  }

  fs::path folder_;
};

// A mounted ConfigMap has a link for each file, to a hidden folder that has them.
TEST_F(LoadOverlaysTest, LeavesHiddenFilesAndFoldersOut) {
  Write("..2026_11_22/tuning.yaml");
  fs::create_symlink("..2026_11_22", folder_ / "..data");
  fs::create_symlink("..data/tuning.yaml", folder_ / "tuning.yaml");
  Write(".#draft.yaml");
  const StatusOr<std::vector<Overlay>> overlays = LoadOverlays({folder_.string()});
  ASSERT_TRUE(overlays.ok());
  ASSERT_EQ(overlays->size(), 1U);
  EXPECT_EQ(overlays->front().path, (folder_ / "tuning.yaml").string());
  EXPECT_EQ(overlays->front().rules.size(), 1U);
  EXPECT_THAT(overlays->front().findings, ::testing::IsEmpty());
}

}  // namespace
}  // namespace weir::overlay
