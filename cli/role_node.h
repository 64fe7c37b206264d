// A process with one role of a cluster: what it joins, serves and leaves behind. ingest_node.cc,
// worker_node.cc and coordinator_node.cc each wire one.
#pragma once

#include <memory>
#include <string>

#include "cli/node_probes.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/config/config.h"

namespace weir::cli {

class RoleNode : public ProbeTarget {
 public:
  ~RoleNode() override = default;   // stops

  // Where it listens.
  virtual const std::string& address() const = 0;
  virtual const std::string& id() const = 0;
  // Takes no more calls, finishes what was accepted, leaves the cluster. Idempotent.
  virtual void Stop() = 0;
};

// Joins the cluster of the configuration and listens. The clock outlives the node.
StatusOr<std::unique_ptr<RoleNode>> StartIngestNode(const config::Config& config,
                                                    const Clock* clock);
StatusOr<std::unique_ptr<RoleNode>> StartWorkerNode(const config::Config& config,
                                                    const Clock* clock);
StatusOr<std::unique_ptr<RoleNode>> StartCoordinatorNode(const config::Config& config,
                                                         const Clock* clock);

}  // namespace weir::cli
