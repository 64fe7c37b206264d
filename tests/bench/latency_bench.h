// From the arrival of the event that crosses a threshold to the alert at a client that watches, under a
// steady load.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"
#include "tests/bench/measure.h"
#include "tests/bench/push_load.h"

namespace weir::bench {

struct LatencyOptions {
  std::string address;
  double events_per_s = 0;
  double seconds = 10;
  uint64_t probes = 100;      // groups that cross the threshold, evenly spread over the time
  uint64_t threshold = 500;   // events of a group that fire, at most kBatchRecords
  double match = 0.1;
};

// Brings each probe's group to one event below the threshold, starts the load, and hides each probe's
// last event in one of its batches. The time runs from the moment the batch is due, also when the load
// cannot keep up, to the alert's receipt on a WatchAlerts stream. An error when an alert does not come.
Status MeasureAlertLatency(const LatencyOptions& options, PushLoad* load, bool end, Report* report);

}  // namespace weir::bench
