#include "common/sink/file_sink.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/unit/sink/alerts.h"

namespace weir::sink {
namespace {

class FileSinkTest : public testing::Test {
 protected:
  FileSinkTest() {
    std::string name = testing::TempDir() + "file_sink_XXXXXX";
    folder_ = mkdtemp(name.data());
    options_.path = folder_ + "/alerts.ndjson";
  }
  ~FileSinkTest() override { std::filesystem::remove_all(folder_); }

  std::string Read(const std::string& suffix = "") const {
    std::ifstream stream(options_.path + suffix, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static std::string Line(const std::string& name) { return alert::ToJson(MakeAlert(name)) + "\n"; }

  std::string folder_;
  FileOptions options_;
  ManualClock clock_{1000};
};

TEST_F(FileSinkTest, WritesALineForEachAlert) {
  const auto sink = MakeFileSink(options_, &clock_);
  const Outcome outcome = sink->Deliver({MakeAlert("a"), MakeAlert("b")});
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.taken, (std::vector<bool>{true, true}));
  EXPECT_EQ(Read(), Line("a") + Line("b"));
}

TEST_F(FileSinkTest, RotatesBySizeAndKeepsSoMany) {
  options_.bytes_max = 1;
  options_.keep = 2;
  const auto sink = MakeFileSink(options_, &clock_);
  for (const std::string name : {"a", "b", "c", "d"}) {
    EXPECT_TRUE(sink->Deliver({MakeAlert(name)}).status.ok());
  }
  EXPECT_EQ(Read(), Line("d"));
  EXPECT_EQ(Read(".1"), Line("c"));
  EXPECT_EQ(Read(".2"), Line("b"));
  EXPECT_FALSE(std::filesystem::exists(options_.path + ".3"));
}

TEST_F(FileSinkTest, RotatesByAge) {
  options_.age_ms_max = 1000;
  const auto sink = MakeFileSink(options_, &clock_);
  EXPECT_TRUE(sink->Deliver({MakeAlert("a")}).status.ok());
  clock_.Advance(999);
  EXPECT_TRUE(sink->Deliver({MakeAlert("b")}).status.ok());
  EXPECT_EQ(Read(), Line("a") + Line("b"));
  clock_.Advance(1);
  EXPECT_TRUE(sink->Deliver({MakeAlert("c")}).status.ok());
  EXPECT_EQ(Read(), Line("c"));
}

TEST_F(FileSinkTest, IsOpenedAnewWhenSomebodyMovedIt) {
  const auto sink = MakeFileSink(options_, &clock_);
  EXPECT_TRUE(sink->Deliver({MakeAlert("a")}).status.ok());
  std::filesystem::rename(options_.path, options_.path + ".moved");
  EXPECT_TRUE(sink->Deliver({MakeAlert("b")}).status.ok());
  EXPECT_EQ(Read(), Line("b"));
  EXPECT_EQ(Read(".moved"), Line("a"));
}

TEST_F(FileSinkTest, LeavesALineThatACrashCutAlone) {
  std::ofstream(options_.path) << R"({"alert_id":"00)";
  const auto sink = MakeFileSink(options_, &clock_);
  EXPECT_TRUE(sink->Deliver({MakeAlert("a")}).status.ok());
  EXPECT_EQ(Read(), "{\"alert_id\":\"00\n" + Line("a"));
}

TEST_F(FileSinkTest, FolderThatIsNotThereIsTriedAgain) {
  const std::string folder = folder_ + "/later";
  options_.path = folder + "/alerts.ndjson";
  const auto sink = MakeFileSink(options_, &clock_);
  const Outcome outcome = sink->Deliver({MakeAlert("a")});
  EXPECT_EQ(outcome.status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(outcome.taken, (std::vector<bool>{false}));
  std::filesystem::create_directory(folder);
  EXPECT_TRUE(sink->Deliver({MakeAlert("a")}).status.ok());
  EXPECT_EQ(Read(), Line("a"));
}

}  // namespace
}  // namespace weir::sink
