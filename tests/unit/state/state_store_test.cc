// The contract of StateStore, run for every implementation.
#include "common/state/state_store.h"

#include <memory>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/bytes.h"
#include "common/state/rocksdb/rocksdb_store.h"
#include "tests/unit/state/temp_folder_internal.h"

namespace weir::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Entries = std::vector<std::pair<std::string, std::string>>;

class StateStoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "memory") {
      store_ = MakeMemoryStore();
      return;
    }
    auto opened = OpenRocksDbStore({.path = folder_.path(), .memory_bytes = 32 << 20});
    ASSERT_TRUE(opened.ok()) << Message(opened.status());
    store_ = std::move(opened).value();
  }

  void Put(Family family, std::string_view key, std::string_view value) {
    const auto batch = store_->NewBatch();
    batch->Put(family, key, value);
    ASSERT_TRUE(store_->Write(batch.get(), false).ok());
  }
  Entries ScanAll(Family family, std::string_view begin = "", std::string_view end = "\xff") {
    Entries entries;
    EXPECT_TRUE(store_->Scan(family, begin, end, [&](auto key, auto value) {
      entries.emplace_back(key, value);
      return true;
    }).ok());
    return entries;
  }
  std::string ValueOf(Family family, std::string_view key) {
    std::string value;
    const Status status = store_->Get(family, key, &value);
    return status.ok() ? value : std::string(Message(status));
  }
  static std::string Expiring(uint64_t expiry_ms, std::string_view rest) {
    std::string value;
    ByteWriter writer(&value);
    writer.Fixed64BigEndian(expiry_ms);
    writer.Raw(rest);
    return value;
  }

  TempFolder folder_;
  std::unique_ptr<StateStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, StateStoreTest, ::testing::Values("memory", "rocksdb"),
                         [](const auto& test) { return test.param; });

TEST_P(StateStoreTest, AppliesBatchInOrderOfItsOperations) {
  const auto batch = store_->NewBatch();
  batch->Put(Family::kState, "a", "1");
  batch->Put(Family::kState, "b", "2");
  batch->Delete(Family::kState, "a");
  batch->Put(Family::kState, "c", "3");
  batch->DeleteRange(Family::kState, "b", "d");
  batch->Put(Family::kState, "c", "4");
  EXPECT_GT(batch->ApproximateBytes(), 10U);
  ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  EXPECT_THAT(ScanAll(Family::kState), ElementsAre(Pair("c", "4")));
}

TEST_P(StateStoreTest, ClearedBatchWritesNothing) {
  const auto batch = store_->NewBatch();
  batch->Put(Family::kState, "a", "1");
  const std::size_t filled = batch->ApproximateBytes();
  batch->Clear();
  EXPECT_LT(batch->ApproximateBytes(), filled);
  ASSERT_TRUE(store_->Write(batch.get(), false).ok());
  EXPECT_THAT(ScanAll(Family::kState), IsEmpty());
}

TEST_P(StateStoreTest, ShowsBatchToReadersWholeOrNotAtAll) {
  std::thread writer([&] {
    for (int i = 0; i < 2000; ++i) {
      const auto batch = store_->NewBatch();
      const std::string value = std::to_string(i);
      batch->Put(Family::kState, "a", value);
      batch->Put(Family::kState, "b", value);
      ASSERT_TRUE(store_->Write(batch.get(), false).ok());
    }
  });
  std::string last;
  while (last != "1999") {
    const Entries entries = ScanAll(Family::kState);
    if (entries.empty()) {
      continue;
    }
    EXPECT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries.front().second, entries.back().second);
    last = entries.front().second;
    if (::testing::Test::HasFailure()) {
      break;
    }
  }
  writer.join();
}

TEST_P(StateStoreTest, KeepsFamiliesApart) {
  Put(Family::kLog, "k", "log");
  Put(Family::kState, "k", "state");
  Put(Family::kMeta, "k", "meta");
  const auto batch = store_->NewBatch();
  batch->DeleteRange(Family::kLog, "", "\xff");
  ASSERT_TRUE(store_->Write(batch.get(), false).ok());
  EXPECT_EQ(ValueOf(Family::kLog, "k"), "no such key");
  EXPECT_EQ(ValueOf(Family::kState, "k"), "state");
  EXPECT_EQ(ValueOf(Family::kMeta, "k"), "meta");
}

TEST_P(StateStoreTest, GetOfAbsentKeyIsNotFound) {
  std::string value = "kept";
  EXPECT_EQ(store_->Get(Family::kState, "none", &value).code(), StatusCode::kNotFound);
}

TEST_P(StateStoreTest, KeepsEmptyValuesAndBinaryKeys) {
  const std::string key("a\0\xff", 3);
  Put(Family::kMeta, key, "");
  std::string value = "x";
  ASSERT_TRUE(store_->Get(Family::kMeta, key, &value).ok());
  EXPECT_EQ(value, "");
}

TEST_P(StateStoreTest, ScansHalfOpenRangeInByteOrder) {
  for (const std::string key : {"b", "a", "c", "ab", "\x80"}) {
    Put(Family::kState, key, key);
  }
  EXPECT_THAT(ScanAll(Family::kState), ElementsAre(Pair("a", "a"), Pair("ab", "ab"), Pair("b", "b"),
                                                   Pair("c", "c"), Pair("\x80", "\x80")));
  EXPECT_THAT(ScanAll(Family::kState, "ab", "c"), ElementsAre(Pair("ab", "ab"), Pair("b", "b")));
  EXPECT_THAT(ScanAll(Family::kState, "c", "c"), IsEmpty());
  EXPECT_THAT(ScanAll(Family::kState, "c", "a"), IsEmpty());
}

TEST_P(StateStoreTest, ScanStopsWhenVisitorHasEnough) {
  for (const std::string key : {"a", "b", "c"}) {
    Put(Family::kState, key, key);
  }
  std::vector<std::string> seen;
  ASSERT_TRUE(store_->Scan(Family::kState, "", "\xff", [&](auto key, auto) {
    seen.emplace_back(key);
    return seen.size() < 2;
  }).ok());
  EXPECT_THAT(seen, ElementsAre("a", "b"));
}

TEST_P(StateStoreTest, ScanSeesOneMomentWhileVisitorWrites) {
  for (const std::string key : {"a", "b", "c"}) {
    Put(Family::kState, key, "old");
  }
  Entries seen;
  ASSERT_TRUE(store_->Scan(Family::kState, "", "\xff", [&](auto key, auto value) {
    seen.emplace_back(key, value);
    const auto batch = store_->NewBatch();
    batch->Delete(Family::kState, "b");
    batch->Put(Family::kState, "c", "new");
    batch->Put(Family::kState, "d", "new");
    EXPECT_TRUE(store_->Write(batch.get(), false).ok());
    return true;
  }).ok());
  EXPECT_THAT(seen, ElementsAre(Pair("a", "old"), Pair("b", "old"), Pair("c", "old")));
  EXPECT_THAT(ScanAll(Family::kState),
              ElementsAre(Pair("a", "old"), Pair("c", "new"), Pair("d", "new")));
}

TEST_P(StateStoreTest, DeletesHalfOpenRangeAndIgnoresEmptyOnes) {
  for (const std::string key : {"a", "b", "c", "d"}) {
    Put(Family::kLog, key, key);
  }
  const auto batch = store_->NewBatch();
  batch->DeleteRange(Family::kLog, "b", "d");
  batch->DeleteRange(Family::kLog, "d", "a");
  batch->DeleteRange(Family::kLog, "a", "a");
  ASSERT_TRUE(store_->Write(batch.get(), false).ok());
  EXPECT_THAT(ScanAll(Family::kLog), ElementsAre(Pair("a", "a"), Pair("d", "d")));
}

TEST_P(StateStoreTest, MultiGetAnswersEachKeyInOrder) {
  Put(Family::kState, "a", "1");
  Put(Family::kState, "c", "3");
  std::vector<std::string> values = {"stale"};
  std::vector<Status> statuses;
  store_->MultiGet(Family::kState, {"c", "b", "a", "c"}, &values, &statuses);
  EXPECT_THAT(values, ElementsAre("3", "", "1", "3"));
  ASSERT_EQ(statuses.size(), 4U);
  EXPECT_TRUE(statuses[0].ok());
  EXPECT_EQ(statuses[1].code(), StatusCode::kNotFound);
  EXPECT_TRUE(statuses[2].ok());
  EXPECT_TRUE(statuses[3].ok());
  store_->MultiGet(Family::kState, {}, &values, &statuses);
  EXPECT_THAT(values, IsEmpty());
  EXPECT_THAT(statuses, IsEmpty());
}

TEST_P(StateStoreTest, CompactionDropsStateBelowItsExpiryFloor) {
  Put(Family::kState, "s1/old", Expiring(99, "x"));
  Put(Family::kState, "s1/at", Expiring(100, "x"));
  Put(Family::kState, "s1/short", "x");
  Put(Family::kState, "s2/old", Expiring(99, "x"));
  Put(Family::kLog, "s1/old", Expiring(99, "x"));
  // Everything lies in the last level before the floor rises, where only a forced rewrite reaches it.
  ASSERT_TRUE(store_->Compact().ok());
  EXPECT_EQ(ScanAll(Family::kState).size(), 4U);
  store_->SetExpiryFloor("s1/", 100);
  ASSERT_TRUE(store_->Compact().ok());
  EXPECT_THAT(ScanAll(Family::kState),
              ElementsAre(Pair("s1/at", Expiring(100, "x")), Pair("s1/short", "x"),
                          Pair("s2/old", Expiring(99, "x"))));
  EXPECT_EQ(ScanAll(Family::kLog).size(), 1U);
}

TEST_P(StateStoreTest, LiftedExpiryFloorDropsNothing) {
  Put(Family::kState, "s1/old", Expiring(1, "x"));
  store_->SetExpiryFloor("s1/", 100);
  store_->SetExpiryFloor("s1/", 0);
  store_->SetExpiryFloor("s1/x", 0);
  ASSERT_TRUE(store_->Compact().ok());
  EXPECT_EQ(ScanAll(Family::kState).size(), 1U);
}

TEST_P(StateStoreTest, NestedExpiryFloorsEachApply) {
  Put(Family::kState, "s1/a/x", Expiring(50, ""));
  Put(Family::kState, "s1/b/x", Expiring(50, ""));
  Put(Family::kState, "s1/b/y", Expiring(5, ""));
  store_->SetExpiryFloor("s1/", 10);
  store_->SetExpiryFloor("s1/a/", 60);
  ASSERT_TRUE(store_->Compact().ok());
  EXPECT_THAT(ScanAll(Family::kState), ElementsAre(Pair("s1/b/x", Expiring(50, ""))));
}

TEST_P(StateStoreTest, CountsSyncsAndMemory) {
  const StoreStats before = store_->Stats();
  const auto batch = store_->NewBatch();
  batch->Put(Family::kState, "a", std::string(100000, 'x'));
  ASSERT_TRUE(store_->Write(batch.get(), false).ok());
  EXPECT_EQ(store_->Stats().syncs, before.syncs);
  ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  const StoreStats after = store_->Stats();
  EXPECT_EQ(after.syncs, before.syncs + 2);
  EXPECT_GE(after.memory_bytes, before.memory_bytes + 100000);
}

TEST(PrefixEndTest, IsTheFirstKeyBehindThePrefix) {
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd(std::string("a\x7f", 2)), "a\x80");
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
  EXPECT_EQ(PrefixEnd(std::string("\0\0", 2)), std::string("\0\1", 2));
  EXPECT_GT(PrefixEnd(""), std::string(60, '\xff'));
  EXPECT_GT(PrefixEnd("\xff"), std::string(60, '\xff'));
}

}  // namespace
}  // namespace weir::state
