// A node's way to the metadata store of a simulation: calls take time, are lost, or are done without an
// answer; watches lag behind.
#pragma once

#include <memory>

#include "common/meta/meta_store.h"
#include "tests/sim/network.h"
#include "tests/sim/world.h"

namespace weir::sim {

// The metadata store as the network knows it.
inline constexpr char kMetaNode[] = "meta";

// scheduler: of the process; where its callbacks run. The real store outlives the client.
std::unique_ptr<meta::MetaStore> MakeMetaClient(Network* network, meta::MetaStore* real,
                                                ProcessPtr process, task::Scheduler* scheduler);

}  // namespace weir::sim
