// weir rules check|explain: what Weir makes of rule files, without a cluster. The pages of show and
// coverage are in rules_show.cc and rules_coverage.cc.
#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/json_writer.h"
#include "common/plan/plan.h"
#include "common/rule/rule.h"

namespace weir::cli {
namespace {

struct RuleFlags {
  std::vector<std::string> paths;
  LoadFlags load;
  std::string path;
  std::string rule;
  std::string format = "text";
  bool verbose = false;
};

std::string VerdictText(const std::string& path, const Verdict& verdict) {
  if (verdict.finding == nullptr) {
    return fmt::format("{}  {}\n", verdict.status, path);
  }
  const rule::Finding& finding = *verdict.finding;
  return fmt::format("{}  {}  {}{}{}\n", verdict.status, path,
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

std::string Indented(const std::string& lines) {
  std::string out;
  bool starts = true;
  for (const char c : lines) {
    out += starts ? "  " : "";
    out += c;
    starts = c == '\n';
  }
  return out;
}

int RunCheck(const RuleFlags& flags) {
  const auto loaded = LoadAndCompile(flags.paths, flags.load);
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
                   : VerdictText(loaded->files[i].path, verdict);
    if (const auto& rule = loaded->files[i].rule; !is_json && rule.has_value()) {
      const plan::CompiledRule* compiled = loaded->rules->FindRule(rule->id);
      out += ChangesText(compiled == nullptr ? rule->adjustments : compiled->source.adjustments);
    }
    if (!flags.verbose || is_json) {
      continue;
    }
    for (const rule::Finding& finding : loaded->findings[i]) {
      out += finding.rendered.empty() ? finding.message : finding.rendered;
      out += out.back() == '\n' ? "" : "\n";
    }
  }
  for (const overlay::Overlay& overlay : loaded->overlays) {
    rule::LoadResult file;
    file.path = overlay.path;
    const Verdict verdict = Judge(overlay.findings);
    ++counts[verdict.status];
    out += is_json ? VerdictJson(file, verdict) : VerdictText(overlay.path, verdict);
    // Each is a line of the overlay that does not do what it says.
    out += is_json || overlay.findings.size() < 2 ? "" : Indented(FindingsText({overlay}));
  }
  if (!is_json) {
    out += fmt::format("{} files: {} ok, {} warning, {} unsupported, {} error\n",
                       loaded->files.size() + loaded->overlays.size(), counts["ok"], counts["warning"],
                       counts["unsupported"], counts["error"]);
  }
  Print(out);
  return counts["error"] + counts["unsupported"] == 0 ? kExitOk : kExitFailed;
}

int RunExplain(const RuleFlags& flags) {
  const auto loaded = LoadAndCompile({flags.path}, flags.load);
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
  fmt::print(stderr, "{}", FindingsText(loaded->overlays));
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
    return flags.rule.empty() ? kExitFailed : kExitNotFound;
  }
  return refused ? kExitFailed : kExitOk;
}

void AddModeOptions(CLI::App* command, LoadFlags* flags) {
  command->add_option("--macros", flags->macros, "Folder of macros for detections (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--mode", flags->mode, "How windows are judged")
      ->check(CLI::IsMember({"auto", "schedule", "continuous"}))
      ->capture_default_str();
  command->add_option("--alerts", flags->alerts, "What becomes an alert")
      ->check(CLI::IsMember({"episodes", "parity"}))
      ->capture_default_str();
}

}  // namespace

void AddRulesCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("rules", "Check and describe rule files, and change the rules of a cluster");
  command->require_subcommand(1);

  CLI::App* check = command->add_subcommand(
      "check", "Say for each file whether its rule runs, and why not; exit code 1 if one does not");
  auto check_flags = std::make_shared<RuleFlags>();
  check->add_option("PATH", check_flags->paths, "Rule files, or folders with *.toml and *.yml")
      ->required();
  check->add_option("--format", check_flags->format, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  check->add_flag("--verbose", check_flags->verbose,
                  "Also show every finding at its place in the file");
  check_flags->load.switched_off_too = true;
  AddModeOptions(check, &check_flags->load);
  AddOverlayOption(check, &check_flags->load);
  check->callback([action, check_flags] { *action = [check_flags] { return RunCheck(*check_flags); }; });

  CLI::App* explain = command->add_subcommand("explain", "Show how rules are run, stage by stage");
  auto explain_flags = std::make_shared<RuleFlags>();
  explain->add_option("PATH", explain_flags->path, "Rule file or folder")->required();
  explain->add_option("RULE", explain_flags->rule, "Id or name of one rule");
  AddModeOptions(explain, &explain_flags->load);
  AddOverlayOption(explain, &explain_flags->load);
  explain->callback(
      [action, explain_flags] { *action = [explain_flags] { return RunExplain(*explain_flags); }; });
  AddRulesShowCommand(command, action);
  AddRulesCoverageCommand(command, action);
  AddRulesTestCommand(command, action);
  AddRulesTuneCommand(command, action);
  AddRulesAdminCommands(command, action);
}

}  // namespace weir::cli
