#include "cli/exit_codes.h"

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/terminal.h"

namespace weir::cli {

const std::vector<ExitCode>& ExitCodes() {
  static const std::vector<ExitCode> kExitCodes = {
      {kExitOk, "done"},
      {kExitFailed, "failed: something was refused, rejected or found wrong, and standard error says what"},
      {kExitUsage, "wrong usage: an unknown option, a value that is none, a configuration with errors; "
                   "nothing was done"},
      {kExitNotFound, "the alert, rule, story or context that was named does not exist"},
      {kExitConflict, "not as expected any more: another revision, a status that does not allow it, a "
                      "cursor or page that is too old"},
      {kExitUnreachable, "the cluster, or a part of it that is needed, does not answer; it may be tried "
                         "again"},
      {kExitDenied, "the cluster does not know the caller, or does not allow it"},
  };
  return kExitCodes;
}

std::string ExitCodesText() {
  std::string text;
  for (const ExitCode& known : ExitCodes()) {
    text += fmt::format("{}  {}\n", known.code, known.meaning);
  }
  return text;
}

int ExitCodeOf(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return kExitOk;
    case StatusCode::kInvalidArgument:
      return kExitUsage;
    case StatusCode::kNotFound:
      return kExitNotFound;
    case StatusCode::kAborted:
    case StatusCode::kAlreadyExists:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kOutOfRange:
      return kExitConflict;
    case StatusCode::kUnavailable:
    case StatusCode::kDeadlineExceeded:
      return kExitUnreachable;
    case StatusCode::kUnauthenticated:
    case StatusCode::kPermissionDenied:
      return kExitDenied;
    default:
      return kExitFailed;
  }
}

int FailCall(const std::string& address, const Status& status) {
  PrintCallError(address, status);
  return ExitCodeOf(status.code());
}

}  // namespace weir::cli
