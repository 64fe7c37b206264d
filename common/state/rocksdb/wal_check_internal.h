// Tells a torn end of the write-ahead log, which is normal, from damage within it. RocksDB cuts the log at
// the first record that it cannot read; when whole records follow it, what is cut had been synced, because
// each write is synced before the next is begun.
//
// The format is RocksDB's: blocks of 32 KiB with fragments of records, each with a checksum.
#pragma once

#include <string>

#include "common/base/status.h"

namespace weir::state {

// Reads the log files of a folder that no store has open. DataLoss names the file and the place of damage
// that has records of later writes behind it; Internal when a file cannot be read.
Status CheckWal(const std::string& folder);

}  // namespace weir::state
