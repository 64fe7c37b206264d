#include "common/state/rocksdb/rocksdb_store.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include <rocksdb/db.h>
#include <rocksdb/statistics.h>
#include <rocksdb/write_batch.h>

#include "common/base/check.h"
#include "common/state/expiry_floors_internal.h"
#include "common/state/rocksdb/rocksdb_options_internal.h"
#include "common/state/rocksdb/wal_check_internal.h"

namespace weir::state {

namespace {

std::string_view View(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}
rocksdb::Slice ToSlice(std::string_view text) {
  return {text.data(), text.size()};
}

// The cache is full of blocks in use: the read itself is fine, it only found no place to keep a block.
bool IsCacheFull(const rocksdb::Status& status) {
  return status.IsMemoryLimit() || status.IsIncomplete();
}

StatusCode CodeOf(const rocksdb::Status& status) {
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit ||
      IsCacheFull(status)) {
    return StatusCode::kResourceExhausted;
  }
  switch (status.code()) {
    case rocksdb::Status::kNotFound:
      return StatusCode::kNotFound;
    case rocksdb::Status::kCorruption:
      return StatusCode::kDataLoss;
    case rocksdb::Status::kInvalidArgument:
      return StatusCode::kInvalidArgument;
    case rocksdb::Status::kNotSupported:
      return StatusCode::kUnimplemented;
    case rocksdb::Status::kShutdownInProgress:
    case rocksdb::Status::kTimedOut:
    case rocksdb::Status::kBusy:
    case rocksdb::Status::kTryAgain:
      return StatusCode::kUnavailable;
    case rocksdb::Status::kAborted:
      return StatusCode::kAborted;
    default:
      return StatusCode::kInternal;
  }
}

Status FromRocks(const rocksdb::Status& status, std::string_view attempt) {
  if (status.ok()) {
    return OkStatus();
  }
  return Error(CodeOf(status), "{}: {}", attempt, status.ToString());
}

class RocksDbBatch final : public WriteBatch {
 public:
  RocksDbBatch(const std::vector<rocksdb::ColumnFamilyHandle*>* handles, std::size_t reserve_bytes)
      : handles_(handles), batch_(reserve_bytes) {}

  // RocksDB's batch fails only on limits that are not set here.
  void Put(Family family, std::string_view key, std::string_view value) override {
    Require(batch_.Put(Handle(family), ToSlice(key), ToSlice(value)));
  }
  void Delete(Family family, std::string_view key) override {
    Require(batch_.Delete(Handle(family), ToSlice(key)));
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    if (begin < end) {
      Require(batch_.DeleteRange(Handle(family), ToSlice(begin), ToSlice(end)));
    }
  }
  std::size_t ApproximateBytes() const override { return batch_.GetDataSize(); }
  void Clear() override { batch_.Clear(); }

  rocksdb::WriteBatch* raw() { return &batch_; }

 private:
  static void Require(const rocksdb::Status& status) {
    WEIR_CHECK(status.ok(), "{}", status.ToString());
  }
  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    return (*handles_)[static_cast<std::size_t>(family) + 1];
  }

  const std::vector<rocksdb::ColumnFamilyHandle*>* handles_;
  rocksdb::WriteBatch batch_;
};

class RocksDbStore final : public StateStore {
 public:
  RocksDbStore(std::string path, RocksDbSettings settings,
               std::shared_ptr<SharedExpiryFloors> floors)
      : path_(std::move(path)), settings_(std::move(settings)), floors_(std::move(floors)) {}
  RocksDbStore(const RocksDbStore&) = delete;
  RocksDbStore& operator=(const RocksDbStore&) = delete;
  ~RocksDbStore() override;

  Status Open();

  std::unique_ptr<WriteBatch> NewBatch(std::size_t reserve_bytes) override {
    return std::make_unique<RocksDbBatch>(&handles_, reserve_bytes);
  }
  Status Write(WriteBatch* batch, bool sync) override;
  Status Get(Family family, std::string_view key, std::string* value) override;
  void MultiGet(Family family, const std::vector<std::string>& keys,
                std::vector<std::string>* values, std::vector<Status>* statuses) override;
  Status Scan(Family family, std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view key, std::string_view value)>& visit)
      override;
  void SetExpiryFloor(std::string_view prefix, uint64_t floor_ms) override {
    floors_->Set(prefix, floor_ms);
  }
  Status Compact() override;
  StoreStats Stats() override;

 private:
  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    return handles_[static_cast<std::size_t>(family) + 1];
  }
  Status Failure();

  const std::string path_;
  RocksDbSettings settings_;
  const std::shared_ptr<SharedExpiryFloors> floors_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;   // default first, then by Family

  std::atomic<bool> failed_ = false;
  std::mutex failure_mutex_;
  Status failure_;   // the first failed write; guarded by failure_mutex_
};

RocksDbStore::~RocksDbStore() {
  if (db_ == nullptr) {
    return;
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  // Everything is in the log; what is left to fail here is a late sync of unacknowledged writes.
  db_->Close().PermitUncheckedError();
}

// Without its CURRENT file RocksDB would take the folder for empty, start anew and delete the tables.
Status CheckNotHeadless(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::path(path) / "CURRENT", error)) {
    return OkStatus();
  }
  for (std::filesystem::directory_iterator entry(path, error), last; !error && entry != last;
       entry.increment(error)) {
    const std::string extension = entry->path().extension().string();
    std::error_code size_error;
    const auto size = entry->file_size(size_error);
    if (extension == ".sst" || (extension == ".log" && !size_error && size > 0)) {
      return DataLoss("opening state folder {}: it holds data ({}) but its CURRENT file is missing",
                      path, entry->path().filename().string());
    }
  }
  if (error) {
    return Internal("reading state folder {}: {}", path, error.message());
  }
  return OkStatus();
}

// A process that has the store open writes on: what is damage looks the same a second time.
Status CheckWalTwice(const std::string& path) {
  const Status first = CheckWal(path);
  return first.code() == StatusCode::kDataLoss && CheckWal(path) == first
             ? Annotate(first, fmt::format("opening state folder {}", path))
             : OkStatus();
}

Status RocksDbStore::Open() {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) {
    return Error(error == std::errc::no_space_on_device ? StatusCode::kResourceExhausted
                                                        : StatusCode::kInternal,
                 "making state folder {}: {}", path_, error.message());
  }
  WEIR_RETURN_IF_ERROR(CheckNotHeadless(path_));
  if (settings_.all_synced) {
    WEIR_RETURN_IF_ERROR(CheckWalTwice(path_));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(settings_.db, path_, settings_.families, &handles_, &db);
  if (!status.ok()) {
    const std::string text = status.ToString();
    // The lock is the one I/O error that has no code of its own.
    if (status.IsIOError() && text.find("lock") != std::string::npos &&
        text.find("LOCK") != std::string::npos) {
      return Unavailable("opening state folder {}: it is in use by another process or store ({})",
                         path_, text);
    }
    return FromRocks(status, fmt::format("opening state folder {}", path_));
  }
  db_.reset(db);
  return OkStatus();
}

Status RocksDbStore::Failure() {
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

Status RocksDbStore::Write(WriteBatch* batch, bool sync) {
  auto* rocks_batch = dynamic_cast<RocksDbBatch*>(batch);
  WEIR_CHECK(rocks_batch != nullptr, "the batch was made by another kind of store");
  // A write behind a failed one would break the order of what survives, so the first failure is final.
  if (failed_.load(std::memory_order_acquire)) [[unlikely]] {
    return Annotate(Failure(), "an earlier write failed");
  }
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = db_->Write(options, rocks_batch->raw());
  if (status.ok()) [[likely]] {
    return OkStatus();
  }
  Status failure = FromRocks(status, fmt::format("writing to state folder {}", path_));
  const std::lock_guard lock(failure_mutex_);
  if (failure_.ok()) {
    failure_ = failure;
    failed_.store(true, std::memory_order_release);
  }
  return failure;
}

Status RocksDbStore::Get(Family family, std::string_view key, std::string* value) {
  rocksdb::ReadOptions options;
  rocksdb::PinnableSlice found;
  rocksdb::Status status = db_->Get(options, Handle(family), ToSlice(key), &found);
  if (IsCacheFull(status)) [[unlikely]] {
    found.Reset();
    options.fill_cache = false;
    status = db_->Get(options, Handle(family), ToSlice(key), &found);
  }
  if (status.IsNotFound()) {
    return NotFound("no such key");
  }
  if (!status.ok()) {
    return FromRocks(status, fmt::format("reading from state folder {}", path_));
  }
  value->assign(found.data(), found.size());
  return OkStatus();
}

void RocksDbStore::MultiGet(Family family, const std::vector<std::string>& keys,
                            std::vector<std::string>* values, std::vector<Status>* statuses) {
  values->assign(keys.size(), {});
  statuses->assign(keys.size(), OkStatus());
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> found(keys.size());
  std::vector<rocksdb::Status> results(keys.size());
  db_->MultiGet(rocksdb::ReadOptions(), Handle(family), keys.size(), slices.data(), found.data(),
                results.data());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (results[i].ok()) {
      (*values)[i].assign(found[i].data(), found[i].size());
      found[i].Reset();
    } else if (results[i].IsNotFound()) {
      (*statuses)[i] = NotFound("no such key");
    } else if (IsCacheFull(results[i])) {
      (*statuses)[i] = Get(family, keys[i], &(*values)[i]);
    } else {
      (*statuses)[i] = FromRocks(results[i], fmt::format("reading from state folder {}", path_));
    }
  }
}

Status RocksDbStore::Scan(
    Family family, std::string_view begin, std::string_view end,
    const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  if (begin >= end) {
    return OkStatus();
  }
  const rocksdb::Slice upper = ToSlice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  // A long scan must not push out what point reads need, and cannot fail for want of cache.
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(options, Handle(family)));
  for (entry->Seek(ToSlice(begin)); entry->Valid(); entry->Next()) {
    if (!visit(View(entry->key()), View(entry->value()))) {
      break;
    }
  }
  return FromRocks(entry->status(), fmt::format("scanning state folder {}", path_));
}

Status RocksDbStore::Compact() {
  rocksdb::CompactRangeOptions options;
  // Also rewrites files that are in the last level already: the expiry floor has moved since.
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  options.exclusive_manual_compaction = false;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    WEIR_RETURN_IF_ERROR(FromRocks(db_->CompactRange(options, handle, nullptr, nullptr),
                                   fmt::format("compacting state folder {}", path_)));
  }
  return OkStatus();
}

StoreStats RocksDbStore::Stats() {
  StoreStats stats;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), last; !error && entry != last;
       entry.increment(error)) {
    std::error_code gone;   // a compaction may delete the file meanwhile
    const auto size = entry->file_size(gone);
    stats.disk_bytes += gone ? 0 : size;
  }
  // The cache holds a placeholder for the write buffers; their true size counts instead.
  const uint64_t charged = settings_.write_buffers->dummy_entries_in_cache_usage();
  const uint64_t cached = settings_.cache->GetUsage();
  stats.memory_bytes = cached - std::min(cached, charged) + settings_.write_buffers->memory_usage();
  uint64_t readers = 0;
  if (db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kEstimateTableReadersMem, &readers)) {
    stats.memory_bytes += readers;
  }
  stats.syncs = settings_.db.statistics->getTickerCount(rocksdb::WAL_FILE_SYNCED);
  return stats;
}

}  // namespace

StatusOr<std::unique_ptr<StateStore>> OpenRocksDbStore(const RocksDbOptions& options) {
  if (options.path.empty()) {
    return InvalidArgument("opening the state store: no folder given");
  }
  if (options.memory_bytes < kRocksDbMemoryBytesMin) {
    return InvalidArgument("opening state folder {}: memory of {} bytes is below the least of {}",
                           options.path, options.memory_bytes, kRocksDbMemoryBytesMin);
  }
  if (options.background_threads < 1 || options.open_files_max < 32) {
    return InvalidArgument("opening state folder {}: {} background threads, {} open files",
                           options.path, options.background_threads, options.open_files_max);
  }
  auto floors = std::make_shared<SharedExpiryFloors>();
  auto store = std::make_unique<RocksDbStore>(options.path, MakeRocksDbSettings(options, floors),
                                              floors);
  WEIR_RETURN_IF_ERROR(store->Open());
  return std::unique_ptr<StateStore>(std::move(store));
}

}  // namespace weir::state
