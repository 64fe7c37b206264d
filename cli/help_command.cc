// weir help: the help of any command, and what is the same for all.
#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/command_reference.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"

namespace weir::cli {
namespace {

constexpr char kExitCodesTopic[] = "exit-codes";

struct HelpFlags {
  std::vector<std::string> topic;
  bool markdown = false;
};

int RunHelp(const CLI::App& root, const HelpFlags& flags) {
  if (flags.markdown) {
    Print(CommandsMarkdown(root));
    return kExitOk;
  }
  if (flags.topic.size() == 1 && flags.topic.front() == kExitCodesTopic) {
    Print(ExitCodesText());
    return kExitOk;
  }
  const CLI::App* command = &root;
  std::string path = root.get_name();
  for (const std::string& name : flags.topic) {
    const auto found = command->get_subcommands(
        [&](const CLI::App* sub) { return sub->get_name() == name && !sub->get_group().empty(); });
    if (found.empty()) {
      PrintError(fmt::format("`{}` has no command '{}'; see `{} --help`", path, name, path));
      return kExitUsage;
    }
    command = found.front();
    path += " " + name;
  }
  // The root's own help() would be that of the command that was parsed, which is this one.
  Print(root.get_formatter()->make_help(command, path, CLI::AppFormatMode::Normal));
  return kExitOk;
}

}  // namespace

void AddHelpCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("help", "Show the help of a command, or what exit codes mean");
  auto flags = std::make_shared<HelpFlags>();
  command->add_option("TOPIC", flags->topic, "A command's words, or exit-codes");
  command->add_flag("--markdown", flags->markdown, "All commands, as the reference page docs/commands.md");
  command->callback([app, action, flags] { *action = [app, flags] { return RunHelp(*app, *flags); }; });
}

}  // namespace weir::cli
