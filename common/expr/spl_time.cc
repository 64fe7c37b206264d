// Times of Splunk's search language: seconds since 1970 as numbers; calendars are those of UTC.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "common/base/time.h"
#include "common/esql/names.h"
#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::size_t kShort = 3;
// Times beyond are no calendar dates.
constexpr double kSecondsMax = 253402300799;

struct Moment {
  CivilDate date;
  int64_t seconds;   // of the day
  int64_t millis;
  int weekday;       // 0 Sunday
  int64_t day_of_year;
  int64_t epoch;     // whole seconds
};

Moment MomentOf(double time) {
  const auto millis = static_cast<int64_t>(std::llround(time * 1000));
  Moment moment{};
  moment.epoch = FloorDiv(millis, kMillisPerSecond);
  moment.millis = millis - moment.epoch * kMillisPerSecond;
  const int64_t days = FloorDiv(millis, kMillisPerDay);
  moment.date = CivilFromDays(days);
  moment.seconds = moment.epoch - days * (kMillisPerDay / kMillisPerSecond);
  moment.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);   // 1970 began on a Thursday
  moment.day_of_year = days - DaysFromCivil(moment.date.year, 1, 1) + 1;
  return moment;
}

std::optional<double> TimeOf(const Value& cell) {
  const std::optional<double> time = cell.count() == 1 ? SplNumber(cell) : std::nullopt;
  return time.has_value() && std::fabs(*time) <= kSecondsMax ? time : std::nullopt;
}

std::string Pad(int64_t number, int width, char fill = '0') {
  return fill == '0' ? fmt::format("{:0{}}", number, width) : fmt::format("{:{}}", number, width);
}

// %N, %3N, %6N, %Q: digits of the fraction.
std::string Fraction(const Moment& moment, std::size_t digits) {
  std::string text = Pad(moment.millis, 3) + "000000";
  return text.substr(0, digits);
}

std::string FormatField(char field, const Moment& moment) {
  const int64_t hour = moment.seconds / 3600;
  const int64_t minute = moment.seconds / 60 % 60;
  const int64_t second = moment.seconds % 60;
  const int64_t hour12 = hour % 12 == 0 ? 12 : hour % 12;
  const std::string_view month = kMonths[static_cast<std::size_t>(moment.date.month - 1)];
  const std::string_view day = kDays[static_cast<std::size_t>(moment.weekday)];
  switch (field) {
    case 'Y': return Pad(moment.date.year, 4);
    case 'y': return Pad(moment.date.year % 100, 2);
    case 'm': return Pad(moment.date.month, 2);
    case 'd': return Pad(moment.date.day, 2);
    case 'e': return Pad(moment.date.day, 2, ' ');
    case 'j': return Pad(moment.day_of_year, 3);
    case 'H': return Pad(hour, 2);
    case 'k': return Pad(hour, 2, ' ');
    case 'I': return Pad(hour12, 2);
    case 'M': return Pad(minute, 2);
    case 'S': return Pad(second, 2);
    case 'p': return hour < 12 ? "AM" : "PM";
    case 'B': return std::string(month);
    case 'b': return std::string(month.substr(0, kShort));
    case 'A': return std::string(day);
    case 'a': return std::string(day.substr(0, kShort));
    case 'w': return Pad(moment.weekday, 1);
    case 'T': return fmt::format("{:02}:{:02}:{:02}", hour, minute, second);
    case 'F': return fmt::format("{:04}-{:02}-{:02}", moment.date.year, moment.date.month,
                                 moment.date.day);
    case 'D': return fmt::format("{:02}/{:02}/{:02}", moment.date.month, moment.date.day,
                                 moment.date.year % 100);
    case 'c': return fmt::format("{} {} {:>2} {:02}:{:02}:{:02} {:04}", day.substr(0, kShort),
                                 month.substr(0, kShort), moment.date.day, hour, minute, second,
                                 moment.date.year);
    case 'x': return fmt::format("{:02}/{:02}/{:04}", moment.date.month, moment.date.day,
                                 moment.date.year);
    case 'X': return fmt::format("{:02}:{:02}:{:02}", hour, minute, second);
    case 's': return fmt::format("{}", moment.epoch);
    case 'z': return "+0000";
    case 'Z': return "UTC";
    case 'N': return Fraction(moment, 9);
    case 'Q': return Fraction(moment, 3);
    case 'f': return Fraction(moment, 6);
    case 'n': return "\n";
    case 't': return "\t";
    case '%': return "%";
    default: return std::string("%") + field;
  }
}

std::string Format(double time, std::string_view format) {
  const Moment moment = MomentOf(time);
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out.push_back(format[i]);
      continue;
    }
    const char field = format[++i];
    const bool digits = (field == '3' || field == '6' || field == '9') && i + 1 < format.size() &&
                        (format[i + 1] == 'N' || format[i + 1] == 'Q');
    if (digits) {
      out += Fraction(moment, static_cast<std::size_t>(field - '0'));
      ++i;
    } else {
      out += FormatField(field, moment);
    }
  }
  return out;
}

// Reads text along a format.
class TimeParser {
 public:
  explicit TimeParser(std::string_view text) : rest_(text) {}

  std::optional<double> Parse(std::string_view format);

 private:
  bool Field(char field);
  bool Digits(std::size_t width_max, int64_t* out);
  template <std::size_t kCount>
  bool Word(const std::array<std::string_view, kCount>& words, int64_t* index);
  bool ZoneOffset();
  bool FractionDigits();

  std::string_view rest_;
  int64_t year_ = 1970;
  int64_t month_ = 1;
  int64_t day_ = 1;
  int64_t hour_ = 0;
  int64_t minute_ = 0;
  int64_t second_ = 0;
  int64_t zone_seconds_ = 0;
  double fraction_ = 0;
  bool afternoon_ = false;
  bool twelve_ = false;
  std::optional<double> epoch_;
};

bool TimeParser::Digits(std::size_t width_max, int64_t* out) {
  std::size_t width = 0;
  *out = 0;
  while (width < std::min(width_max, rest_.size()) && rest_[width] >= '0' && rest_[width] <= '9') {
    *out = *out * 10 + (rest_[width++] - '0');
  }
  rest_.remove_prefix(width);
  return width > 0;
}

template <std::size_t kCount>
bool TimeParser::Word(const std::array<std::string_view, kCount>& words, int64_t* index) {
  for (std::size_t i = 0; i < kCount; ++i) {
    for (const std::string_view word : {words[i], words[i].substr(0, kShort)}) {
      if (esql::EqualsIgnoreCase(rest_.substr(0, word.size()), word)) {
        rest_.remove_prefix(word.size());
        *index = static_cast<int64_t>(i);
        return true;
      }
    }
  }
  return false;
}

bool TimeParser::ZoneOffset() {
  if (rest_.starts_with('Z') || rest_.starts_with('z')) {
    rest_.remove_prefix(1);
    return true;
  }
  for (const std::string_view name : {"UTC", "GMT"}) {
    if (rest_.starts_with(name)) {
      rest_.remove_prefix(name.size());
      return true;
    }
  }
  if (rest_.empty() || (rest_.front() != '+' && rest_.front() != '-')) {
    return false;
  }
  const int64_t sign = rest_.front() == '-' ? -1 : 1;
  rest_.remove_prefix(1);
  int64_t hours = 0;
  int64_t minutes = 0;
  if (!Digits(2, &hours)) {
    return false;
  }
  if (rest_.starts_with(':')) {
    rest_.remove_prefix(1);
  }
  Digits(2, &minutes);
  zone_seconds_ = sign * (hours * 3600 + minutes * 60);
  return true;
}

bool TimeParser::FractionDigits() {
  double scale = 0.1;
  std::size_t width = 0;
  for (; width < rest_.size() && rest_[width] >= '0' && rest_[width] <= '9'; ++width) {
    fraction_ += (rest_[width] - '0') * scale;
    scale /= 10;
  }
  rest_.remove_prefix(width);
  return width > 0;
}

bool TimeParser::Field(char field) {
  int64_t ignored = 0;
  switch (field) {
    case 'Y': return Digits(4, &year_);
    case 'y': {
      if (!Digits(2, &year_)) {
        return false;
      }
      year_ += year_ < 69 ? 2000 : 1900;
      return true;
    }
    case 'm': return Digits(2, &month_) && month_ >= 1 && month_ <= 12;
    case 'd': return Digits(2, &day_) && day_ >= 1 && day_ <= 31;
    case 'e': {
      rest_.remove_prefix(rest_.starts_with(' ') ? 1 : 0);
      return Digits(2, &day_) && day_ >= 1 && day_ <= 31;
    }
    case 'H': return Digits(2, &hour_) && hour_ <= 23;
    case 'I': twelve_ = true; return Digits(2, &hour_) && hour_ >= 1 && hour_ <= 12;
    case 'M': return Digits(2, &minute_) && minute_ <= 59;
    case 'S': return Digits(2, &second_) && second_ <= 60;
    case 'p': {
      afternoon_ = esql::EqualsIgnoreCase(rest_.substr(0, 2), "PM");
      const bool known = afternoon_ || esql::EqualsIgnoreCase(rest_.substr(0, 2), "AM");
      rest_.remove_prefix(known ? 2 : 0);
      return known;
    }
    case 'B':
    case 'b': {
      const bool known = Word(kMonths, &month_);
      ++month_;
      return known;
    }
    case 'A':
    case 'a': return Word(kDays, &ignored);
    case 'T': return Field('H') && rest_.starts_with(':') && (rest_.remove_prefix(1), Field('M')) &&
                     rest_.starts_with(':') && (rest_.remove_prefix(1), Field('S'));
    case 'F': return Field('Y') && rest_.starts_with('-') && (rest_.remove_prefix(1), Field('m')) &&
                     rest_.starts_with('-') && (rest_.remove_prefix(1), Field('d'));
    case 'N':
    case 'Q':
    case 'f': return FractionDigits();
    case 'z':
    case 'Z': return ZoneOffset();
    case 's': {
      const bool known = Digits(12, &ignored);
      epoch_ = static_cast<double>(ignored);
      return known;
    }
    case '%': {
      const bool known = rest_.starts_with('%');
      rest_.remove_prefix(known ? 1 : 0);
      return known;
    }
    default: return false;
  }
}

std::optional<double> TimeParser::Parse(std::string_view format) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size()) {
      ++i;
      const bool digits = format[i] >= '0' && format[i] <= '9' && i + 1 < format.size();
      i += digits ? 1 : 0;
      if (!Field(format[i])) {
        return std::nullopt;
      }
    } else if (format[i] == ' ') {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    } else if (rest_.starts_with(format[i])) {
      rest_.remove_prefix(1);
    } else {
      return std::nullopt;
    }
  }
  if (epoch_.has_value()) {
    return *epoch_ + fraction_;
  }
  if (twelve_) {
    hour_ = hour_ % 12 + (afternoon_ ? 12 : 0);
  }
  const CivilDate check = CivilFromDays(
      DaysFromCivil(year_, static_cast<int>(month_), static_cast<int>(day_)));
  if (check.month != month_ || check.day != day_) {
    return std::nullopt;   // 30 February
  }
  const int64_t days = DaysFromCivil(year_, static_cast<int>(month_), static_cast<int>(day_));
  return static_cast<double>(days * 86400 + hour_ * 3600 + minute_ * 60 + second_ - zone_seconds_) +
         fraction_;
}

enum class Unit : uint8_t { kSecond, kMinute, kHour, kDay, kWeek, kMonth, kQuarter, kYear };

std::optional<Unit> TakeUnit(std::string_view* text) {
  static const std::map<std::string_view, Unit> kUnits = {
      {"s", Unit::kSecond},   {"sec", Unit::kSecond},   {"secs", Unit::kSecond},
      {"second", Unit::kSecond}, {"seconds", Unit::kSecond}, {"m", Unit::kMinute},
      {"min", Unit::kMinute}, {"mins", Unit::kMinute},  {"minute", Unit::kMinute},
      {"minutes", Unit::kMinute}, {"h", Unit::kHour},   {"hr", Unit::kHour},
      {"hrs", Unit::kHour},   {"hour", Unit::kHour},    {"hours", Unit::kHour},
      {"d", Unit::kDay},      {"day", Unit::kDay},      {"days", Unit::kDay},
      {"w", Unit::kWeek},     {"week", Unit::kWeek},    {"weeks", Unit::kWeek},
      {"mon", Unit::kMonth},  {"month", Unit::kMonth},  {"months", Unit::kMonth},
      {"q", Unit::kQuarter},  {"qtr", Unit::kQuarter},  {"quarter", Unit::kQuarter},
      {"y", Unit::kYear},     {"yr", Unit::kYear},      {"year", Unit::kYear},
      {"years", Unit::kYear},
  };
  std::size_t width = 0;
  while (width < text->size() && (*text)[width] >= 'a' && (*text)[width] <= 'z') {
    ++width;
  }
  const auto found = kUnits.find(text->substr(0, width));
  if (found == kUnits.end()) {
    return std::nullopt;
  }
  text->remove_prefix(width);
  return found->second;
}

double SecondsOf(Unit unit) {
  constexpr std::array<double, 5> kSeconds = {1, 60, 3600, 86400, 604800};
  return kSeconds[static_cast<std::size_t>(unit)];
}

double AddMonths(double time, int64_t months) {
  const auto days = static_cast<int64_t>(std::floor(time / 86400));
  const CivilDate date = CivilFromDays(days);
  const int64_t total = date.year * 12 + (date.month - 1) + months;
  const int64_t year = FloorDiv(total, 12);
  const int month = static_cast<int>(total - year * 12) + 1;
  int day = date.day;
  while (day > 28 && CivilFromDays(DaysFromCivil(year, month, day)).month != month) {
    --day;
  }
  return time + static_cast<double>(DaysFromCivil(year, month, day) - days) * 86400;
}

double Move(double time, Unit unit, double count) {
  switch (unit) {
    case Unit::kMonth: return AddMonths(time, static_cast<int64_t>(count));
    case Unit::kQuarter: return AddMonths(time, static_cast<int64_t>(count) * 3);
    case Unit::kYear: return AddMonths(time, static_cast<int64_t>(count) * 12);
    default: return time + count * SecondsOf(unit);
  }
}

double Cut(double time, Unit unit, int64_t weekday) {
  const auto days = static_cast<int64_t>(std::floor(time / 86400));
  const CivilDate date = CivilFromDays(days);
  const auto at = [](int64_t year, int month) {
    return static_cast<double>(DaysFromCivil(year, month, 1)) * 86400;
  };
  switch (unit) {
    case Unit::kWeek: {
      const int64_t back = ((days + 4 - weekday) % 7 + 7) % 7;
      return static_cast<double>(days - back) * 86400;
    }
    case Unit::kMonth: return at(date.year, date.month);
    case Unit::kQuarter: return at(date.year, (date.month - 1) / 3 * 3 + 1);
    case Unit::kYear: return at(date.year, 1);
    default: return std::floor(time / SecondsOf(unit)) * SecondsOf(unit);
  }
}

// Steps of "+2h" and "@d", one after another.
std::optional<double> Relative(double time, std::string_view change) {
  constexpr double kStepMax = 1e9;
  while (!change.empty()) {
    const char kind = change.front();
    if (kind == '@') {
      change.remove_prefix(1);
      const std::optional<Unit> unit = TakeUnit(&change);
      int64_t weekday = 0;
      if (unit == Unit::kWeek && !change.empty() && change.front() >= '0' && change.front() <= '7') {
        weekday = (change.front() - '0') % 7;
        change.remove_prefix(1);
      }
      if (!unit.has_value()) {
        return std::nullopt;
      }
      time = Cut(time, *unit, weekday);
      continue;
    }
    if (kind != '-' && kind != '+') {
      return std::nullopt;
    }
    change.remove_prefix(1);
    double count = 1;
    const auto [stop, error] =
        std::from_chars(change.data(), change.data() + change.size(), count);
    if (error == std::errc()) {
      change.remove_prefix(static_cast<std::size_t>(stop - change.data()));
    }
    const std::optional<Unit> unit = TakeUnit(&change);
    if (!unit.has_value() || count < 0 || count > kStepMax) {
      return std::nullopt;
    }
    time = Move(time, *unit, kind == '-' ? -count : count);
    if (std::fabs(time) > kSecondsMax) {
      return std::nullopt;
    }
  }
  return time;
}

}  // namespace

ExprPtr MakeSplEpoch(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame&, Args args) {
    const std::optional<double> time =
        args[0].count() == 1 ? SplNumber(args[0]) : std::nullopt;
    return time.has_value() ? Value::Double(*time) : Value::Null();
  });
}

ExprPtr MakeSplClockEnd(Call& call) {
  const double interval = static_cast<double>(call.constant(1)->integer()) / 1000;
  const double delay = static_cast<double>(call.constant(2)->integer()) / 1000;
  const double length = static_cast<double>(call.constant(3)->integer()) / 1000;
  return call.Make(DataType::kDouble, [interval, delay, length](const Frame& frame, Args args) {
    const std::optional<double> time = TimeOf(args[0]);
    if (!time.has_value()) {
      return Value::Null();
    }
    // Ranges longer than the interval overlap, shorter ones leave gaps.
    const double first = std::floor((*time + delay) / interval) + 1;
    const double last = std::floor((*time + delay + length) / interval);
    const auto count = static_cast<std::size_t>(std::max(last - first + 1, 0.0));
    Value* ends = frame.arena().AllocateArray<Value>(count);
    for (std::size_t i = 0; i < count; ++i) {
      ends[i] = Value::Double((first + static_cast<double>(i)) * interval - delay);
    }
    return Value::MakeMulti(std::span<const Value>(ends, count), &frame.arena());
  });
}

ExprPtr MakeSplRelativeTime(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    const std::optional<double> time = TimeOf(args[0]);
    if (!time.has_value() || args[1].is_null()) {
      return Value::Null();
    }
    const std::optional<double> moved =
        Relative(*time, SplText(args[1].items().front(), frame.arena()));
    return moved.has_value() ? Value::Double(*moved) : Value::Null();
  });
}

ExprPtr MakeSplStrftime(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    const std::optional<double> time = TimeOf(args[0]);
    if (!time.has_value() || args[1].is_null()) {
      return Value::Null();
    }
    return frame.Text(Format(*time, SplText(args[1].items().front(), frame.arena())));
  });
}

ExprPtr MakeSplStrptime(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame& frame, Args args) {
    if (args[0].count() != 1 || args[1].is_null()) {
      return Value::Null();
    }
    const std::optional<double> time =
        TimeParser(SplText(args[0], frame.arena()))
            .Parse(SplText(args[1].items().front(), frame.arena()));
    return time.has_value() ? Value::Double(*time) : Value::Null();
  });
}

}  // namespace weir::expr
