// weir explain: why rules did, or did not, take an event, and why alerts fired.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_internal.h"
#include "common/base/json_writer.h"
#include "common/plan/plan.h"
#include "weir/explain/v1/explain.grpc.pb.h"

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
// What the cluster says of the events of a record, those of a rule (its id) or of all (""). Empty after
// saying why: also when it runs other rules by now than the view has.
std::optional<std::vector<weir::explain::v1::ExplainedEvent>> AskEvents(const std::string& address,
                                                                        const ClusterView& view,
                                                                        std::string_view record,
                                                                        const std::string& rule_id);
// Lines: where the row is counted, whether it was, and the alerts it has a part in.
std::string RowText(const weir::explain::v1::ExplainedEvent& event,
                    const weir::explain::v1::ExplainedRow& row, std::string_view indent);
// The members that the row adds to an object.
void WriteRow(const weir::explain::v1::ExplainedRow& row, JsonWriter* json);
using RowAlerts = google::protobuf::RepeatedPtrField<weir::explain::v1::RowAlert>;
// A line for an alert that a row has a part in. folded: "its hit was", where another's alert took it.
std::string AlertLine(const weir::explain::v1::RowAlert& alert, std::string_view folded,
                      std::string_view indent);
void WriteAlerts(const RowAlerts& alerts, JsonWriter* json);

}  // namespace weir::cli
