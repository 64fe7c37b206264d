// The events of a simulation and the rules that judge them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/cluster/rule_feed.h"

namespace weir::sim {

struct Event {
  UnixMillis time_ms = 0;   // no two events share it: what the cluster logs is found by it
  std::string id;           // may be empty: known by producer, sequence and place alone
  int user = 0;
  int account = 0;
  std::string action;
  bool failed = false;
  int address = 0;
};

// The record of an event; with the arrival time that the cluster gave it, for the backtest.
std::string ToRecord(const Event& event, std::optional<UnixMillis> ingested_ms);

struct SimRule {
  std::string id;
  std::string file;                     // TOML
  bool at_ticks = false;                // by arrival time: the stamps decide
  bool (*wants)(const Event& event);    // its WHERE
};
const std::vector<SimRule>& Rules();

// Texts to propose to a cluster; revisions differ in what decides nothing.
cluster::RuleSetTexts RuleTexts(int revision);

}  // namespace weir::sim
