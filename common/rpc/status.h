// Errors across the wire: our codes are gRPC's, so only the details need work. A retryable error carries
// google.rpc.RetryInfo in the standard trailer.
#pragma once

#include <cstdint>
#include <optional>

#include <grpcpp/support/status.h>

#include "common/base/status.h"

namespace weir::rpc {

// retry_delay_ms: how long the client should wait before it tries again; empty: no advice.
grpc::Status ToGrpc(const Status& status, std::optional<int64_t> retry_delay_ms = std::nullopt);

// Codes outside gRPC's become kUnknown; the message is kept.
Status FromGrpc(const grpc::Status& status);

// The server's advice, if it gave any.
std::optional<int64_t> RetryDelayMillis(const grpc::Status& status);

// Whether the same call may succeed later: unavailable, aborted, resource exhausted.
bool IsRetryable(StatusCode code);

}  // namespace weir::rpc
