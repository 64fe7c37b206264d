// What a store was made with decides how its log is read; it may not change under it.
#pragma once

#include "common/base/status.h"
#include "common/state/state_store.h"
#include "worker/worker.h"

namespace weir::worker {

// Writes the options that are fixed at creation into a new store; FailedPrecondition, naming both sides,
// when the store was made with others.
Status CheckStoreIdentity(const WorkerOptions& options, state::StateStore* store);

}  // namespace weir::worker
