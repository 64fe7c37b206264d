#include "common/base/status.h"

namespace weir {

Status MakeError(StatusCode code, std::string_view message) {
  return Status(code, absl::string_view(message.data(), message.size()));
}

std::string_view Message(const Status& status) {
  return {status.message().data(), status.message().size()};
}

Status Annotate(const Status& status, std::string_view context) {
  if (status.ok()) {
    return status;
  }
  return MakeError(status.code(), fmt::format("{}: {}", context, Message(status)));
}

}  // namespace weir
