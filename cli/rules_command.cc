// weir rules check|explain: what Weir makes of rule files, without a cluster.
#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/terminal.h"
#include "common/base/json_writer.h"
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
  std::string format = "text";
  bool verbose = false;
  bool check = false;   // rules that are switched off are looked at, too
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
      rules.back().enabled = rules.back().enabled || flags.check;
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

// What became of one file. A rule is unsupported when it asks for what Weir does not run; then
// nothing else that is said of it matters.
struct Verdict {
  std::string_view status = "ok";
  const rule::Finding* finding = nullptr;   // the reason; null for ok
};

Verdict Judge(const std::vector<rule::Finding>& findings) {
  Verdict verdict;
  for (const rule::Finding& finding : findings) {
    if (rule::IsRefusal(finding)) {
      return {"unsupported", &finding};
    }
    const bool is_error = finding.severity == esql::Severity::kError;
    if (verdict.finding == nullptr || (is_error && verdict.status != "error")) {
      verdict = {is_error ? "error" : "warning", &finding};
    }
  }
  return verdict;
}

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string VerdictText(const rule::LoadResult& file, const Verdict& verdict) {
  if (verdict.finding == nullptr) {
    return fmt::format("{}  {}\n", verdict.status, file.path);
  }
  const rule::Finding& finding = *verdict.finding;
  return fmt::format("{}  {}  {}{}{}\n", verdict.status, file.path,
                     finding.line > 0 ? fmt::format("{}:{}: ", finding.line, finding.column) : "",
                     OneLine(finding.message),
                     finding.hint.empty() ? "" : fmt::format(" ({})", OneLine(finding.hint)));
}

std::string VerdictJson(const rule::LoadResult& file, const Verdict& verdict) {
  const rule::Finding* finding = verdict.finding;
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("path");
  json.String(file.path);
  json.Key("rule_id");
  json.String(file.rule.has_value() ? file.rule->id : "");
  json.Key("name");
  json.String(file.rule.has_value() ? file.rule->name : "");
  json.Key("dialect");
  json.String(file.rule.has_value() ? rule::DialectName(file.rule->dialect) : "");
  json.Key("status");
  json.String(verdict.status);
  json.Key("reason");
  json.String(finding == nullptr ? "" : finding->message);
  json.Key("line");
  json.Int(finding == nullptr ? 0 : finding->line);
  json.Key("column");
  json.Int(finding == nullptr ? 0 : finding->column);
  json.EndObject();
  return out + "\n";
}

int RunCheck(const RuleFlags& flags) {
  const auto loaded = LoadAndCompile(flags.paths, flags);
  if (!loaded.ok()) {
    PrintError(fmt::format("{}", loaded.status()));
    return kExitFailed;
  }
  const bool is_json = flags.format == "json";
  std::map<std::string_view, std::size_t> counts;
  std::string out;
  for (std::size_t i = 0; i < loaded->files.size(); ++i) {
    const Verdict verdict = Judge(loaded->findings[i]);
    ++counts[verdict.status];
    out += is_json ? VerdictJson(loaded->files[i], verdict)
                   : VerdictText(loaded->files[i], verdict);
    if (!flags.verbose || is_json) {
      continue;
    }
    for (const rule::Finding& finding : loaded->findings[i]) {
      out += finding.rendered.empty() ? finding.message : finding.rendered;
      out += out.back() == '\n' ? "" : "\n";
    }
  }
  if (!is_json) {
    out += fmt::format("{} files: {} ok, {} warning, {} unsupported, {} error\n",
                       loaded->files.size(), counts["ok"], counts["warning"],
                       counts["unsupported"], counts["error"]);
  }
  Print(out);
  return counts["error"] + counts["unsupported"] == 0 ? kExitOk : kExitFailed;
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
      "check", "Say for each file whether its rule runs, and why not; exit code 1 if one does not");
  auto check_flags = std::make_shared<RuleFlags>();
  check->add_option("PATH", check_flags->paths, "Rule files, or folders with *.toml")->required();
  check->add_option("--format", check_flags->format, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  check->add_flag("--verbose", check_flags->verbose,
                  "Also show every finding at its place in the file");
  check_flags->check = true;
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
