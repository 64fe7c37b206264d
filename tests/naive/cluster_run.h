// Runs records through a cluster's parts in this process: two ingest nodes' decoders and routers,
// and a worker with a memory store that is stopped and started half way.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/status.h"
#include "common/plan/plan.h"
#include "tests/naive/call.h"

namespace weir::naive {

struct ClusterOptions {
  uint64_t seed = 0;
  std::optional<plan::JudgeMode> mode;
  std::optional<plan::AlertMode> alerts;
  uint16_t shard_count = 1;
  int executors = 1;
  uint64_t table_memory_bytes = 64ULL << 20;
  // One ingest node that is given everything by time; else two, up to an hour out of order.
  bool in_order = false;
};

// The alerts as they are at the end.
StatusOr<std::vector<alert::Alert>> RunCluster(const std::vector<Call>& calls,
                                               const ClusterOptions& options);

}  // namespace weir::naive
