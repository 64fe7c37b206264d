// The durable state store: one RocksDB per worker folder, a column family per Family. RocksDB's headers
// stay behind this one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/state/state_store.h"

namespace weir::state {

// Less leaves no room for write buffers and index blocks.
inline constexpr uint64_t kRocksDbMemoryBytesMin = 16ULL << 20;

struct RocksDbOptions {
  std::string path;                          // the folder; made when missing, also its parents
  uint64_t memory_bytes = 256ULL << 20;      // caches, write buffers, filters and indexes together
  uint64_t wal_bytes_max = 512ULL << 20;     // beyond it the oldest write buffers are flushed
  int background_threads = 2;                // flushes and compactions
  int open_files_max = 512;
  // Every Write is synced. Then a write-ahead log that cannot be read up to its last write has lost what was
  // promised to be kept, and opening it is DataLoss. Otherwise it ends where it cannot be read.
  bool all_synced = false;
};

// Opens or makes the store. Unavailable when another process has it open, DataLoss when its files are
// damaged or partly missing, ResourceExhausted when the disk is full, InvalidArgument for options out
// of range. After the first failed Write every later one fails too, until the store is opened anew.
StatusOr<std::unique_ptr<StateStore>> OpenRocksDbStore(const RocksDbOptions& options);

}  // namespace weir::state
