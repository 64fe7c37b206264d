#include "common/telemetry/log.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::log {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

constexpr UnixMillis kTime = 1730217104007;   // 2024-10-29T15:51:44.007Z

// Directs the log to a file of its own and back.
class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "weir-log-XXXXXX";
    ASSERT_NE(mkdtemp(path_.data()), nullptr);
    file_ = path_ + "/log";
  }
  void TearDown() override {
    ASSERT_TRUE(Init({}).ok());
    std::filesystem::remove_all(path_);
  }
  std::vector<std::string> Lines() {
    Flush();
    std::ifstream file(file_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      lines.push_back(line);
    }
    return lines;
  }

  std::string path_;
  std::string file_;
};

TEST(LogRenderTest, WritesFieldsOfEveryType) {
  EXPECT_EQ(Render(Format::kText, Level::kInfo, kTime, "opened store",
                   {{"path", "/var/lib/weir"},
                    {"shards", 4},
                    {"bytes", uint64_t{18446744073709551615U}},
                    {"offset", int64_t{-5}},
                    {"ratio", 0.25},
                    {"ready", true},
                    {"error", NotFound("no shard {}", 7)},
                    {"close", OkStatus()}}),
            "time=2024-10-29T15:51:44.007Z level=info message=\"opened store\" path=/var/lib/weir "
            "shards=4 bytes=18446744073709551615 offset=-5 ratio=0.25 ready=true "
            "error=\"no shard 7\" close=ok");
}

TEST(LogRenderTest, QuotesValuesThatCouldBeMisread) {
  EXPECT_EQ(Render(Format::kText, Level::kWarn, kTime, "odd",
                   {{"empty", ""},
                    {"pair", "a=b"},
                    {"quote", "say \"hi\""},
                    {"lines", "one\ntime=2 level=error"},
                    {"bytes", "\xff\x1b[31m"},
                    {"accent", std::string("caf\xc3\xa9")}}),
            "time=2024-10-29T15:51:44.007Z level=warn message=odd empty=\"\" pair=\"a=b\" "
            "quote=\"say \\\"hi\\\"\" lines=\"one\\ntime=2 level=error\" "
            "bytes=\"\xef\xbf\xbd\\u001b[31m\" accent=\"caf\xc3\xa9\"");
}

TEST(LogRenderTest, WritesJsonWithTheSameKeys) {
  EXPECT_EQ(Render(Format::kJson, Level::kError, kTime, "lost \"it\"",
                   {{"count", 3}, {"ratio", 2.0}, {"why", "disk\tfull"}, {"final", false}}),
            R"({"time":"2024-10-29T15:51:44.007Z","level":"error","message":"lost \"it\"",)"
            R"("count":3,"ratio":2.0,"why":"disk\tfull","final":false})");
}

TEST_F(LogTest, WritesLinesFromTheLevelOn) {
  ASSERT_TRUE(Init({.level = Level::kWarn, .format = Format::kText, .file = file_}).ok());
  EXPECT_FALSE(Enabled(Level::kInfo));
  EXPECT_TRUE(Enabled(Level::kWarn));
  Debug("no");
  Info("no");
  Warn("{} stays as it is", {{"n", 1}});
  Error("yes");
  const std::vector<std::string> lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], MatchesRegex("time=20[0-9-]+T[0-9:.]+Z level=warn "
                                     "message=\"\\{\\} stays as it is\" n=1"));
  EXPECT_THAT(lines[1], HasSubstr("level=error message=yes"));
}

TEST_F(LogTest, KeepsLinesOfThreadsWhole) {
  ASSERT_TRUE(Init({.level = Level::kInfo, .format = Format::kJson, .file = file_}).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 250; ++i) {
        Info("event", {{"thread", t}, {"text", std::string(300, 'x')}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const std::vector<std::string> lines = Lines();
  ASSERT_THAT(lines, SizeIs(1000));
  for (const std::string& line : lines) {
    EXPECT_THAT(line, MatchesRegex("\\{\"time\":\"[^\"]*\",.*\"text\":\"x+\"\\}"));
  }
}

TEST_F(LogTest, FailedInitLeavesTheLogAsItWas) {
  ASSERT_TRUE(Init({.level = Level::kInfo, .format = Format::kText, .file = file_}).ok());
  const Status status = Init({.level = Level::kError, .format = Format::kText, .file = path_});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(status)), HasSubstr(path_));
  Info("still here");
  EXPECT_THAT(Lines(), SizeIs(1));
}

TEST(LogNamesTest, ParsesNamesAndListsThemOtherwise) {
  EXPECT_EQ(*ParseLevel("debug"), Level::kDebug);
  EXPECT_EQ(*ParseLevel("error"), Level::kError);
  EXPECT_EQ(*ParseFormat("json"), Format::kJson);
  EXPECT_EQ(Message(ParseLevel("loud").status()),
            "no log level \"loud\": use one of debug, info, warn, error");
}

}  // namespace
}  // namespace weir::log
