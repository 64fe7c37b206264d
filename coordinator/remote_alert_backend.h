// Alerts that live on the workers of a cluster.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "common/cluster/shard_table.h"
#include "coordinator/alert_backend.h"
#include "coordinator/worker_client.h"

namespace weir::coordinator {

struct RemoteAlertBackendOptions {
  uint16_t shard_count = 256;
  // A shard's worker and epoch as the newest table says; an empty worker when it is not known.
  std::function<cluster::ShardEntry(ShardId)> entry;
  std::function<plan::RuleSetPtr()> rules;
  int64_t table_wait_ms = 500;   // before a shard that was not where the table said is looked for again
};

// client and index outlive it.
std::unique_ptr<AlertBackend> MakeRemoteAlertBackend(RemoteAlertBackendOptions options,
                                                     WorkerClient* client, const AlertIndex* index);

}  // namespace weir::coordinator
