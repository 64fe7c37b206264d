// Conversion of one value to another type: what ::, TO_x and the implicit casts share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/arena.h"
#include "common/base/time.h"
#include "common/types/value.h"

namespace weir::expr {

struct ConversionError {
  std::string_view java_class;
  std::string message;

  // As warnings print it: "class: message".
  std::string Text() const { return std::string(java_class) + ": " + message; }
};

// True when a conversion between the types exists at all; null converts to everything.
bool CanConvert(DataType from, DataType to);

// Converts a single, non-null value. REQUIRES: CanConvert(item.type(), type). False fills error.
bool ConvertItem(const Value& item, DataType type, Arena& arena, Value* result,
                 ConversionError* error);

// ISO 8601, also with the day, or day and month, left out ("1990" is its first instant) and with
// negative years.
std::optional<UnixMillis> ParseDate(std::string_view text);

// "3 days", "1 hour 30 minutes": a date_period or a time_duration, never both.
std::optional<Value> ParseTimespan(std::string_view text);

// A whole decimal number; empty when it is none or out of range.
std::optional<int64_t> ParseWhole(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);

}  // namespace weir::expr
