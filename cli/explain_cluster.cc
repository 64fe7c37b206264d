// What `weir explain event` asks a cluster: its rules, which events came at a wrong time, and what became of
// the others.
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/cluster_call_internal.h"
#include "cli/explain_internal.h"
#include "cli/rule_files_internal.h"
#include "common/base/time.h"
#include "common/cluster/rule_change.h"
#include "common/overlay/overlay.h"
#include "common/wire/alert.h"
#include "common/wire/time.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"
#include "weir/rule/v1/rule.grpc.pb.h"
#include "worker/rule_store.h"

namespace weir::cli {

namespace explain_pb = weir::explain::v1;

namespace {

namespace rule_pb = weir::rule::v1;
namespace cluster_pb = weir::cluster::v1;

// The end of year 9999; the end of a replay closes times behind it.
constexpr UnixMillis kLatestShownMs = 253'402'300'799'999;

// The newest rule set, with what was switched on and off.
bool ReadRules(const std::string& address, cluster::RuleSetTexts* texts) {
  rule_pb::ListRulesResponse list;
  if (CallCluster<rule_pb::RuleService>(address, &rule_pb::RuleService::Stub::ListRules,
                                        rule_pb::ListRulesRequest(), &list) != kExitOk) {
    return false;
  }
  rule_pb::GetRuleSetVersionRequest request;
  request.set_version(list.version());
  rule_pb::GetRuleSetVersionResponse set;
  if (CallCluster<rule_pb::RuleService>(address, &rule_pb::RuleService::Stub::GetRuleSetVersion,
                                        request, &set) != kExitOk) {
    return false;
  }
  texts->version = RuleSetVersion(list.version());
  for (const rule_pb::RuleFile& file : set.files()) {
    texts->files.push_back({file.kind() == rule_pb::FILE_KIND_OVERLAY
                                ? overlay::NameInRuleSet(file.path())
                                : file.path(),
                            file.text()});
  }
  cluster::RuleChange change;
  for (const rule_pb::RuleInfo& rule : list.rules()) {
    if (rule.switched()) {
      change.switches[rule.rule_id()] = rule.state() == rule_pb::RULE_STATE_ENABLED;
    }
  }
  cluster::SetChange(change, texts);
  return true;
}

std::string AlertText(const explain_pb::RowAlert& alert) {
  std::string out = alert.alert_id();
  const auto status = wire::FromProto(alert.status());
  if (!status.has_value()) {
    return out + " (not kept any more)";
  }
  out += fmt::format(" ({}, fired {}", alert::AlertStatusName(*status),
                     FormatTime(wire::TimeFromProto(alert.fired_at())));
  for (const std::string& flag : alert.flags()) {
    if (flag == "silenced" || flag == "shadow") {
      out += fmt::format("; {}: not delivered", flag);
    } else if (flag == "storm") {
      out += "; storm: it stands for the alerts beyond the rule's storm cap";
    }
  }
  return out + ")";
}

std::string TimeText(const explain_pb::ExplainedRow& row) {
  if (wire::TimeFromProto(row.limit()) > kLatestShownMs) {
    return "the replay is over: nothing is counted any more";
  }
  const std::string limit = FormatTime(wire::TimeFromProto(row.limit()));
  return row.time() == explain_pb::ROW_TIME_LATE
             ? fmt::format("if it came now it would be late: events up to {} are not counted any more", limit)
             : fmt::format("if it came now it would be ahead of the clock: events behind {} are not counted yet",
                           limit);
}

}  // namespace

std::optional<ClusterView> ReadCluster(const std::string& address) {
  cluster::RuleSetTexts texts;
  cluster_pb::GetStatusResponse status;
  if (!ReadRules(address, &texts) ||
      CallCluster<cluster_pb::ClusterService>(address, &cluster_pb::ClusterService::Stub::GetStatus,
                                              cluster_pb::GetStatusRequest(), &status) != kExitOk) {
    return std::nullopt;
  }
  std::vector<worker::RuleFile> files;
  for (cluster::RuleSetTexts::File& file : texts.files) {
    files.push_back({std::move(file.path), std::move(file.text)});
  }
  ClusterView view;
  std::vector<std::vector<rule::Finding>> findings;
  view.rules = worker::CompileRuleFiles(files, plan::CompileOptions(), texts.version, &findings);
  view.tenant = status.tenant();
  for (const cluster_pb::DeadLetter& letter : status.dead_letters()) {
    view.refused[letter.event_id()] = fmt::format(
        "not counted: it came {} at {}",
        letter.reason() == cluster_pb::DEAD_LETTER_REASON_FUTURE ? "ahead of the clock" : "too late",
        FormatTime(wire::TimeFromProto(letter.arrived())));
  }
  return view;
}

std::optional<std::vector<explain_pb::ExplainedEvent>> AskEvents(const std::string& address,
                                                                 const ClusterView& view,
                                                                 std::string_view record,
                                                                 const std::string& rule_id) {
  explain_pb::ExplainEventsRequest request;
  request.add_records(std::string(record));
  request.set_rule_id(rule_id);
  explain_pb::ExplainEventsResponse response;
  if (CallCluster<explain_pb::ExplainService>(address, &explain_pb::ExplainService::Stub::ExplainEvents,
                                              request, &response) != kExitOk) {
    return std::nullopt;
  }
  if (response.rule_set_version() != view.rules->version.value) {
    PrintError(fmt::format("{} runs rule set {} now, not {} as when the command began: ask again", address,
                           response.rule_set_version(), view.rules->version));
    return std::nullopt;
  }
  return std::vector<explain_pb::ExplainedEvent>(response.events().begin(), response.events().end());
}

std::string RowText(const explain_pb::ExplainedEvent& event, const explain_pb::ExplainedRow& row,
                    std::string_view indent) {
  std::string out = fmt::format("{}shard {}", indent, row.shard());
  for (int i = 0; i < row.group_size(); ++i) {
    out += fmt::format("{}{} = {}", i == 0 ? ", group " : ", ", row.group(i).name(),
                       OneLine(row.group(i).text()));
  }
  out += "\n";
  const auto line = [&](std::string_view label, std::string_view text) {
    out += fmt::format("{}{:<11} {}\n", indent, label, text);
  };
  if (row.known()) {
    line("known", "it was taken before: sent again it is a repeat, and counts no second time");
  } else if (!event.has_identity()) {
    line("no id", "it carries no id of its own: whether it came before is not known, and each copy counts");
  } else {
    line("new", "it was not taken, or so long ago that it is forgotten (repeat_horizon)");
  }
  if (!row.known() && row.time() != explain_pb::ROW_TIME_IN_TIME) {
    line(row.time() == explain_pb::ROW_TIME_LATE ? "late" : "ahead", TimeText(row));
  }
  for (const explain_pb::RowAlert& alert : row.alerts()) {
    out += AlertLine(alert, row.known() ? "its hit was" : "its hit would be", indent);
  }
  if (row.alerts().empty() && row.known()) {
    line("no alert", fmt::format("no window with it has fired{}",
                                 row.group().empty() ? "" : ": `weir explain group` says how near it is"));
  }
  return out;
}

void WriteRow(const explain_pb::ExplainedRow& row, JsonWriter* json) {
  json->Key("shard");
  json->Uint(row.shard());
  json->Key("known");
  json->Bool(row.known());
  json->Key("time");
  json->String(row.time() == explain_pb::ROW_TIME_LATE    ? "late"
               : row.time() == explain_pb::ROW_TIME_AHEAD ? "ahead"
                                                          : "in_time");
  json->Key("alerts");
  WriteAlerts(row.alerts(), json);
}

std::string AlertLine(const explain_pb::RowAlert& alert, std::string_view folded, std::string_view indent) {
  return alert.folded() ? fmt::format("{}{:<11} {} folded into alert {}\n", indent, "suppressed", folded,
                                      AlertText(alert))
                        : fmt::format("{}{:<11} {}\n", indent, "alert", AlertText(alert));
}

void WriteAlerts(const RowAlerts& alerts, JsonWriter* json) {
  json->BeginArray();
  for (const explain_pb::RowAlert& alert : alerts) {
    json->BeginObject();
    json->Key("alert_id");
    json->String(alert.alert_id());
    json->Key("folded");
    json->Bool(alert.folded());
    const auto status = wire::FromProto(alert.status());
    json->Key("status");
    json->String(status.has_value() ? alert::AlertStatusName(*status) : "");
    json->Key("flags");
    json->BeginArray();
    for (const std::string& flag : alert.flags()) {
      json->String(flag);
    }
    json->EndArray();
    json->EndObject();
  }
  json->EndArray();
}

}  // namespace weir::cli
