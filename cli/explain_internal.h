// weir explain: why rules did, or did not, take an event, and why alerts fired.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cli/command_internal.h"
#include "common/plan/plan.h"

namespace weir::cli {

// explain_alert.cc
void AddExplainAlertCommand(CLI::App* explain, Action* action);
// explain_group.cc
void AddExplainGroupCommand(CLI::App* explain, Action* action);
// explain_event.cc
void AddExplainEventCommand(CLI::App* explain, Action* action);

// ---- explain_cluster.cc ----
// What a cluster runs.
struct ClusterView {
  plan::RuleSetPtr rules;
  std::string tenant;
  // The latest events that came at a wrong time, by id: what became of them.
  std::map<std::string, std::string> refused;
};
// Empty after saying why.
std::optional<ClusterView> ReadCluster(const std::string& address);

}  // namespace weir::cli
