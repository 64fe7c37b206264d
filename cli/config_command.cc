// weir config defaults|check|schema|print, and how a process gets its configuration.
#include <fstream>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/command_reference.h"
#include "cli/config_flags_internal.h"
#include "cli/node_metrics.h"
#include "cli/terminal.h"
#include "common/base/status.h"
#include "common/config/config.h"
#include "common/config/options.h"

namespace weir::cli {
namespace {

int PrintProblems(const config::LoadResult& result) {
  for (const config::Problem& warning : result.warnings) {
    PrintError("warning: " + warning.Render());
  }
  for (const config::Problem& problem : result.problems) {
    PrintError(problem.Render());
  }
  return result.problems.empty() ? kExitOk : kExitFailed;
}

}  // namespace

void AddConfigFlags(CLI::App* app, ConfigFlags* flags) {
  app->add_option("--config", flags->file, "YAML file with the configuration")
      ->envname("WEIR_CONFIG")
      ->group(kConfigurationGroup);
  for (const config::Option& option : config::Options()) {
    std::vector<std::string>& values = flags->values[std::string(option.key)];
    // The client commands take one path at a time and call it --overlay.
    const std::string name =
        "--" + config::FlagName(option) + (option.key == "overlays" ? ",--overlay" : "");
    CLI::Option* added = app->add_option(name, values, std::string(option.text))->group(kConfigurationGroup);
    added->type_name(fmt::format("{}", config::OptionTypeName(option.type)));
    added->allow_extra_args(false);
  }
}

StatusOr<config::LoadResult> LoadConfig(const ConfigFlags& flags) {
  config::Sources sources;
  sources.file_path = flags.file;
  if (!flags.file.empty()) {
    std::ifstream file(flags.file, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) {
      return NotFound("cannot read the configuration file '{}'", flags.file);
    }
    sources.file_text = text.str();
  }
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text(*variable);
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) {
      sources.environment[text.substr(0, equals)] = text.substr(equals + 1);
    }
  }
  for (const auto& [key, values] : flags.values) {
    for (const std::string& value : values) {
      sources.flags.emplace_back(key, value);
    }
  }
  return config::Load(sources);
}

void AddConfigCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("config", "Show and check configurations");
  command->require_subcommand(1);

  CLI::App* metrics = command->add_subcommand("metrics", "Print the reference page docs/metrics.md");
  metrics->callback([action] {
    *action = [] {
      Print(MetricsMarkdown());
      return kExitOk;
    };
  });

  CLI::App* defaults = command->add_subcommand("defaults", "Print every option with its default");
  auto markdown = std::make_shared<bool>(false);
  defaults->add_flag("--markdown", *markdown, "As the reference page docs/config.md");
  defaults->callback([action, markdown] {
    *action = [markdown] {
      Print(*markdown ? config::ReferenceMarkdown() : config::DefaultsYaml());
      return kExitOk;
    };
  });

  CLI::App* check = command->add_subcommand("check", "Report every problem of a configuration file");
  auto check_flags = std::make_shared<ConfigFlags>();
  check->add_option("FILE", check_flags->file, "YAML file")->required();
  check->callback([action, check_flags] {
    *action = [check_flags] {
      const auto result = LoadConfig(*check_flags);
      if (!result.ok()) {
        PrintError(fmt::format("{}", result.status()));
        return kExitFailed;
      }
      const int exit_code = PrintProblems(*result);
      if (exit_code == kExitOk) {
        Print(fmt::format("{}: ok\n", check_flags->file));
      }
      return exit_code;
    };
  });

  CLI::App* schema = command->add_subcommand(
      "schema", "Print which keys and values a configuration file may have, as a JSON schema");
  schema->callback([action] {
    *action = [] {
      Print(config::JsonSchema());
      return kExitOk;
    };
  });

  CLI::App* print = command->add_subcommand(
      "print", "Print the configuration in force: file, environment and flags together");
  auto print_flags = std::make_shared<ConfigFlags>();
  AddConfigFlags(print, print_flags.get());
  print->callback([action, print_flags] {
    *action = [print_flags] {
      const auto result = LoadConfig(*print_flags);
      if (!result.ok()) {
        PrintError(fmt::format("{}", result.status()));
        return kExitFailed;
      }
      const int exit_code = PrintProblems(*result);
      if (exit_code == kExitOk) {
        Print(config::EffectiveYaml(result->config));
      }
      return exit_code;
    };
  });
}

}  // namespace weir::cli
