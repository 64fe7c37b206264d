// What each subcommand's file offers to the command line. An Add function declares the options and
// stores in *action what to run once parsing has succeeded.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace weir::cli {

using Action = std::function<int()>;

void AddAllCommand(CLI::App* app, Action* action);
void AddWorkerCommand(CLI::App* app, Action* action);
void AddCoordinatorCommand(CLI::App* app, Action* action);
void AddIngestCommand(CLI::App* app, Action* action);
void AddAlertsCommand(CLI::App* app, Action* action);
void AddClusterCommand(CLI::App* app, Action* action);
void AddExplainCommand(CLI::App* app, Action* action);
void AddGroupsCommand(CLI::App* app, Action* action);
void AddRulesCommand(CLI::App* app, Action* action);
void AddSinksCommand(CLI::App* app, Action* action);
void AddStoriesCommand(CLI::App* app, Action* action);
void AddConfigCommand(CLI::App* app, Action* action);
void AddNormalizeCommand(CLI::App* app, Action* action);
void AddSourcesCommand(CLI::App* app, Action* action);
void AddBacktestCommand(CLI::App* app, Action* action);
void AddSelftestCommand(CLI::App* app, Action* action);
void AddHelpCommand(CLI::App* app, Action* action);

// Declares --address, and the other options of cli/dial.h.
void AddAddressOption(CLI::App* app, std::string* address);

}  // namespace weir::cli
