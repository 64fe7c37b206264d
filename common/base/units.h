// Durations and sizes as people write them in configuration and rules: "10s", "5m", "64MiB".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace weir {

// Parses a whole number and one unit of ms, s, m, h, d, w into milliseconds. InvalidArgument when the
// unit is missing or unknown, the number negative or the result out of range.
StatusOr<int64_t> ParseDuration(std::string_view text);

// The shortest exact form: 90000 -> "90s", 3600000 -> "1h".
std::string FormatDuration(int64_t millis);

// How long something took, for people, in two units at most: "250ms", "12.4s", "35m 32s", "5h 3m", "2d 4h". Not
// exact. REQUIRES: millis is not negative.
std::string HumanDuration(int64_t millis);

// Parses a whole number and one unit of B, KiB, MiB, GiB, TiB into bytes.
StatusOr<uint64_t> ParseByteSize(std::string_view text);

std::string FormatByteSize(uint64_t bytes);

}  // namespace weir
