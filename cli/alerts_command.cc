// weir alerts: what its commands share.
#include <cstdlib>

#include "cli/alerts_internal.h"
#include "cli/dial.h"

namespace weir::cli {

AlertStub ConnectAlerts(const std::string& address) {
  return weir::alert::v1::AlertService::NewStub(Dial(address));
}

std::string ActorName() {
  for (const char* name : {"WEIR_ACTOR", "USER", "LOGNAME"}) {
    const char* actor = std::getenv(name);
    if (actor != nullptr && *actor != '\0') {
      return actor;
    }
  }
  return "";
}

void SetActor(grpc::ClientContext* context) {
  if (const std::string actor = ActorName(); !actor.empty()) {
    context->AddMetadata("weir-actor", actor);
  }
}

void AddAlertsCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("alerts", "List, show, watch and change alerts");
  command->require_subcommand(1);
  AddAlertReads(command, action);
  AddAlertWatch(command, action);
  AddAlertUpdates(command, action);
  AddAlertSilences(command, action);
}

}  // namespace weir::cli
