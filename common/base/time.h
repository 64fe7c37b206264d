// Time as the engine keeps it: milliseconds since the Unix epoch, UTC, and its text forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Milliseconds since 1970-01-01T00:00:00Z. Variables of this type end in _ms.
using UnixMillis = int64_t;

inline constexpr int64_t kMillisPerSecond = 1000;
inline constexpr int64_t kMillisPerMinute = 60 * kMillisPerSecond;
inline constexpr int64_t kMillisPerHour = 60 * kMillisPerMinute;
inline constexpr int64_t kMillisPerDay = 24 * kMillisPerHour;

// "2024-10-29T15:51:44.000Z"; years outside 0000..9999 are printed with a sign as ISO 8601 does.
std::string FormatTime(UnixMillis time_ms);
void AppendTime(UnixMillis time_ms, std::string* out);

// Parses ISO 8601: date, optional 'T' or blank and time to minutes, seconds or any fraction (cut to
// milliseconds), optional zone (Z, +hh:mm, +hhmm, +hh); no zone means UTC. Empty on anything else.
std::optional<UnixMillis> ParseTime(std::string_view text);

// Floor division and modulus, for times before the epoch.
constexpr int64_t FloorDiv(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return quotient - ((value % divisor != 0) && ((value < 0) != (divisor < 0)) ? 1 : 0);
}
constexpr int64_t CeilDiv(int64_t value, int64_t divisor) {
  return -FloorDiv(-value, divisor);
}

// Days since the epoch of a proleptic Gregorian date, and back (month 1..12, day 1..31).
int64_t DaysFromCivil(int64_t year, int month, int day);
struct CivilDate {
  int64_t year;
  int month;
  int day;
};
CivilDate CivilFromDays(int64_t days);

}  // namespace weir
