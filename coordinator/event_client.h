// What workers are asked about events, to and from messages.
#pragma once

#include "common/base/status.h"
#include "weir/worker/v1/worker.pb.h"
#include "worker/worker.h"

namespace weir::coordinator {

// Without the target.
weir::worker::v1::FindEventsRequest ToProto(const worker::EventQuery& query);
// Adds what a worker answered. DataLoss when an id is none.
Status AddFound(const weir::worker::v1::FindEventsResponse& message, worker::EventsFound* found);

}  // namespace weir::coordinator
