// weir rules check|explain: what Weir makes of rule files, without a cluster.
#include <memory>
#include <set>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/terminal.h"
#include "common/plan/plan.h"
#include "common/rule/rule.h"
#include "common/source/decoder.h"

namespace weir::cli {
namespace {

struct RuleFlags {
  std::vector<std::string> paths;
  std::string mode = "auto";
  std::string alerts = "episodes";
  std::string path;
  std::string rule;
};

struct Loaded {
  std::vector<rule::LoadResult> files;
  std::vector<std::vector<rule::Finding>> findings;   // of each file, loading and compiling
  plan::RuleSetPtr rules;
};

StatusOr<Loaded> LoadAndCompile(const std::vector<std::string>& paths, const RuleFlags& flags) {
  Loaded loaded;
  WEIR_ASSIGN_OR_RETURN(loaded.files, rule::LoadRules(paths));
  std::vector<rule::Rule> rules;
  std::vector<std::size_t> file_of;
  for (std::size_t i = 0; i < loaded.files.size(); ++i) {
    loaded.findings.push_back(loaded.files[i].findings);
    if (loaded.files[i].rule.has_value()) {
      rules.push_back(*loaded.files[i].rule);
      file_of.push_back(i);
    }
  }
  plan::CompileOptions options;
  if (flags.mode != "auto") {
    options.mode =
        flags.mode == "schedule" ? plan::JudgeMode::kSchedule : plan::JudgeMode::kContinuous;
  }
  options.alerts =
      flags.alerts == "parity" ? plan::AlertMode::kParity : plan::AlertMode::kEpisodes;
  const plan::CompileResult result =
      plan::CompileRules(rules, options, source::Catalogue(), RuleSetVersion(1));
  loaded.rules = result.rules;
  for (std::size_t i = 0; i < result.findings.size(); ++i) {
    std::vector<rule::Finding>& findings = loaded.findings[file_of[i]];
    findings.insert(findings.end(), result.findings[i].begin(), result.findings[i].end());
  }
  return loaded;
}

enum class Verdict { kOk, kWarning, kDisabled, kUnsupported, kError };

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kDisabled:
      return "disabled";
    case Verdict::kUnsupported:
      return "unsupported";
    case Verdict::kError:
      return "error";
  }
  return "error";
}

// A rule of a kind that Weir does not run is not wrong; a rule of a known kind with errors is.
Verdict Judge(const rule::LoadResult& file, const std::vector<rule::Finding>& findings) {
  bool errors = false;
  for (const rule::Finding& finding : findings) {
    errors = errors || finding.severity == esql::Severity::kError;
  }
  if (!errors && file.rule.has_value()) {
    return !file.rule->enabled ? Verdict::kDisabled
                               : findings.empty() ? Verdict::kOk : Verdict::kWarning;
  }
  const bool runs = !file.rule.has_value() || file.rule->type == rule::RuleType::kEsql ||
                    file.rule->type == rule::RuleType::kQuery ||
                    file.rule->type == rule::RuleType::kThreshold;
  return runs ? Verdict::kError : Verdict::kUnsupported;
}

int RunCheck(const RuleFlags& flags) {
  const auto loaded = LoadAndCompile(flags.paths, flags);
  if (!loaded.ok()) {
    PrintError(fmt::format("{}", loaded.status()));
    return kExitFailed;
  }
  std::map<Verdict, std::size_t> counts;
  std::string out;
  for (std::size_t i = 0; i < loaded->files.size(); ++i) {
    const rule::LoadResult& file = loaded->files[i];
    const Verdict verdict = Judge(file, loaded->findings[i]);
    ++counts[verdict];
    out += fmt::format("{}: {}\n", file.path, VerdictName(verdict));
    for (const rule::Finding& finding : loaded->findings[i]) {
      out += finding.rendered.empty() ? finding.message : finding.rendered;
      out += out.back() == '\n' ? "" : "\n";
    }
  }
  std::vector<std::string> parts;
  for (const auto& [verdict, count] : counts) {
    parts.push_back(fmt::format("{} {}", count, VerdictName(verdict)));
  }
  out += fmt::format("{} files: {}\n", loaded->files.size(),
                     parts.empty() ? "none found" : fmt::format("{}", fmt::join(parts, ", ")));
  Print(out);
  return counts[Verdict::kError] == 0 ? kExitOk : kExitFailed;
}

int RunExplain(const RuleFlags& flags) {
  const auto loaded = LoadAndCompile({flags.path}, flags);
  if (!loaded.ok()) {
    PrintError(fmt::format("{}", loaded.status()));
    return kExitFailed;
  }
  std::string out;
  for (const plan::CompiledRule& rule : loaded->rules->rules) {
    if (flags.rule.empty() || flags.rule == rule.source.id || flags.rule == rule.source.name) {
      out += (out.empty() ? "" : "\n") + plan::Explain(*loaded->rules, rule);
    }
  }
  Print(out);
  bool refused = false;
  for (std::size_t i = 0; i < loaded->files.size(); ++i) {
    const auto& rule = loaded->files[i].rule;
    const bool asked = flags.rule.empty() ||
                       (rule.has_value() && (flags.rule == rule->id || flags.rule == rule->name));
    for (const rule::Finding& finding : loaded->findings[i]) {
      if (asked && finding.severity == esql::Severity::kError) {
        refused = true;
        fmt::print(stderr, "{}\n", finding.rendered.empty() ? finding.message : finding.rendered);
      }
    }
  }
  if (out.empty() && !refused) {
    PrintError(flags.rule.empty()
                   ? fmt::format("no rule to explain in {}", flags.path)
                   : fmt::format("no rule with the id or name '{}' in {}", flags.rule, flags.path));
    return kExitFailed;
  }
  return refused ? kExitFailed : kExitOk;
}

void AddModeOptions(CLI::App* command, RuleFlags* flags) {
  command->add_option("--mode", flags->mode, "How windows are judged")
      ->check(CLI::IsMember({"auto", "schedule", "continuous"}))
      ->capture_default_str();
  command->add_option("--alerts", flags->alerts, "What becomes an alert")
      ->check(CLI::IsMember({"episodes", "parity"}))
      ->capture_default_str();
}

}  // namespace

void AddRulesCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("rules", "Check and explain rule files");
  command->require_subcommand(1);

  CLI::App* check = command->add_subcommand(
      "check", "Say for each file whether its rule runs, and why not; exit code 1 on an error");
  auto check_flags = std::make_shared<RuleFlags>();
  check->add_option("PATH", check_flags->paths, "Rule files, or folders with *.toml")->required();
  AddModeOptions(check, check_flags.get());
  check->callback([action, check_flags] { *action = [check_flags] { return RunCheck(*check_flags); }; });

  CLI::App* explain = command->add_subcommand("explain", "Show how rules are run, stage by stage");
  auto explain_flags = std::make_shared<RuleFlags>();
  explain->add_option("PATH", explain_flags->path, "Rule file or folder")->required();
  explain->add_option("RULE", explain_flags->rule, "Id or name of one rule");
  AddModeOptions(explain, explain_flags.get());
  explain->callback(
      [action, explain_flags] { *action = [explain_flags] { return RunExplain(*explain_flags); }; });
}

}  // namespace weir::cli
