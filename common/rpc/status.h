// Errors across the wire: our codes are gRPC's, so only the details need work. A retryable error carries
// google.rpc.RetryInfo in the standard trailer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/support/status.h>

#include "common/base/status.h"

namespace weir::rpc {

// retry_delay_ms: how long the client should wait before it tries again; empty: no advice.
grpc::Status ToGrpc(const Status& status, std::optional<int64_t> retry_delay_ms = std::nullopt);

// The same with google.rpc.BadRequest when the code is kInvalidArgument and the message begins with the path
// of a field and a colon ("filter.text: at most 4096 bytes").
grpc::Status ToGrpcArgument(const Status& status);
// The same with google.rpc.ErrorInfo: a reason in upper snake case that programs can tell apart.
grpc::Status ToGrpcReason(const Status& status, const std::string& reason);
// That reason; empty when there is none.
std::string ReasonOf(const grpc::Status& status);
// The paths of fields that were refused.
std::vector<std::string> RefusedFields(const grpc::Status& status);

// Codes outside gRPC's become kUnknown; the message is kept.
Status FromGrpc(const grpc::Status& status);

// The server's advice, if it gave any.
std::optional<int64_t> RetryDelayMillis(const grpc::Status& status);

// Whether the same call may succeed later: unavailable, aborted, resource exhausted.
bool IsRetryable(StatusCode code);

}  // namespace weir::rpc
