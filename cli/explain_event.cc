// weir explain event FILE: why rules of files or of a cluster take events, or do not, and what became of them.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/dial.h"
#include "cli/event_explainer_internal.h"
#include "cli/explain_internal.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"

namespace weir::cli {
namespace {

struct ExplainFlags {
  std::string file;
  std::string address;             // empty: no cluster is asked
  std::vector<std::string> rules;
  std::string rule;
  std::string tenant = "default";
  int shards = 256;
  int64_t limit = 20;
  bool all = false;
  std::string format = "text";
  LoadFlags load;
};

EventExplainerOptions OptionsOf(const ExplainFlags& flags) {
  EventExplainerOptions options;
  options.file = flags.file;
  options.address = flags.address;
  options.tenant = flags.tenant;
  options.shards = flags.shards;
  options.limit = flags.limit;
  options.all = flags.all;
  options.json = flags.format == "json";
  return options;
}

// The rules that are asked about; none after saying why.
std::vector<const plan::CompiledRule*> RulesAsked(const ExplainFlags& flags, const plan::RuleSet& rules,
                                                  const std::string& of) {
  std::vector<const plan::CompiledRule*> asked;
  for (const plan::CompiledRule& rule : rules.rules) {
    if (flags.rule.empty() || flags.rule == rule.source.id || flags.rule == rule.source.name) {
      asked.push_back(&rule);
    }
  }
  if (asked.empty()) {
    PrintError(flags.rule.empty()
                   ? fmt::format("no rule of {} can be run", of)
                   : fmt::format("no rule with the id or name '{}' can be run; see `weir rules {}`",
                                 flags.rule, flags.address.empty() ? "check" : "list"));
  }
  return asked;
}

int RunExplainWithCluster(ExplainFlags flags) {
  if (!flags.rules.empty() || !flags.load.overlays.empty()) {
    fmt::print(stderr, "weir explain event: with --address the rules and overlays are those of the cluster\n"
                       "see `weir explain event --help`\n");
    return kExitUsage;
  }
  std::optional<ClusterView> cluster = ReadCluster(flags.address);
  if (!cluster.has_value()) {
    return kExitFailed;
  }
  flags.tenant = cluster->tenant;
  std::vector<const plan::CompiledRule*> asked = RulesAsked(flags, *cluster->rules, flags.address);
  if (asked.empty()) {
    return kExitFailed;
  }
  EventExplainer explainer(OptionsOf(flags), cluster->rules, std::move(asked));
  explainer.AskCluster(&*cluster);
  return explainer.Run();
}

int RunExplainEvent(const ExplainFlags& flags) {
  if (!flags.address.empty()) {
    return RunExplainWithCluster(flags);
  }
  const auto paths = RulePaths(flags.rules);
  if (!paths.ok()) {
    PrintError(fmt::format("{}", paths.status()));
    return kExitFailed;
  }
  if (paths->empty()) {
    fmt::print(stderr,
               "weir explain event: no rules: name them with --rules or in the configuration, or a "
               "cluster with --address\n"
               "see `weir explain event --help`\n");
    return kExitUsage;
  }
  const auto loaded = LoadAndCompile(*paths, flags.load);
  if (!loaded.ok()) {
    PrintError(fmt::format("{}", loaded.status()));
    return kExitFailed;
  }
  std::vector<const plan::CompiledRule*> asked =
      RulesAsked(flags, *loaded->rules, fmt::format("{}", fmt::join(*paths, ", ")));
  if (asked.empty()) {
    return kExitFailed;
  }
  EventExplainer explainer(OptionsOf(flags), loaded->rules, std::move(asked));
  if (flags.file != "-") {   // which can be read but once
    backtest::Options options;
    options.files = {flags.file};
    options.tenant = flags.tenant;
    auto trial = backtest::Trial::Make(options, loaded->rules);
    if (!trial.ok()) {
      PrintError(fmt::format("{}", trial.status()));
      return kExitFailed;
    }
    explainer.AskTrial(*std::move(trial));
  }
  return explainer.Run();
}

}  // namespace

void AddExplainEventCommand(CLI::App* explain, Action* action) {
  CLI::App* command = explain->add_subcommand(
      "event",
      "Say for each event of a file what each rule makes of it: the first condition that left it out, "
      "with the values it saw, or where its rows are counted");
  auto flags = std::make_shared<ExplainFlags>();
  command->add_option("FILE", flags->file, "Events, gzipped or not; - for standard input")->required();
  command
      ->add_option("--rules", flags->rules,
                   "Rule files or folders (may be repeated); otherwise those of the configuration")
      ->allow_extra_args(false);
  AddOptionalClientOptions(
      command, &flags->address,
      "HOST:PORT of a cluster whose rules are asked instead, and what became of each event there; also the "
      "address of --context");
  command->add_option("--rule", flags->rule, "Id or name of one rule");
  AddOverlayOption(command, &flags->load);
  command->add_option("--macros", flags->load.macros, "Folder of macros for detections (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--mode", flags->load.mode, "How windows are judged")
      ->check(CLI::IsMember({"auto", "schedule", "continuous"}))
      ->capture_default_str();
  command->add_option("--tenant", flags->tenant, "Whose events they are, for the shard")
      ->capture_default_str();
  command->add_option("--shards", flags->shards, "Shards of the cluster")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command->add_option("--limit", flags->limit, "Events shown one by one; the others are counted")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--all", flags->all, "Also show rules that do not read the event's data stream");
  command->add_option("--format", flags->format, "text, or json: one object a line for each event and rule")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([action, flags] { *action = [flags] { return RunExplainEvent(*flags); }; });
}

}  // namespace weir::cli
