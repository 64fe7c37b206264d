#include "common/expr/conversion_internal.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/expr/typing_internal.h"

namespace weir::expr {

namespace {

constexpr std::string_view kIllegalArgument = "java.lang.IllegalArgumentException";
constexpr std::string_view kInvalidArgument =
    "org.elasticsearch.xpack.esql.core.InvalidArgumentException";
constexpr double kTwoPow63 = 9223372036854775808.0;
constexpr double kTwoPow64 = 18446744073709551616.0;

bool Fail(ConversionError* error, std::string_view java_class, std::string message) {
  error->java_class = java_class;
  error->message = std::move(message);
  return false;
}

bool OutOfRange(ConversionError* error, const Value& item, DataType type) {
  return Fail(error, kInvalidArgument,
              fmt::format("[{}] out of [{}] range", ValueToString(item), DataTypeName(type)));
}

bool CannotParseNumber(ConversionError* error, std::string_view text) {
  return Fail(error, kInvalidArgument, fmt::format("Cannot parse number [{}]", text));
}

bool EqualsIgnoreCase(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         });
}

Value WholeValue(DataType type, int64_t number) {
  return type == DataType::kInteger ? Value::Integer(static_cast<int32_t>(number))
                                    : Value::Long(number);
}

// A double to integer or long: Java's Math.round (half up).
bool RoundTo(double number, DataType type, Value* result) {
  const double rounded = std::floor(number + 0.5);
  const double limit = type == DataType::kInteger ? 2147483648.0 : kTwoPow63;
  if (!(rounded >= -limit && rounded < limit)) {
    return false;
  }
  *result = WholeValue(type, static_cast<int64_t>(rounded));
  return true;
}

bool ToWhole(const Value& item, DataType type, Value* result, ConversionError* error) {
  if (IsString(item.type())) {
    if (const auto number = ParseWhole(item.text());
        number.has_value() && (type == DataType::kLong || (*number >= INT32_MIN &&
                                                           *number <= INT32_MAX))) {
      *result = WholeValue(type, *number);
      return true;
    }
    const auto number = ParseDouble(item.text());
    return (number.has_value() && RoundTo(*number, type, result)) ||
           CannotParseNumber(error, item.text());
  }
  if (item.type() == DataType::kDouble) {
    return RoundTo(item.number(), type, result) || OutOfRange(error, item, type);
  }
  if (item.type() == DataType::kUnsignedLong &&
      item.unsigned_long() > static_cast<uint64_t>(INT64_MAX)) {
    return OutOfRange(error, item, type);
  }
  const int64_t number = item.integer();
  if (type == DataType::kInteger && (number < INT32_MIN || number > INT32_MAX)) {
    return OutOfRange(error, item, type);
  }
  *result = WholeValue(type, number);
  return true;
}

bool ToUnsignedLong(const Value& item, Value* result, ConversionError* error) {
  if (item.type() == DataType::kDouble || IsString(item.type())) {
    if (IsString(item.type())) {
      uint64_t whole = 0;
      const std::string_view text = item.text();
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), whole);
      if (!text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) {
        *result = Value::UnsignedLong(whole);
        return true;
      }
    }
    const auto number = IsString(item.type()) ? ParseDouble(item.text())
                                              : std::optional<double>(item.number());
    if (!number.has_value()) {
      return CannotParseNumber(error, item.text());
    }
    const double rounded = std::floor(*number + 0.5);
    if (!(rounded >= 0 && rounded < kTwoPow64)) {
      return OutOfRange(error, item, DataType::kUnsignedLong);
    }
    *result = Value::UnsignedLong(static_cast<uint64_t>(rounded));
    return true;
  }
  if (item.type() != DataType::kUnsignedLong && item.integer() < 0) {
    return OutOfRange(error, item, DataType::kUnsignedLong);
  }
  *result = Value::UnsignedLong(item.unsigned_long());
  return true;
}

bool ToDouble(const Value& item, Value* result, ConversionError* error) {
  if (!IsString(item.type())) {
    *result = Value::Double(item.AsDouble());
    return true;
  }
  const auto number = ParseDouble(item.text());
  if (!number.has_value()) {
    return CannotParseNumber(error, item.text());
  }
  *result = Value::Double(*number);
  return true;
}

bool ToDatetime(const Value& item, Value* result, ConversionError* error) {
  if (IsString(item.type())) {
    const auto time_ms = ParseDate(item.text());
    if (!time_ms.has_value()) {
      return Fail(error, kIllegalArgument,
                  fmt::format("failed to parse date field [{}] with format "
                              "[strict_date_optional_time]",
                              item.text()));
    }
    *result = Value::Datetime(*time_ms);
    return true;
  }
  Value whole;
  if (!ToWhole(item, DataType::kLong, &whole, error)) {
    return false;
  }
  *result = Value::Datetime(whole.integer());
  return true;
}

bool ToBoolean(const Value& item, Value* result) {
  switch (item.type()) {
    case DataType::kDouble:
      *result = Value::Boolean(item.number() != 0);
      return true;
    case DataType::kKeyword:
    case DataType::kText:
      *result = Value::Boolean(EqualsIgnoreCase(item.text(), "true"));
      return true;
    default:
      *result = Value::Boolean(item.integer() != 0);
      return true;
  }
}

bool ToIp(const Value& item, Arena& arena, Value* result, ConversionError* error) {
  char* bytes = arena.Allocate(16);
  if (!ParseIp(item.text(), bytes)) {
    return Fail(error, kIllegalArgument,
                fmt::format("'{}' is not an IP string literal.", item.text()));
  }
  *result = Value::Ip(bytes);
  return true;
}

bool ToTimespan(const Value& item, DataType type, Value* result, ConversionError* error) {
  const auto span = ParseTimespan(item.text());
  if (!span.has_value() || span->type() != type) {
    return Fail(error, kInvalidArgument,
                fmt::format("Cannot parse [{}] to [{}]", item.text(), DataTypeName(type)));
  }
  *result = *span;
  return true;
}

struct Unit {
  std::string_view name;
  int32_t months;
  int32_t days;
  int64_t millis;
};

constexpr std::array<Unit, 28> kUnits = {{
    {"millisecond", 0, 0, 1},
    {"milliseconds", 0, 0, 1},
    {"ms", 0, 0, 1},
    {"second", 0, 0, kMillisPerSecond},
    {"seconds", 0, 0, kMillisPerSecond},
    {"sec", 0, 0, kMillisPerSecond},
    {"s", 0, 0, kMillisPerSecond},
    {"minute", 0, 0, kMillisPerMinute},
    {"minutes", 0, 0, kMillisPerMinute},
    {"min", 0, 0, kMillisPerMinute},
    {"m", 0, 0, kMillisPerMinute},
    {"hour", 0, 0, kMillisPerHour},
    {"hours", 0, 0, kMillisPerHour},
    {"h", 0, 0, kMillisPerHour},
    {"day", 0, 1, 0},
    {"days", 0, 1, 0},
    {"d", 0, 1, 0},
    {"week", 0, 7, 0},
    {"weeks", 0, 7, 0},
    {"w", 0, 7, 0},
    {"month", 1, 0, 0},
    {"months", 1, 0, 0},
    {"mo", 1, 0, 0},
    {"quarter", 3, 0, 0},
    {"quarters", 3, 0, 0},
    {"year", 12, 0, 0},
    {"years", 12, 0, 0},
    {"yr", 12, 0, 0},
}};

const Unit* FindUnit(std::string_view name) {
  static constexpr Unit kQuarter = {"q", 3, 0, 0};
  static constexpr Unit kYear = {"y", 12, 0, 0};
  if (EqualsIgnoreCase(name, "q")) {
    return &kQuarter;
  }
  if (EqualsIgnoreCase(name, "y")) {
    return &kYear;
  }
  const auto* unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& known) {
    return EqualsIgnoreCase(known.name, name);
  });
  return unit == kUnits.end() ? nullptr : unit;
}

std::string_view TakeWhile(std::string_view* text, int (*is)(int)) {
  std::size_t size = 0;
  while (size < text->size() && is(static_cast<unsigned char>((*text)[size])) != 0) {
    ++size;
  }
  const std::string_view taken = text->substr(0, size);
  text->remove_prefix(size);
  return taken;
}

}  // namespace

std::optional<int64_t> ParseWhole(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') {
    text.remove_prefix(1);
  }
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<double> ParseDouble(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') {
    text.remove_prefix(1);
  }
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
      !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<UnixMillis> ParseDate(std::string_view text) {
  if (const auto time_ms = ParseTime(text)) {
    return time_ms;
  }
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) {
    text.remove_prefix(1);
  }
  if (text.size() < 4) {
    return std::nullopt;
  }
  const auto year = ParseWhole(text.substr(0, 4));
  if (!year.has_value() || *year < 0) {
    return std::nullopt;
  }
  std::string rest(text.substr(4));
  if (rest.empty()) {
    rest = "-01-01";
  } else if (rest.size() == 3) {
    rest += "-01";
  }
  // A leap year stays one when moved by a multiple of 400 years.
  const int64_t signed_year = negative ? -*year : *year;
  const int64_t cycles = FloorDiv(signed_year, 400);
  const int64_t moved_year = signed_year - cycles * 400 + 2000;
  const auto time_ms = ParseTime(fmt::format("{:04}{}", moved_year, rest));
  if (!time_ms.has_value()) {
    return std::nullopt;
  }
  return *time_ms + (cycles - 5) * 146097 * kMillisPerDay;
}

std::optional<Value> ParseTimespan(std::string_view text) {
  int64_t months = 0;
  int64_t days = 0;
  int64_t millis = 0;
  bool is_period = false;
  bool is_duration = false;
  TakeWhile(&text, std::isspace);
  while (!text.empty()) {
    const bool negative = text.front() == '-';
    if (negative) {
      text.remove_prefix(1);
    }
    const auto number = ParseWhole(TakeWhile(&text, std::isdigit));
    TakeWhile(&text, std::isspace);
    const Unit* unit = FindUnit(TakeWhile(&text, std::isalpha));
    if (!number.has_value() || *number > INT32_MAX || unit == nullptr) {
      return std::nullopt;
    }
    const int64_t count = negative ? -*number : *number;
    months += count * unit->months;
    days += count * unit->days;
    millis += count * unit->millis;
    (unit->millis != 0 ? is_duration : is_period) = true;
    TakeWhile(&text, std::isspace);
  }
  if (is_period == is_duration || std::abs(months) > INT32_MAX || std::abs(days) > INT32_MAX) {
    return std::nullopt;
  }
  return is_duration
             ? Value::TimeDuration(millis)
             : Value::DatePeriod(static_cast<int32_t>(months), static_cast<int32_t>(days));
}

bool CanConvert(DataType from, DataType to) {
  if (from == to || from == DataType::kNull) {
    return to != DataType::kUnsupported;
  }
  const bool number_like = IsNumeric(from) || IsString(from) || from == DataType::kBoolean;
  switch (to) {
    case DataType::kBoolean:
      return number_like;
    case DataType::kInteger:
    case DataType::kLong:
    case DataType::kUnsignedLong:
    case DataType::kDouble:
      return number_like || from == DataType::kDatetime;
    case DataType::kDatetime:
      return IsNumeric(from) || IsString(from);
    case DataType::kKeyword:
    case DataType::kText:
      return from != DataType::kUnsupported && !IsTimespan(from);
    case DataType::kIp:
    case DataType::kVersion:
    case DataType::kDatePeriod:
    case DataType::kTimeDuration:
      return IsString(from);
    default:
      return false;
  }
}

bool ConvertItem(const Value& item, DataType type, Arena& arena, Value* result,
                 ConversionError* error) {
  if (item.type() == type) {
    *result = item;
    return true;
  }
  switch (type) {
    case DataType::kBoolean:
      return ToBoolean(item, result);
    case DataType::kInteger:
    case DataType::kLong:
      return ToWhole(item, type, result, error);
    case DataType::kUnsignedLong:
      return ToUnsignedLong(item, result, error);
    case DataType::kDouble:
      return ToDouble(item, result, error);
    case DataType::kDatetime:
      return ToDatetime(item, result, error);
    case DataType::kKeyword:
    case DataType::kText:
      *result = IsString(item.type()) ? Value::String(type, item.text())
                                      : Value::String(type, arena.Copy(ValueToString(item)));
      return true;
    case DataType::kIp:
      return ToIp(item, arena, result, error);
    case DataType::kVersion:
      *result = Value::String(type, item.text());
      return true;
    case DataType::kDatePeriod:
    case DataType::kTimeDuration:
      return ToTimespan(item, type, result, error);
    default:
      WEIR_CHECK(false, "no conversion to {}", DataTypeName(type));
  }
}

}  // namespace weir::expr
