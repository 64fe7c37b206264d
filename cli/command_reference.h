// The command tree as a page of documentation.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace weir::cli {

// Groups of options that all commands of a kind share. They are described once.
inline constexpr char kConnectionGroup[] = "Connection";
inline constexpr char kConfigurationGroup[] = "Configuration";

// The values an option may take, where they are counted: "low", "medium". Empty: any.
std::vector<std::string> ChoicesOf(const CLI::Option& option);

// docs/commands.md: every command with its options, in the order of the help.
std::string CommandsMarkdown(const CLI::App& root);

}  // namespace weir::cli
