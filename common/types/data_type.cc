#include "common/types/data_type.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

namespace weir {

namespace {

// The first name of a type is the one printed.
constexpr std::array<std::pair<std::string_view, DataType>, 20> kNames = {{
    {"null", DataType::kNull},
    {"boolean", DataType::kBoolean},
    {"bool", DataType::kBoolean},
    {"integer", DataType::kInteger},
    {"int", DataType::kInteger},
    {"long", DataType::kLong},
    {"unsigned_long", DataType::kUnsignedLong},
    {"ul", DataType::kUnsignedLong},
    {"double", DataType::kDouble},
    {"keyword", DataType::kKeyword},
    {"string", DataType::kKeyword},
    {"text", DataType::kText},
    {"datetime", DataType::kDatetime},
    {"date", DataType::kDatetime},
    {"ip", DataType::kIp},
    {"version", DataType::kVersion},
    {"date_period", DataType::kDatePeriod},
    {"time_duration", DataType::kTimeDuration},
    {"unsupported", DataType::kUnsupported},
    {"flattened", DataType::kUnsupported},
}};

}  // namespace

std::string_view DataTypeName(DataType type) {
  for (const auto& [name, known] : kNames) {
    if (known == type) {
      return name;
    }
  }
  return "unsupported";
}

std::optional<DataType> ParseDataType(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [known, type] : kNames) {
    if (known == lower) {
      return type;
    }
  }
  return std::nullopt;
}

}  // namespace weir
