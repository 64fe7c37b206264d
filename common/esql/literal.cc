#include "common/esql/literal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/base/time.h"
#include "common/esql/names.h"

namespace weir::esql {
namespace {

constexpr uint64_t kInt32Max = std::numeric_limits<int32_t>::max();
constexpr uint64_t kInt64Max = std::numeric_limits<int64_t>::max();

struct TimeUnit {
  std::string_view name;
  int64_t size;     // milliseconds, days or months
  DataType type;
  bool is_months;   // of a date_period; else its size is in days
};
constexpr std::array<TimeUnit, 30> kTimeUnits = {{
    {"millisecond", 1, DataType::kTimeDuration, false},
    {"milliseconds", 1, DataType::kTimeDuration, false},
    {"ms", 1, DataType::kTimeDuration, false},
    {"second", kMillisPerSecond, DataType::kTimeDuration, false},
    {"seconds", kMillisPerSecond, DataType::kTimeDuration, false},
    {"sec", kMillisPerSecond, DataType::kTimeDuration, false},
    {"s", kMillisPerSecond, DataType::kTimeDuration, false},
    {"minute", kMillisPerMinute, DataType::kTimeDuration, false},
    {"minutes", kMillisPerMinute, DataType::kTimeDuration, false},
    {"min", kMillisPerMinute, DataType::kTimeDuration, false},
    {"m", kMillisPerMinute, DataType::kTimeDuration, false},
    {"hour", kMillisPerHour, DataType::kTimeDuration, false},
    {"hours", kMillisPerHour, DataType::kTimeDuration, false},
    {"h", kMillisPerHour, DataType::kTimeDuration, false},
    {"day", 1, DataType::kDatePeriod, false},
    {"days", 1, DataType::kDatePeriod, false},
    {"d", 1, DataType::kDatePeriod, false},
    {"week", 7, DataType::kDatePeriod, false},
    {"weeks", 7, DataType::kDatePeriod, false},
    {"w", 7, DataType::kDatePeriod, false},
    {"month", 1, DataType::kDatePeriod, true},
    {"months", 1, DataType::kDatePeriod, true},
    {"mo", 1, DataType::kDatePeriod, true},
    {"quarter", 3, DataType::kDatePeriod, true},
    {"quarters", 3, DataType::kDatePeriod, true},
    {"q", 3, DataType::kDatePeriod, true},
    {"year", 12, DataType::kDatePeriod, true},
    {"years", 12, DataType::kDatePeriod, true},
    {"yr", 12, DataType::kDatePeriod, true},
    {"y", 12, DataType::kDatePeriod, true},
}};

const TimeUnit* FindTimeUnit(std::string_view word) {
  for (const TimeUnit& unit : kTimeUnits) {
    if (EqualsIgnoreCase(unit.name, word)) {
      return &unit;
    }
  }
  return nullptr;
}

std::optional<uint64_t> ParseDigits(std::string_view text) {
  uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

Literal MakeInteger(DataType type, int64_t value) {
  Literal literal;
  literal.type = type;
  literal.integer = value;
  return literal;
}

Literal MakeDouble(double value) {
  Literal literal;
  literal.type = DataType::kDouble;
  literal.number = value;
  return literal;
}

std::string CountUnits(int64_t count, std::string_view unit) {
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

std::string PrintDuration(int64_t millis) {
  if (millis != 0 && millis % kMillisPerHour == 0) {
    return CountUnits(millis / kMillisPerHour, "hour");
  }
  if (millis != 0 && millis % kMillisPerMinute == 0) {
    return CountUnits(millis / kMillisPerMinute, "minute");
  }
  if (millis != 0 && millis % kMillisPerSecond == 0) {
    return CountUnits(millis / kMillisPerSecond, "second");
  }
  return CountUnits(millis, "millisecond");
}

std::string PrintPeriod(int64_t bits) {
  const auto months = static_cast<int32_t>(bits >> 32);
  const auto days = static_cast<int32_t>(bits & 0xffffffff);
  if (months == 0) {
    return CountUnits(days, "day");
  }
  const std::string text = CountUnits(months, "month");
  return days == 0 ? text : fmt::format("({} + {})", text, CountUnits(days, "day"));
}

std::string PrintDouble(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_not_of("-0123456789") == std::string::npos) {
    text += ".0";
  }
  return text;
}

double ToDouble(const Literal& literal) {
  switch (literal.type) {
    case DataType::kDouble:
      return literal.number;
    case DataType::kUnsignedLong:
      return static_cast<double>(static_cast<uint64_t>(literal.integer));
    default:
      return static_cast<double>(literal.integer);
  }
}

}  // namespace

std::optional<Literal> MakeNumber(std::string_view text, bool negative) {
  const bool is_integer = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (const auto magnitude = ParseDigits(text); is_integer && magnitude.has_value()) {
    const uint64_t reach = negative ? 1 : 0;  // the negative side holds one more
    if (*magnitude <= kInt64Max + reach) {
      const auto value = static_cast<int64_t>(negative ? 0 - *magnitude : *magnitude);
      return MakeInteger(*magnitude <= kInt32Max + reach ? DataType::kInteger : DataType::kLong,
                         value);
    }
    if (!negative) {
      return MakeInteger(DataType::kUnsignedLong, static_cast<int64_t>(*magnitude));
    }
  }
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return MakeDouble(negative ? -number : number);
}

void WidenNumbers(std::vector<Literal>* literals) {
  bool has_double = false;
  bool has_unsigned = false;
  bool has_long = false;
  bool has_negative = false;
  for (const Literal& literal : *literals) {
    has_double |= literal.type == DataType::kDouble;
    has_unsigned |= literal.type == DataType::kUnsignedLong;
    has_long |= literal.type == DataType::kLong;
    has_negative |= literal.type != DataType::kUnsignedLong && literal.integer < 0;
  }
  // No integer type holds both halves.
  has_double |= has_unsigned && has_negative;
  for (Literal& literal : *literals) {
    if (has_double) {
      literal = MakeDouble(ToDouble(literal));
    } else {
      literal.type = has_unsigned ? DataType::kUnsignedLong
                     : has_long   ? DataType::kLong
                                  : DataType::kInteger;
    }
  }
}

const std::vector<std::string>& TimeUnitNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const TimeUnit& unit : kTimeUnits) {
      result.emplace_back(unit.name);
    }
    return result;
  }();
  return names;
}

bool IsTimeUnit(std::string_view word) {
  return FindTimeUnit(word) != nullptr;
}

std::optional<Literal> MakeTimespan(std::string_view digits, std::string_view word) {
  const TimeUnit& unit = *FindTimeUnit(word);
  const auto count = ParseDigits(digits);
  const uint64_t most = unit.type == DataType::kDatePeriod ? kInt32Max : kInt64Max;
  if (!count.has_value() || *count > most / static_cast<uint64_t>(unit.size)) {
    return std::nullopt;
  }
  const int64_t value = static_cast<int64_t>(*count) * unit.size;
  return MakeInteger(unit.type, unit.is_months ? value << 32 : value);
}

std::string PrintLiteral(const Literal& literal) {
  switch (literal.type) {
    case DataType::kNull:
      return "null";
    case DataType::kBoolean:
      return literal.integer != 0 ? "true" : "false";
    case DataType::kInteger:
    case DataType::kLong:
      return fmt::format("{}", literal.integer);
    case DataType::kUnsignedLong:
      return fmt::format("{}", static_cast<uint64_t>(literal.integer));
    case DataType::kDouble:
      return PrintDouble(literal.number);
    case DataType::kKeyword:
      return QuoteString(literal.text);
    case DataType::kDatePeriod:
      return PrintPeriod(literal.integer);
    case DataType::kTimeDuration:
      return PrintDuration(literal.integer);
    case DataType::kDatetime:
      return fmt::format("{}::datetime", QuoteString(FormatTime(literal.integer)));
    case DataType::kText:
    case DataType::kIp:
    case DataType::kVersion:
    case DataType::kUnsupported:
      break;
  }
  return fmt::format("{}::{}", QuoteString(literal.text), DataTypeName(literal.type));
}

}  // namespace weir::esql
