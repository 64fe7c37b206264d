// weir alerts list|get|watch.
#include <algorithm>
#include <csignal>
#include <functional>
#include <memory>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/terminal.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::alert::v1;

constexpr int64_t kCallTimeoutMs = 10 * 1000;

struct AlertFlags {
  std::string address;
  std::string format;
  std::vector<std::string> rules;
  std::vector<std::string> severities;
  std::vector<std::string> statuses;
  uint64_t limit = 100;
  bool existing = false;
  std::string alert_id;
};

alert::RenderOptions TerminalRender() {
  alert::RenderOptions options;
  options.width = StdoutWidth();
  options.colour = StdoutColour();
  return options;
}

// table on a terminal, otherwise lines for other programs.
std::string FormatOf(const AlertFlags& flags) {
  if (!flags.format.empty()) {
    return flags.format;
  }
  return StdoutIsTerminal() ? "table" : "ndjson";
}

std::string UpperSnake(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

void FillFilter(const AlertFlags& flags, pb::AlertFilter* filter) {
  for (const std::string& rule : flags.rules) {
    filter->add_rule_ids(rule);
  }
  for (const std::string& name : flags.severities) {
    pb::Severity severity = pb::SEVERITY_UNSPECIFIED;
    pb::Severity_Parse("SEVERITY_" + UpperSnake(name), &severity);
    filter->add_severities(severity);
  }
  for (const std::string& name : flags.statuses) {
    pb::AlertStatus status = pb::ALERT_STATUS_UNSPECIFIED;
    pb::AlertStatus_Parse("ALERT_STATUS_" + UpperSnake(name), &status);
    filter->add_statuses(status);
  }
}

void PrintAlerts(const std::vector<alert::Alert>& alerts, const std::string& format) {
  if (format == "table") {
    Print(alert::RenderTable(alerts, TerminalRender()));
    return;
  }
  const bool array = format == "json";
  std::string out = array ? "[" : "";
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    out += array ? (i == 0 ? "\n" : ",\n") : "";
    out += alert::ToJson(alerts[i]);
    out += array ? "" : "\n";
  }
  Print(out + (array ? "\n]\n" : ""));
}

int RunList(const AlertFlags& flags) {
  const auto stub = pb::AlertService::NewStub(rpc::MakeChannel(flags.address));
  pb::ListAlertsRequest request;
  FillFilter(flags, request.mutable_filter());
  std::vector<alert::Alert> alerts;
  uint64_t total = 0;
  while (true) {
    const uint64_t missing = flags.limit == 0 ? 1000 : flags.limit - alerts.size();
    request.set_page_size(static_cast<int32_t>(std::min<uint64_t>(missing, 1000)));
    grpc::ClientContext context;
    rpc::SetTimeout(&context, kCallTimeoutMs);
    pb::ListAlertsResponse response;
    const Status status = rpc::FromGrpc(stub->ListAlerts(&context, request, &response));
    if (!status.ok()) {
      PrintCallError(flags.address, status);
      return kExitFailed;
    }
    total = response.total();
    for (const pb::Alert& message : response.alerts()) {
      auto alert = wire::FromProto(message);
      if (!alert.ok()) {
        PrintError(fmt::format("{}", alert.status()));
        return kExitFailed;
      }
      alerts.push_back(std::move(*alert));
    }
    if (response.next_page_token().empty() ||
        (flags.limit != 0 && alerts.size() >= flags.limit)) {
      break;
    }
    request.set_page_token(response.next_page_token());
  }
  PrintAlerts(alerts, FormatOf(flags));
  if (alerts.size() < total) {
    fmt::print(stderr, "{} of {} alerts; --limit 0 shows all\n", alerts.size(), total);
  }
  return kExitOk;
}

int RunGet(const AlertFlags& flags) {
  const auto stub = pb::AlertService::NewStub(rpc::MakeChannel(flags.address));
  pb::GetAlertRequest request;
  request.set_alert_id(flags.alert_id);
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kCallTimeoutMs);
  pb::GetAlertResponse response;
  const Status status = rpc::FromGrpc(stub->GetAlert(&context, request, &response));
  if (!status.ok()) {
    PrintCallError(flags.address, status);
    return kExitFailed;
  }
  const auto alert = wire::FromProto(response.alert());
  if (!alert.ok()) {
    PrintError(fmt::format("{}", alert.status()));
    return kExitFailed;
  }
  if (FormatOf(flags) == "table") {
    Print(alert::RenderPage(*alert, TerminalRender()));
  } else {
    Print(alert::ToJson(*alert) + "\n");
  }
  return kExitOk;
}

// A table row without the heading, for every alert but the first.
std::string WithoutHeading(const std::string& table) {
  const std::size_t end = table.find('\n');
  return end == std::string::npos ? table : table.substr(end + 1);
}

int RunWatch(const AlertFlags& flags) {
  const auto stub = pb::AlertService::NewStub(rpc::MakeChannel(flags.address));
  pb::WatchAlertsRequest request;
  FillFilter(flags, request.mutable_filter());
  request.set_include_existing(flags.existing);
  grpc::ClientContext context;
  const auto stream = stub->WatchAlerts(&context, request);
  pb::WatchAlertsResponse response;
  const bool table = FormatOf(flags) == "table";
  bool first = true;
  while (stream->Read(&response)) {
    const auto alert = wire::FromProto(response.alert());
    if (!alert.ok()) {
      PrintError(fmt::format("{}", alert.status()));
      continue;
    }
    if (table) {
      const std::string text = alert::RenderTable({*alert}, TerminalRender());
      Print(first ? text : WithoutHeading(text));
    } else {
      Print(alert::ToJson(*alert) + "\n");
    }
    first = false;
  }
  const Status status = rpc::FromGrpc(stream->Finish());
  if (!status.ok()) {
    PrintCallError(flags.address, status);
    return kExitFailed;
  }
  return kExitOk;
}

void AddFormat(CLI::App* command, AlertFlags* flags, const std::vector<std::string>& formats) {
  command
      ->add_option("--format", flags->format,
                   "Form of the output; default: table on a terminal, otherwise ndjson")
      ->check(CLI::IsMember(formats));
}

void AddFilters(CLI::App* command, AlertFlags* flags) {
  command->add_option("--rule", flags->rules, "Only alerts of this rule id (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--severity", flags->severities, "Only of this severity (may be repeated)")
      ->check(CLI::IsMember({"low", "medium", "high", "critical"}))
      ->allow_extra_args(false);
  command->add_option("--status", flags->statuses, "Only in this status (may be repeated)")
      ->check(CLI::IsMember({"open", "acknowledged", "closed", "recovered"}))
      ->allow_extra_args(false);
}

}  // namespace

void AddAlertsCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("alerts", "List, show and watch alerts");
  command->require_subcommand(1);

  CLI::App* list = command->add_subcommand("list", "List alerts, the latest first");
  auto list_flags = std::make_shared<AlertFlags>();
  AddAddressOption(list, &list_flags->address);
  AddFormat(list, list_flags.get(), {"table", "json", "ndjson"});
  AddFilters(list, list_flags.get());
  list->add_option("--limit", list_flags->limit, "At most so many; 0: all")->capture_default_str();
  list->callback([action, list_flags] { *action = [list_flags] { return RunList(*list_flags); }; });

  CLI::App* get = command->add_subcommand("get", "Show one alert with all its columns");
  auto get_flags = std::make_shared<AlertFlags>();
  AddAddressOption(get, &get_flags->address);
  AddFormat(get, get_flags.get(), {"table", "json", "ndjson"});
  get->add_option("ID", get_flags->alert_id, "Alert id, 32 hexadecimal digits")->required();
  get->callback([action, get_flags] { *action = [get_flags] { return RunGet(*get_flags); }; });

  CLI::App* watch =
      command->add_subcommand("watch", "Print alerts as they are made and changed, until stopped");
  auto watch_flags = std::make_shared<AlertFlags>();
  AddAddressOption(watch, &watch_flags->address);
  AddFormat(watch, watch_flags.get(), {"table", "ndjson"});
  AddFilters(watch, watch_flags.get());
  watch->add_flag("--existing", watch_flags->existing, "Begin with the alerts that exist");
  watch->callback(
      [action, watch_flags] { *action = [watch_flags] { return RunWatch(*watch_flags); }; });
}

}  // namespace weir::cli
