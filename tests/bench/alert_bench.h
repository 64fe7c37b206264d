// How long people wait for lists and watches when many alerts are open.
#pragma once

#include <cstdint>

#include "common/base/status.h"
#include "tests/bench/measure.h"

namespace weir::bench {

struct AlertOptions {
  uint64_t alerts = 100'000;
  uint64_t rounds = 200;      // calls of each kind
};

// Fills an index with open alerts of forty rules and ten thousand users, serves it over gRPC in this
// process, and times calls: the first page, later pages, filters, words, orders, the start of a watch, and
// from an alert's change to its receipt by a watcher that filters. Reports median and 99th percentile of
// each, the worst 99th percentile, and the memory of an alert. An error when an answer is wrong.
Status RunAlertBench(const AlertOptions& options, Report* report);

}  // namespace weir::bench
