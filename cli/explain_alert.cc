// weir explain alert ID: what an alert's events and group passed to become it.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/cluster_call_internal.h"
#include "cli/explain_internal.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/time.h"
#include "common/types/coding.h"
#include "common/wire/alert.h"
#include "common/wire/alert_query.h"
#include "weir/explain/v1/explain.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::explain::v1;

// Panes shown: the newest.
constexpr std::size_t kPanesMax = 12;

struct AlertFlags {
  std::string address;
  std::string id;
  std::string format = "text";
};

std::string CellsText(const std::vector<alert::NamedCell>& cells) {
  std::string out;
  Arena arena;
  for (const alert::NamedCell& cell : cells) {
    ByteReader reader(cell.encoded);
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", cell.name,
                       ValueToString(DecodeValue(&reader, &arena)));
  }
  return OneLine(out);
}

std::string_view FlagText(std::string_view flag) {
  if (flag == "late") {
    return "events that came late changed it";
  }
  if (flag == "partial") {
    return "some input was refused or missing";
  }
  if (flag == "approximate") {
    return "a column is a sample or a sketch";
  }
  if (flag == "warming") {
    return "its window was younger than the look-back: what came before is not in it";
  }
  if (flag == "continues") {
    return "its signal is that of an earlier alert";
  }
  if (flag == "shadow") {
    return "its rule is in shadow mode: it is not delivered";
  }
  if (flag == "silenced") {
    return "a silence matches it: it is not delivered";
  }
  return "it stands for the alerts that exceeded the rule's storm cap";
}

std::string StepsText(const pb::ExplainAlertResponse& response) {
  if (response.rule_set_version() == 0) {
    return "  its rule does not run any more: `weir rules history` shows when it went\n";
  }
  std::string out = "  each event passed\n";
  for (const std::string& step : response.head()) {
    out += fmt::format("    {}\n", OneLine(step));
  }
  for (const std::string& exception : response.exceptions()) {
    out += fmt::format("    exception {} does not hold\n", OneLine(exception));
  }
  if (!response.fold().empty()) {
    out += fmt::format("  was counted\n    {}\n", OneLine(response.fold()));
  }
  if (!response.tail().empty()) {
    out += "  and its group passed\n";
  }
  for (const pb::AlertCondition& condition : response.tail()) {
    out += fmt::format("    {}\n", OneLine(condition.text()));
    for (const pb::PredicateValue& value : condition.values()) {
      out += fmt::format("      {} = {}\n", value.name(), OneLine(value.text()));
    }
  }
  if (response.alert().rule_version() != response.rule_set_version()) {
    out += fmt::format("  the steps are those of rule set {}; the alert was made under {}\n",
                       response.rule_set_version(), response.alert().rule_version());
  }
  return out;
}

std::string PanesText(const pb::ExplainAlertResponse& response, const alert::Alert& alert) {
  if (!response.has_series()) {
    return "";
  }
  const alert::RowSeries series = wire::FromProto(response.series());
  std::vector<std::pair<UnixMillis, uint64_t>> inside;
  for (const auto& [end_ms, rows] : series.counts) {
    if (end_ms > alert.window_start_ms && end_ms <= std::max(alert.window_end_ms, alert.episode_end_ms)) {
      inside.emplace_back(end_ms, rows);
    }
  }
  const std::size_t first = inside.size() > kPanesMax ? inside.size() - kPanesMax : 0;
  std::string out;
  for (std::size_t i = first; i < inside.size(); ++i) {
    out += fmt::format("  pane        {}  {}\n", FormatTime(inside[i].first), HumanCount(inside[i].second));
  }
  return first == 0 ? out
                    : out + fmt::format("  {} older panes are not shown (--format json has them)\n", first);
}

std::string TimesText(const alert::Alert& alert) {
  std::string out = fmt::format("  window      after {}, up to {}\n", FormatTime(alert.window_start_ms),
                                FormatTime(alert.window_end_ms));
  if (alert.episode_end_ms != alert.episode_start_ms) {
    out += fmt::format("  went on     until {}{}\n", FormatTime(alert.episode_end_ms),
                       alert.recovered_at_ms == 0 ? "" : ", then it recovered");
  }
  if (alert.first_event_ms != 0) {
    out += fmt::format("  events      {} to {}\n", FormatTime(alert.first_event_ms),
                       FormatTime(alert.last_event_ms));
  }
  out += fmt::format("  fired       {}\n", FormatTime(alert.fired_at_ms));
  return out;
}

int RunExplainAlert(const AlertFlags& flags) {
  std::vector<std::string> ids = {flags.id};
  if (const int exit_code = CompleteAlertIds(ConnectAlerts(flags.address), flags.address, &ids);
      exit_code != kExitOk) {
    return exit_code;
  }
  pb::ExplainAlertRequest request;
  request.set_alert_id(ids.front());
  pb::ExplainAlertResponse response;
  if (const int exit_code = CallCluster<pb::ExplainService>(
          flags.address, &pb::ExplainService::Stub::ExplainAlert, request, &response);
      exit_code != kExitOk) {
    return exit_code;
  }
  if (flags.format == "json") {
    PrintMessage(response);
    return kExitOk;
  }
  const StatusOr<alert::Alert> read = wire::FromProto(response.alert());
  if (!read.ok()) {
    PrintError(fmt::format("{}", read.status()));
    return kExitFailed;
  }
  const alert::Alert& alert = *read;
  std::string out = fmt::format("{} ({}): alert {}, {}\n", OneLine(alert.rule_name), alert.rule_id,
                                alert.id.ToHex(), alert::AlertStatusName(alert.status));
  if (!alert.group.empty()) {
    out += fmt::format("  group       {}\n", CellsText(alert.group));
  }
  out += StepsText(response) + TimesText(alert) + PanesText(response, alert);
  if (response.has_suppression()) {
    const alert::SuppressionState state = wire::FromProto(response.suppression());
    out += fmt::format("  suppresses  hits{}{} until {}\n", state.key.empty() ? "" : " with ",
                       CellsText(state.key), FormatTime(state.until_ms));
  }
  if (alert.suppressed_count != 0) {
    out += fmt::format("  suppressed  {} hits, {} to {}\n", HumanCount(alert.suppressed_count),
                       FormatTime(alert.suppression.first_ms), FormatTime(alert.suppression.last_ms));
  }
  for (const std::string_view flag : alert::AlertFlagNames(alert.flags)) {
    out += fmt::format("  {:<11} {}\n", flag, FlagText(flag));
  }
  Print(out);
  return kExitOk;
}

}  // namespace

void AddExplainAlertCommand(CLI::App* explain, Action* action) {
  CLI::App* command = explain->add_subcommand(
      "alert", "Say why an alert fired: what its events and its group passed, with the values");
  auto flags = std::make_shared<AlertFlags>();
  command->add_option("ID", flags->id, "Alert id, or its first digits")->required();
  AddAddressOption(command, &flags->address);
  command->add_option("--format", flags->format, "Form of the output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([action, flags] { *action = [flags] { return RunExplainAlert(*flags); }; });
}

}  // namespace weir::cli
