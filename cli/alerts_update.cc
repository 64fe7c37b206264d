// weir alerts ack|close|reopen|assign|comment.
#include <functional>

#include <fmt/format.h>

#include "cli/alerts_internal.h"
#include "cli/cli.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/alert/lifecycle.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "common/wire/alert_query.h"

namespace weir::cli {
namespace {

namespace pb = weir::alert::v1;

struct UpdateFlags {
  std::string address;
  std::vector<std::string> ids;
  uint64_t expected_revision = 0;
  std::string request_id;
  alert::Action action;
  bool end_suppression = false;
  bool keep_suppression = false;
};

// What to do about a refusal.
std::string_view Advice(StatusCode code) {
  switch (code) {
    case StatusCode::kAborted:
      return "; `weir alerts get` shows it as it is now";
    case StatusCode::kUnavailable:
      return "; whether it was done is not known: send it again";
    default:
      return "";
  }
}

// One line for each alert. When all that was refused was so for the same reason the exit code tells it.
int PrintResults(const pb::BatchUpdateAlertsResponse& response) {
  int exit_code = kExitOk;
  for (const pb::AlertUpdateResult& result : response.results()) {
    if (result.code() != 0) {
      const auto code = static_cast<StatusCode>(result.code());
      PrintError(fmt::format("{}{}", result.message(), Advice(code)));
      const int reason = ExitCodeOf(code);
      exit_code = exit_code == kExitOk || exit_code == reason ? reason : kExitFailed;
      continue;
    }
    const auto status = wire::FromProto(result.alert().status());
    Print(fmt::format("{} {}{}\n", result.alert_id(),
                      status.has_value() ? alert::AlertStatusName(*status) : "unknown",
                      result.unchanged() ? " (unchanged)" : ""));
  }
  return exit_code;
}

int RunUpdate(const UpdateFlags& flags) {
  pb::BatchUpdateAlertsRequest request;
  alert::Action action = flags.action;
  action.request_id = flags.request_id;
  if (flags.end_suppression || flags.keep_suppression) {
    action.end_suppression = flags.end_suppression;
  }
  wire::ToProto(action, &request);
  const AlertStub stub = ConnectAlerts(flags.address);
  std::vector<std::string> ids = flags.ids;
  if (const int exit_code = CompleteAlertIds(stub, flags.address, &ids); exit_code != kExitOk) {
    return exit_code;
  }
  for (const std::string& id : ids) {
    pb::AlertTarget* target = request.add_alerts();
    target->set_alert_id(id);
    target->set_expected_lifecycle_revision(flags.expected_revision);
  }
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kAlertCallTimeoutMs);
  SetActor(&context);
  pb::BatchUpdateAlertsResponse response;
  const Status status = rpc::FromGrpc(stub->BatchUpdateAlerts(&context, request, &response));
  if (!status.ok()) {
    return FailCall(flags.address, status);
  }
  return PrintResults(response);
}

std::shared_ptr<UpdateFlags> AddUpdate(CLI::App* command, Action* action, const std::string& name,
                                       const std::string& description, alert::Action::Kind kind,
                                       CLI::App** added) {
  CLI::App* update = command->add_subcommand(name, description);
  auto flags = std::make_shared<UpdateFlags>();
  flags->action.kind = kind;
  AddAddressOption(update, &flags->address);
  update->add_option("ID", flags->ids, "Alert ids, or their first digits")->required();
  update->add_option("--if-revision", flags->expected_revision,
                     "Only if the alert's lifecycle revision is this");
  update->add_option("--request-id", flags->request_id,
                     "Names the request, so that sending it again does nothing more");
  update->callback([action, flags] { *action = [flags] { return RunUpdate(*flags); }; });
  *added = update;
  return flags;
}

}  // namespace

void AddAlertUpdates(CLI::App* command, Action* action) {
  using Kind = alert::Action::Kind;
  CLI::App* added = nullptr;
  AddUpdate(command, action, "ack", "Acknowledge alerts: somebody looks at them",
            Kind::kAcknowledge, &added);
  const auto close = AddUpdate(command, action, "close", "Close alerts: they are dealt with",
                               Kind::kClose, &added);
  added->add_option("--reason", close->action.text, "Why, in words or as a label");
  CLI::Option* end = added->add_flag("--end-suppression", close->end_suppression,
                                     "Hits from now on make a new alert");
  added->add_flag("--keep-suppression", close->keep_suppression,
                  "Hits from now on still belong to the closed alert")
      ->excludes(end);
  AddUpdate(command, action, "reopen", "Open alerts again", Kind::kReopen, &added);
  const auto assign = AddUpdate(command, action, "assign", "Give alerts to somebody, or to nobody",
                                Kind::kAssign, &added);
  added->add_option("--to", assign->action.text, "Who has them in hand; empty: nobody")->required();
  const auto comment =
      AddUpdate(command, action, "comment", "Comment on alerts", Kind::kComment, &added);
  added->add_option("--text,-m", comment->action.text, "What to say")->required();
}

}  // namespace weir::cli
