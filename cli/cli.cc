#include "cli/cli.h"

#include <fmt/format.h>

#include "cli/command_internal.h"
#include "cli/completion.h"
#include "cli/contexts.h"
#include "cli/dial.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"

namespace weir::cli {
namespace {

// What the scripts of `weir completion` call. Its words are no command line yet, so it is not parsed.
constexpr std::string_view kCompleteCommand = "__complete";

// The innermost subcommand that was named, for the usage hint.
std::string CommandPath(const CLI::App& app) {
  std::string path = "weir";
  const CLI::App* current = &app;
  while (true) {
    const auto subcommands = current->get_subcommands();
    if (subcommands.empty()) {
      return path;
    }
    current = subcommands.front();
    path += " " + current->get_name();
  }
}

void AddVersionCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("version", "Print the version");
  command->callback([action] {
    *action = [] {
      fmt::print("weir {}\n", Version());
      return kExitOk;
    };
  });
}

}  // namespace

std::string Version() {
  return WEIR_VERSION;
}

void AddAddressOption(CLI::App* app, std::string* address) {
  AddClientOptions(app, address);
}

int Run(int argc, const char* const* argv) {
  CLI::App app(
      "weir - streaming detection: takes detection rules and events, gives alerts.\n"
      "Start a node with `weir all`, send events with `weir ingest FILE`, read `weir alerts list`.");
  app.name("weir");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weir " + Version());
  app.get_formatter()->column_width(34);
  ResetClientOptions();
  Action action;
  AddAllCommand(&app, &action);
  AddWorkerCommand(&app, &action);
  AddCoordinatorCommand(&app, &action);
  AddIngestCommand(&app, &action);
  AddAlertsCommand(&app, &action);
  AddSinksCommand(&app, &action);
  AddStoriesCommand(&app, &action);
  AddClusterCommand(&app, &action);
  AddSourcesCommand(&app, &action);
  AddRulesCommand(&app, &action);
  AddGroupsCommand(&app, &action);
  AddExplainCommand(&app, &action);
  AddBacktestCommand(&app, &action);
  AddNormalizeCommand(&app, &action);
  AddSelftestCommand(&app, &action);
  AddConfigCommand(&app, &action);
  AddContextCommand(&app, &action);
  AddCompletionCommand(&app, &action);
  AddHelpCommand(&app, &action);
  AddVersionCommand(&app, &action);
  if (argc > 1 && argv[1] == kCompleteCommand) {
    Print(CompletionLines(Complete(app, {argv + 2, argv + argc})));
    return kExitOk;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      app.exit(error);   // --help and --version print to standard output
      return kExitOk;
    }
    const std::string path = CommandPath(app);
    fmt::print(stderr, "{}: {}\nsee `{} --help`\n", path, error.what(), path);
    return kExitUsage;
  }
  if (const Status status = LoadClientOptions(); !status.ok()) {
    PrintError(std::string(Message(status)));
    return status.code() == StatusCode::kNotFound ? kExitNotFound : kExitUsage;
  }
  return action ? action() : kExitUsage;
}

}  // namespace weir::cli
