// One simulation: a cluster, its collectors, what goes wrong, and what is found out, all from one seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::sim {

struct SeedResult {
  std::vector<std::string> violations;
  std::vector<std::string> history;
  uint64_t history_hash = 0;
  std::size_t events = 0;
  std::size_t alerts = 0;
};

SeedResult RunSeed(uint64_t seed);

}  // namespace weir::sim
