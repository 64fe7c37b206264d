// weir alerts list|get.
#include <algorithm>

#include <fmt/format.h>

#include "cli/alerts_internal.h"
#include "cli/cli.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "common/wire/alert_query.h"

namespace weir::cli {
namespace {

namespace pb = weir::alert::v1;

constexpr uint64_t kPageSize = 1000;
constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kIdDigitsMin = 4;
constexpr int kAlertsNamed = 5;   // of those that an unclear beginning may mean

struct ListFlags {
  std::string address;
  AlertViewFlags view;
  AlertFilterFlags filter;
  std::string sort = "fired_at desc";
  uint64_t limit = 0;
};

StatusOr<std::vector<alert::Alert>> AlertsOf(const pb::ListAlertsResponse& response) {
  std::vector<alert::Alert> alerts;
  alerts.reserve(static_cast<std::size_t>(response.alerts_size()));
  for (const pb::Alert& message : response.alerts()) {
    WEIR_ASSIGN_OR_RETURN(alert::Alert alert, wire::FromProto(message));
    alerts.push_back(std::move(alert));
  }
  return alerts;
}

Status ListPage(const AlertStub& stub, const pb::ListAlertsRequest& request,
                pb::ListAlertsResponse* response) {
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kAlertCallTimeoutMs);
  SetActor(&context);
  return rpc::FromGrpc(stub->ListAlerts(&context, request, response));
}

// What to try when nothing, or not all, was shown.
void PrintHint(bool filtered, uint64_t shown, uint64_t total) {
  if (shown < total) {
    fmt::print(stderr, "{} of {} alerts; {} more with --limit {}\n", HumanCount(shown), HumanCount(total),
               HumanCount(total - shown), total);
  } else if (total == 0) {
    fmt::print(stderr, "{}\n",
               filtered ? "no alert passes the filter: leave out a condition, or look further back "
                          "(`weir alerts list` shows all)"
                        : "no alerts yet: `weir cluster status` shows which rules run and what arrives");
  }
}

int RunList(const ListFlags& flags) {
  const AlertStub stub = ConnectAlerts(flags.address);
  pb::ListAlertsRequest request;
  if (!ReadAlertFilter(flags.filter, request.mutable_filter())) {
    return kExitUsage;
  }
  const bool filtered = request.filter().ByteSizeLong() > 0;
  request.set_order_by(flags.sort);
  AlertPrinter printer(flags.view, alert::AlertTable::Columns::kFitted);
  while (true) {
    const uint64_t missing = flags.limit == 0 ? kPageSize : flags.limit - printer.printed();
    request.set_page_size(static_cast<int32_t>(std::min(missing, kPageSize)));
    pb::ListAlertsResponse response;
    if (const Status status = ListPage(stub, request, &response); !status.ok()) {
      return FailCall(flags.address, status);
    }
    const auto alerts = AlertsOf(response);
    if (!alerts.ok()) {
      return FailCall(flags.address, alerts.status());
    }
    if (!printer.Add(*alerts)) {
      return kExitOk;   // the reader has what it wanted
    }
    if (response.next_page_token().empty() ||
        (flags.limit != 0 && printer.printed() >= flags.limit)) {
      printer.Finish();
      PrintHint(filtered, printer.printed(), response.total());
      return kExitOk;
    }
    request.set_page_token(response.next_page_token());
  }
}

struct GetFlags {
  std::string address;
  AlertViewFlags view;
  std::string alert_id;
};

int RunGet(const GetFlags& flags) {
  const AlertStub stub = ConnectAlerts(flags.address);
  std::vector<std::string> ids = {flags.alert_id};
  if (const int exit_code = CompleteAlertIds(stub, flags.address, &ids); exit_code != kExitOk) {
    return exit_code;
  }
  pb::GetAlertRequest request;
  request.set_alert_id(ids.front());
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kAlertCallTimeoutMs);
  SetActor(&context);
  pb::GetAlertResponse response;
  const Status status = rpc::FromGrpc(stub->GetAlert(&context, request, &response));
  if (!status.ok()) {
    return FailCall(flags.address, status);
  }
  const auto incident = wire::FromProto(response);
  if (!incident.ok()) {
    return FailCall(flags.address, incident.status());
  }
  PrintIncident(*incident, flags.view);
  return kExitOk;
}

// The id that begins with the digits. NotFound; InvalidArgument names those that do.
StatusOr<std::string> CompleteId(const AlertStub& stub, const std::string& digits) {
  pb::ListAlertsRequest request;
  request.mutable_filter()->set_alert_id_prefix(digits);
  request.set_page_size(kAlertsNamed);
  pb::ListAlertsResponse response;
  WEIR_RETURN_IF_ERROR(ListPage(stub, request, &response));
  if (response.alerts().empty()) {
    return NotFound("no alert has an id that begins with {}: `weir alerts list` shows which there are",
                    digits);
  }
  if (response.alerts_size() == 1) {
    return response.alerts(0).alert_id();
  }
  std::string named;
  for (const pb::Alert& alert : response.alerts()) {
    named += (named.empty() ? "" : ", ") + alert.alert_id();
  }
  return InvalidArgument("{} alerts have an id that begins with {}: give more digits ({}{})",
                         response.total(), digits, named,
                         response.total() > static_cast<uint64_t>(kAlertsNamed) ? ", ..." : "");
}

}  // namespace

int CompleteAlertIds(const AlertStub& stub, const std::string& address, std::vector<std::string>* ids) {
  for (const std::string& id : *ids) {
    if (id.size() < kIdDigitsMin || id.size() > kIdDigits ||
        id.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      PrintError(fmt::format("'{}' is no alert id: an id is {} hexadecimal digits, of which the first {} "
                             "and more will do; `weir alerts list` shows them",
                             id, kIdDigits, kIdDigitsMin));
      return kExitUsage;
    }
  }
  for (std::string& id : *ids) {
    if (id.size() == kIdDigits) {
      continue;
    }
    auto whole = CompleteId(stub, id);
    if (!whole.ok()) {
      return FailCall(address, whole.status());
    }
    id = std::move(*whole);
  }
  return kExitOk;
}

void AddAlertReads(CLI::App* command, Action* action) {
  CLI::App* list = command->add_subcommand("list", "List alerts, all of them, the latest first");
  auto list_flags = std::make_shared<ListFlags>();
  AddAddressOption(list, &list_flags->address);
  AddAlertView(list, &list_flags->view, {"table", "json", "ndjson"});
  AddAlertFilters(list, &list_flags->filter);
  list->add_option("--sort", list_flags->sort,
                   "fired_at, changed_at, severity, risk_score or suppressed_count; with ' desc' the "
                   "greatest first")
      ->capture_default_str();
  list->add_option("--limit", list_flags->limit,
                   "At most so many, and how many more there are on standard error; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  list->callback([action, list_flags] { *action = [list_flags] { return RunList(*list_flags); }; });

  CLI::App* get = command->add_subcommand(
      "get", "Show one alert: what happened, evidence, times, what people did, what else there is");
  auto get_flags = std::make_shared<GetFlags>();
  AddAddressOption(get, &get_flags->address);
  AddAlertView(get, &get_flags->view, {"table", "json", "ndjson"});
  get->add_option("ID", get_flags->alert_id, "Alert id, or its first digits")->required();
  get->callback([action, get_flags] { *action = [get_flags] { return RunGet(*get_flags); }; });
}

}  // namespace weir::cli
