// How the store's RocksDB is tuned; why each setting is what it is stands in the .cc.
#pragma once

#include <memory>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/write_buffer_manager.h>

#include "common/state/expiry_floors_internal.h"
#include "common/state/rocksdb/rocksdb_store.h"

namespace weir::state {

struct RocksDbSettings {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  rocksdb::DBOptions db;
  // In the order of the handles: default, log, state, meta. stored: do not rename
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  bool all_synced = false;   // RocksDbOptions::all_synced
};

// floors must outlive the database; the state family's compactions read it.
RocksDbSettings MakeRocksDbSettings(const RocksDbOptions& options,
                                    std::shared_ptr<SharedExpiryFloors> floors);

}  // namespace weir::state
