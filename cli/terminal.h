// What the process's terminal can do, and the small things commands print.
#pragma once

#include <string>

#include "common/base/status.h"

namespace weir::cli {

bool StdoutIsTerminal();
bool StderrIsTerminal();
// Columns of standard output; when it is no terminal COLUMNS, and without it 0 (no limit).
int StdoutWidth();
// Whether to colour standard output: a terminal, and NO_COLOR is not set.
bool StdoutColour();

// Writes bytes to standard output. False when nobody reads them any more.
bool Print(const std::string& text);
// Writes "weir: message" to standard error.
void PrintError(const std::string& message);
// Says why a call to a cluster failed and what to do; names the address when nobody answered.
// cli/exit_codes.h has the exit code, too.
void PrintCallError(const std::string& address, const Status& status);
// Whether those who read the output see more than ASCII: the locale is of UTF-8.
bool LocaleIsUtf8();

// "1.2 MB", decimal, for people.
std::string HumanBytes(uint64_t bytes);
// "12,345"
std::string HumanCount(uint64_t count);

}  // namespace weir::cli
