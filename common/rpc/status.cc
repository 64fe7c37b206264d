#include "common/rpc/status.h"

#include "weir/rpc/v1/error_details.pb.h"

namespace weir::rpc {
namespace {

constexpr char kRetryInfoType[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr int kCodeLast = static_cast<int>(StatusCode::kUnauthenticated);

}  // namespace

grpc::Status ToGrpc(const Status& status, std::optional<int64_t> retry_delay_ms) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message(Message(status));
  if (!retry_delay_ms.has_value()) {
    return grpc::Status(code, message);
  }
  v1::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(*retry_delay_ms / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(*retry_delay_ms % 1000) * 1000000);
  v1::ErrorStatus details;
  details.set_code(static_cast<int32_t>(code));
  details.set_message(message);
  google::protobuf::Any* any = details.add_details();
  any->set_type_url(kRetryInfoType);
  any->set_value(retry.SerializeAsString());
  return grpc::Status(code, message, details.SerializeAsString());
}

Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) {
    return OkStatus();
  }
  const int code = static_cast<int>(status.error_code());
  const bool known = code > 0 && code <= kCodeLast;
  return MakeError(known ? static_cast<StatusCode>(code) : StatusCode::kUnknown,
                   status.error_message());
}

std::optional<int64_t> RetryDelayMillis(const grpc::Status& status) {
  v1::ErrorStatus details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details())) {
    return std::nullopt;
  }
  for (const google::protobuf::Any& any : details.details()) {
    v1::RetryInfo retry;
    if (any.type_url() == kRetryInfoType && retry.ParseFromString(any.value()) &&
        retry.has_retry_delay()) {
      return retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1000000;
    }
  }
  return std::nullopt;
}

bool IsRetryable(StatusCode code) {
  return code == StatusCode::kUnavailable || code == StatusCode::kAborted ||
         code == StatusCode::kResourceExhausted;
}

}  // namespace weir::rpc
