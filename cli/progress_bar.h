// How far a command has come with what it reads, on a terminal.
#pragma once

#include <cstdint>
#include <functional>

namespace weir::cli {

// Draws a line on standard error at most ten times a second: a bar, bytes and the time that is
// left; empty when standard error is no terminal. total 0: not known, then without a bar.
std::function<void(uint64_t read, uint64_t total)> MakeProgressBar();
// Removes the line.
void ClearProgressBar();

}  // namespace weir::cli
