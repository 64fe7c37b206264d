// Batches are the same every time, know where their records came from, and carry watermarks in a replay.
#include "cli/record_batcher.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace weir::cli {
namespace {

using ::testing::ElementsAre;

class RecordBatcherTest : public ::testing::Test {
 protected:
  RecordBatcherTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("weir_batcher_test_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~RecordBatcherTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  static std::string Event(const std::string& id, const std::string& time) {
    return R"({"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
           R"("awsRegion":"us-east-1","recipientAccountId":"111122223333","eventID":")" +
           id + R"(","eventTime":")" + time + "\"}\n";
  }

  std::filesystem::path folder_;
};

TEST_F(RecordBatcherTest, CutsByCountAndNumbersFromOne) {
  const std::string path = Write("a.ndjson", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
  BatcherOptions options;
  options.batch_records = 2;
  RecordBatcher batcher({path}, options);
  auto first = batcher.Next();
  ASSERT_TRUE(first.ok() && *first != nullptr);
  EXPECT_EQ((*first)->request.sequence(), 1);
  EXPECT_EQ((*first)->request.payload(), "{\"a\":1}{\"a\":2}");
  EXPECT_THAT((*first)->request.record_sizes(), ElementsAre(7, 7));
  EXPECT_FALSE((*first)->watermark_ms.has_value());
  auto second = batcher.Next();
  ASSERT_TRUE(second.ok() && *second != nullptr);
  EXPECT_EQ((*second)->request.sequence(), 2);
  EXPECT_EQ((*second)->origins.front().line, 3);
  auto end = batcher.Next();
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(*end, nullptr);
}

TEST_F(RecordBatcherTest, ReplaySortsAllFilesByTimeAndTrailsTheLatestEventSent) {
  const std::string late = Write("a.ndjson", Event("1", "2026-03-10T10:00:00Z") +
                                                 Event("2", "2026-03-10T12:00:00Z"));
  const std::string early = Write("b.ndjson", Event("3", "2026-03-10T11:00:00Z") +
                                                  "{\"no\": \"time\"}\n");
  BatcherOptions options;
  options.batch_records = 2;
  options.replay = true;
  options.watermark_lag_ms = kMillisPerHour;
  RecordBatcher batcher({late, early}, options);
  auto first = batcher.Next();
  ASSERT_TRUE(first.ok() && *first != nullptr);
  EXPECT_EQ((*first)->watermark_ms, *ParseTime("2026-03-10T10:00:00Z"));
  ASSERT_EQ((*first)->origins.size(), 2u);
  EXPECT_EQ(batcher.file_name((*first)->origins[0].file), late);
  EXPECT_EQ(batcher.file_name((*first)->origins[1].file), early);
  auto second = batcher.Next();
  ASSERT_TRUE(second.ok() && *second != nullptr);
  EXPECT_EQ((*second)->watermark_ms, *ParseTime("2026-03-10T11:00:00Z"));
  ASSERT_EQ((*second)->origins.size(), 2u);
  // What has no time stays behind its neighbour.
  EXPECT_EQ(batcher.file_name((*second)->origins[0].file), early);
  EXPECT_EQ((*second)->origins[0].line, 2u);
  EXPECT_EQ(batcher.file_name((*second)->origins[1].file), late);
}

TEST_F(RecordBatcherTest, MissingFileIsReportedAndTheNextIsRead) {
  const std::string good = Write("b.ndjson", "{\"a\":1}\n");
  RecordBatcher batcher({(folder_ / "missing").string(), good}, {});
  EXPECT_FALSE(batcher.Next().ok());
  auto batch = batcher.Next();
  ASSERT_TRUE(batch.ok() && *batch != nullptr);
  EXPECT_EQ(batcher.file_name((*batch)->origins.front().file), good);
}

}  // namespace
}  // namespace weir::cli
