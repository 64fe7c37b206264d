// When a detection of Splunk's layout runs, and over which time.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/status.h"

namespace weir::rule {

// Every multiple of the interval (of Unix time), over the event time from `from` to `to` before it.
struct DetectionSchedule {
  int64_t interval_ms = 0;
  int64_t from_ms = 0;
  int64_t to_ms = 0;   // not negative, and less than from_ms
};

// From a scheduler's three texts: "7 * * * *", "-70m@m", "-10m@m". A run that is not at a multiple of its
// interval keeps its range and is moved to the multiple before it, or, if its range would not have ended
// by then, to the one behind it. InvalidArgument for what is not at equal
// distances (days of the week, lists), for ranges that end in the future, and for ranges of more than
// 1,000 intervals.
StatusOr<DetectionSchedule> ParseDetectionSchedule(std::string_view cron, std::string_view earliest,
                                                   std::string_view latest);

}  // namespace weir::rule
