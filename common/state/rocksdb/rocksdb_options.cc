#include <algorithm>
#include <utility>

#include <rocksdb/compaction_filter.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>

#include "common/state/rocksdb/rocksdb_options_internal.h"

namespace weir::state {

namespace {

// Drops expired shard state. A removed entry leaves a tombstone unless the compaction reaches the last
// level, so an older version of it cannot come back.
class ExpiryFilter final : public rocksdb::CompactionFilter {
 public:
  explicit ExpiryFilter(ExpiryFloors floors) : floors_(std::move(floors)) {}
  const char* Name() const override { return "weir.expiry"; }
  bool Filter(int /*level*/, const rocksdb::Slice& key, const rocksdb::Slice& value,
              std::string* /*new_value*/, bool* /*value_changed*/) const override {
    return floors_.Expired({key.data(), key.size()}, {value.data(), value.size()});
  }

 private:
  const ExpiryFloors floors_;
};

class ExpiryFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit ExpiryFilterFactory(std::shared_ptr<SharedExpiryFloors> floors)
      : floors_(std::move(floors)) {}
  const char* Name() const override { return "weir.expiry"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& /*context*/) override {
    ExpiryFloors floors = floors_->Copy();
    if (floors.empty()) {
      return nullptr;
    }
    return std::make_unique<ExpiryFilter>(std::move(floors));
  }

 private:
  const std::shared_ptr<SharedExpiryFloors> floors_;
};

// The first of the wanted methods that this build of the library has.
rocksdb::CompressionType FirstSupported(std::initializer_list<rocksdb::CompressionType> wanted) {
  const std::vector<rocksdb::CompressionType> supported = rocksdb::GetSupportedCompressions();
  for (const rocksdb::CompressionType type : wanted) {
    if (std::find(supported.begin(), supported.end(), type) != supported.end()) {
      return type;
    }
  }
  return rocksdb::kNoCompression;
}

// Everything that memory is spent on is charged to one cache with a hard limit. Filters and indexes are
// cut into small blocks, so that each can be evicted and none is too large for its part of the cache.
rocksdb::BlockBasedTableOptions TableOptions(std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 8 << 10;
  table.format_version = 5;
  return table;
}

rocksdb::ColumnFamilyOptions BaseFamily(std::size_t write_buffer_bytes, int buffers_max) {
  rocksdb::ColumnFamilyOptions family;
  family.compaction_style = rocksdb::kCompactionStyleLevel;
  // The first level below L0 is the last one while the family is small, so tombstones and dead
  // entries end in the first compaction that meets them.
  family.level_compaction_dynamic_level_bytes = true;
  family.write_buffer_size = write_buffer_bytes;
  family.max_write_buffer_number = buffers_max;
  family.compression = FirstSupported({rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});
  return family;
}

// Records are appended, read only at recovery and catching up, and deleted by ranges soon after.
// Flushing two buffers as one lets the deletions of the younger kill the records of the older before
// either reaches a file. No bloom filter: nobody looks up single records. Large blocks suit scans.
rocksdb::ColumnFamilyOptions LogFamily(const RocksDbSettings& settings, uint64_t memory_bytes) {
  rocksdb::ColumnFamilyOptions family = BaseFamily(memory_bytes / 12, 4);
  family.min_write_buffer_number_to_merge = 2;
  // What lives for seconds is not worth compressing.
  family.compression = rocksdb::kNoCompression;
  family.target_file_size_base = 128ULL << 20;
  rocksdb::BlockBasedTableOptions table = TableOptions(settings.cache);
  table.partition_filters = false;
  table.block_size = 32 << 10;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

// Small values read by key, often absent ones: full bloom filters, small blocks, hashed restarts.
rocksdb::ColumnFamilyOptions StateFamily(const RocksDbSettings& settings, uint64_t memory_bytes,
                                         std::shared_ptr<SharedExpiryFloors> floors) {
  rocksdb::ColumnFamilyOptions family = BaseFamily(memory_bytes / 16, 3);
  family.memtable_whole_key_filtering = true;
  family.memtable_prefix_bloom_size_ratio = 0.02;
  family.compaction_filter_factory = std::make_shared<ExpiryFilterFactory>(std::move(floors));
  // Expired entries in files that nothing else rewrites go within half a day.
  family.periodic_compaction_seconds = 12ULL * 3600;
  rocksdb::BlockBasedTableOptions table = TableOptions(settings.cache);
  // A spilled group that comes back costs the reading of one block.
  table.block_size = 4 << 10;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

rocksdb::ColumnFamilyOptions SmallFamily(const RocksDbSettings& settings) {
  rocksdb::ColumnFamilyOptions family = BaseFamily(1 << 20, 2);
  rocksdb::BlockBasedTableOptions table = TableOptions(settings.cache);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

rocksdb::DBOptions DatabaseOptions(const RocksDbOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  // After a power cut unsynced blocks of the last log file may have reached the disk in any order: a
  // hole with whole records behind it is a normal end of the log, and nothing behind it was
  // acknowledged. Point-in-time recovery cuts there, at a whole batch, and keeps the promise that a
  // batch which survives implies all before it; tolerating only a torn tail would refuse to open. Where
  // every write is synced there is no such hole, and the log is checked before it is opened. Log
  // files that were synced and closed are entered in the manifest, so losing one of those is still an
  // error.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  // The order of batches is part of the contract, also for readers: one write queue, no shortcuts.
  db.unordered_write = false;
  db.enable_pipelined_write = false;
  // One log serves all families; a family that is seldom written would keep old log files alive.
  db.max_total_wal_size = options.wal_bytes_max;
  db.max_open_files = options.open_files_max;
  db.IncreaseParallelism(options.background_threads);
  db.bytes_per_sync = 1 << 20;
  // A failed write stops the store for good (see RocksDbStore::Write); no silent resuming behind it.
  db.max_bgerror_resume_count = 0;
  db.statistics = rocksdb::CreateDBStatistics();
  db.statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.max_log_file_size = 16 << 20;
  db.keep_log_file_num = 4;
  return db;
}

}  // namespace

RocksDbSettings MakeRocksDbSettings(const RocksDbOptions& options,
                                    std::shared_ptr<SharedExpiryFloors> floors) {
  RocksDbSettings settings;
  settings.all_synced = options.all_synced;
  // Parts of the cache stay at 16 MiB or more: write buffers are charged in steps of 256 KiB.
  int shard_bits = 0;
  while (shard_bits < 4 && (options.memory_bytes >> (shard_bits + 1)) >= (16ULL << 20)) {
    ++shard_bits;
  }
  settings.cache = rocksdb::NewLRUCache(options.memory_bytes, shard_bits,
                                        /*strict_capacity_limit=*/true, /*high_pri_pool_ratio=*/0.3);
  // All write buffers of all families together (4/12 + 3/16 of the memory, and a few MiB) stay below
  // two thirds of the cache, and a family with all its buffers full stops its writers. So blocks
  // always have room and the hard limit is met without failing flushes. The manager itself must not
  // stall writers: a scan that pins a buffer could wait for its own visitor's write.
  settings.write_buffers = std::make_shared<rocksdb::WriteBufferManager>(
      options.memory_bytes * 3 / 8, settings.cache, /*allow_stall=*/false);
  settings.db = DatabaseOptions(options);
  settings.db.write_buffer_manager = settings.write_buffers;
  settings.families.emplace_back(rocksdb::kDefaultColumnFamilyName, SmallFamily(settings));
  settings.families.emplace_back("log", LogFamily(settings, options.memory_bytes));
  settings.families.emplace_back(
      "state", StateFamily(settings, options.memory_bytes, std::move(floors)));
  settings.families.emplace_back("meta", SmallFamily(settings));
  return settings;
}

}  // namespace weir::state
