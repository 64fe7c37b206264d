#include <algorithm>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "cli/config_flags_internal.h"
#include "cli/rule_files_internal.h"
#include "common/source/decoder.h"

namespace weir::cli {

StatusOr<Loaded> LoadAndCompile(const std::vector<std::string>& paths, const LoadFlags& flags) {
  Loaded loaded;
  WEIR_ASSIGN_OR_RETURN(loaded.files, rule::LoadRules(paths, {flags.macros}));
  std::vector<rule::Rule> rules;
  std::vector<std::size_t> file_of;
  for (std::size_t i = 0; i < loaded.files.size(); ++i) {
    loaded.findings.push_back(loaded.files[i].findings);
    if (loaded.files[i].rule.has_value()) {
      rules.push_back(*loaded.files[i].rule);
      file_of.push_back(i);
    }
  }
  WEIR_ASSIGN_OR_RETURN(loaded.overlays, overlay::LoadOverlays(flags.overlays));
  overlay::Apply(&loaded.overlays, &rules);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    loaded.files[file_of[i]].rule = rules[i];
    rules[i].enabled = rules[i].enabled || flags.switched_off_too;
  }
  plan::CompileOptions options;
  if (flags.mode != "auto") {
    options.mode =
        flags.mode == "schedule" ? plan::JudgeMode::kSchedule : plan::JudgeMode::kContinuous;
  }
  options.alerts =
      flags.alerts == "parity" ? plan::AlertMode::kParity : plan::AlertMode::kEpisodes;
  plan::CompileResult result =
      plan::CompileRules(rules, options, source::Catalogue(), RuleSetVersion(1));
  loaded.rules = result.rules;
  for (std::size_t i = 0; i < result.findings.size(); ++i) {
    std::vector<rule::Finding>& findings = loaded.findings[file_of[i]];
    overlay::TakeFindings(&result.findings[i], &loaded.overlays);
    findings.insert(findings.end(), result.findings[i].begin(), result.findings[i].end());
  }
  return loaded;
}

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

StatusOr<std::vector<std::string>> RulePaths(const std::vector<std::string>& given) {
  if (!given.empty()) {
    return given;
  }
  ConfigFlags flags;
  if (const char* file = std::getenv("WEIR_CONFIG"); file != nullptr) {
    flags.file = file;
  }
  WEIR_ASSIGN_OR_RETURN(const config::LoadResult loaded, LoadConfig(flags));
  if (!loaded.problems.empty()) {
    return InvalidArgument("{}", loaded.problems.front().Render());
  }
  return loaded.config.rules;
}

std::vector<rule::ThreatMapping> ThreatOf(const rule::Rule& rule) {
  std::set<std::string> under_tactics;
  for (const rule::ThreatMapping& threat : rule.threat) {
    for (const rule::ThreatTechnique& technique : threat.techniques) {
      if (!threat.tactic.id.empty()) {
        under_tactics.insert(technique.entry.id);
        for (const rule::ThreatEntry& part : technique.subtechniques) {
          under_tactics.insert(part.id);
        }
      }
    }
  }
  std::vector<rule::ThreatMapping> mappings;
  for (rule::ThreatMapping threat : rule.threat) {
    if (threat.tactic.id.empty()) {
      std::erase_if(threat.techniques, [&](const rule::ThreatTechnique& technique) {
        return under_tactics.contains(technique.entry.id);
      });
    }
    if (!threat.tactic.id.empty() || !threat.techniques.empty()) {
      mappings.push_back(std::move(threat));
    }
  }
  return mappings;
}

void AddOverlayOption(CLI::App* command, LoadFlags* flags) {
  command
      ->add_option("--overlay", flags->overlays,
                   "Overlay files, or folders with *.yaml: what is changed about the rules (may be "
                   "repeated)")
      ->allow_extra_args(false);
}

std::string ChangesText(const rule::Adjustments& adjustments) {
  std::size_t width = 0;
  for (const rule::Change& change : adjustments.changes) {
    width = std::max(width, change.field.size());
  }
  std::string out;
  for (const rule::Change& change : adjustments.changes) {
    out += fmt::format("  {:<{}}  {} -> {}  ({}:{})\n", change.field, width, OneLine(change.vendor),
                       OneLine(change.overlay), change.place.path, change.place.line);
  }
  return out;
}

std::string FindingsText(const std::vector<overlay::Overlay>& overlays) {
  std::string out;
  for (const overlay::Overlay& overlay : overlays) {
    for (const rule::Finding& finding : overlay.findings) {
      out += finding.rendered;
    }
  }
  return out;
}

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace weir::cli
