// Alerts as lines of JSON in a file, which is rotated by size and age and opened anew when somebody
// else moved it away. A line that could not be written whole is taken back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/sink/sink.h"

namespace weir::sink {

struct FileOptions {
  std::string path;               // the folder must exist
  uint64_t bytes_max = 64 << 20;  // a file that is larger is rotated; 0: never
  int64_t age_ms_max = 0;         // so is one that was begun longer ago; 0: never
  int keep = 5;                   // PATH.1 (newest) to PATH.keep; 0: a rotated file is deleted
  bool sync = true;               // every delivery reaches the disk before it counts as taken
};

// The file is opened, and made, at the first delivery: a folder that is not there yet is a delivery
// to repeat. clock outlives the sink.
std::unique_ptr<Sink> MakeFileSink(FileOptions options, const Clock* clock);

}  // namespace weir::sink
