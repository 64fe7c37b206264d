#include "common/spl/aggregates.h"

#include <charconv>

#include <fmt/format.h>

namespace weir::spl {
namespace {

// clang-format off
constexpr AggregateRow kAggregates[] = {
    {"count", true, "rows, or values of a field, or rows for which eval(...) is true"},
    {"c", true, "as count"},
    {"dc", true, "distinct values, as text; exact up to 10,000, then within 0.81 %"},
    {"distinct_count", true, "as dc"},
    {"estdc", true, "as dc"},
    {"values", true, "distinct values as text, by character code; a set that no condition reads keeps 1,000 and is flagged"},
    {"list", true, "the first 100 values, by event time"},
    {"min", true, "least number, or least text when no value is a number"},
    {"max", true, "greatest number, or greatest text when no value is a number"},
    {"sum", true, "sum of the numbers"},
    {"avg", true, "mean of the numbers"},
    {"mean", true, "as avg"},
    {"stdev", true, "sample deviation; of one value 0"},
    {"stdevp", true, "deviation of the population"},
    {"var", true, "sample variance; of one value 0"},
    {"varp", true, "variance of the population"},
    {"range", true, "max - min of the numbers"},
    {"median", true, "middle number"},
    {"perc<n>", true, "percentile of the numbers, interpolated; also p<n>, exactperc<n>, upperperc<n>"},
    {"first", true, "the value of the earliest event: rows have no other order here"},
    {"last", true, "the value of the latest event"},
    {"earliest", true, "the value of the event with the least _time"},
    {"latest", true, "the value of the event with the greatest _time"},
    {"earliest_time", true, "the least _time of an event with the field"},
    {"latest_time", true, "the greatest _time of an event with the field"},
    {"mode", false, "the most frequent value cannot be merged from parts"},
    {"rate", false, "use (latest(f)-earliest(f))/range(_time)"},
    {"sparkline", false, "a chart is no alert"},
    {"sumsq", false, "use sum(eval(f*f))"},
    {"first_seen", false, "use min(_time)"},
    {"per_second", false, "use count and range(_time)"},
    {"per_minute", false, "use count and range(_time)"},
    {"per_hour", false, "use count and range(_time)"},
    {"per_day", false, "use count and range(_time)"},
};
// clang-format on

}  // namespace

std::span<const AggregateRow> Aggregates() {
  return kAggregates;
}

std::vector<std::string> AggregateNames() {
  std::vector<std::string> names;
  for (const AggregateRow& row : kAggregates) {
    names.emplace_back(row.name);
  }
  return names;
}

std::optional<double> PercentOf(std::string_view name) {
  for (const std::string_view prefix : {"exactperc", "upperperc", "perc", "p"}) {
    if (!name.starts_with(prefix) || name.size() == prefix.size()) {
      continue;
    }
    double percent = 0;
    const char* last = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + prefix.size(), last, percent);
    if (error == std::errc() && stop == last && percent >= 0 && percent <= 100) {
      return percent;
    }
  }
  return std::nullopt;
}

std::string WhyNoAggregate(std::string_view name) {
  if (PercentOf(name).has_value()) {
    return "";
  }
  for (const AggregateRow& row : kAggregates) {
    if (row.name == name) {
      return row.runs ? ""
                      : fmt::format("aggregate [{}] is not supported: {}", name, row.summary);
    }
  }
  return fmt::format("unknown aggregate [{}]", name);
}

}  // namespace weir::spl
