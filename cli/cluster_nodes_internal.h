// weir cluster nodes and weir cluster shards, and what weir cluster status says of both.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/terminal.h"
#include "common/base/status.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::cli {

void AddClusterNodesCommand(CLI::App* cluster, Action* action);
void AddClusterShardsCommand(CLI::App* cluster, Action* action);

// Asks for the nodes. kUnimplemented: the node is no part of a cluster of several processes.
StatusOr<cluster::v1::ListNodesResponse> ListNodes(cluster::v1::ClusterService::Stub* stub);

// Rows of cells as left-aligned columns, two blanks between them.
std::string Aligned(const std::vector<std::vector<std::string>>& rows);

// An object on a line of its own. Empty: it cannot be printed.
std::string JsonLine(const google::protobuf::Message& message);

// Prints each as JsonLine; the exit code.
template <typename Messages>
int PrintJsonLines(const Messages& messages) {
  std::string out;
  for (const auto& message : messages) {
    const std::string line = JsonLine(message);
    if (line.empty()) {
      PrintError("the answer cannot be printed as JSON");
      return kExitFailed;
    }
    out += line;
  }
  Print(out);
  return kExitOk;
}

// Who leads and how many shards are served: a line, and one more if some are not.
std::string ClusterLines(const cluster::v1::ListNodesResponse& nodes);

}  // namespace weir::cli
