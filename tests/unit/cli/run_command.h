// Runs a command line within the test.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/cli.h"

namespace weir::cli {

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

inline Outcome RunCommand(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "weir");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.exit_code = Run(static_cast<int>(arguments.size()), arguments.data());
  std::fflush(stdout);
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.err = ::testing::internal::GetCapturedStderr();
  return outcome;
}

}  // namespace weir::cli
