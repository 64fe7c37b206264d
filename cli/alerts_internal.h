// What the `weir alerts` commands share: the connection, filters from flags, and how alerts are printed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command_internal.h"
#include "common/alert/render.h"
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
// "2h" is so long from now; otherwise a time. InvalidArgument names the flag.
StatusOr<UnixMillis> TimeAhead(std::string_view flag, const std::string& text, UnixMillis now_ms);
// The same with the time of this machine; true when filled, otherwise what is wrong is on standard error.
bool ReadAlertFilter(const AlertFilterFlags& flags, weir::alert::v1::AlertFilter* filter);

// ---- alerts_print.cc ----
struct AlertViewFlags {
  std::string format;        // empty: table on a terminal, otherwise ndjson
  std::string time = "utc";
};
void AddAlertView(CLI::App* command, AlertViewFlags* flags, const std::vector<std::string>& formats);

// Prints alerts as they come, in parts.
class AlertPrinter {
 public:
  AlertPrinter(const AlertViewFlags& flags, alert::AlertTable::Columns columns);

  // False when nobody reads them any more.
  bool Add(const std::vector<alert::Alert>& alerts);
  // Ends what was begun; says so when there was no alert.
  void Finish();
  uint64_t printed() const { return printed_; }

 private:
  const std::string format_;
  alert::AlertTable table_;
  uint64_t printed_ = 0;
};

void PrintIncident(const alert::Incident& incident, const AlertViewFlags& flags);

// ---- the connection ----
using AlertStub = std::unique_ptr<weir::alert::v1::AlertService::Stub>;
AlertStub ConnectAlerts(const std::string& address);
// WEIR_ACTOR, else the user's name; may be empty.
std::string ActorName();
// Says who calls.
void SetActor(grpc::ClientContext* context);
// Makes whole ids of ids that are given by their beginnings, four digits at least. What it says when it
// cannot is on standard error; the exit code.
int CompleteAlertIds(const AlertStub& stub, const std::string& address, std::vector<std::string>* ids);

// ---- commands ----
void AddAlertReads(CLI::App* command, Action* action);     // alerts_read.cc: list, get
void AddAlertWatch(CLI::App* command, Action* action);     // alerts_watch.cc
void AddAlertUpdates(CLI::App* command, Action* action);   // alerts_update.cc: ack, close, ...
void AddAlertSilences(CLI::App* command, Action* action);  // alerts_silence.cc

}  // namespace weir::cli
