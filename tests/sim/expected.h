// The alerts that one pass over the events gives, and alerts in a form to compare.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "tests/sim/events.h"

namespace weir::sim {

// What must be equal, as a line; by rule.
std::string Fingerprint(const alert::Alert& alert, bool at_ticks);

// Of one rule over events with these arrival times, sorted. The error says what the backtest said.
StatusOr<std::vector<std::string>> ExpectedAlerts(const SimRule& rule, const std::vector<Event>& events,
                                                  const std::vector<UnixMillis>& arrivals_ms);

}  // namespace weir::sim
