// What live groups cost: bytes in memory for each, and whether very many survive in little memory.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"
#include "tests/bench/measure.h"

namespace weir::bench {

struct GroupOptions {
  std::string rules;                          // of the refused-calls rule: more than 3 an hour
  uint64_t groups = 1'000'000;                // rounded up to whole batches
  uint64_t sample = 1000;                     // groups that get the crossing event after the restart
  uint64_t table_memory_bytes = 96ULL << 20;
  uint64_t store_memory_bytes = 64ULL << 20;
  uint64_t memory_bytes_max = 0;              // of the process; 0: no limit
  uint16_t shards = 256;
};

// Gives every group three events within the look-back, all first ones first; stops the worker, starts
// another on the same store, and gives a random sample of the groups the event that crosses the
// threshold. An error unless exactly the sample alerts.
Status RunGroupBench(const GroupOptions& options, Report* report);

// Reports the table bytes of a live group of the single-model rule with 1, 10 and 500 events, spread
// evenly over most of the look-back.
Status MeasureGroupBytes(const std::string& rules, uint64_t groups, Report* report);

}  // namespace weir::bench
