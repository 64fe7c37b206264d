// weir alerts list|get|watch.
#include <algorithm>

#include <fmt/format.h>

#include "cli/alerts_internal.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/alert.h"

namespace weir::cli {
namespace {

namespace pb = weir::alert::v1;

constexpr uint64_t kPageSize = 1000;

struct ReadFlags {
  std::string address;
  std::string format;
  AlertFilterFlags filter;
  std::string sort = "fired_at desc";
  uint64_t limit = 100;
  bool existing = false;
  std::string cursor;
  bool show_cursor = false;
  std::string alert_id;
};

// Wrong usage is told; true when the filter is filled.
bool ReadFilter(const AlertFilterFlags& flags, pb::AlertFilter* filter) {
  const Status status = FillAlertFilter(flags, SystemClock().Now(), filter);
  if (!status.ok()) {
    PrintError(std::string(Message(status)));
  }
  return status.ok();
}

int RunList(const ReadFlags& flags) {
  const AlertStub stub = ConnectAlerts(flags.address);
  pb::ListAlertsRequest request;
  if (!ReadFilter(flags.filter, request.mutable_filter())) {
    return kExitUsage;
  }
  request.set_order_by(flags.sort);
  std::vector<alert::Alert> alerts;
  uint64_t total = 0;
  while (true) {
    const uint64_t missing = flags.limit == 0 ? kPageSize : flags.limit - alerts.size();
    request.set_page_size(static_cast<int32_t>(std::min(missing, kPageSize)));
    grpc::ClientContext context;
    rpc::SetTimeout(&context, kAlertCallTimeoutMs);
    SetActor(&context);
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
    if (response.next_page_token().empty() || (flags.limit != 0 && alerts.size() >= flags.limit)) {
      break;
    }
    request.set_page_token(response.next_page_token());
  }
  PrintAlerts(alerts, AlertFormatOf(flags.format));
  if (alerts.size() < total) {
    fmt::print(stderr, "{} of {} alerts; --limit 0 shows all\n", alerts.size(), total);
  }
  return kExitOk;
}

int RunGet(const ReadFlags& flags) {
  const AlertStub stub = ConnectAlerts(flags.address);
  pb::GetAlertRequest request;
  request.set_alert_id(flags.alert_id);
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kAlertCallTimeoutMs);
  SetActor(&context);
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
  PrintAlertPage(*alert, AlertFormatOf(flags.format));
  return kExitOk;
}

int RunWatch(const ReadFlags& flags) {
  const AlertStub stub = ConnectAlerts(flags.address);
  pb::WatchAlertsRequest request;
  if (!ReadFilter(flags.filter, request.mutable_filter())) {
    return kExitUsage;
  }
  request.set_include_existing(flags.existing);
  request.set_cursor(flags.cursor);
  grpc::ClientContext context;
  SetActor(&context);
  const auto stream = stub->WatchAlerts(&context, request);
  pb::WatchAlertsResponse response;
  const std::string format = AlertFormatOf(flags.format);
  bool first = true;
  while (stream->Read(&response)) {
    if (response.has_alert()) {
      const auto alert = wire::FromProto(response.alert());
      if (!alert.ok()) {
        PrintError(fmt::format("{}", alert.status()));
        continue;
      }
      PrintStreamed(*alert, format, first);
      first = false;
    }
    if (flags.show_cursor && !response.cursor().empty()) {
      fmt::print(stderr, "cursor {}\n", response.cursor());
    }
  }
  const Status status = rpc::FromGrpc(stream->Finish());
  if (!status.ok()) {
    PrintCallError(flags.address, status);
    return kExitFailed;
  }
  return kExitOk;
}

}  // namespace

void AddAlertReads(CLI::App* command, Action* action) {
  CLI::App* list = command->add_subcommand("list", "List alerts, the latest first");
  auto list_flags = std::make_shared<ReadFlags>();
  AddAddressOption(list, &list_flags->address);
  AddAlertFormat(list, &list_flags->format, {"table", "json", "ndjson"});
  AddAlertFilters(list, &list_flags->filter);
  list->add_option("--sort", list_flags->sort,
                   "fired_at, changed_at, severity, risk_score or suppressed_count; with ' desc' the "
                   "greatest first")
      ->capture_default_str();
  list->add_option("--limit", list_flags->limit, "At most so many; 0: all")->capture_default_str();
  list->callback([action, list_flags] { *action = [list_flags] { return RunList(*list_flags); }; });

  CLI::App* get = command->add_subcommand("get", "Show one alert with all its columns");
  auto get_flags = std::make_shared<ReadFlags>();
  AddAddressOption(get, &get_flags->address);
  AddAlertFormat(get, &get_flags->format, {"table", "json", "ndjson"});
  get->add_option("ID", get_flags->alert_id, "Alert id, 32 hexadecimal digits")->required();
  get->callback([action, get_flags] { *action = [get_flags] { return RunGet(*get_flags); }; });

  CLI::App* watch =
      command->add_subcommand("watch", "Print alerts as they are made and changed, until stopped");
  auto watch_flags = std::make_shared<ReadFlags>();
  AddAddressOption(watch, &watch_flags->address);
  AddAlertFormat(watch, &watch_flags->format, {"table", "ndjson"});
  AddAlertFilters(watch, &watch_flags->filter);
  watch->add_flag("--existing", watch_flags->existing, "Begin with the alerts that exist");
  watch->add_option("--cursor", watch_flags->cursor, "Continue an earlier watch behind its cursor");
  watch->add_flag("--show-cursor", watch_flags->show_cursor,
                  "Print cursors to standard error as they come");
  watch->callback(
      [action, watch_flags] { *action = [watch_flags] { return RunWatch(*watch_flags); }; });
}

}  // namespace weir::cli
