// weir groups top RULE: the groups that are nearest to firing.
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/cluster_call_internal.h"
#include "cli/command_internal.h"
#include "cli/groups_internal.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/types/coding.h"
#include "common/wire/alert.h"
#include "common/wire/text.h"
#include "common/wire/time.h"

namespace weir::cli {
namespace {

namespace pb = weir::group::v1;

struct TopFlags {
  std::string address;
  std::string rule;
  int limit = 20;
  std::string format = "table";
};

int RunTop(const TopFlags& flags) {
  pb::ListTopGroupsRequest request;
  request.set_rule(wire::ValidUtf8(flags.rule));
  request.set_limit(flags.limit);
  pb::ListTopGroupsResponse response;
  if (const int exit_code = CallCluster<pb::GroupService>(
          flags.address, &pb::GroupService::Stub::ListTopGroups, request, &response);
      exit_code != kExitOk) {
    return exit_code;
  }
  if (flags.format == "json") {
    PrintMessage(response);
    return kExitOk;
  }
  const pb::GroupRule& rule = response.rule();
  std::string out = fmt::format("{} ({}), {}: {} of {} groups with rows in the window\n",
                                OneLine(rule.rule_name()), rule.rule_id(), rule.mode(),
                                response.groups_size(), HumanCount(response.total()));
  if (response.groups().empty()) {
    out += fmt::format("{} rows were counted since the workers started, {} were late\n",
                       HumanCount(rule.rows()), HumanCount(rule.late()));
    Print(out);
    return kExitOk;
  }
  const pb::Group& first = response.groups(0);
  out += fmt::format("window: after {}, up to {}\n", FormatTime(wire::TimeFromProto(first.window_start())),
                     FormatTime(wire::TimeFromProto(first.window_end())));
  if (first.conditions().empty()) {
    out += fmt::format("no condition of the rule can only become true as rows are added, so that the groups "
                       "with most rows come first: {}\n",
                       OneLine(rule.mode_reason()));
  }
  out += fmt::format("{:>5}  {:>9}  {:<24}  {:<30}  {}\n", "NEAR", "ROWS", "LAST EVENT", "CONDITIONS",
                     "GROUP");
  for (const pb::Group& group : response.groups()) {
    out += fmt::format("{:>5}  {:>9}  {:<24}  {:<30}  {}\n", ShareText(group), HumanCount(group.rows()),
                       group.has_last_event() ? FormatTime(wire::TimeFromProto(group.last_event())) : "-",
                       ConditionsText(group), GroupKeyText(group));
  }
  Print(out);
  return kExitOk;
}

}  // namespace

std::string GroupKeyText(const pb::Group& group) {
  std::vector<alert::NamedCell> cells;
  wire::CellsFromProto(group.key(), &cells);
  std::string out;
  Arena arena;
  for (const alert::NamedCell& cell : cells) {
    ByteReader reader(cell.encoded);
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", cell.name,
                       ValueToString(DecodeValue(&reader, &arena)));
  }
  return out.empty() ? "all rows" : OneLine(out);
}

std::string ConditionsText(const pb::Group& group) {
  std::string out;
  for (const pb::GroupCondition& condition : group.conditions()) {
    out += fmt::format("{}{} {} of {}{}", out.empty() ? "" : ", ", condition.aggregate(),
                       condition.value(), condition.strict() ? "more than " : "", condition.minimum());
  }
  return out.empty() ? "-" : OneLine(out);
}

std::string ShareText(const pb::Group& group) {
  return group.conditions().empty() ? "-"
                                    : fmt::format("{} %", static_cast<int>(group.share() * 100));
}

void AddGroupsCommand(CLI::App* app, Action* action) {
  CLI::App* groups = app->add_subcommand("groups", "Look at the groups that rules count");
  groups->require_subcommand(1);
  CLI::App* top = groups->add_subcommand(
      "top", "Show the groups of a rule that are nearest to its conditions, in the window of now");
  auto flags = std::make_shared<TopFlags>();
  top->add_option("RULE", flags->rule, "Id or name of a rule")->required();
  AddAddressOption(top, &flags->address);
  top->add_option("--limit", flags->limit, "Groups shown")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  top->add_option("--format", flags->format, "Form of the output")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  top->callback([action, flags] { *action = [flags] { return RunTop(*flags); }; });
}

}  // namespace weir::cli
