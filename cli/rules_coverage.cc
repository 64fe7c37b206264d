// weir rules coverage: which techniques of MITRE ATT&CK and ATLAS the loaded rules look for.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/json_writer.h"

namespace weir::cli {
namespace {

struct CoverageFlags {
  std::vector<std::string> rules;
  std::vector<std::string> macros;
  std::string format = "table";
};

struct Technique {
  std::string framework;
  std::string tactic_id;
  std::string tactic;
  std::string id;

  auto Key() const { return std::tie(framework, tactic_id, tactic, id); }
  bool operator<(const Technique& other) const { return Key() < other.Key(); }
};

struct Covered {
  std::string name;                  // of the technique
  std::set<std::string> rules;       // names
};

struct Coverage {
  std::map<Technique, Covered> techniques;
  std::size_t rules = 0;             // that run
  std::size_t refused = 0;
  std::vector<std::string> unmapped; // names of rules that name no technique
};

void AddRule(const rule::Rule& rule, Coverage* coverage) {
  ++coverage->rules;
  bool mapped = false;
  for (const rule::ThreatMapping& threat : ThreatOf(rule)) {
    const auto add = [&](const rule::ThreatEntry& entry) {
      Covered& covered =
          coverage->techniques[{threat.framework, threat.tactic.id, threat.tactic.name, entry.id}];
      covered.name = covered.name.empty() ? entry.name : covered.name;
      covered.rules.insert(rule.name);
      mapped = true;
    };
    for (const rule::ThreatTechnique& technique : threat.techniques) {
      add(technique.entry);
      for (const rule::ThreatEntry& part : technique.subtechniques) {
        add(part);
      }
    }
  }
  if (!mapped) {
    coverage->unmapped.push_back(rule.name);
  }
}

Coverage CoverageOf(const Loaded& loaded) {
  Coverage coverage;
  for (std::size_t i = 0; i < loaded.files.size(); ++i) {
    const Verdict verdict = Judge(loaded.findings[i]);
    const bool runs = verdict.status == "ok" || verdict.status == "warning";
    if (runs && loaded.files[i].rule.has_value()) {
      AddRule(*loaded.files[i].rule, &coverage);
    } else {
      ++coverage.refused;
    }
  }
  return coverage;
}

std::string CoverageTable(const Coverage& coverage) {
  std::vector<std::vector<std::string>> rows = {{"TACTIC", "TECHNIQUE", "NAME", "RULES"}};
  for (const auto& [technique, covered] : coverage.techniques) {
    rows.push_back({technique.tactic.empty() ? "-" : technique.tactic, technique.id, covered.name,
                    fmt::format("{}: {}", covered.rules.size(), fmt::join(covered.rules, "; "))});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      out += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    out += row.back() + "\n";
  }
  if (!coverage.unmapped.empty()) {
    out += fmt::format("without a technique: {}\n", fmt::join(coverage.unmapped, "; "));
  }
  std::set<std::string> ids;
  for (const auto& [technique, covered] : coverage.techniques) {
    ids.insert(technique.id);
  }
  return out + fmt::format("{} rule{}, {} technique{}; refused and not counted: {}\n",
                           coverage.rules, coverage.rules == 1 ? "" : "s", ids.size(),
                           ids.size() == 1 ? "" : "s", coverage.refused);
}

std::string CoverageJson(const Coverage& coverage) {
  std::string out;
  JsonWriter json(&out);
  const auto texts = [&json](std::string_view key, const auto& values) {
    json.Key(key);
    json.BeginArray();
    for (const std::string& value : values) {
      json.String(value);
    }
    json.EndArray();
  };
  const auto text = [&json](std::string_view key, std::string_view value) {
    json.Key(key);
    json.String(value);
  };
  json.BeginObject();
  json.Key("techniques");
  json.BeginArray();
  for (const auto& [technique, covered] : coverage.techniques) {
    json.BeginObject();
    text("framework", technique.framework);
    text("tactic_id", technique.tactic_id);
    text("tactic", technique.tactic);
    text("technique_id", technique.id);
    text("technique", covered.name);
    texts("rules", covered.rules);
    json.EndObject();
  }
  json.EndArray();
  texts("without_technique", coverage.unmapped);
  json.Key("rules");
  json.Uint(coverage.rules);
  json.Key("refused");
  json.Uint(coverage.refused);
  json.EndObject();
  return out + "\n";
}

int RunCoverage(const CoverageFlags& flags) {
  const auto paths = RulePaths(flags.rules);
  if (!paths.ok()) {
    PrintError(fmt::format("{}", paths.status()));
    return kExitFailed;
  }
  if (paths->empty()) {
    PrintError("no rules: name files or folders with --rules or WEIR_RULES");
    return kExitFailed;
  }
  LoadFlags load;
  load.switched_off_too = true;
  load.macros = flags.macros;
  const auto loaded = LoadAndCompile(*paths, load);
  if (!loaded.ok()) {
    PrintError(fmt::format("{}", loaded.status()));
    return kExitFailed;
  }
  const Coverage coverage = CoverageOf(*loaded);
  Print(flags.format == "json" ? CoverageJson(coverage) : CoverageTable(coverage));
  return kExitOk;
}

}  // namespace

void AddRulesCoverageCommand(CLI::App* rules, Action* action) {
  CLI::App* command = rules->add_subcommand(
      "coverage", "Techniques of ATT&CK and ATLAS, and the rules that look for them");
  auto flags = std::make_shared<CoverageFlags>();
  command->add_option("--rules", flags->rules,
                      "Rule files or folders (may be repeated); default: the configuration's")
      ->allow_extra_args(false);
  command->add_option("--macros", flags->macros, "Folder of macros (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--format", flags->format, "table, or json: one object")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->callback([action, flags] { *action = [flags] { return RunCoverage(*flags); }; });
}

}  // namespace weir::cli
