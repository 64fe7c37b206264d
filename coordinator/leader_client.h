// What a coordinator that does not lead passes on to the one that does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/status.h"

namespace grpc {
class ChannelCredentials;
}

namespace weir::coordinator {

// Asks the coordinator at an address (HOST:PORT) to wait until everything closed now is judged, and blocks
// until it is. Unavailable when it is not reached or does not lead (any more), DeadlineExceeded after
// timeout_ms. credentials: null: not encrypted.
Status AskLeaderToWait(const std::string& address,
                       const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                       int64_t timeout_ms);

}  // namespace weir::coordinator
