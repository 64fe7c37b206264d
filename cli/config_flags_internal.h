// The configuration's flags on a command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/base/status.h"
#include "common/config/config.h"

namespace weir::cli {

struct ConfigFlags {
  std::string file;
  std::map<std::string, std::vector<std::string>> values;   // by key of the option table
};

// Declares --config and a flag for every option. flags must outlive the parsing.
void AddConfigFlags(CLI::App* app, ConfigFlags* flags);

// Loads file, environment and flags. NotFound when the file cannot be read; problems inside are in the
// result.
StatusOr<config::LoadResult> LoadConfig(const ConfigFlags& flags);

// The ingest role of a cluster, until a signal.
int RunIngestRole(const ConfigFlags& flags);

}  // namespace weir::cli
