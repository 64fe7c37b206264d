// What people ask about the groups and events of a worker's shards. Calls block; thread safe.
#pragma once

#include <memory>
#include <vector>

#include "common/base/clock.h"
#include "common/shard/group_search.h"
#include "common/task/scheduler.h"
#include "worker/executor.h"
#include "worker/log_writer.h"
#include "worker/worker.h"

namespace weir::worker {

class GroupShards {
 public:
  // All outlive it. clock: null in a replay.
  GroupShards(const std::vector<std::unique_ptr<Executor>>* executors, LogWriter* writer,
              shard::Environment* environment, task::Scheduler* log, const Clock* clock)
      : executors_(executors),
        writer_(writer),
        environment_(environment),
        log_(log),
        clock_(clock) {}

  // As Worker's.
  StatusOr<GroupsFound> Find(const GroupQuery& query);
  StatusOr<std::vector<CoveringAlert>> FindCovering(const CoveringQuery& query);
  StatusOr<EventsFound> FindEvents(const EventQuery& query);

 private:
  struct Place {
    ShardId shard;
    Executor* executor = nullptr;
  };
  // The shards that are held; Unavailable when one is not served.
  StatusOr<std::vector<Place>> Held() const;
  // Runs visit with the shard on its executor. Unavailable when it is there no more.
  Status Ask(const Place& place, const std::function<Status(shard::Shard*)>& visit) const;

  const std::vector<std::unique_ptr<Executor>>* const executors_;
  LogWriter* const writer_;
  shard::Environment* const environment_;
  task::Scheduler* const log_;
  const Clock* const clock_;
};

}  // namespace weir::worker
