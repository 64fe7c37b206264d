#include "cli/explain_internal.h"

namespace weir::cli {

void AddExplainCommand(CLI::App* app, Action* action) {
  CLI::App* command =
      app->add_subcommand("explain", "Say why something fired, or why it did not");
  command->require_subcommand(1);
  AddExplainAlertCommand(command, action);
  AddExplainGroupCommand(command, action);
  AddExplainEventCommand(command, action);
}

}  // namespace weir::cli
