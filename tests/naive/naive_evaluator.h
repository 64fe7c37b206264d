// What the rules of deploy/rules/bedrock, and those of query_rules, find, computed without the engine: every rule written by
// hand, every window a loop over all calls.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "tests/naive/call.h"

namespace weir::naive {

struct Hit {
  std::string rule_id;
  std::string group;          // "column=value; ..." by column, "null" for a missing value
  UnixMillis start_ms = 0;    // the tick, or the ends of an episode's first and last firing window
  UnixMillis end_ms = 0;
  int64_t count = 0;          // at a tick; 0 for episodes
  uint64_t suppressed = 0;    // hits folded into this one

  auto operator<=>(const Hit&) const = default;
};
void PrintTo(const Hit& hit, std::ostream* out);

struct Findings {
  std::vector<Hit> alerts;
  std::vector<Hit> suppressed;   // folded into an alert
};

enum class Rules : uint8_t {
  kBedrock,   // deploy/rules/bedrock: ES|QL
  kQueries,   // tests/naive/query_rules: KQL thresholds
};
// All rules at multiples of ten minutes, an alert for each tick and group; sorted.
Findings JudgeTicks(const std::vector<Call>& calls, Rules rules = Rules::kBedrock);
// All rules second by second, an alert for each episode; sorted.
Findings JudgeContinuously(const std::vector<Call>& calls, Rules rules = Rules::kBedrock);
// Times of the events that the rule without a threshold alerts on; sorted.
std::vector<UnixMillis> RefusedCalls(const std::vector<Call>& calls);

// The name of the column that a rule counts in.
std::string CountColumn(const std::string& rule_id);
// The rule that suppresses, and the part of a group of it that is the suppression key.
inline constexpr char kProbingRule[] = "02d49533-d9b7-4ed1-9363-bc34ab3c5a2c";
std::string SuppressionKey(const std::string& probing_group);

}  // namespace weir::naive
