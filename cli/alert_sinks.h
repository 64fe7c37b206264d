// The sinks of a process that holds shards, as configured.
#pragma once

#include <memory>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/config/config.h"
#include "common/state/state_store.h"
#include "worker/alert_outbox.h"
#include "worker/worker.h"

namespace weir::cli {

// An outbox with all sinks, not started; one that only passes on to next when there are none.
// Errors name the sink: a secret that cannot be read, a bad address.
StatusOr<std::unique_ptr<worker::AlertOutbox>> OpenSinks(const config::Config& config,
                                                         state::StateStore* store,
                                                         const Clock* clock,
                                                         worker::AlertSink* next);

}  // namespace weir::cli
