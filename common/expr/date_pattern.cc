#include "common/expr/date_pattern.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "common/expr/calendar.h"
#include "common/expr/conversion_internal.h"

namespace weir::expr {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

// A year has no more digits in java.time either.
constexpr std::size_t kDigitsMax = 9;

constexpr std::string_view kLetters = "yuMLdDHhkKmsSnANaEQqwYGXxZzV";

struct NamedPattern {
  std::string_view name;
  std::string_view pattern;
};
constexpr std::array<NamedPattern, 14> kNamed = {{
    {"basic_date", "yyyyMMdd"},
    {"basic_date_time", "yyyyMMdd'T'HHmmss.SSSX"},
    {"basic_date_time_no_millis", "yyyyMMdd'T'HHmmssX"},
    {"date", "yyyy-MM-dd"},
    {"strict_date", "yyyy-MM-dd"},
    {"date_hour_minute_second", "yyyy-MM-dd'T'HH:mm:ss"},
    {"date_time", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"},
    {"strict_date_time", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"},
    {"date_time_no_millis", "yyyy-MM-dd'T'HH:mm:ssXXX"},
    {"strict_date_time_no_millis", "yyyy-MM-dd'T'HH:mm:ssXXX"},
    {"hour_minute_second", "HH:mm:ss"},
    {"year", "yyyy"},
    {"year_month", "yyyy-MM"},
    {"year_month_day", "yyyy-MM-dd"},
}};

void AppendNumber(int64_t number, int width, std::string* out) {
  out->append(fmt::format("{:0{}}", number, width));
}

bool IsNumericField(char letter, int count) {
  if (letter == 'M' || letter == 'L' || letter == 'Q' || letter == 'q') {
    return count <= 2;
  }
  return std::string_view("yudDHhkKmsSnANwY").find(letter) != std::string_view::npos;
}

void AppendOffset(char letter, int count, std::string* out) {
  const bool zulu = letter == 'X' || (letter == 'Z' && count == 5) || letter == 'V' ||
                    (letter == 'z' && count < 4);
  if (zulu) {
    out->push_back('Z');
  } else if (letter == 'z') {
    out->append("Coordinated Universal Time");
  } else if (letter == 'Z' && count == 4) {
    out->append("GMT");
  } else {
    out->append(letter == 'x' && count == 1                   ? "+00"
                : letter == 'x' && (count == 3 || count == 5) ? "+00:00"
                                                              : "+0000");
  }
}

void AppendField(char letter, int count, UnixMillis time_ms, std::string* out) {
  const CivilTime civil = ToCivil(time_ms);
  const int64_t hour = civil.day_millis / kMillisPerHour;
  const int64_t millis = civil.day_millis % kMillisPerSecond;
  const int quarter = (civil.date.month - 1) / 3 + 1;
  switch (letter) {
    case 'y':
    case 'u':
    case 'Y': {
      int64_t year = letter == 'Y' ? IsoWeekOf(time_ms).year : civil.date.year;
      if (letter == 'y' && year <= 0) {
        year = 1 - year;
      }
      AppendNumber(count == 2 ? year - FloorDiv(year, 100) * 100 : year, count, out);
      return;
    }
    case 'M':
    case 'L':
      if (count >= 3) {
        out->append(MonthName(civil.date.month).substr(0, count == 4 ? 20 : count == 5 ? 1 : 3));
        return;
      }
      return AppendNumber(civil.date.month, count, out);
    case 'd':
      return AppendNumber(civil.date.day, count, out);
    case 'D':
      return AppendNumber(civil.day_of_year(), count, out);
    case 'H':
      return AppendNumber(hour, count, out);
    case 'k':
      return AppendNumber(hour == 0 ? 24 : hour, count, out);
    case 'K':
      return AppendNumber(hour % 12, count, out);
    case 'h':
      return AppendNumber(hour % 12 == 0 ? 12 : hour % 12, count, out);
    case 'm':
      return AppendNumber(civil.day_millis / kMillisPerMinute % 60, count, out);
    case 's':
      return AppendNumber(civil.day_millis / kMillisPerSecond % 60, count, out);
    case 'S': {
      std::string digits = fmt::format("{:03}000000", millis);
      digits.resize(static_cast<std::size_t>(std::min(count, 9)));
      out->append(digits);
      return;
    }
    case 'n':
      return AppendNumber(millis * 1000000, count, out);
    case 'A':
      return AppendNumber(civil.day_millis, count, out);
    case 'N':
      return AppendNumber(civil.day_millis * 1000000, count, out);
    case 'a':
      out->append(hour < 12 ? "AM" : "PM");
      return;
    case 'E':
      out->append(WeekdayName(civil.weekday()).substr(0, count == 4 ? 20 : count == 5 ? 1 : 3));
      return;
    case 'Q':
    case 'q':
      if (count >= 3) {
        out->append(fmt::format("Q{}", quarter));
        return;
      }
      return AppendNumber(quarter, count, out);
    case 'w':
      return AppendNumber(IsoWeekOf(time_ms).week, count, out);
    case 'G':
      out->append(civil.date.year > 0 ? "AD" : "BC");
      return;
    default:
      AppendOffset(letter, count, out);
  }
}

// What a text being parsed has said so far.
struct ParsedFields {
  int64_t year = 1970;
  int64_t month = 1;
  int64_t day = 1;
  int64_t day_of_year = 0;   // 0 when not given
  int64_t hour = 0;
  int64_t half_day_hour = -1;
  bool afternoon = false;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t millis = 0;
  int64_t offset_ms = 0;

  std::optional<UnixMillis> ToTime() const {
    const int64_t hours = half_day_hour >= 0 ? half_day_hour % 12 + (afternoon ? 12 : 0) : hour;
    if (month < 1 || month > 12 || day < 1 || hours > 23 || minute > 59 || second > 59) {
      return std::nullopt;
    }
    int64_t days = 0;
    if (day_of_year > 0) {
      if (day_of_year > (IsLeapYear(year) ? 366 : 365)) {
        return std::nullopt;
      }
      days = DaysFromCivil(year, 1, 1) + day_of_year - 1;
    } else {
      if (day > DaysInMonth(year, static_cast<int>(month))) {
        return std::nullopt;
      }
      days = DaysFromCivil(year, static_cast<int>(month), static_cast<int>(day));
    }
    return days * kMillisPerDay + hours * kMillisPerHour + minute * kMillisPerMinute +
           second * kMillisPerSecond + millis - offset_ms;
  }
};

bool TakeNumber(std::string_view* text, std::size_t digits_min, std::size_t digits_max,
                int64_t* number) {
  std::size_t size = 0;
  while (size < text->size() && size < digits_max &&
         std::isdigit(static_cast<unsigned char>((*text)[size])) != 0) {
    ++size;
  }
  const auto parsed = ParseWhole(text->substr(0, size));
  if (size < digits_min || !parsed.has_value()) {
    return false;
  }
  *number = *parsed;
  text->remove_prefix(size);
  return true;
}

bool TakePrefixIgnoringCase(std::string_view* text, std::string_view prefix) {
  if (text->size() < prefix.size() ||
      !std::equal(prefix.begin(), prefix.end(), text->begin(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
      })) {
    return false;
  }
  text->remove_prefix(prefix.size());
  return true;
}

// The 1-based number of the name the text begins with; short names have three letters.
template <std::size_t kSize>
bool TakeName(std::string_view* text, const std::array<std::string_view, kSize>& names,
              bool full, int64_t* number) {
  for (std::size_t i = 0; i < kSize; ++i) {
    if (TakePrefixIgnoringCase(text, full ? names[i] : names[i].substr(0, 3))) {
      *number = static_cast<int64_t>(i) + 1;
      return true;
    }
  }
  return false;
}

bool TakeOffset(std::string_view* text, int64_t* offset_ms) {
  for (const std::string_view name : {"UTC", "GMT", "Z"}) {
    if (TakePrefixIgnoringCase(text, name)) {
      *offset_ms = 0;
      return true;
    }
  }
  if (text->empty() || (text->front() != '+' && text->front() != '-')) {
    return false;
  }
  const int64_t sign = text->front() == '-' ? -1 : 1;
  text->remove_prefix(1);
  int64_t hours = 0;
  int64_t minutes = 0;
  if (!TakeNumber(text, 2, 2, &hours)) {
    return false;
  }
  const bool colon = !text->empty() && text->front() == ':';
  if (colon) {
    text->remove_prefix(1);
  }
  if (!TakeNumber(text, 2, 2, &minutes) && colon) {
    return false;
  }
  *offset_ms = sign * (hours * 60 + minutes) * kMillisPerMinute;
  return hours <= 18 && minutes <= 59;
}

bool TakeFraction(std::string_view* text, int count, int64_t* millis) {
  int64_t fraction = 0;
  if (!TakeNumber(text, static_cast<std::size_t>(count), static_cast<std::size_t>(count),
                  &fraction)) {
    return false;
  }
  for (int i = count; i < 3; ++i) {
    fraction *= 10;
  }
  for (int i = count; i > 3; --i) {
    fraction /= 10;
  }
  *millis = fraction;
  return true;
}

// fixed: another number follows directly, so that only count digits belong to this one.
bool TakeField(char letter, int count, bool fixed, std::string_view* text, ParsedFields* fields) {
  const auto width = static_cast<std::size_t>(count);
  int64_t ignored = 0;
  const auto take = [&](int64_t* number) {
    return TakeNumber(text, width, fixed || count == 2 ? width : kDigitsMax, number);
  };
  switch (letter) {
    case 'y':
    case 'u':
      if (!take(&fields->year)) {
        return false;
      }
      fields->year += count == 2 ? 2000 : 0;
      return true;
    case 'M':
    case 'L':
      return count >= 3 ? TakeName(text, kMonths, count == 4, &fields->month)
                        : take(&fields->month);
    case 'd':
      return take(&fields->day);
    case 'D':
      return take(&fields->day_of_year);
    case 'H':
    case 'k':
      if (!take(&fields->hour)) {
        return false;
      }
      fields->hour = letter == 'k' && fields->hour == 24 ? 0 : fields->hour;
      return true;
    case 'h':
    case 'K':
      return take(&fields->half_day_hour) && fields->half_day_hour <= 12;
    case 'm':
      return take(&fields->minute);
    case 's':
      return take(&fields->second);
    case 'S':
      return TakeFraction(text, count, &fields->millis);
    case 'a':
      if (TakePrefixIgnoringCase(text, "PM")) {
        fields->afternoon = true;
        return true;
      }
      return TakePrefixIgnoringCase(text, "AM");
    case 'E':
      return TakeName(text, kWeekdays, count == 4, &ignored);
    case 'G':
      return TakePrefixIgnoringCase(text, "AD") || TakePrefixIgnoringCase(text, "CE");
    case 'X':
    case 'x':
    case 'Z':
    case 'z':
    case 'V':
      return TakeOffset(text, &fields->offset_ms);
    default:
      return false;  // quarters, weeks and parts of a day alone make no date
  }
}

}  // namespace

std::string_view MonthName(int month) {
  return kMonths[static_cast<std::size_t>(month - 1)];
}

std::string_view WeekdayName(int weekday) {
  return kWeekdays[static_cast<std::size_t>(weekday - 1)];
}

IsoWeek IsoWeekOf(UnixMillis time_ms) {
  const CivilTime civil = ToCivil(time_ms);
  const int64_t thursday = civil.days - civil.weekday() + 4;
  const int64_t year = CivilFromDays(thursday).year;
  return {year, static_cast<int>((thursday - DaysFromCivil(year, 1, 1)) / 7) + 1};
}

StatusOr<DatePattern> DatePattern::Compile(std::string_view pattern) {
  DatePattern result;
  while (true) {
    const std::size_t bars = pattern.find("||");
    WEIR_RETURN_IF_ERROR(AddAlternatives(pattern.substr(0, bars), &result.alternatives_));
    if (bars == std::string_view::npos) {
      return result;
    }
    pattern.remove_prefix(bars + 2);
  }
}

Status DatePattern::AddAlternatives(std::string_view pattern, std::vector<Alternative>* out) {
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), pattern) != names.end();
  };
  if (is({"strict_date_optional_time", "date_optional_time", "strict_date_optional_time_nanos",
          "iso8601"})) {
    out->push_back({Kind::kIso, {}});
    return OkStatus();
  }
  if (is({"epoch_millis", "epoch_second"})) {
    out->push_back({pattern == "epoch_millis" ? Kind::kEpochMillis : Kind::kEpochSeconds, {}});
    return OkStatus();
  }
  for (const NamedPattern& named : kNamed) {
    if (named.name == pattern) {
      pattern = named.pattern;
      break;
    }
  }
  // Optional parts become alternatives, the longest first. The innermost pair is taken apart first;
  // brackets inside quotes are not told apart.
  const std::size_t close = pattern.find(']');
  const std::size_t open = pattern.substr(0, close).rfind('[');
  if (close != std::string_view::npos && open != std::string_view::npos) {
    if (out->size() >= 64) {
      return InvalidArgument("too many optional parts in date pattern [{}]", pattern);
    }
    const std::string before(pattern.substr(0, open));
    const std::string after(pattern.substr(close + 1));
    const std::string inside(pattern.substr(open + 1, close - open - 1));
    WEIR_RETURN_IF_ERROR(AddAlternatives(before + inside + after, out));
    return AddAlternatives(before + after, out);
  }
  Alternative alternative;
  WEIR_RETURN_IF_ERROR(AddElements(pattern, &alternative.elements));
  out->push_back(std::move(alternative));
  return OkStatus();
}

Status DatePattern::AddElements(std::string_view pattern, std::vector<Element>* out) {
  const auto add_literal = [out](std::string_view text) {
    if (out->empty() || out->back().letter != 0) {
      out->push_back({});
    }
    out->back().literal.append(text);
  };
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const std::size_t close = pattern.find('\'', i + 1);
      if (close == std::string_view::npos) {
        return InvalidArgument("unclosed quote in date pattern [{}]", pattern);
      }
      add_literal(close == i + 1 ? "'" : pattern.substr(i + 1, close - i - 1));
      i = close + 1;
      continue;
    }
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) {
      if (c == '[' || c == ']' || c == '{' || c == '}' || c == '#') {
        return InvalidArgument("unexpected '{}' in date pattern [{}]", c, pattern);
      }
      add_literal(pattern.substr(i, 1));
      ++i;
      continue;
    }
    const std::size_t end = std::min(pattern.find_first_not_of(c, i), pattern.size());
    if (kLetters.find(c) == std::string_view::npos || end - i > 9) {
      return InvalidArgument("unsupported [{}] in date pattern [{}]", pattern.substr(i, end - i),
                             pattern);
    }
    out->push_back({c, static_cast<int>(end - i), ""});
    i = end;
  }
  return OkStatus();
}

void DatePattern::Format(UnixMillis time_ms, std::string* out) const {
  const Alternative& first = alternatives_.front();
  switch (first.kind) {
    case Kind::kIso:
      return AppendTime(time_ms, out);
    case Kind::kEpochMillis:
      return AppendNumber(time_ms, 0, out);
    case Kind::kEpochSeconds:
      return AppendNumber(FloorDiv(time_ms, kMillisPerSecond), 0, out);
    case Kind::kFields:
      break;
  }
  for (const Element& element : first.elements) {
    if (element.letter == 0) {
      out->append(element.literal);
    } else {
      AppendField(element.letter, element.count, time_ms, out);
    }
  }
}

std::optional<UnixMillis> DatePattern::Parse(std::string_view text) const {
  for (const Alternative& alternative : alternatives_) {
    std::optional<UnixMillis> time_ms;
    if (alternative.kind == Kind::kIso) {
      time_ms = ParseDate(text);
    } else if (alternative.kind == Kind::kFields) {
      time_ms = ParseFields(alternative.elements, text);
    } else if (const auto number = ParseWhole(text)) {
      const int64_t unit = alternative.kind == Kind::kEpochMillis ? 1 : kMillisPerSecond;
      int64_t product = 0;
      if (!__builtin_mul_overflow(*number, unit, &product)) {
        time_ms = product;
      }
    }
    if (time_ms.has_value()) {
      return time_ms;
    }
  }
  return std::nullopt;
}

std::optional<UnixMillis> DatePattern::ParseFields(const std::vector<Element>& elements,
                                                   std::string_view text) {
  ParsedFields fields;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Element& element = elements[i];
    if (element.letter == 0) {
      if (!text.starts_with(element.literal)) {
        return std::nullopt;
      }
      text.remove_prefix(element.literal.size());
      continue;
    }
    const bool fixed = i + 1 < elements.size() &&
                       IsNumericField(elements[i + 1].letter, elements[i + 1].count);
    if (!TakeField(element.letter, element.count, fixed, &text, &fields)) {
      return std::nullopt;
    }
  }
  return text.empty() ? fields.ToTime() : std::nullopt;
}

}  // namespace weir::expr
