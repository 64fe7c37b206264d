// The values that options and arguments may have.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/completion.h"

namespace weir::cli {

struct ValueRequest {
  std::string begun;     // of the value
  std::string address;   // that the command line names; empty: it does not
  std::string context;
};

// Of an option without counted choices. path: the command's words, "alerts list".
Completions CompleteValue(const CLI::App& command, const std::string& path, const CLI::Option& option,
                          const ValueRequest& request);

}  // namespace weir::cli
