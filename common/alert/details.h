// What is shown of one alert beside itself.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/alert/alert.h"

namespace weir::alert {

// Rows of the alert's group by pane.
struct RowSeries {
  int64_t pane_ms = 0;
  std::vector<std::pair<UnixMillis, uint64_t>> counts;   // end of the pane, rows; by time
};

struct SuppressionState {
  std::vector<NamedCell> key;
  UnixMillis until_ms = 0;   // hits judged up to then fold into the alert
};

struct AlertDetails {
  Alert alert;
  std::optional<RowSeries> series;              // empty: not known
  std::optional<SuppressionState> suppression;  // empty: nothing is suppressed on its behalf
};

}  // namespace weir::alert
