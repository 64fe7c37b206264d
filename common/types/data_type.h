// The types of ES|QL columns. The names are Elasticsearch's (reference: its documentation page on
// ES|QL data types). short and byte load as integer; float, half_float, scaled_float as double.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

// stored: do not renumber
enum class DataType : uint8_t {
  kNull = 0,
  kBoolean = 1,
  kInteger = 2,       // 32 bit
  kLong = 3,          // 64 bit
  kUnsignedLong = 4,
  kDouble = 5,
  kKeyword = 6,
  kText = 7,          // behaves as keyword; functions that touch it give keyword
  kDatetime = 8,      // milliseconds since the epoch
  kIp = 9,            // 16 bytes, IPv4 as its v4-mapped IPv6 form
  kVersion = 10,
  kDatePeriod = 11,   // constants only: months and days
  kTimeDuration = 12, // constants only: milliseconds
  kUnsupported = 13,
};

// Lower-case name as in ES|QL: "keyword", "datetime", "date_period".
std::string_view DataTypeName(DataType type);

// Accepts the names and aliases that ES|QL's :: cast takes (bool, int, string, date, ...), any case.
std::optional<DataType> ParseDataType(std::string_view name);

constexpr bool IsString(DataType type) {
  return type == DataType::kKeyword || type == DataType::kText;
}
constexpr bool IsNumeric(DataType type) {
  return type == DataType::kInteger || type == DataType::kLong || type == DataType::kUnsignedLong ||
         type == DataType::kDouble;
}
constexpr bool IsTimespan(DataType type) {
  return type == DataType::kDatePeriod || type == DataType::kTimeDuration;
}

}  // namespace weir
