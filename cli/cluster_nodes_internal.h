// weir cluster nodes and weir cluster shards, and what weir cluster status says of both.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/command_internal.h"
#include "common/base/status.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::cli {

void AddClusterNodesCommand(CLI::App* cluster, Action* action);
void AddClusterShardsCommand(CLI::App* cluster, Action* action);

// Asks for the nodes. kUnimplemented: the node is no part of a cluster of several processes.
StatusOr<cluster::v1::ListNodesResponse> ListNodes(cluster::v1::ClusterService::Stub* stub);

// Who leads and how many shards are served: a line, and one more if some are not.
std::string ClusterLines(const cluster::v1::ListNodesResponse& nodes);

}  // namespace weir::cli
