#include "common/base/time.h"

#include <fmt/format.h>

namespace weir {

// Both conversions follow Howard Hinnant's "chrono-compatible low-level date algorithms".
int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

CivilDate CivilFromDays(int64_t days) {
  days += 719468;
  const int64_t era = FloorDiv(days, 146097);
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

namespace {

void AppendDigits(int64_t value, int width, std::string* out) {
  char buffer[8];
  for (int i = width - 1; i >= 0; --i) {
    buffer[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out->append(buffer, static_cast<std::size_t>(width));
}

// Reads fixed-width digits; moves on and returns true when all are there.
bool TakeDigits(std::string_view* text, int width, int64_t* value) {
  if (text->size() < static_cast<std::size_t>(width)) {
    return false;
  }
  int64_t result = 0;
  for (int i = 0; i < width; ++i) {
    const char c = (*text)[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') {
      return false;
    }
    result = result * 10 + (c - '0');
  }
  text->remove_prefix(static_cast<std::size_t>(width));
  *value = result;
  return true;
}

bool TakeChar(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) {
    return false;
  }
  text->remove_prefix(1);
  return true;
}

// The clock part after the date's separator; the result is added to time_ms.
bool TakeClock(std::string_view* text, int64_t* time_ms) {
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t millis = 0;
  if (!TakeDigits(text, 2, &hour) || !TakeChar(text, ':') || !TakeDigits(text, 2, &minute)) {
    return false;
  }
  if (TakeChar(text, ':')) {
    if (!TakeDigits(text, 2, &second)) {
      return false;
    }
    if (TakeChar(text, '.') || TakeChar(text, ',')) {
      int digits = 0;
      while (!text->empty() && text->front() >= '0' && text->front() <= '9') {
        if (digits < 3) {
          millis = millis * 10 + (text->front() - '0');
        }
        ++digits;
        text->remove_prefix(1);
      }
      if (digits == 0) {
        return false;
      }
      for (; digits < 3; ++digits) {
        millis *= 10;
      }
    }
  }
  if (hour > 23 || minute > 59 || second > 60) {
    return false;
  }
  *time_ms += ((hour * 60 + minute) * 60 + second) * 1000 + millis;
  return true;
}

bool TakeZone(std::string_view* text, int64_t* time_ms) {
  if (text->empty() || TakeChar(text, 'Z') || TakeChar(text, 'z')) {
    return true;
  }
  const int64_t sign = text->front() == '+' ? -1 : text->front() == '-' ? 1 : 0;
  if (sign == 0) {
    return false;
  }
  text->remove_prefix(1);
  int64_t hour = 0;
  int64_t minute = 0;
  if (!TakeDigits(text, 2, &hour)) {
    return false;
  }
  TakeChar(text, ':');
  if (!text->empty() && !TakeDigits(text, 2, &minute)) {
    return false;
  }
  if (hour > 18 || minute > 59) {
    return false;
  }
  *time_ms += sign * (hour * 60 + minute) * kMillisPerMinute;
  return true;
}

}  // namespace

void AppendTime(UnixMillis time_ms, std::string* out) {
  const int64_t days = FloorDiv(time_ms, kMillisPerDay);
  int64_t rest = time_ms - days * kMillisPerDay;
  const CivilDate date = CivilFromDays(days);
  if (date.year < 0 || date.year > 9999) {
    out->append(fmt::format("{:+}", date.year));
  } else {
    AppendDigits(date.year, 4, out);
  }
  out->push_back('-');
  AppendDigits(date.month, 2, out);
  out->push_back('-');
  AppendDigits(date.day, 2, out);
  out->push_back('T');
  AppendDigits(rest / kMillisPerHour, 2, out);
  rest %= kMillisPerHour;
  out->push_back(':');
  AppendDigits(rest / kMillisPerMinute, 2, out);
  rest %= kMillisPerMinute;
  out->push_back(':');
  AppendDigits(rest / kMillisPerSecond, 2, out);
  out->push_back('.');
  AppendDigits(rest % kMillisPerSecond, 3, out);
  out->push_back('Z');
}

std::string FormatTime(UnixMillis time_ms) {
  std::string out;
  AppendTime(time_ms, &out);
  return out;
}

std::optional<UnixMillis> ParseTime(std::string_view text) {
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  if (!TakeDigits(&text, 4, &year) || !TakeChar(&text, '-') || !TakeDigits(&text, 2, &month) ||
      !TakeChar(&text, '-') || !TakeDigits(&text, 2, &day)) {
    return std::nullopt;
  }
  if (month < 1 || month > 12 || day < 1 || day > 31) {
    return std::nullopt;
  }
  const int64_t days = DaysFromCivil(year, static_cast<int>(month), static_cast<int>(day));
  if (CivilFromDays(days).month != month) {
    return std::nullopt;  // 31 April and its kind
  }
  int64_t time_ms = days * kMillisPerDay;
  if (TakeChar(&text, 'T') || TakeChar(&text, 't') || TakeChar(&text, ' ')) {
    if (!TakeClock(&text, &time_ms)) {
      return std::nullopt;
    }
  }
  if (!TakeZone(&text, &time_ms) || !text.empty()) {
    return std::nullopt;
  }
  return time_ms;
}

}  // namespace weir
