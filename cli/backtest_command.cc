// weir backtest: what rules would have alerted on over files of events, without a cluster.
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/terminal.h"
#include "cli/progress_bar.h"
#include "cli/test_report.h"
#include "common/alert/render.h"
#include "common/backtest/backtest.h"
#include "common/backtest/expectation.h"

namespace weir::cli {
namespace {

struct BacktestFlags {
  std::vector<std::string> rules;
  std::vector<std::string> macros;
  std::vector<std::string> overlays;
  std::vector<std::string> files;
  std::string mode;
  std::string alerts;
  std::string format;
  std::string tenant = "default";
  std::string evidence = "redacted";
  std::string expect;
  std::string junit;
};

// `--rules a.toml b.toml events.json` means two rules: a name after the first that is a rule file or a
// folder cannot be a file of events.
bool NamesRules(const std::string& path) {
  std::error_code error;
  return std::filesystem::path(path).extension() == ".toml" ||
         std::filesystem::is_directory(path, error);
}

backtest::Options MakeOptions(const BacktestFlags& flags) {
  backtest::Options options;
  options.rule_paths = flags.rules;
  options.load.macro_folders = flags.macros;
  options.overlay_paths = flags.overlays;
  for (const std::string& path : flags.files) {
    (NamesRules(path) ? options.rule_paths : options.files).push_back(path);
  }
  options.tenant = flags.tenant;
  options.evidence = plan::EvidenceNamed(flags.evidence).value_or(plan::Evidence::kRedacted);
  if (flags.mode == "schedule") {
    options.mode = plan::JudgeMode::kSchedule;
  } else if (flags.mode == "continuous") {
    options.mode = plan::JudgeMode::kContinuous;
  }
  if (flags.alerts == "parity") {
    options.alerts = plan::AlertMode::kParity;
  } else if (flags.alerts == "episodes") {
    options.alerts = plan::AlertMode::kEpisodes;
  }
  options.progress = MakeProgressBar();
  return options;
}

void PrintFindings(const backtest::Result& result) {
  for (const rule::Finding& finding : result.findings) {
    fmt::print(stderr, "{}\n", finding.rendered.empty() ? finding.message : finding.rendered);
  }
  for (const backtest::RejectedRecord& record : result.rejected_shown) {
    fmt::print(stderr, "{}:{}: {}: {}\n", record.file, record.line,
               source::RejectReasonName(record.reason), record.message);
  }
  if (result.rejected > result.rejected_shown.size()) {
    fmt::print(stderr, "and {} more rejected\n",
               HumanCount(result.rejected - result.rejected_shown.size()));
  }
}

void PrintSummary(const backtest::Result& result, double seconds) {
  fmt::print(stderr,
             "{} rules loaded, {} refused; {} events from {} records, {} matched a rule, {} repeated, "
             "{} rejected; {} alerts, {} hits suppressed; {:.1f} s\n",
             result.rules_loaded, result.rules_refused, HumanCount(result.events),
             HumanCount(result.records), HumanCount(result.matched), HumanCount(result.repeated),
             HumanCount(result.rejected), HumanCount(result.alerts.size()),
             HumanCount(result.suppressed), seconds);
  for (const auto& [rule, count] : result.without_group) {
    fmt::print(stderr, "rule {}: {} rows without a field they are grouped by were dropped\n", rule,
               HumanCount(count));
  }
  for (const expr::Warnings::Entry& warning : result.warnings) {
    fmt::print(stderr, "[{}] {} times: {}; taken as {}\n", warning.expression,
               HumanCount(warning.count), fmt::join(warning.messages, "; "), warning.treated_as);
  }
  for (const exec::ExceptedRows& excepted : result.excepted) {
    fmt::print(stderr, "rule {}: exception {} left out {} events\n", excepted.rule_id,
               excepted.exception, HumanCount(excepted.rows));
  }
}

// Prints how the alerts differ from those that are expected; whether they do not.
StatusOr<bool> CheckExpected(const BacktestFlags& flags, const backtest::Result& result,
                             double seconds) {
  WEIR_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(flags.expect));
  WEIR_ASSIGN_OR_RETURN(const std::vector<backtest::Expectation> expected,
                        backtest::ParseExpectations(flags.expect, text));
  const backtest::Comparison comparison = backtest::Compare(expected, result.alerts);
  Print(comparison.Differences());
  if (comparison.ok()) {
    Print(fmt::format("ok: {} alerts as {} says\n", result.alerts.size(), flags.expect));
  }
  if (!flags.junit.empty()) {
    WEIR_RETURN_IF_ERROR(WriteTextFile(
        flags.junit, backtest::ToJunit(flags.expect, CasesOf("", comparison, seconds))));
  }
  return comparison.ok();
}

void PrintAlerts(const BacktestFlags& flags, const backtest::Result& result) {
  const bool table = flags.format.empty() ? StdoutIsTerminal() : flags.format == "table";
  if (!table) {
    for (const alert::Alert& alert : result.alerts) {
      Print(alert::ToJson(alert) + "\n");
    }
    return;
  }
  alert::RenderOptions render;
  render.width = StdoutWidth();
  render.colour = StdoutColour();
  Print(alert::RenderTable(result.alerts, render));
}

int RunBacktest(const BacktestFlags& flags) {
  if (!flags.junit.empty() && flags.expect.empty()) {
    fmt::print(stderr, "weir backtest: --junit reports on --expect FILE, which is not given\n"
                       "see `weir backtest --help`\n");
    return kExitUsage;
  }
  if (flags.alerts == "parity" && flags.mode == "continuous") {
    fmt::print(stderr, "weir backtest: --alerts parity needs ticks: leave out --mode continuous\n"
                       "see `weir backtest --help`\n");
    return kExitUsage;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto result = backtest::Run(MakeOptions(flags));
  ClearProgressBar();
  if (!result.ok()) {
    PrintError(fmt::format("{}", result.status()));
    return kExitFailed;
  }
  PrintFindings(*result);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  bool as_expected = true;
  if (flags.expect.empty()) {
    PrintAlerts(flags, *result);
  } else {
    const StatusOr<bool> checked = CheckExpected(flags, *result, seconds);
    if (!checked.ok()) {
      PrintError(fmt::format("{}", checked.status()));
      return kExitFailed;
    }
    as_expected = *checked;
  }
  PrintSummary(*result, seconds);
  return as_expected && result->rejected == 0 && result->rules_refused == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void AddBacktestCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "backtest",
      "Run rules over files of events, all in one pass, and print the alerts.\n"
      "Exit code 1: a rule was refused or a record rejected; the alerts of the rest are printed.");
  auto flags = std::make_shared<BacktestFlags>();
  command->add_option("--rules", flags->rules, "Rule files or folders with *.toml and *.yml (may be repeated)")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--macros", flags->macros, "Folder of macros for detections (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--overlay", flags->overlays,
                      "Overlay files or folders with *.yaml (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--mode", flags->mode,
                      "How windows are judged; default: continuous where the rule allows it")
      ->check(CLI::IsMember({"schedule", "continuous"}));
  command->add_option("--alerts", flags->alerts, "What becomes an alert; default: episodes")
      ->check(CLI::IsMember({"parity", "episodes"}));
  command->add_option("--format", flags->format,
                      "Form of the alerts; default: table on a terminal, otherwise ndjson")
      ->check(CLI::IsMember({"table", "ndjson"}));
  command->add_option("--expect", flags->expect,
                      "File of the alerts that are expected (YAML or NDJSON): print how the alerts differ "
                      "instead of the alerts; exit code 1 if they do");
  command->add_option("--junit", flags->junit, "With --expect: also write a report in JUnit's XML");
  command->add_option("--tenant", flags->tenant, "Whose events these are; part of the alerts' ids")
      ->capture_default_str();
  command->add_option("--evidence", flags->evidence,
                      "What alerts show of prompts and completions (docs/privacy.md)")
      ->check(CLI::IsMember({"none", "redacted", "full"}))
      ->capture_default_str();
  command->add_option("FILE", flags->files, "Files of events, or - for standard input")->required();
  command->callback([action, flags] { *action = [flags] { return RunBacktest(*flags); }; });
}

}  // namespace weir::cli
