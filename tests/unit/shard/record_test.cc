#include "common/shard/record.h"

#include <gtest/gtest.h>

namespace weir::shard {
namespace {

TEST(RecordTest, ComesBackAsWritten) {
  RecordHeader header;
  header.version = RuleSetVersion(7);
  header.closed_ms = -5;
  header.now_ms = 1'700'000'000'000;
  RecordWriter writer(header);
  writer.Add({123, false, "rows"});
  writer.Add({456, true, ""});
  const std::string bytes = writer.Finish();
  const StatusOr<Record> record = ReadRecord(bytes);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->header.version, RuleSetVersion(7));
  EXPECT_EQ(record->header.closed_ms, -5);
  EXPECT_EQ(record->header.now_ms, 1'700'000'000'000);
  ASSERT_EQ(record->batches.size(), 2u);
  EXPECT_EQ(record->batches[0].bytes, "rows");
  EXPECT_EQ(record->batches[1].stamp_ms, 456);
  EXPECT_TRUE(record->batches[1].explicit_ingested);
}

TEST(RecordTest, ATickComesBackAsWritten) {
  RecordHeader header;
  header.kind = RecordKind::kTick;
  header.version = RuleSetVersion(7);
  RecordWriter writer(header);
  const Hash128 rule = HashBytes128("rule");
  writer.AddTick({rule, 60'000, -4'000'000'000'000'000, "rows"});
  const std::string bytes = writer.Finish();
  const StatusOr<Record> record = ReadRecord(bytes);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->header.kind, RecordKind::kTick);
  EXPECT_EQ(record->tick.rule, rule);
  EXPECT_EQ(record->tick.tick_ms, 60'000);
  EXPECT_EQ(record->tick.previous_ms, -4'000'000'000'000'000);
  EXPECT_EQ(record->tick.rows, "rows");
  EXPECT_TRUE(record->batches.empty());
}

TEST(RecordTest, ActionsComeBackAsWritten) {
  RecordHeader header;
  header.kind = RecordKind::kActions;
  RecordWriter writer(header);
  alert::Action close;
  close.kind = alert::Action::Kind::kClose;
  close.actor = "kim";
  close.request_id = "7f";
  close.expected_revision = 300;
  close.text = "benign";
  close.end_suppression = false;
  alert::Action acknowledge;
  acknowledge.actor = "lee";
  writer.AddAction({HashBytes128("a"), 1'700'000'000'000, close});
  writer.AddAction({HashBytes128("b"), 2, acknowledge});
  const std::string bytes = writer.Finish();
  const StatusOr<Record> record = ReadRecord(bytes);
  ASSERT_TRUE(record.ok()) << record.status();
  ASSERT_EQ(record->actions.size(), 2U);
  EXPECT_EQ(record->actions[0].alert, HashBytes128("a"));
  EXPECT_EQ(record->actions[0].time_ms, 1'700'000'000'000);
  EXPECT_EQ(record->actions[0].action.kind, alert::Action::Kind::kClose);
  EXPECT_EQ(record->actions[0].action.request_id, "7f");
  EXPECT_EQ(record->actions[0].action.expected_revision, 300U);
  EXPECT_EQ(record->actions[0].action.text, "benign");
  EXPECT_EQ(record->actions[0].action.end_suppression, false);
  EXPECT_EQ(record->actions[1].action.actor, "lee");
  EXPECT_FALSE(record->actions[1].action.end_suppression.has_value());
  EXPECT_TRUE(record->batches.empty());
}

TEST(RecordTest, ForgettingComesBackAsWritten) {
  RecordHeader header;
  header.kind = RecordKind::kForget;
  RecordWriter writer(header);
  writer.AddForget(-77);
  const std::string bytes = writer.Finish();
  const StatusOr<Record> record = ReadRecord(bytes);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->forget_before_ms, -77);
}

TEST(RecordTest, AnyChangedByteIsDataLoss) {
  RecordWriter writer(RecordHeader{});
  writer.Add({1, false, "payload"});
  const std::string bytes = writer.Finish();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 0x20);
    EXPECT_EQ(ReadRecord(broken).status().code(), StatusCode::kDataLoss) << "byte " << i;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ReadRecord(std::string_view(bytes).substr(0, size)).ok()) << "size " << size;
  }
}

}  // namespace
}  // namespace weir::shard
