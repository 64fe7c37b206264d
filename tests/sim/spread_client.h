// A coordinator's way to the workers for what it judges over all shards: over the network, by the table.
#pragma once

#include <functional>
#include <memory>

#include "common/cluster/table_watch.h"
#include "coordinator/spread_judge.h"
#include "tests/sim/network.h"

namespace weir::sim {

// table outlives it; scheduler: of the process, where its callbacks run.
std::unique_ptr<coordinator::SpreadCluster> MakeSpreadClient(Network* network, ProcessPtr process,
                                                             task::Scheduler* scheduler,
                                                             const cluster::TableWatch* table,
                                                             FindWorker find);

}  // namespace weir::sim
