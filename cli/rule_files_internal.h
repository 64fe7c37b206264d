// Rule files as the `weir rules` commands look at them: loaded, compiled together, a verdict each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_internal.h"
#include "common/base/status.h"
#include "common/overlay/overlay.h"
#include "common/plan/plan.h"
#include "common/rule/rule.h"

namespace weir::cli {

struct LoadFlags {
  std::vector<std::string> overlays;   // files or folders
  std::string mode = "auto";
  std::string alerts = "episodes";
  bool switched_off_too = false;
  std::vector<std::string> macros;   // folders
};

struct Loaded {
  std::vector<rule::LoadResult> files;
  std::vector<std::vector<rule::Finding>> findings;   // of each file, loading and compiling
  plan::RuleSetPtr rules;
  std::vector<overlay::Overlay> overlays;             // with their findings
};

StatusOr<Loaded> LoadAndCompile(const std::vector<std::string>& paths, const LoadFlags& flags);

// What became of one file. A rule is unsupported when it asks for what Weir does not run; then
// nothing else that is said of it matters.
struct Verdict {
  std::string_view status = "ok";            // ok, warning, unsupported, error
  const rule::Finding* finding = nullptr;    // the reason; null for ok
};
Verdict Judge(const std::vector<rule::Finding>& findings);

// The paths of --rules, else those of the configuration in force (WEIR_CONFIG, WEIR_RULES). May be
// empty.
StatusOr<std::vector<std::string>> RulePaths(const std::vector<std::string>& given);

// The techniques a rule names. Those that loading found in tags, without a tactic, are left out where
// the rule also names them under one.
std::vector<rule::ThreatMapping> ThreatOf(const rule::Rule& rule);

std::string OneLine(std::string text);

// Adds --overlay. The configuration's overlays are for the configuration's rules only.
void AddOverlayOption(CLI::App* command, LoadFlags* flags);
// What overlays change of a rule, one line each: "  interval  5m -> 10m  (file:line)"; empty: nothing.
std::string ChangesText(const rule::Adjustments& adjustments);
// The findings of all overlays, ready to print.
std::string FindingsText(const std::vector<overlay::Overlay>& overlays);

// rules_admin.cc: what asks a cluster
void AddRulesAdminCommands(CLI::App* rules, Action* action);
// rules_show.cc, rules_coverage.cc
void AddRulesShowCommand(CLI::App* rules, Action* action);
void AddRulesCoverageCommand(CLI::App* rules, Action* action);

}  // namespace weir::cli
