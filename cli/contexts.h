// The file of contexts of whoever runs the commands.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/command_internal.h"
#include "common/base/status.h"
#include "common/config/contexts.h"

namespace weir::cli {

// WEIR_CLIENT_CONFIG, else weir/config.yaml in XDG_CONFIG_HOME, else in ~/.config. Empty: none of them is
// known.
std::string ContextsPath();

// No contexts when there is no file. InvalidArgument holds all that is wrong with it, one a line, or says
// that others may read the tokens in it.
StatusOr<config::Contexts> LoadContexts();

// Declares weir context.
void AddContextCommand(CLI::App* app, Action* action);

// Replaces the file at once, readable by its owner only.
Status SaveContexts(const config::Contexts& contexts);

// NotFound names what there is.
StatusOr<config::Context> FindContext(const config::Contexts& contexts, const std::string& name);

// A path of a context, as seen from where the process runs: beside the file unless absolute.
std::string ContextFilePath(const std::string& path);

// InvalidArgument when others than its owner may read the file.
Status CheckPrivate(const std::string& path, const std::string& what);

}  // namespace weir::cli
