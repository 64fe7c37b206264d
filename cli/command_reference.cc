#include "cli/command_reference.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "cli/exit_codes.h"

namespace weir::cli {
namespace {

std::vector<const CLI::App*> Subcommands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

bool InGroup(const CLI::Option& option, std::string_view group) {
  return option.get_group() == group;
}

bool IsHelp(const CLI::App& command, const CLI::Option& option) {
  return &option == command.get_help_ptr() || option.get_name() == "--version";
}

// Text in a cell of a table, on one line.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    cell += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
  }
  return cell;
}

// "--severity low|medium", "--limit UINT", "ID...".
std::string Synopsis(const CLI::Option& option) {
  std::string name = option.get_positional() ? option.get_name(true) : option.get_name(false, true);
  std::replace(name.begin(), name.end(), ',', ' ');
  if (option.get_positional()) {
    return option.get_items_expected_max() > 1 ? name + "..." : name;
  }
  if (option.get_items_expected_max() == 0) {
    return name;
  }
  const std::vector<std::string> choices = ChoicesOf(option);
  return fmt::format("{} {}", name,
                     choices.empty() ? option.get_type_name() : fmt::format("{}", fmt::join(choices, "|")));
}

std::string Row(const CLI::Option& option) {
  std::string text = option.get_description();
  if (option.get_required()) {
    text += "; required";
  }
  if (!option.get_default_str().empty()) {
    text += fmt::format(" (default `{}`)", option.get_default_str());
  }
  if (!option.get_envname().empty()) {
    text += fmt::format("; environment: `{}`", option.get_envname());
  }
  return fmt::format("| `{}` | {} |\n", Cell(Synopsis(option)), Cell(text));
}

const CLI::App* FindWithGroup(const CLI::App& command, std::string_view group) {
  for (const CLI::Option* option : command.get_options()) {
    if (InGroup(*option, group)) {
      return &command;
    }
  }
  for (const CLI::App* sub : Subcommands(command)) {
    if (const CLI::App* found = FindWithGroup(*sub, group); found != nullptr) {
      return found;
    }
  }
  return nullptr;
}

void AddCommand(const CLI::App& command, const std::string& path, std::string* out) {
  *out += fmt::format("\n## {}\n\n{}\n", path, command.get_description());
  std::string rows;
  bool connection = false;
  bool configuration = false;
  for (const CLI::Option* option : command.get_options()) {
    connection = connection || InGroup(*option, kConnectionGroup);
    configuration = configuration || InGroup(*option, kConfigurationGroup);
    if (!InGroup(*option, kConnectionGroup) && !InGroup(*option, kConfigurationGroup) &&
        !IsHelp(command, *option) && !option->get_group().empty()) {
      rows += Row(*option);
    }
  }
  if (!rows.empty()) {
    *out += "\n| Option | Meaning |\n| --- | --- |\n" + rows;
  }
  if (connection) {
    *out += "\nWith the [connection options](#connection-options).\n";
  }
  if (configuration) {
    *out += "\nWith the flags of every key of [the configuration](config.md).\n";
  }
  for (const CLI::App* sub : Subcommands(command)) {
    AddCommand(*sub, path + " " + sub->get_name(), out);
  }
}

}  // namespace

std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open == std::string::npos ? 0 : open);
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) {
    return choices;
  }
  std::string_view list(type);
  list = list.substr(open + 1, close - open - 1);
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    choices.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return choices;
}

std::string CommandsMarkdown(const CLI::App& root) {
  std::string out =
      "# Commands\n\n<!-- Made by `weir help --markdown`; a test compares. -->\n\n"
      "Every command of `weir` with its options, as `--help` says them. How commands behave alike, and what "
      "their\nexit codes mean, is in [cli.md](cli.md).\n";
  if (const CLI::App* command = FindWithGroup(root, kConnectionGroup); command != nullptr) {
    out += "\n## Connection options\n\nOf every command that asks a cluster.\n\n"
           "| Option | Meaning |\n| --- | --- |\n";
    for (const CLI::Option* option : command->get_options()) {
      out += InGroup(*option, kConnectionGroup) ? Row(*option) : "";
    }
  }
  for (const CLI::App* sub : Subcommands(root)) {
    AddCommand(*sub, "weir " + sub->get_name(), &out);
  }
  return out;
}

}  // namespace weir::cli
