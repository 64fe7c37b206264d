// The command line: every subcommand, its options and its exit code. Data goes to standard output,
// everything else to standard error.
#pragma once

#include <string>

namespace weir::cli {

// Exit codes: 0 done, 1 failed (or something was refused), 2 wrong usage.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

inline constexpr char kDefaultAddress[] = "127.0.0.1:7431";

// "0.1.0"
std::string Version();

// Runs the command that argv names and returns the exit code.
int Run(int argc, const char* const* argv);

}  // namespace weir::cli
