// What the `weir alerts` commands share: the connection, filters from flags, and how alerts are printed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command_internal.h"
#include "common/alert/alert.h"
#include "common/base/status.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::cli {

inline constexpr int64_t kAlertCallTimeoutMs = 30 * 1000;

// ---- alerts_filter.cc ----
struct AlertFilterFlags {
  std::vector<std::string> rules;
  std::vector<std::string> severities;
  std::vector<std::string> statuses;
  std::vector<std::string> tenants;
  std::vector<std::string> assignees;
  std::vector<std::string> fields;   // "name=value"
  std::string since;                 // duration before now, or a time
  std::string until;
  std::string changed_since;
  std::string text;
};
void AddAlertFilters(CLI::App* command, AlertFilterFlags* flags);
// InvalidArgument names the flag.
Status FillAlertFilter(const AlertFilterFlags& flags, UnixMillis now_ms,
                       weir::alert::v1::AlertFilter* filter);

// ---- alerts_print.cc ----
void AddAlertFormat(CLI::App* command, std::string* format,
                    const std::vector<std::string>& formats);
// The format asked for; by default table on a terminal, otherwise lines for other programs.
std::string AlertFormatOf(const std::string& format);
void PrintAlerts(const std::vector<alert::Alert>& alerts, const std::string& format);
// One of a stream; heading: before the first of a table.
void PrintStreamed(const alert::Alert& alert, const std::string& format, bool heading);
void PrintAlertPage(const alert::Alert& alert, const std::string& format);

// ---- the connection ----
using AlertStub = std::unique_ptr<weir::alert::v1::AlertService::Stub>;
AlertStub ConnectAlerts(const std::string& address);
// Says who calls: WEIR_ACTOR, else the user's name.
void SetActor(grpc::ClientContext* context);

// ---- commands ----
void AddAlertReads(CLI::App* command, Action* action);     // alerts_read.cc: list, get, watch
void AddAlertUpdates(CLI::App* command, Action* action);   // alerts_update.cc: ack, close, ...

}  // namespace weir::cli
