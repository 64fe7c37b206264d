#include "common/expr/calendar.h"

#include <algorithm>
#include <limits>

namespace weir::expr {

namespace {

UnixMillis FromMonthIndex(int64_t month_index) {
  const int64_t year = FloorDiv(month_index, 12);
  const int month = static_cast<int>(month_index - year * 12) + 1;
  return DaysFromCivil(year, month, 1) * kMillisPerDay;
}

int64_t MonthIndex(const CivilDate& date) {
  return date.year * 12 + date.month - 1;
}

}  // namespace

int CivilTime::day_of_year() const {
  return static_cast<int>(days - DaysFromCivil(date.year, 1, 1)) + 1;
}

CivilTime ToCivil(UnixMillis time_ms) {
  CivilTime civil{};
  civil.days = FloorDiv(time_ms, kMillisPerDay);
  civil.day_millis = time_ms - civil.days * kMillisPerDay;
  civil.date = CivilFromDays(civil.days);
  return civil;
}

bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int DaysInMonth(int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

std::optional<UnixMillis> AddTimespan(UnixMillis time_ms, const Value& span, bool backwards) {
  int64_t result = 0;
  if (span.type() == DataType::kTimeDuration) {
    const bool overflow = backwards ? __builtin_sub_overflow(time_ms, span.integer(), &result)
                                    : __builtin_add_overflow(time_ms, span.integer(), &result);
    return overflow ? std::nullopt : std::optional(result);
  }
  const int64_t sign = backwards ? -1 : 1;
  CivilTime civil = ToCivil(time_ms);
  const int64_t month_index = MonthIndex(civil.date) + sign * span.period_months();
  const int64_t year = FloorDiv(month_index, 12);
  const int month = static_cast<int>(month_index - year * 12) + 1;
  const int day = std::min(civil.date.day, DaysInMonth(year, month));
  const int64_t days = DaysFromCivil(year, month, day) + sign * span.period_days();
  if (__builtin_mul_overflow(days, kMillisPerDay, &result) ||
      __builtin_add_overflow(result, civil.day_millis, &result)) {
    return std::nullopt;
  }
  return result;
}

std::optional<Value> AddTimespans(const Value& left, const Value& right, bool backwards) {
  const int64_t sign = backwards ? -1 : 1;
  if (left.type() == DataType::kTimeDuration) {
    int64_t result = 0;
    if (backwards ? __builtin_sub_overflow(left.integer(), right.integer(), &result)
                  : __builtin_add_overflow(left.integer(), right.integer(), &result)) {
      return std::nullopt;
    }
    return Value::TimeDuration(result);
  }
  const int64_t months = left.period_months() + sign * right.period_months();
  const int64_t days = left.period_days() + sign * right.period_days();
  const auto fits = [](int64_t number) {
    return number >= std::numeric_limits<int32_t>::min() &&
           number <= std::numeric_limits<int32_t>::max();
  };
  if (!fits(months) || !fits(days)) {
    return std::nullopt;
  }
  return Value::DatePeriod(static_cast<int32_t>(months), static_cast<int32_t>(days));
}

std::optional<Truncation> Truncation::FromSpan(const Value& span) {
  if (span.type() == DataType::kTimeDuration) {
    return span.integer() > 0 ? std::optional(Truncation(Unit::kMillis, span.integer()))
                              : std::nullopt;
  }
  const int32_t months = span.period_months();
  const int32_t days = span.period_days();
  if (months < 0 || days < 0 || (months == 0) == (days == 0)) {
    return std::nullopt;
  }
  if (months > 0) {
    return Truncation(Unit::kMonths, months);
  }
  return days == 7 ? Truncation(Unit::kWeek, 1) : Truncation(Unit::kMillis, days * kMillisPerDay);
}

UnixMillis Truncation::Apply(UnixMillis time_ms) const {
  switch (unit_) {
    case Unit::kMillis:
      return FloorDiv(time_ms, count_) * count_;
    case Unit::kWeek: {
      // The epoch is a Thursday; weeks start on Monday.
      const int64_t days = FloorDiv(time_ms, kMillisPerDay);
      return (FloorDiv(days + 3, 7) * 7 - 3) * kMillisPerDay;
    }
    case Unit::kMonths: {
      // Counted from January of year 1.
      const int64_t index = MonthIndex(ToCivil(time_ms).date) - 12;
      return FromMonthIndex(FloorDiv(index, count_) * count_ + 12);
    }
  }
  return time_ms;
}

int64_t MonthsBetween(UnixMillis start_ms, UnixMillis end_ms) {
  if (end_ms < start_ms) {
    return -MonthsBetween(end_ms, start_ms);
  }
  const CivilTime start = ToCivil(start_ms);
  const CivilTime end = ToCivil(end_ms);
  const int64_t months = MonthIndex(end.date) - MonthIndex(start.date);
  const bool complete = end.date.day > start.date.day ||
                        (end.date.day == start.date.day && end.day_millis >= start.day_millis);
  return complete ? months : months - 1;
}

}  // namespace weir::expr
