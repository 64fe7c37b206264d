// What the worker tells of its shards.
#pragma once

#include <map>
#include <string>

#include "common/shard/shard.h"
#include "worker/worker.h"

namespace weir::worker {

// The row of one shard, but for what the log writer knows.
// closed_ms: how far time has come for the worker; now_ms: its clock, 0 in a replay.
void FillShard(const shard::Shard& shard, UnixMillis closed_ms, UnixMillis now_ms, ShardStatus* row);
// Adds a shard's counters to the worker's and its rules'.
void AddShard(const shard::Shard& shard, WorkerStatus* status,
              std::map<std::string, RuleStatus>* rules);
// Puts the rules and the newest dead letters into the status.
void FinishStatus(const std::map<std::string, RuleStatus>& rules, WorkerStatus* status);

}  // namespace weir::worker
