// Where the groups of rules, and what is known of events, are: the shards of the worker in this process, or of the workers of a cluster.
// All calls block; thread safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/plan/plan.h"
#include "coordinator/worker_client.h"
#include "worker/worker.h"

namespace weir::coordinator {

class GroupBackend {
 public:
  virtual ~GroupBackend() = default;

  // What each worker found. Unavailable names one that did not answer.
  virtual StatusOr<std::vector<worker::GroupsFound>> Find(const worker::GroupQuery& query) = 0;
  // As many as keys; a zero alert where none covers the key. Unavailable.
  virtual StatusOr<std::vector<worker::CoveringAlert>> FindCovering(
      const worker::CoveringQuery& query) = 0;
  // Of all workers together. Unavailable.
  virtual StatusOr<worker::EventsFound> FindEvents(const worker::EventQuery& query) = 0;
  virtual WorkersStatus Workers() = 0;
  // The newest rule set; may be null.
  virtual plan::RuleSetPtr Rules() = 0;
};

// Over the one worker of the process, which outlives it.
std::unique_ptr<GroupBackend> MakeLocalGroupBackend(worker::Worker* worker);
// Over the workers of a cluster; client outlives it.
std::unique_ptr<GroupBackend> MakeRemoteGroupBackend(WorkerClient* client,
                                                     std::function<plan::RuleSetPtr()> rules);

}  // namespace weir::coordinator
