// What the exit codes of every command mean, and how a failed call becomes one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace weir::cli {

struct ExitCode {
  int code;
  std::string_view meaning;
};
// All of them, in order.
const std::vector<ExitCode>& ExitCodes();

// A line for each.
std::string ExitCodesText();

// Of a call that a server refused or did not answer; kExitOk when it did.
int ExitCodeOf(StatusCode code);

// Says in one line why a call to a cluster failed and what to do about it, and returns the exit code.
int FailCall(const std::string& address, const Status& status);

}  // namespace weir::cli
