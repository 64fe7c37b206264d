// weir rules show: one rule's page, read beside the other rules that are loaded with it.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/rules_show_internal.h"
#include "cli/terminal.h"
#include "common/source/decoder.h"

namespace weir::cli {
namespace {

constexpr std::string_view kActionField = "event.action";
constexpr std::size_t kCandidatesShownMax = 10;

struct ShowFlags {
  std::string rule;
  std::vector<std::string> rules;
  std::vector<std::string> macros;
  std::string format = "text";
  LoadFlags load;
};

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool IsSameFile(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
}

// The files whose rule is meant: the file of that path; the rule of that id or name; else all whose
// id, name or file name has it as a part.
std::vector<std::size_t> FindRules(const std::vector<rule::LoadResult>& files,
                                   const std::string& wanted) {
  std::vector<std::size_t> exact;
  std::vector<std::size_t> parts;
  const bool is_file = IsFile(wanted);
  const std::string part = Lower(wanted);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string stem = std::filesystem::path(files[i].path).stem().string();
    const rule::Rule* rule = files[i].rule.has_value() ? &*files[i].rule : nullptr;
    if (is_file ? IsSameFile(files[i].path, wanted)
                : stem == wanted || (rule != nullptr && (rule->id == wanted ||
                                                         Lower(rule->name) == part))) {
      exact.push_back(i);
    } else if (!is_file &&
               (Lower(stem).find(part) != std::string::npos ||
                (rule != nullptr && (Lower(rule->id).find(part) != std::string::npos ||
                                     Lower(rule->name).find(part) != std::string::npos)))) {
      parts.push_back(i);
    }
  }
  return exact.empty() ? parts : exact;
}

StatusOr<std::size_t> FindRule(const Loaded& loaded, const std::string& wanted) {
  const std::vector<std::size_t> found = FindRules(loaded.files, wanted);
  if (found.empty()) {
    return NotFound("no rule with the file, the id or a name like '{}' among {} files", wanted,
                    loaded.files.size());
  }
  if (found.size() > 1) {
    std::string names;
    for (std::size_t i = 0; i < std::min(found.size(), kCandidatesShownMax); ++i) {
      const rule::LoadResult& file = loaded.files[found[i]];
      names += fmt::format("\n  {}  {}", file.path, file.rule.has_value() ? file.rule->name : "");
    }
    return InvalidArgument("'{}' may mean any of {} rules:{}{}", wanted, found.size(), names,
                           found.size() > kCandidatesShownMax ? "\n  ..." : "");
  }
  if (!loaded.files[found[0]].rule.has_value()) {
    const Verdict verdict = Judge(loaded.findings[found[0]]);
    return InvalidArgument("{} cannot be read as a rule: {}", loaded.files[found[0]].path,
                           verdict.finding == nullptr ? "" : verdict.finding->message);
  }
  return found[0];
}

void AddVerdict(const std::vector<rule::Finding>& findings, RulePage* page) {
  const Verdict verdict = Judge(findings);
  page->status = verdict.status == "ok" || verdict.status == "warning"
                     ? std::string(verdict.status)
                     : "refused";
  for (const rule::Finding& finding : findings) {
    const bool shown = verdict.status != "unsupported" || rule::IsRefusal(finding);
    if (shown) {
      page->reasons.push_back(fmt::format(
          "{}{}{}", finding.line > 0 ? fmt::format("{}:{}: ", finding.line, finding.column) : "",
          OneLine(finding.message),
          finding.hint.empty() ? "" : fmt::format(" ({})", OneLine(finding.hint))));
    }
  }
}

// What the page says of the rule beside the others.
void AddNeighbours(const std::vector<rule::LoadResult>& files, RulePage* page) {
  std::set<std::string> actions;
  if (page->facts.has_value()) {
    for (const plan::Indicator& test : page->facts->indicators) {
      page->indicators.push_back({test});
    }
    for (std::string& action : plan::WantedValues(*page->facts, kActionField)) {
      actions.insert(std::move(action));
    }
  }
  for (const rule::LoadResult& file : files) {
    page->loaded_rules += file.rule.has_value() ? 1 : 0;
    if (!file.rule.has_value() || &*file.rule == page->rule) {
      continue;
    }
    const std::optional<plan::QueryFacts> other = plan::FactsOf(*file.rule, source::Catalogue());
    if (!other.has_value()) {
      continue;
    }
    for (RulePage::Indicator& indicator : page->indicators) {
      indicator.other_rules += std::any_of(other->indicators.begin(), other->indicators.end(),
                                           [&](const plan::Indicator& test) {
                                             return plan::LooksForTheSame(indicator.test, test);
                                           });
    }
    RulePage::SameAction same{&*file.rule, {}};
    for (const std::string& action : plan::WantedValues(*other, kActionField)) {
      if (actions.contains(action)) {
        same.actions.push_back(action);
      }
    }
    if (!same.actions.empty()) {
      page->same_actions.push_back(std::move(same));
    }
  }
}

void AddOutputs(RulePage* page) {
  if (page->compiled == nullptr || !page->facts.has_value()) {
    return;
  }
  for (const plan::Tail::Output& output : page->compiled->tail.outputs) {
    const auto made = page->facts->definitions.find(output.name);
    page->outputs.push_back(
        {output.name, std::string(DataTypeName(output.type)),
         made == page->facts->definitions.end() ? "field" : made->second});
  }
}

StatusOr<std::string> Show(const ShowFlags& flags) {
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> paths, RulePaths(flags.rules));
  LoadFlags load = flags.load;
  load.switched_off_too = true;
  load.macros = flags.macros;
  if (paths.empty() && !IsFile(flags.rule)) {
    return InvalidArgument(
        "'{}' is no file: name the rules to look among with --rules or WEIR_RULES", flags.rule);
  }
  if (paths.empty()) {
    paths = {flags.rule};
  }
  WEIR_ASSIGN_OR_RETURN(Loaded loaded, LoadAndCompile(paths, load));
  if (IsFile(flags.rule) && FindRules(loaded.files, flags.rule).empty()) {
    paths.push_back(flags.rule);
    WEIR_ASSIGN_OR_RETURN(loaded, LoadAndCompile(paths, load));
  }
  WEIR_ASSIGN_OR_RETURN(const std::size_t index, FindRule(loaded, flags.rule));
  RulePage page;
  page.rule = &*loaded.files[index].rule;
  page.set = loaded.rules.get();
  const auto compiled = std::find_if(
      loaded.rules->rules.begin(), loaded.rules->rules.end(),
      [&](const plan::CompiledRule& rule) { return rule.source.path == page.rule->path; });
  page.compiled = compiled == loaded.rules->rules.end() ? nullptr : &*compiled;
  page.facts = plan::FactsOf(*page.rule, source::Catalogue());
  AddVerdict(loaded.findings[index], &page);
  for (const overlay::Overlay& overlay : loaded.overlays) {
    for (const rule::Finding& finding : overlay.findings) {
      page.overlay_findings.push_back(
          fmt::format("{}:{}:{}: {}", finding.path, finding.line, finding.column,
                      OneLine(finding.message)));
    }
  }
  AddNeighbours(loaded.files, &page);
  AddOutputs(&page);
  return flags.format == "json" ? PageJson(page) : PageText(page);
}

int RunShow(const ShowFlags& flags) {
  const StatusOr<std::string> text = Show(flags);
  if (!text.ok()) {
    PrintError(fmt::format("{}", text.status()));
    return text.status().code() == StatusCode::kNotFound ? kExitNotFound : kExitFailed;
  }
  Print(*text);
  return kExitOk;
}

}  // namespace

void AddRulesShowCommand(CLI::App* rules, Action* action) {
  CLI::App* show = rules->add_subcommand(
      "show", "Describe one rule: what it looks for, what it covers, and its neighbours");
  auto flags = std::make_shared<ShowFlags>();
  show->add_option("RULE", flags->rule, "A file, or an id or part of a name among --rules")
      ->required();
  show->add_option("--rules", flags->rules,
                   "Rule files or folders (may be repeated); default: the configuration's")
      ->allow_extra_args(false);
  show->add_option("--macros", flags->macros, "Folder of macros (may be repeated)")
      ->allow_extra_args(false);
  AddOverlayOption(show, &flags->load);
  show->add_option("--format", flags->format, "text, or json: one object")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  show->callback([action, flags] { *action = [flags] { return RunShow(*flags); }; });
}

}  // namespace weir::cli
