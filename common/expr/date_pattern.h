// The part of Java's DateTimeFormatter patterns that text of dates needs, in UTC and English.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/base/time.h"

namespace weir::expr {

class DatePattern {
 public:
  // "yyyy-MM-dd HH:mm", with [optional parts], several joined by "||", or a name such as
  // "strict_date_optional_time", "epoch_millis", "basic_date". InvalidArgument for letters that are
  // not supported.
  static StatusOr<DatePattern> Compile(std::string_view pattern);

  void Format(UnixMillis time_ms, std::string* out) const;
  // The whole text must fit. Parts the pattern lacks are those of 1970-01-01T00:00:00.
  std::optional<UnixMillis> Parse(std::string_view text) const;

 private:
  enum class Kind : uint8_t { kFields, kIso, kEpochMillis, kEpochSeconds };
  struct Element {
    char letter = 0;      // 0 for a literal
    int count = 0;
    std::string literal;
  };
  // One way to write the date; the first is used to format.
  struct Alternative {
    Kind kind = Kind::kFields;
    std::vector<Element> elements;
  };

  static Status AddAlternatives(std::string_view pattern, std::vector<Alternative>* out);
  static Status AddElements(std::string_view pattern, std::vector<Element>* out);
  static std::optional<UnixMillis> ParseFields(const std::vector<Element>& elements,
                                               std::string_view text);

  std::vector<Alternative> alternatives_;
};

std::string_view MonthName(int month);      // 1 is January
std::string_view WeekdayName(int weekday);  // 1 is Monday

// ISO 8601 week: Monday first, the week with the year's first Thursday is the first.
struct IsoWeek {
  int64_t year;
  int week;
};
IsoWeek IsoWeekOf(UnixMillis time_ms);

}  // namespace weir::expr
