// What ticks cost: many rules judged at ticks over many groups, and what that does to acknowledgements.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"
#include "tests/bench/measure.h"

namespace weir::bench {

struct TickOptions {
  std::string rules = "deploy/rules";
  uint64_t rule_count = 200;
  uint64_t groups = 1'000'000;   // principals with an event each; several rules group by principal
  int ticks = 6;
  uint64_t acks = 200;           // frames timed while no tick is judged
  uint16_t shards = 256;
};

// A replaying worker without gRPC; every rule is judged on its schedule, and time is advanced from one grid
// point of ten minutes to the next. Reports the time from a promise to the last shard having judged it, and
// how long frames of 500 rows took to be durable and applied, in quiet and while ticks were judged.
Status RunTickBench(const TickOptions& options, Report* report);

}  // namespace weir::bench
