// What the process's terminal can do, and the small things commands print.
#pragma once

#include <string>

#include "common/base/status.h"

namespace weir::cli {

bool StdoutIsTerminal();
bool StderrIsTerminal();
// Columns of standard output; 0 (no limit) when it is no terminal.
int StdoutWidth();
// Whether to colour standard output: a terminal, and NO_COLOR is not set.
bool StdoutColour();

// Writes bytes to standard output.
void Print(const std::string& text);
// Writes "weir: message" to standard error.
void PrintError(const std::string& message);
// Says why a call to a cluster failed; names the address when nobody answered.
void PrintCallError(const std::string& address, const Status& status);

// "1.2 MB", decimal, for people.
std::string HumanBytes(uint64_t bytes);
// "12,345"
std::string HumanCount(uint64_t count);

}  // namespace weir::cli
