// The house's error type: absl::Status under our name, with the one conversion between Debian's
// absl::string_view and std::string_view. No other file spells absl:: for strings or errors.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

namespace weir {

using Status = absl::Status;
template <typename T>
using StatusOr = absl::StatusOr<T>;
using StatusCode = absl::StatusCode;

inline Status OkStatus() {
  return absl::OkStatus();
}

// Makes an error with a code and a plain message.
Status MakeError(StatusCode code, std::string_view message);

// Makes an error from a format string: Error(StatusCode::kNotFound, "no shard {}", id).
template <typename... Args>
Status Error(StatusCode code, fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(code, fmt::format(format, std::forward<Args>(args)...));
}

// A factory per code the house uses. The code is the retry contract: Unavailable and Aborted may be
// retried, InvalidArgument never.
template <typename... Args>
Status InvalidArgument(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status NotFound(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kNotFound, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status AlreadyExists(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kAlreadyExists, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status FailedPrecondition(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kFailedPrecondition, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status Unavailable(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kUnavailable, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status Aborted(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kAborted, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status DataLoss(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kDataLoss, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status Unimplemented(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kUnimplemented, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status Internal(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kInternal, format, std::forward<Args>(args)...);
}
template <typename... Args>
Status ResourceExhausted(fmt::format_string<Args...> format, Args&&... args) {
  return Error(StatusCode::kResourceExhausted, format, std::forward<Args>(args)...);
}

// Returns the message; the view lives as long as the status.
std::string_view Message(const Status& status);

// Returns the error with "context: " before its message; OK stays OK.
Status Annotate(const Status& status, std::string_view context);

}  // namespace weir

#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)

#define WEIR_RETURN_IF_ERROR(expression)                      \
  do {                                                        \
    if (::weir::Status weir_status_ = (expression);           \
        !weir_status_.ok()) [[unlikely]] {                    \
      return weir_status_;                                    \
    }                                                         \
  } while (false)

#define WEIR_ASSIGN_OR_RETURN(declaration, expression) \
  WEIR_ASSIGN_OR_RETURN_INNER(WEIR_CONCAT(weir_or_, __LINE__), declaration, expression)
#define WEIR_ASSIGN_OR_RETURN_INNER(variable, declaration, expression) \
  auto variable = (expression);                                        \
  if (!variable.ok()) [[unlikely]] {                                   \
    return variable.status();                                          \
  }                                                                    \
  declaration = std::move(variable).value()

template <>
struct fmt::formatter<absl::Status> : fmt::formatter<fmt::string_view> {
  template <typename Context>
  auto format(const absl::Status& status, Context& context) const {
    std::string text(weir::Message(status));
    return fmt::formatter<fmt::string_view>::format(status.ok() ? "ok" : text, context);
  }
};
