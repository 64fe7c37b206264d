// Calendar arithmetic in UTC: moving, truncating and subtracting datetimes as java.time does.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/time.h"
#include "common/types/value.h"

namespace weir::expr {

// A datetime taken apart.
struct CivilTime {
  CivilDate date;
  int64_t days;        // since the epoch
  int64_t day_millis;  // 0 .. 86399999

  // Monday 1 .. Sunday 7.
  int weekday() const { return static_cast<int>(FloorDiv(days + 3, 7) * -7 + days + 3) + 1; }
  int day_of_year() const;
};
CivilTime ToCivil(UnixMillis time_ms);

bool IsLeapYear(int64_t year);
int DaysInMonth(int64_t year, int month);

// Adds (or subtracts) a date_period or time_duration. A day past the end of the month reached is
// clipped to it. Empty on overflow.
std::optional<UnixMillis> AddTimespan(UnixMillis time_ms, const Value& span, bool backwards);
// Sum or difference of two timespans of one type.
std::optional<Value> AddTimespans(const Value& left, const Value& right, bool backwards);

// Rounds datetimes down to the start of their interval.
class Truncation {
 public:
  // Empty for spans that are no interval: zero, negative, or months and days together.
  static std::optional<Truncation> FromSpan(const Value& span);

  UnixMillis Apply(UnixMillis time_ms) const;

 private:
  enum class Unit : uint8_t { kMillis, kWeek, kMonths };

  Truncation(Unit unit, int64_t count) : unit_(unit), count_(count) {}

  Unit unit_;
  int64_t count_;
};

// Whole months (not started ones) from start to end; negative when end is earlier.
int64_t MonthsBetween(UnixMillis start_ms, UnixMillis end_ms);

}  // namespace weir::expr
