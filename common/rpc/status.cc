#include "common/rpc/status.h"

#include "weir/rpc/v1/error_details.pb.h"

namespace weir::rpc {
namespace {

constexpr char kRetryInfoType[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kBadRequestType[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kErrorInfoType[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr int kCodeLast = static_cast<int>(StatusCode::kUnauthenticated);

grpc::Status WithDetail(const Status& status, const char* type,
                        const google::protobuf::Message& detail) {
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message(Message(status));
  v1::ErrorStatus details;
  details.set_code(static_cast<int32_t>(code));
  details.set_message(message);
  google::protobuf::Any* any = details.add_details();
  any->set_type_url(type);
  any->set_value(detail.SerializeAsString());
  return grpc::Status(code, message, details.SerializeAsString());
}

// Calls visit with the bytes of every detail of a type.
template <typename Visit>
void ForEachDetail(const grpc::Status& status, const char* type, const Visit& visit) {
  v1::ErrorStatus details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details())) {
    return;
  }
  for (const google::protobuf::Any& any : details.details()) {
    if (any.type_url() == type) {
      visit(any.value());
    }
  }
}

}  // namespace

grpc::Status ToGrpcArgument(const Status& status) {
  const std::string_view message = Message(status);
  const std::size_t colon = message.find(": ");
  if (status.code() != StatusCode::kInvalidArgument || colon == std::string_view::npos ||
      message.substr(0, colon).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.[]") !=
          std::string_view::npos) {
    return ToGrpc(status);
  }
  v1::BadRequest detail;
  v1::BadRequest::FieldViolation* violation = detail.add_field_violations();
  violation->set_field(std::string(message.substr(0, colon)));
  violation->set_description(std::string(message.substr(colon + 2)));
  return WithDetail(status, kBadRequestType, detail);
}

grpc::Status ToGrpcReason(const Status& status, const std::string& reason) {
  v1::ErrorInfo detail;
  detail.set_reason(reason);
  detail.set_domain("weir");
  return WithDetail(status, kErrorInfoType, detail);
}

std::string ReasonOf(const grpc::Status& status) {
  std::string reason;
  ForEachDetail(status, kErrorInfoType, [&](const std::string& bytes) {
    v1::ErrorInfo info;
    if (info.ParseFromString(bytes)) {
      reason = info.reason();
    }
  });
  return reason;
}

std::vector<std::string> RefusedFields(const grpc::Status& status) {
  std::vector<std::string> fields;
  ForEachDetail(status, kBadRequestType, [&](const std::string& bytes) {
    v1::BadRequest detail;
    if (detail.ParseFromString(bytes)) {
      for (const v1::BadRequest::FieldViolation& violation : detail.field_violations()) {
        fields.push_back(violation.field());
      }
    }
  });
  return fields;
}

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
  return WithDetail(status, kRetryInfoType, retry);
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
