// What many rules cost: the same events through nodes that differ in how many rules they have loaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "tests/bench/measure.h"

namespace weir::bench {

struct RulesOptions {
  std::string rules = "deploy/rules";
  std::vector<uint64_t> counts = {1, 4, 50, 200};
  uint64_t events = 100'000;
  int rounds = 3;
  int streams = 2;
  double match = 0.1;
  std::vector<std::string> settings;   // "key=value" of the node's configuration
};

// Rules are those of WriteRules (made_rules.h). Fails unless every event was taken once.
Status RunRulesBench(const RulesOptions& options, Report* report);

}  // namespace weir::bench
