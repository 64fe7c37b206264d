// The passes over all rules of a version, in the order in which CompileRules runs them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/plan/analyzer_internal.h"
#include "common/plan/class_list.h"

namespace weir::plan {

// A rule between its analysis and its place in the rule set.
struct Draft {
  std::size_t input = 0;          // index of the rule in the input
  const rule::Rule* rule = nullptr;
  Analysis analysis;
  Judge judge;
  KeyClass::Kind class_kind = KeyClass::Kind::kKeys;
  std::vector<std::string> class_keys;   // sorted: the widest key by which its rows may be routed
  bool spread = false;
  std::string routing_reason;
  uint32_t class_index = 0;
  uint32_t window_index = 0;
};

// judge.cc: whether the rule is monotone, and how it is judged.
Judge DecideJudge(const Analysis& analysis, const rule::Rule& rule, const CompileOptions& options);

// Ticks at every pane instead of continuous mode.
void JudgeAtPanes(std::string reason, Judge* judge);

// Adapts it when the rule turned out to be a spread rule.
void JudgeSpread(const Draft& draft, Judge* judge);

// classes.cc: the widest key of one rule; then the classes all rules share.
void FindClassKeys(Draft* draft);
// live: of the set before, which rules do not leave.
std::vector<KeyClass> AssignClasses(std::vector<Draft>* drafts, const ClassList& live);
// Positions of the class's keys among the rule's cells.
std::vector<uint32_t> ClassKeyCells(const KeyClass& key_class, const Analysis& analysis);

// windows.cc: the windows all rules share.
int64_t ContinuousPaneMs(int64_t lookback_ms);
std::vector<Window> AssignWindows(std::vector<Draft>* drafts, const std::vector<KeyClass>& classes);

}  // namespace weir::plan
