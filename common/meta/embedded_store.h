// The metadata store of a cluster that is one process: in memory, with leases by the scheduler's time.
// With a StateStore it keeps what it holds across restarts; leases, and the keys put with them, end with
// the process. How it is stored: durable_map_internal.h. A transaction is synced before it is answered, within
// the call; once a write has failed, every further one fails until a restart, which alone can tell what
// reached the disk.
#pragma once

#include <cstdint>
#include <memory>

#include "common/meta/meta_store.h"
#include "common/task/scheduler.h"

namespace weir::state {
class StateStore;
}  // namespace weir::state

namespace weir::meta {

struct EmbeddedOptions {
  // Watches may begin this many transactions back; earlier ones are lost with kOutOfRange.
  std::size_t history_max = 10000;
  // Where to keep it, under "meta/" of Family::kMeta; null: nowhere. Outlives the store.
  state::StateStore* durable = nullptr;
};

// DataLoss when what the StateStore holds cannot be read. The scheduler outlives the store.
StatusOr<std::unique_ptr<MetaStore>> OpenEmbeddedStore(task::Scheduler* scheduler,
                                                       const EmbeddedOptions& options);

}  // namespace weir::meta
