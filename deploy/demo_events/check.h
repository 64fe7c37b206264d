// Compares the alerts a cluster gave with the ones the demo's day must give: all of them, and no other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "deploy/demo_events/scenario.h"

namespace weir::demo {

// The file that says what must be alerted, and back.
std::string ExpectedToJson(const std::vector<ExpectedAlert>& expected);
StatusOr<std::vector<ExpectedAlert>> ExpectedFromJson(std::string_view text);

struct CheckResult {
  bool passed = false;
  std::string report;  // one line per expected alert, and one per problem
};

// alerts is NDJSON, or a JSON array, as `weir alerts list --format ndjson|json` prints it.
StatusOr<CheckResult> CheckAlerts(const std::vector<ExpectedAlert>& expected,
                                  std::string_view alerts);

}  // namespace weir::demo
