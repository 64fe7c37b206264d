// Nodes and shards of the cluster as messages.
#pragma once

#include <string>

#include "common/cluster/shard_table.h"
#include "coordinator/leader.h"
#include "coordinator/worker_client.h"
#include "weir/cluster/v1/cluster.pb.h"

namespace weir::coordinator {

void FillNodes(const LeaderStatus& status, weir::cluster::v1::ListNodesResponse* response);

// What the table says of each shard beside what its worker does. worker_id: only its shards; empty: all.
void FillClusterShards(const cluster::ShardTable& table, const LeaderStatus& status,
                       const WorkersStatus& workers, const std::string& worker_id,
                       weir::cluster::v1::ListShardsResponse* response);

}  // namespace weir::coordinator
