// The story of the demo's day: an account that goes about its business, and four things in it that
// somebody ought to hear about. docs: deploy/demo tells it to the reader.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "deploy/demo_events/delivery.h"

namespace weir::demo {

// One alert that must come, and nothing but these.
struct ExpectedAlert {
  std::string story;    // a line for people
  std::string rule_id;
  std::vector<std::pair<std::string, std::string>> group;
  std::string counted;  // the column that holds the count
  int64_t count_min = 0;  // the threshold: what an alert shows that is read at once
  int64_t count_max = 0;  // all there is: repeats must not add to it
  int64_t suppressed_min = 0;
};

// Ordinary traffic, with two principals that stay just below a threshold and would cross it if
// repeats were counted.
void AddNoise(Random* random, Day* day);

// The four attacks; returns what must be alerted.
std::vector<ExpectedAlert> AddAttacks(Random* random, Day* day);

}  // namespace weir::demo
