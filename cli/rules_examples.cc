// weir rules test: runs rules over the examples kept beside them. The examples of the rule
// DIR/NAME.toml are the files of the first of these folders that there is: DIR/NAME.tests, then
// tests/NAME in DIR and in the three folders above it. docs/backtest.md says what the files mean.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "cli/test_report.h"
#include "common/backtest/backtest.h"
#include "common/backtest/expectation.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kFoldersUp = 3;
constexpr char kExpectSuffix[] = ".expect.yaml";

struct TestFlags {
  std::vector<std::string> paths;
  std::vector<std::string> macros;
  std::vector<std::string> overlays;
  std::string examples;
  std::string junit;
  bool all = false;
};

struct Example {
  std::string rule_path;
  std::string rule_id;
  std::string events;  // the file
  std::string name;    // "single_model_probing/fires.ndjson"
};

struct ExampleVerdict {
  std::string failure;  // empty: passed
  std::size_t alerts = 0;
};

fs::path ExamplesOf(const fs::path& rule, const std::string& examples) {
  std::error_code error;
  if (!examples.empty()) {
    return fs::path(examples) / rule.stem();
  }
  const fs::path folder = fs::absolute(rule, error).parent_path();
  fs::path sidecar = folder / (rule.stem().string() + ".tests");
  if (fs::is_directory(sidecar, error)) {
    return sidecar;
  }
  fs::path above = folder;
  for (int i = 0; i <= kFoldersUp; ++i, above = above.parent_path()) {
    fs::path found = above / "tests" / rule.stem();
    if (fs::is_directory(found, error)) {
      return found;
    }
  }
  return {};
}

std::vector<Example> Find(const rule::LoadResult& rule, const std::string& examples) {
  std::vector<Example> found;
  const fs::path folder = ExamplesOf(rule.path, examples);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file(error) && !name.starts_with('.') && !name.ends_with(kExpectSuffix)) {
      found.push_back({rule.path, rule.rule->id, entry.path().string(),
                       fs::path(rule.path).stem().string() + "/" + name});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Example& a, const Example& b) { return a.name < b.name; });
  return found;
}

// "fires.ndjson" -> "fires.expect.yaml"
std::string ExpectationsOf(const std::string& events) {
  return (fs::path(events).parent_path() / fs::path(events).stem()).string() + kExpectSuffix;
}

StatusOr<ExampleVerdict> JudgeExample(const Example& example, const backtest::Result& result) {
  ExampleVerdict verdict;
  verdict.alerts = result.alerts.size();
  std::error_code error;
  const std::string expectations = ExpectationsOf(example.events);
  const std::string name = fs::path(example.events).filename().string();
  if (result.rules_loaded == 0) {
    verdict.failure = "the rule does not run; see `weir rules check`";
  } else if (result.rejected != 0) {
    verdict.failure = fmt::format("{} records were rejected: line {}: {}", result.rejected,
                                  result.rejected_shown[0].line, result.rejected_shown[0].message);
  } else if (result.events == 0) {
    verdict.failure = "there are no events in it";
  } else if (fs::exists(expectations, error)) {
    WEIR_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(expectations));
    WEIR_ASSIGN_OR_RETURN(const std::vector<backtest::Expectation> expected,
                          backtest::ParseExpectations(expectations, text));
    verdict.failure = backtest::Compare(expected, result.alerts).Differences();
  } else if (name.starts_with("fires")) {
    verdict.failure = result.alerts.empty() ? "the rule did not fire" : "";
  } else if (name.starts_with("quiet")) {
    for (const alert::Alert& alert : result.alerts) {
      verdict.failure +=
          (verdict.failure.empty() ? "the rule fired: " : "\n") + backtest::Describe(alert);
    }
  } else {
    verdict.failure =
        fmt::format("what it shows is not known: call it fires… or quiet…, or put {} beside it",
                    fs::path(expectations).filename().string());
  }
  while (verdict.failure.ends_with('\n')) {
    verdict.failure.pop_back();
  }
  return verdict;
}

StatusOr<ExampleVerdict> RunExample(const Example& example, const TestFlags& flags) {
  backtest::Options options;
  options.rule_paths = {example.rule_path};
  options.load.macro_folders = flags.macros;
  options.overlay_paths = flags.overlays;
  options.files = {example.events};
  WEIR_ASSIGN_OR_RETURN(backtest::Result result, backtest::Run(options));
  std::erase_if(result.alerts,
                [&](const alert::Alert& alert) { return alert.rule_id != example.rule_id; });
  return JudgeExample(example, result);
}

std::string LineOf(const Example& example, const ExampleVerdict& verdict) {
  if (verdict.failure.empty()) {
    return fmt::format("ok    {}  {} alerts\n", example.name, verdict.alerts);
  }
  std::string failure = verdict.failure;
  for (std::size_t at = failure.find('\n'); at != std::string::npos;
       at = failure.find('\n', at + 1)) {
    failure.insert(at + 1, "      ");
  }
  return fmt::format("FAIL  {}  {}\n", example.name, failure);
}

int RunTest(const TestFlags& flags) {
  const auto loaded = rule::LoadRules(flags.paths, {flags.macros});
  if (!loaded.ok()) {
    PrintError(fmt::format("{}", loaded.status()));
    return kExitFailed;
  }
  std::vector<backtest::TestCase> cases;
  std::size_t failed = 0;
  std::size_t without = 0;
  for (const rule::LoadResult& rule : *loaded) {
    if (!rule.rule.has_value()) {
      Print(
          fmt::format("FAIL  {}  the file holds no rule that can be read; see `weir rules check`\n",
                      rule.path));
      ++failed;
      cases.push_back({rule.path, "the file holds no rule that can be read", 0});
      continue;
    }
    const std::vector<Example> examples = Find(rule, flags.examples);
    if (examples.empty()) {
      ++without;
      Print(fmt::format("none  {}\n", rule.path));
      if (flags.all) {
        cases.push_back({rule.path, "the rule has no examples", 0});
      }
    }
    for (const Example& example : examples) {
      const auto begin = std::chrono::steady_clock::now();
      const StatusOr<ExampleVerdict> run = RunExample(example, flags);
      const ExampleVerdict verdict =
          run.ok() ? *run : ExampleVerdict{std::string(Message(run.status())), 0};
      failed += verdict.failure.empty() ? 0 : 1;
      cases.push_back(
          {example.name, verdict.failure,
           std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()});
      Print(LineOf(example, verdict));
    }
  }
  fmt::print(stderr, "{} rules, {} without examples; {} examples, {} failed\n", loaded->size(),
             without, cases.size() - (flags.all ? without : 0), failed);
  if (!flags.junit.empty()) {
    const Status written = WriteTextFile(flags.junit, backtest::ToJunit("weir rules test", cases));
    if (!written.ok()) {
      PrintError(fmt::format("{}", written));
      return kExitFailed;
    }
  }
  if (cases.empty()) {
    PrintError("no rule there has an example");
    return kExitFailed;
  }
  return failed == 0 && !(flags.all && without != 0) ? kExitOk : kExitFailed;
}

}  // namespace

void AddRulesTestCommand(CLI::App* rules, Action* action) {
  CLI::App* command = rules->add_subcommand(
      "test",
      "Run rules over the examples kept beside them: events on which they fire or stay quiet");
  auto flags = std::make_shared<TestFlags>();
  command->add_option("PATH", flags->paths, "Rule files, or folders with *.toml and *.yml")
      ->required();
  command->add_option(
      "--examples", flags->examples,
      "Folder with a folder NAME of examples for each rule file NAME.toml; for rules whose own "
      "folder is not to be touched");
  command
      ->add_option("--macros", flags->macros, "Folder of macros for detections (may be repeated)")
      ->allow_extra_args(false);
  command
      ->add_option("--overlay", flags->overlays,
                   "Overlay files or folders with *.yaml (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--junit", flags->junit, "Also write a report in JUnit's XML");
  command->add_flag("--all", flags->all, "A rule without examples is a failure, too");
  command->callback([action, flags] { *action = [flags] { return RunTest(*flags); }; });
}

}  // namespace weir::cli
