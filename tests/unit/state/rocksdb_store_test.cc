// What only a durable store does: reopening, refusing damaged or used folders, keeping to its memory.
#include "common/state/rocksdb/rocksdb_store.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/state/temp_folder_internal.h"

namespace weir::state {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<StateStore> MustOpen(const std::string& path, uint64_t memory_bytes = 32 << 20) {
  auto opened = OpenRocksDbStore({.path = path, .memory_bytes = memory_bytes});
  EXPECT_TRUE(opened.ok()) << Message(opened.status());
  return opened.ok() ? std::move(opened).value() : nullptr;
}

Status Put(StateStore* store, Family family, std::string_view key, std::string_view value,
           bool sync) {
  const auto batch = store->NewBatch();
  batch->Put(family, key, value);
  return store->Write(batch.get(), sync);
}

std::string KeyOf(int number) {
  return fmt::format("{:08}", number);
}

TEST(RocksDbStoreTest, ReopenKeepsEveryFamily) {
  const TempFolder folder;
  const std::string path = folder.path() + "/deep/er";
  {
    const auto store = MustOpen(path);
    ASSERT_NE(store, nullptr);
    ASSERT_TRUE(Put(store.get(), Family::kLog, "a", "log", false).ok());
    ASSERT_TRUE(Put(store.get(), Family::kState, "a", "state", false).ok());
    ASSERT_TRUE(Put(store.get(), Family::kMeta, "a", "meta", true).ok());
    EXPECT_GT(store->Stats().disk_bytes, 0U);
  }
  const auto store = MustOpen(path);
  ASSERT_NE(store, nullptr);
  std::string value;
  ASSERT_TRUE(store->Get(Family::kLog, "a", &value).ok());
  EXPECT_EQ(value, "log");
  ASSERT_TRUE(store->Get(Family::kState, "a", &value).ok());
  EXPECT_EQ(value, "state");
  ASSERT_TRUE(store->Get(Family::kMeta, "a", &value).ok());
  EXPECT_EQ(value, "meta");
}

TEST(RocksDbStoreTest, KilledProcessLeavesItsWrites) {
  const TempFolder folder;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto store = MustOpen(folder.path());
    for (int i = 0; i < 100; ++i) {
      if (store == nullptr || !Put(store.get(), Family::kLog, KeyOf(i), "x", i % 10 == 9).ok()) {
        _exit(1);
      }
    }
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto store = MustOpen(folder.path());
  ASSERT_NE(store, nullptr);
  std::string value;
  EXPECT_TRUE(store->Get(Family::kLog, KeyOf(99), &value).ok());
}

TEST(RocksDbStoreTest, TornLogEndsAtWholeBatch) {
  const TempFolder folder;
  std::filesystem::path wal;
  {
    const auto store = MustOpen(folder.path());
    ASSERT_NE(store, nullptr);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(Put(store.get(), Family::kLog, KeyOf(i), std::string(100, 'x'), true).ok());
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) {
        wal = entry.path();
      }
    }
  }
  ASSERT_FALSE(wal.empty());
  {
    std::fstream file(wal, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(wal) / 2));
    file.write("damage", 6);
  }
  const auto store = MustOpen(folder.path());
  ASSERT_NE(store, nullptr);
  int next = 0;
  ASSERT_TRUE(store->Scan(Family::kLog, "", "\xff", [&](auto key, auto) {
    EXPECT_EQ(key, KeyOf(next));
    ++next;
    return true;
  }).ok());
  EXPECT_GT(next, 30);
  EXPECT_LT(next, 70);
}

// A store whose writes are all synced, and its log file.
class SyncedLogTest : public ::testing::Test {
 protected:
  void SetUp() override { Write(1000); }
  void Write(std::size_t bytes) {
    std::filesystem::remove_all(folder_.path());
    {
      const auto opened = Open();
      ASSERT_TRUE(opened.ok()) << opened.status();
      for (int i = 0; i < kWrites; ++i) {
        ASSERT_TRUE(Put(opened->get(), Family::kLog, KeyOf(i), std::string(bytes, 'x'), true).ok());
      }
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) {
        wal_ = entry.path();
      }
    }
    ASSERT_FALSE(wal_.empty());
    size_ = std::filesystem::file_size(wal_);
  }
  StatusOr<std::unique_ptr<StateStore>> Open() {
    return OpenRocksDbStore(
        {.path = folder_.path(), .memory_bytes = 32 << 20, .all_synced = true});
  }
  void Damage(uint64_t offset) {
    std::fstream file(wal_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write("damage", 6);
  }
  // The last of the keys, without a hole before it.
  int Keys() {
    const auto opened = Open();
    EXPECT_TRUE(opened.ok()) << opened.status();
    int next = 0;
    EXPECT_TRUE((*opened)->Scan(Family::kLog, "", "\xff", [&](auto key, auto) {
      EXPECT_EQ(key, KeyOf(next));
      ++next;
      return true;
    }).ok());
    return next;
  }

  static constexpr int kWrites = 100;   // records in several blocks
  const TempFolder folder_;
  std::filesystem::path wal_;
  uint64_t size_ = 0;
};

TEST_F(SyncedLogTest, DamageBeforeLaterWritesIsDataLoss) {
  for (const uint64_t offset : {size_ / 2, uint64_t{2000}, size_ - 40'000}) {
    const std::string before = [this] {
      std::ifstream in(wal_, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    Damage(offset);
    const Status refused = Open().status();
    EXPECT_EQ(refused.code(), StatusCode::kDataLoss);
    EXPECT_THAT(std::string(Message(refused)), HasSubstr(wal_.filename().string()));
    EXPECT_THAT(std::string(Message(refused)), HasSubstr("later writes follow"));
    std::ofstream(wal_, std::ios::binary) << before;
  }
  EXPECT_EQ(Keys(), kWrites);
}

TEST_F(SyncedLogTest, LaterWritesMayBeInTheSameBlock) {
  Write(10);
  ASSERT_LT(size_, 32U << 10);
  Damage(size_ / 2);
  EXPECT_EQ(Open().status().code(), StatusCode::kDataLoss);
}

TEST_F(SyncedLogTest, ATornLastWriteIsCutOff) {
  Damage(size_ - 100);
  EXPECT_EQ(Keys(), kWrites - 1);
  EXPECT_EQ(Keys(), kWrites - 1);
}

TEST_F(SyncedLogTest, ALogThatIsCutShortOrZeroAtTheEndIsOpened) {
  std::filesystem::resize_file(wal_, size_ - 300);
  std::filesystem::resize_file(wal_, size_ + 100'000);   // as space that was set aside
  EXPECT_EQ(Keys(), kWrites - 1);
}

TEST(RocksDbStoreTest, FolderInUseIsUnavailable) {
  const TempFolder folder;
  const auto store = MustOpen(folder.path());
  ASSERT_NE(store, nullptr);
  const auto second = OpenRocksDbStore({.path = folder.path()});
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(second.status())), HasSubstr("in use by another process"));
}

TEST(RocksDbStoreTest, DamagedManifestIsDataLoss) {
  const TempFolder folder;
  {
    const auto store = MustOpen(folder.path());
    ASSERT_NE(store, nullptr);
    ASSERT_TRUE(Put(store.get(), Family::kState, "a", "1", true).ok());
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().filename().string().starts_with("MANIFEST")) {
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(10);
      file.write("damaged here", 12);
    }
  }
  const auto opened = OpenRocksDbStore({.path = folder.path()});
  EXPECT_EQ(opened.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Message(opened.status())), HasSubstr(folder.path()));
}

TEST(RocksDbStoreTest, MissingCurrentFileIsDataLossNotAFreshStart) {
  const TempFolder folder;
  {
    const auto store = MustOpen(folder.path());
    ASSERT_NE(store, nullptr);
    ASSERT_TRUE(Put(store.get(), Family::kState, "a", "1", true).ok());
    ASSERT_TRUE(store->Compact().ok());
  }
  std::filesystem::rename(folder.path() + "/CURRENT", folder.path() + "/CURRENT.away");
  EXPECT_EQ(OpenRocksDbStore({.path = folder.path()}).status().code(), StatusCode::kDataLoss);
  std::filesystem::rename(folder.path() + "/CURRENT.away", folder.path() + "/CURRENT");
  const auto store = MustOpen(folder.path());
  ASSERT_NE(store, nullptr);
  std::string value;
  EXPECT_TRUE(store->Get(Family::kState, "a", &value).ok());
}

// A limit on file size makes the disk full for the log. It runs in a child: the limit is a process's.
TEST(RocksDbStoreTest, NothingIsWrittenBehindAFailedWrite) {
  const TempFolder folder;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto store = MustOpen(folder.path());
    const rlimit small = {1 << 20, RLIM_INFINITY};
    if (store == nullptr || setrlimit(RLIMIT_FSIZE, &small) != 0) {
      _exit(1);
    }
    const std::string value(100000, 'x');
    int written = 0;
    while (written < 100 && Put(store.get(), Family::kLog, KeyOf(written), value, true).ok()) {
      ++written;
    }
    const rlimit large = {RLIM_INFINITY, RLIM_INFINITY};
    if (written == 0 || written == 100 || setrlimit(RLIMIT_FSIZE, &large) != 0) {
      _exit(2);
    }
    const Status later = Put(store.get(), Family::kLog, "later", "x", true);
    _exit(!later.ok() && Message(later).find("an earlier write failed") != std::string_view::npos
              ? 0
              : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto store = MustOpen(folder.path());
  ASSERT_NE(store, nullptr);
  std::string value;
  EXPECT_TRUE(store->Get(Family::kLog, KeyOf(0), &value).ok());
  EXPECT_EQ(store->Get(Family::kLog, "later", &value).code(), StatusCode::kNotFound);
}

TEST(RocksDbStoreTest, MemoryStaysWithinItsBoundUnderLoad) {
  const TempFolder folder;
  constexpr uint64_t kMemory = 16ULL << 20;
  const auto store = MustOpen(folder.path(), kMemory);
  ASSERT_NE(store, nullptr);
  const std::string value(1000, 'x');
  for (int i = 0; i < 600; ++i) {
    const auto batch = store->NewBatch();
    for (int j = 0; j < 100; ++j) {
      // spread over the key space, so that every flush overlaps the others
      batch->Put(Family::kState, KeyOf((i * 100 + j) * 7919 % 60000), value + std::to_string(j));
      batch->Put(Family::kLog, KeyOf(i * 100 + j), value);
    }
    batch->DeleteRange(Family::kLog, KeyOf((i - 20) * 100), KeyOf((i - 10) * 100));
    ASSERT_TRUE(store->Write(batch.get(), false).ok());
    if (i % 50 == 0) {
      EXPECT_LE(store->Stats().memory_bytes, kMemory + kMemory / 4);
    }
  }
  std::vector<std::string> keys;
  for (int i = 0; i < 60000; i += 10) {
    keys.push_back(KeyOf(i));
  }
  std::vector<std::string> values;
  std::vector<Status> statuses;
  store->MultiGet(Family::kState, keys, &values, &statuses);
  for (const Status& status : statuses) {
    ASSERT_TRUE(status.ok()) << Message(status);
  }
  EXPECT_LE(store->Stats().memory_bytes, kMemory + kMemory / 4);
}

TEST(RocksDbStoreTest, CheckpointedLogLeavesAlmostNoFiles) {
  const TempFolder folder;
  const auto store = MustOpen(folder.path());
  ASSERT_NE(store, nullptr);
  const std::string value(1000, 'x');
  for (int i = 0; i < 50000; i += 100) {
    const auto batch = store->NewBatch();
    for (int j = i; j < i + 100; ++j) {
      batch->Put(Family::kLog, KeyOf(j), value);
    }
    batch->DeleteRange(Family::kLog, KeyOf(i - 100), KeyOf(i));
    ASSERT_TRUE(store->Write(batch.get(), false).ok());
  }
  uint64_t table_bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    table_bytes += entry.path().extension() == ".sst" ? entry.file_size() : 0;
  }
  EXPECT_LT(table_bytes, 1U << 20);
}

TEST(RocksDbStoreTest, RefusesOptionsOutOfRange) {
  EXPECT_EQ(OpenRocksDbStore({}).status().code(), StatusCode::kInvalidArgument);
  const TempFolder folder;
  EXPECT_EQ(OpenRocksDbStore({.path = folder.path(), .memory_bytes = 1 << 20}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenRocksDbStore({.path = folder.path(), .open_files_max = 1}).status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::state
