// The page of one rule: what rules_show.cc finds out, and rules_show_text.cc writes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/rule_files_internal.h"
#include "common/plan/indicators.h"

namespace weir::cli {

struct RulePage {
  const rule::Rule* rule = nullptr;
  const plan::RuleSet* set = nullptr;
  const plan::CompiledRule* compiled = nullptr;      // null: the rule does not run
  std::string status;                                // ok, warning, refused
  std::vector<std::string> reasons;                  // with line and column; none for ok
  std::vector<std::string> overlay_findings;         // of all overlays, with their places
  std::optional<plan::QueryFacts> facts;             // none: the query cannot be read
  struct Indicator {
    plan::Indicator test;
    std::size_t other_rules = 0;                     // of the loaded rules that look for the same
  };
  std::vector<Indicator> indicators;
  struct Output {
    std::string name;
    std::string type;
    std::string source;                              // over fields; "field" for a field as it is
  };
  std::vector<Output> outputs;
  struct SameAction {
    const rule::Rule* rule = nullptr;
    std::vector<std::string> actions;                // that both name
  };
  std::vector<SameAction> same_actions;
  std::size_t loaded_rules = 0;
};

std::string PageText(const RulePage& page);
// One object on one line.
std::string PageJson(const RulePage& page);

// Stage and step, "head" and "WHERE ...", of a rule that runs; the commands of one that does not.
struct StageStep {
  std::string stage;
  std::string text;
};
std::vector<StageStep> StageSteps(const RulePage& page);

}  // namespace weir::cli
