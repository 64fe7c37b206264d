// Functions on datetimes, all in UTC.
#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include <fmt/format.h>

#include "common/expr/calendar.h"
#include "common/expr/date_pattern.h"
#include "common/expr/functions_internal.h"

namespace weir::expr {

namespace {

constexpr std::string_view kDefaultPattern = "strict_date_optional_time";

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// A unit of DATE_DIFF: months, or milliseconds divided or multiplied.
struct DiffUnit {
  std::string_view names;  // separated by blanks
  int64_t months;
  int64_t millis;
  int64_t per_millisecond;
};

constexpr std::array<DiffUnit, 11> kDiffUnits = {{
    {"year years yy yyyy", 12, 0, 0},
    {"quarter quarters qq q", 3, 0, 0},
    {"month months mm m", 1, 0, 0},
    {"week weeks wk ww", 0, 7 * kMillisPerDay, 0},
    {"day days dd d dayofyear dy y weekday weekdays dw", 0, kMillisPerDay, 0},
    {"hour hours hh", 0, kMillisPerHour, 0},
    {"minute minutes mi n", 0, kMillisPerMinute, 0},
    {"second seconds ss s", 0, kMillisPerSecond, 0},
    {"millisecond milliseconds ms", 0, 1, 0},
    {"microsecond microseconds mcs", 0, 0, 1000},
    {"nanosecond nanoseconds ns", 0, 0, 1000000},
}};

bool HasWord(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) {
      return true;
    }
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

const DiffUnit* FindDiffUnit(std::string_view name) {
  const std::string lower = LowerCase(name);
  const auto* unit = std::find_if(kDiffUnits.begin(), kDiffUnits.end(), [&](const DiffUnit& known) {
    return HasWord(known.names, lower);
  });
  return unit == kDiffUnits.end() ? nullptr : unit;
}

std::string UnknownUnit(std::string_view unit) {
  return fmt::format("A value of [YEAR, QUARTER, MONTH, DAYOFYEAR, DAY, WEEK, WEEKDAY, HOUR, "
                     "MINUTE, SECOND, MILLISECOND, MICROSECOND, NANOSECOND] or their aliases is "
                     "required; received [{}]",
                     unit);
}

Value Difference(const Frame& frame, const DiffUnit& unit, UnixMillis start_ms, UnixMillis end_ms) {
  int64_t difference = 0;
  bool overflow = false;
  if (unit.months != 0) {
    difference = MonthsBetween(start_ms, end_ms) / unit.months;
  } else {
    overflow = __builtin_sub_overflow(end_ms, start_ms, &difference);
    if (!overflow && unit.millis != 0) {
      difference /= unit.millis;
    } else if (!overflow) {
      overflow = __builtin_mul_overflow(difference, unit.per_millisecond, &difference);
    }
  }
  if (overflow || difference != static_cast<int32_t>(difference)) {
    return frame.Fail(fmt::format("org.elasticsearch.xpack.esql.core.InvalidArgumentException: "
                                  "[{}] out of [integer] range",
                                  difference));
  }
  return Value::Integer(static_cast<int32_t>(difference));
}

using Extractor = int64_t (*)(UnixMillis time_ms, const CivilTime& civil);

int64_t Hour(const CivilTime& civil) {
  return civil.day_millis / kMillisPerHour;
}

struct DatePart {
  std::string_view name;  // of java.time.temporal.ChronoField
  Extractor extract;
};

using Time = UnixMillis;
using Civil = const CivilTime&;

constexpr int64_t Whole(int64_t number) {
  return number;
}

constexpr std::array<DatePart, 30> kDateParts = {{
    {"aligned_day_of_week_in_month", [](Time, Civil c) { return Whole((c.date.day - 1) % 7 + 1); }},
    {"aligned_day_of_week_in_year",
     [](Time, Civil c) { return Whole((c.day_of_year() - 1) % 7 + 1); }},
    {"aligned_week_of_month", [](Time, Civil c) { return Whole((c.date.day - 1) / 7 + 1); }},
    {"aligned_week_of_year", [](Time, Civil c) { return Whole((c.day_of_year() - 1) / 7 + 1); }},
    {"ampm_of_day", [](Time, Civil c) { return Whole(Hour(c) / 12); }},
    {"clock_hour_of_ampm", [](Time, Civil c) { return Whole((Hour(c) + 11) % 12 + 1); }},
    {"clock_hour_of_day", [](Time, Civil c) { return Whole((Hour(c) + 23) % 24 + 1); }},
    {"day_of_month", [](Time, Civil c) { return Whole(c.date.day); }},
    {"day_of_week", [](Time, Civil c) { return Whole(c.weekday()); }},
    {"day_of_year", [](Time, Civil c) { return Whole(c.day_of_year()); }},
    {"epoch_day", [](Time, Civil c) { return Whole(c.days); }},
    {"era", [](Time, Civil c) { return Whole(c.date.year > 0 ? 1 : 0); }},
    {"hour_of_ampm", [](Time, Civil c) { return Whole(Hour(c) % 12); }},
    {"hour_of_day", [](Time, Civil c) { return Whole(Hour(c)); }},
    {"instant_seconds", [](Time t, Civil) { return Whole(FloorDiv(t, kMillisPerSecond)); }},
    {"micro_of_day", [](Time, Civil c) { return Whole(c.day_millis * 1000); }},
    {"micro_of_second", [](Time, Civil c) { return Whole(c.day_millis % 1000 * 1000); }},
    {"milli_of_day", [](Time, Civil c) { return Whole(c.day_millis); }},
    {"milli_of_second", [](Time, Civil c) { return Whole(c.day_millis % 1000); }},
    {"minute_of_day", [](Time, Civil c) { return Whole(c.day_millis / kMillisPerMinute); }},
    {"minute_of_hour", [](Time, Civil c) { return Whole(c.day_millis / kMillisPerMinute % 60); }},
    {"month_of_year", [](Time, Civil c) { return Whole(c.date.month); }},
    {"nano_of_day", [](Time, Civil c) { return Whole(c.day_millis * 1000000); }},
    {"nano_of_second", [](Time, Civil c) { return Whole(c.day_millis % 1000 * 1000000); }},
    {"offset_seconds", [](Time, Civil) { return Whole(0); }},
    {"proleptic_month", [](Time, Civil c) { return Whole(c.date.year * 12 + c.date.month - 1); }},
    {"second_of_day", [](Time, Civil c) { return Whole(c.day_millis / kMillisPerSecond); }},
    {"second_of_minute", [](Time, Civil c) { return Whole(c.day_millis / kMillisPerSecond % 60); }},
    {"year", [](Time, Civil c) { return Whole(c.date.year); }},
    {"year_of_era",
     [](Time, Civil c) { return Whole(c.date.year > 0 ? c.date.year : 1 - c.date.year); }},
}};

Extractor FindDatePart(std::string_view name) {
  const std::string lower = LowerCase(name);
  const auto* part = std::find_if(kDateParts.begin(), kDateParts.end(),
                                  [&](const DatePart& known) { return known.name == lower; });
  return part == kDateParts.end() ? nullptr : part->extract;
}

Value Extract(Extractor extract, const Value& date) {
  return Value::Long(extract(date.integer(), ToCivil(date.integer())));
}

Value FormatDate(const Frame& frame, const DatePattern& pattern, const Value& date) {
  std::string out;
  pattern.Format(date.integer(), &out);
  return frame.Text(out);
}

Value ParseDateText(const Frame& frame, const DatePattern& pattern, std::string_view name,
                    std::string_view text) {
  const auto time_ms = pattern.Parse(text);
  return time_ms.has_value()
             ? Value::Datetime(*time_ms)
             : frame.Fail(fmt::format("java.lang.IllegalArgumentException: failed to parse date "
                                      "field [{}] with format [{}]",
                                      text, name));
}

// f(const Frame&, const DatePattern&, pattern text, const Value&) with the pattern from the first
// argument of two, or the default; compiled once when it is constant.
template <typename F>
ExprPtr MakePatterned(Call& call, DataType result, F f) {
  const Value* constant = call.constant(0);
  if (call.size() == 2 && constant == nullptr) {
    return call.Make(result, [f](const Frame& frame, Args args) {
      const auto pattern = DatePattern::Compile(args[0].text());
      return pattern.ok() ? f(frame, *pattern, args[0].text(), args[1])
                          : frame.Fail(fmt::format("java.lang.IllegalArgumentException: {}",
                                                   Message(pattern.status())));
    });
  }
  const std::string text(call.size() == 2 ? constant->text() : kDefaultPattern);
  auto pattern = DatePattern::Compile(text);
  if (!pattern.ok()) {
    return call.Error(fmt::format("invalid date pattern in [{}]: {}", call.site().text,
                                  Message(pattern.status())));
  }
  return call.Make(result, [f, text, pattern = *std::move(pattern)](const Frame& frame, Args args) {
    return f(frame, pattern, text, args.back());
  });
}

// f(const CivilTime&) -> int64_t, of a date in UTC.
template <typename F>
ExprPtr MakeCivilPart(Call& call, F f) {
  return call.Make(DataType::kLong, [f](const Frame&, Args args) {
    return Value::Long(f(ToCivil(args[0].integer())));
  });
}

class NowNode final : public Expr {
 public:
  NowNode() : Expr(DataType::kDatetime) {}
  Value Eval(EvalContext& context) const override { return Value::Datetime(context.now_ms); }
};

}  // namespace

ExprPtr MakeDateTrunc(Call& call) {
  const Value* span = call.constant(0);
  if (span == nullptr) {
    return MakeConstant(Value::Null(), DataType::kDatetime);
  }
  const auto truncation = Truncation::FromSpan(*span);
  if (!truncation.has_value()) {
    return call.Error(fmt::format("Zero, negative or mixed time interval is not supported in [{}]",
                                  call.site().text));
  }
  return call.Make(DataType::kDatetime, [truncation = *truncation](const Frame&, Args args) {
    return Value::Datetime(truncation.Apply(args[1].integer()));
  });
}

ExprPtr MakeDateDiff(Call& call) {
  if (const Value* name = call.constant(0)) {
    const DiffUnit* unit = FindDiffUnit(name->text());
    if (unit == nullptr) {
      return call.Error(UnknownUnit(name->text()));
    }
    return call.Make(DataType::kInteger, [unit](const Frame& frame, Args args) {
      return Difference(frame, *unit, args[1].integer(), args[2].integer());
    });
  }
  return call.Make(DataType::kInteger, [](const Frame& frame, Args args) {
    const DiffUnit* unit = FindDiffUnit(args[0].text());
    return unit != nullptr ? Difference(frame, *unit, args[1].integer(), args[2].integer())
                           : frame.Fail("java.lang.IllegalArgumentException: " +
                                        UnknownUnit(args[0].text()));
  });
}

ExprPtr MakeDateExtract(Call& call) {
  if (const Value* name = call.constant(0)) {
    const Extractor extract = FindDatePart(name->text());
    if (extract == nullptr) {
      return call.Error(fmt::format("invalid date field for [{}]: {}", call.site().text,
                                    name->text()));
    }
    return call.Make(DataType::kLong, [extract](const Frame&, Args args) {
      return Extract(extract, args[1]);
    });
  }
  return call.Make(DataType::kLong, [](const Frame& frame, Args args) {
    const Extractor extract = FindDatePart(args[0].text());
    return extract != nullptr
               ? Extract(extract, args[1])
               : frame.Fail("java.lang.IllegalArgumentException: invalid date field: " +
                            std::string(args[0].text()));
  });
}

ExprPtr MakeDateFormat(Call& call) {
  Operand& date = call.args.back();
  if (call.size() == 1 && IsStringLiteral(*date.source)) {
    date.expr = CastLiteral(date, DataType::kDatetime, call.diagnostics);
    if (date.expr == nullptr) {
      return nullptr;
    }
  }
  const std::size_t last = call.size() - 1;
  if (call.type(last) != DataType::kDatetime && call.type(last) != DataType::kNull) {
    return call.TypeError(last, "datetime");
  }
  if (call.size() == 2 && !IsString(call.type(0)) && call.type(0) != DataType::kNull) {
    return call.TypeError(0, "string");
  }
  return MakePatterned(call, DataType::kKeyword,
                       [](const Frame& frame, const DatePattern& pattern, std::string_view,
                          const Value& value) { return FormatDate(frame, pattern, value); });
}

ExprPtr MakeDateParse(Call& call) {
  return MakePatterned(call, DataType::kDatetime,
                       [](const Frame& frame, const DatePattern& pattern, std::string_view name,
                          const Value& value) {
                         return ParseDateText(frame, pattern, name, value.text());
                       });
}

ExprPtr MakeDayName(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame&, Args args) {
    return Value::Keyword(WeekdayName(ToCivil(args[0].integer()).weekday()));
  });
}

ExprPtr MakeMonthName(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame&, Args args) {
    return Value::Keyword(MonthName(ToCivil(args[0].integer()).date.month));
  });
}

ExprPtr MakeYear(Call& call) {
  return MakeCivilPart(call, [](const CivilTime& civil) { return Whole(civil.date.year); });
}

ExprPtr MakeMonth(Call& call) {
  return MakeCivilPart(call, [](const CivilTime& civil) { return Whole(civil.date.month); });
}

ExprPtr MakeDay(Call& call) {
  return MakeCivilPart(call, [](const CivilTime& civil) { return Whole(civil.date.day); });
}

ExprPtr MakeHour(Call& call) {
  return MakeCivilPart(call, Hour);
}

ExprPtr MakeDaysInMonth(Call& call) {
  return MakeCivilPart(call, [](const CivilTime& civil) {
    return Whole(DaysInMonth(civil.date.year, civil.date.month));
  });
}

ExprPtr MakeNow(Call& /*call*/) {
  return std::make_shared<NowNode>();
}

}  // namespace weir::expr
