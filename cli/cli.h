// The command line: every subcommand, its options and its exit code. Data goes to standard output,
// everything else to standard error.
#pragma once

#include <string>

namespace weir::cli {

// Exit codes, the same for every command; cli/exit_codes.h has what they mean.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotFound = 3;
inline constexpr int kExitConflict = 4;
inline constexpr int kExitUnreachable = 5;
inline constexpr int kExitDenied = 6;

inline constexpr char kDefaultAddress[] = "127.0.0.1:7431";

// "0.1.0"
std::string Version();

// Runs the command that argv names and returns the exit code.
int Run(int argc, const char* const* argv);

}  // namespace weir::cli
