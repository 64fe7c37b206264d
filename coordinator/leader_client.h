// What a coordinator that does not lead passes on to the one that does.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"

namespace weir::coordinator {

// Asks the coordinator at an address (HOST:PORT) to wait until everything closed now is judged, and blocks
// until it is. Unavailable when it is not reached or does not lead (any more), DeadlineExceeded after
// timeout_ms.
Status AskLeaderToWait(const std::string& address, int64_t timeout_ms);

}  // namespace weir::coordinator
