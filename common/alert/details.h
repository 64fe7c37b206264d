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

// How long the parts of a detection took; empty: a time of it is not known.
struct Timings {
  std::optional<int64_t> event_to_arrival_ms;
  std::optional<int64_t> arrival_to_fired_ms;
  std::optional<int64_t> fired_to_acknowledged_ms;
  std::optional<int64_t> fired_to_closed_ms;
};

struct AlertDetails {
  Alert alert;
  std::optional<RowSeries> series;              // empty: not known
  std::optional<SuppressionState> suppression;  // empty: nothing is suppressed on its behalf
};

// All that is shown of one alert.
struct Incident : AlertDetails {
  std::vector<Alert> related;   // of the same entities, the latest first
  uint64_t related_total = 0;
  Timings timings;
};

// ToJson of the alert with these keys behind: series {pane_ms, counts [{time, rows}]}, suppression {key
// {column: value}, until}, timings {event_to_arrival_ms, arrival_to_fired_ms, fired_to_acknowledged_ms,
// fired_to_closed_ms}, related [alerts], related_total. What is not known is null.
std::string IncidentToJson(const Incident& incident);

}  // namespace weir::alert
