// What remembering event identities costs: time and bytes written for each, and memory.
#pragma once

#include <cstdint>

#include "common/base/status.h"
#include "tests/bench/measure.h"

namespace weir::bench {

struct IdentityOptions {
  uint64_t identities = 1'000'000;      // of one shard, in one generation of the horizon
  uint64_t checkpoint = 20'000;         // a checkpoint after so many
  uint64_t memory_bytes = 1 << 20;      // for those that are not sealed
};

// Fails when an identity is forgotten, or one is known that was never seen.
Status RunIdentityBench(const IdentityOptions& options, Report* report);

}  // namespace weir::bench
