// The node that is measured, started as `weir all` starts it, and the check of what it answered.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/node.h"
#include "common/base/status.h"
#include "tests/bench/push_load.h"

namespace weir::bench {

// rules: a file or folder. settings: further "key=value" of the configuration. replay_producers: names of all
// producers of a replay; empty: the wall clock.
StatusOr<std::unique_ptr<cli::Node>> StartNode(const std::string& rules, const std::string& data_dir,
                                               const std::vector<std::string>& settings,
                                               const std::vector<std::string>& replay_producers);

// Everything sent was acknowledged and taken once.
Status CheckTaken(const LoadResult& result);
// And a rule counted exactly the events made to be counted.
Status CheckAnswers(const LoadResult& result);

double PerSecond(uint64_t events, double seconds);
double MicrosPerEvent(uint64_t events, double seconds);

}  // namespace weir::bench
