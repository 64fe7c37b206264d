// weir rules tune: what other thresholds would have made of the same events.
#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/progress_bar.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/backtest/tune.h"
#include "common/base/json_writer.h"

namespace weir::cli {
namespace {

constexpr std::size_t kGroupsShown = 3;

struct TuneFlags {
  std::string rule;
  std::vector<std::string> files;
  std::vector<std::string> macros;
  std::vector<std::string> overlays;
  std::string column;
  std::vector<double> values;
  std::string mode;
  std::string format = "table";
};

// Those that alerted most first.
std::vector<std::pair<std::string, uint64_t>> Ordered(
    const std::map<std::string, uint64_t>& groups) {
  std::vector<std::pair<std::string, uint64_t>> ordered(groups.begin(), groups.end());
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return ordered;
}

std::string TableText(const backtest::TuneResult& result) {
  std::string out = fmt::format("{:>14}  {:>8}  {:>8}  {:>10}  which\n", result.column, "alerts",
                                "groups", "suppressed");
  for (const backtest::TuneCandidate& candidate : result.candidates) {
    std::string which;
    const auto groups = Ordered(candidate.groups);
    for (std::size_t i = 0; i < std::min(groups.size(), kGroupsShown); ++i) {
      which += fmt::format("{}{}{}", i == 0 ? "" : "; ", groups[i].first,
                           groups[i].second > 1 ? fmt::format(" ({})", groups[i].second) : "");
    }
    if (groups.size() > kGroupsShown) {
      which += fmt::format("; {} more", groups.size() - kGroupsShown);
    }
    out += fmt::format("{:>14}  {:>8}  {:>8}  {:>10}  {}\n",
                       fmt::format("{}{}", candidate.value, candidate.is_present ? " *" : ""),
                       candidate.alerts, groups.size(), candidate.suppressed, which);
  }
  return out + "* the rule's own threshold\n";
}

std::string JsonText(const backtest::TuneResult& result) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("rule_id");
  json.String(result.rule_id);
  json.Key("column");
  json.String(result.column);
  json.Key("candidates");
  json.BeginArray();
  for (const backtest::TuneCandidate& candidate : result.candidates) {
    json.BeginObject();
    json.Key("value");
    json.Double(candidate.value);
    json.Key("is_present");
    json.Bool(candidate.is_present);
    json.Key("alerts");
    json.Uint(candidate.alerts);
    json.Key("suppressed");
    json.Uint(candidate.suppressed);
    json.Key("groups");
    json.BeginArray();
    for (const auto& [group, alerts] : Ordered(candidate.groups)) {
      json.BeginObject();
      json.Key("group");
      json.String(group);
      json.Key("alerts");
      json.Uint(alerts);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return out + "\n";
}

int RunTune(const TuneFlags& flags) {
  backtest::TuneOptions options;
  options.pass.rule_paths = {flags.rule};
  options.pass.load.macro_folders = flags.macros;
  options.pass.overlay_paths = flags.overlays;
  options.pass.files = flags.files;
  options.pass.progress = MakeProgressBar();
  if (flags.mode == "schedule") {
    options.pass.mode = plan::JudgeMode::kSchedule;
  } else if (flags.mode == "continuous") {
    options.pass.mode = plan::JudgeMode::kContinuous;
  }
  options.column = flags.column;
  options.values = flags.values;
  const StatusOr<backtest::TuneResult> result = backtest::Tune(options);
  ClearProgressBar();
  if (!result.ok()) {
    PrintError(fmt::format("{}", result.status()));
    return kExitFailed;
  }
  Print(flags.format == "json" ? JsonText(*result) : TableText(*result));
  fmt::print(stderr, "{} events, {} matched the rule, {} rejected\n",
             HumanCount(result->pass.events), HumanCount(result->pass.matched),
             HumanCount(result->pass.rejected));
  if (flags.values.empty() && result->groups_seen == 0) {
    fmt::print(stderr, "no group had a value of {}; give --values to try some\n", result->column);
  }
  return result->pass.rejected == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void AddRulesTuneCommand(CLI::App* rules, Action* action) {
  CLI::App* command = rules->add_subcommand(
      "tune", "Show how many alerts other thresholds of a rule would have made of files of events");
  auto flags = std::make_shared<TuneFlags>();
  command->add_option("RULE", flags->rule, "Rule file")->required();
  command->add_option("FILE", flags->files, "Files of events, or - for standard input")->required();
  command->add_option("--column", flags->column,
                      "Output column whose threshold is tuned; needed where a rule has several");
  command
      ->add_option(
          "--values", flags->values,
          "Thresholds to try, comma separated; default: quantiles of the greatest values of the "
          "groups")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option("--mode", flags->mode,
                   "How windows are judged; default: continuous where the rule allows it")
      ->check(CLI::IsMember({"schedule", "continuous"}));
  command
      ->add_option("--macros", flags->macros, "Folder of macros for detections (may be repeated)")
      ->allow_extra_args(false);
  command
      ->add_option("--overlay", flags->overlays,
                   "Overlay files or folders with *.yaml (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--format", flags->format, "Form of the answer")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->callback([action, flags] { *action = [flags] { return RunTune(*flags); }; });
}

}  // namespace weir::cli
