// The aggregates of stats by name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::spl {

struct AggregateRow {
  std::string_view name;      // lower case; "perc<n>" stands for every number
  bool runs = false;
  std::string_view summary;   // of one that does not run, why not
};

std::span<const AggregateRow> Aggregates();
std::vector<std::string> AggregateNames();

// The number of perc95, p95, exactperc95 or upperperc95; empty for any other name.
std::optional<double> PercentOf(std::string_view name);

// Empty when an aggregate of the name runs.
std::string WhyNoAggregate(std::string_view name);

}  // namespace weir::spl
