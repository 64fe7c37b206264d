// weir explain group RULE field=value...: what a group's window holds, how far it is from each condition,
// and why it did not fire.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/cluster_call_internal.h"
#include "cli/explain_internal.h"
#include "cli/groups_internal.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/time.h"
#include "common/base/units.h"
#include "common/wire/text.h"
#include "common/wire/time.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::group::v1;

// Panes shown: the newest.
constexpr int kPanesMax = 12;

struct GroupFlags {
  std::string address;
  std::string rule;
  std::vector<std::string> keys;   // "name=value"
  int limit = 5;
  std::string format = "text";
};

std::string TimeOf(const google::protobuf::Timestamp& time) {
  return FormatTime(wire::TimeFromProto(time));
}

std::string ValuesText(const google::protobuf::RepeatedPtrField<pb::PredicateValue>& values) {
  std::string out;
  for (const pb::PredicateValue& value : values) {
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", value.name(), value.text());
  }
  return OneLine(out);
}

std::string VerdictText(const pb::GroupExplanation& explanation) {
  const pb::Group& group = explanation.group();
  if (group.rows() == 0) {
    return "does not fire: it has no row in the window\n";
  }
  if (explanation.fires()) {
    return "fires: every condition holds in the window\n";
  }
  if (!explanation.together().empty()) {
    return fmt::format("every condition holds up to `{}`, which looks at all groups together\n",
                       OneLine(explanation.together()));
  }
  std::string out = "does not fire:\n";
  for (const pb::GroupPredicate& predicate : explanation.predicates()) {
    const auto indent = static_cast<std::size_t>(6 + 2 * predicate.depth());
    out += fmt::format("{:{}}{} is {}, not {}\n", "", indent, OneLine(predicate.text()),
                       predicate.verdict(), predicate.wanted());
    if (!predicate.values().empty()) {
      out += fmt::format("{:{}}{}\n", "", indent + 2, ValuesText(predicate.values()));
    }
  }
  return out;
}

std::string PanesText(const pb::GroupExplanation& explanation) {
  std::string out;
  const int first = std::max(0, explanation.panes_size() - kPanesMax);
  for (int i = first; i < explanation.panes_size(); ++i) {
    const pb::GroupPane& pane = explanation.panes(i);
    out += fmt::format("    pane        {}  {}\n", TimeOf(pane.end()), HumanCount(pane.rows()));
  }
  if (first != 0) {
    out += fmt::format("    {} older panes are not shown (--format json has them)\n", first);
  }
  return out;
}

std::string EpisodesText(const pb::GroupExplanation& explanation) {
  std::string out;
  for (const pb::GroupEpisode& episode : explanation.episodes()) {
    const std::string what = episode.alert_id().empty() ? "left out by a condition on its keys"
                             : episode.suppressed()
                                 ? fmt::format("suppressed by alert {}", episode.alert_id())
                                 : fmt::format("alert {}", episode.alert_id());
    out += fmt::format("    fired       {} to {}: {}{}\n", TimeOf(episode.start()),
                       TimeOf(episode.end()), what, episode.recovered() ? ", ended" : "");
  }
  return out;
}

std::string ExplanationText(const pb::GroupExplanation& explanation) {
  const pb::Group& group = explanation.group();
  std::string out = fmt::format("  {}\n    {}", GroupKeyText(group), VerdictText(explanation));
  if (!group.conditions().empty()) {
    out += fmt::format("    reached     {}: {}\n", ShareText(group), ConditionsText(group));
  }
  out += fmt::format("    rows        {} in the window", HumanCount(group.rows()));
  if (group.has_first_event()) {
    out += fmt::format(", {} to {}", TimeOf(group.first_event()), TimeOf(group.last_event()));
  }
  out += explanation.rows_outside() == 0
             ? "\n"
             : fmt::format("; {} outside it\n", HumanCount(explanation.rows_outside()));
  out += PanesText(explanation);
  if (!explanation.columns().empty()) {
    out += fmt::format("    columns     {}\n", ValuesText(explanation.columns()));
  }
  out += EpisodesText(explanation);
  if (!explanation.suppressed_by().empty()) {
    out += fmt::format("    suppressed  until {}: a hit folds into alert {}\n",
                       TimeOf(explanation.suppressed_until()), explanation.suppressed_by());
  }
  return out;
}

// What ingest nodes left out because of exceptions; nothing when they cannot be asked.
std::string ExceptionsText(const std::string& address, const std::string& rule_id) {
  weir::cluster::v1::GetStatusResponse status;
  if (CallCluster<weir::cluster::v1::ClusterService>(
          address, &weir::cluster::v1::ClusterService::Stub::GetStatus,
          weir::cluster::v1::GetStatusRequest(), &status) != kExitOk) {
    return "";
  }
  std::string out;
  for (const weir::cluster::v1::ExceptionCount& count : status.ingest().exceptions()) {
    if (count.rule_id() == rule_id) {
      out += fmt::format("  excepted: {} rows by {}\n", HumanCount(count.rows()), OneLine(count.name()));
    }
  }
  return out;
}

std::string RuleText(const pb::GroupRule& rule) {
  std::string out = fmt::format("{} ({}), {} over {}\n  why: {}\n", OneLine(rule.rule_name()),
                                rule.rule_id(), rule.mode(), FormatDuration(rule.lookback_millis()),
                                OneLine(rule.mode_reason()));
  if (rule.has_warming_until()) {
    out += fmt::format("  warming until {}: what came before its window began to fill is not counted\n",
                       TimeOf(rule.warming_until()));
  }
  out += fmt::format("  since the workers started: {} rows counted, {} late, {} ahead of the clock; {} "
                     "alerts, {} hits suppressed\n",
                     HumanCount(rule.rows()), HumanCount(rule.late()), HumanCount(rule.future()),
                     HumanCount(rule.alerts()), HumanCount(rule.suppressed()));
  if (rule.has_closed()) {
    out += fmt::format("  time has closed up to {}\n", TimeOf(rule.closed()));
  }
  return out;
}

int RunExplainGroup(const GroupFlags& flags) {
  pb::ExplainGroupsRequest request;
  request.set_rule(wire::ValidUtf8(flags.rule));
  request.set_limit(flags.limit);
  for (const std::string& key : flags.keys) {
    const std::size_t sign = key.find('=');
    if (sign == std::string::npos || sign == 0) {
      fmt::print(stderr, "weir explain group: '{}': expected field=value\nsee `weir explain group --help`\n",
                 key);
      return kExitUsage;
    }
    pb::GroupKey* added = request.add_keys();
    added->set_name(wire::ValidUtf8(key.substr(0, sign)));
    added->set_value(wire::ValidUtf8(key.substr(sign + 1)));
  }
  pb::ExplainGroupsResponse response;
  if (const int exit_code = CallCluster<pb::GroupService>(
          flags.address, &pb::GroupService::Stub::ExplainGroups, request, &response);
      exit_code != kExitOk) {
    return exit_code;
  }
  if (flags.format == "json") {
    PrintMessage(response);
    return kExitOk;
  }
  std::string out = RuleText(response.rule());
  out += ExceptionsText(flags.address, response.rule().rule_id());
  if (response.groups().empty()) {
    out += fmt::format("no group{} has rows that are kept: none of its events got through the rule's "
                       "conditions in time (`weir explain event` says which did not)\n",
                       flags.keys.empty() ? "" : fmt::format(" with {}", fmt::join(flags.keys, ", ")));
    Print(out);
    return kExitOk;
  }
  const pb::Group& first = response.groups(0).group();
  out += fmt::format("window: after {}, up to {}; {} of {} groups\n", TimeOf(first.window_start()),
                     TimeOf(first.window_end()), response.groups_size(), HumanCount(response.total()));
  for (const pb::GroupExplanation& explanation : response.groups()) {
    out += ExplanationText(explanation);
  }
  Print(out);
  return kExitOk;
}

}  // namespace

void AddExplainGroupCommand(CLI::App* explain, Action* action) {
  CLI::App* command = explain->add_subcommand(
      "group", "Say of a rule's groups what their windows hold, and why they did not fire");
  auto flags = std::make_shared<GroupFlags>();
  command->add_option("RULE", flags->rule, "Id or name of a rule")->required();
  command->add_option("KEY", flags->keys,
                      "field=value: only groups with this value; otherwise the nearest ones");
  AddAddressOption(command, &flags->address);
  command->add_option("--limit", flags->limit, "Groups shown")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--format", flags->format, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([action, flags] { *action = [flags] { return RunExplainGroup(*flags); }; });
}

}  // namespace weir::cli
