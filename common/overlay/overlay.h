// What a user changes about rules they did not write, kept in YAML files apart from the rules
// (docs/overlays.md). Reading is strict and reports every problem with its place. An overlay never breaks
// a rule: what does not fit is left out and named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/rule/rule.h"

namespace weir::overlay {

// A value and where it is written.
template <typename Value>
struct Placed {
  Value value{};
  rule::Place place;
};
template <typename Value>
using Setting = std::optional<Placed<Value>>;

struct SuppressionChange {
  bool off = false;                              // no suppression at all
  Setting<std::vector<std::string>> group_by;
  bool per_execution = false;                    // duration: execution
  Setting<int64_t> duration_ms;
  std::optional<rule::Suppression::Missing> missing;
};

// What is said of one rule. Settings that are empty leave the rule as it is.
struct RuleOverlay {
  std::string rule_id;
  rule::Place place;                             // of the rule's id
  Setting<int64_t> written_for_version;          // the rule's version
  Setting<std::string> written_for_updated_date; // its [metadata] updated_date
  Setting<bool> enabled;
  Setting<bool> shadow;
  Setting<std::string> mode;                     // "schedule", "continuous"
  Setting<std::string> alerts;                   // "parity", "episodes"
  Setting<rule::Severity> severity;
  Setting<int64_t> risk_score;
  Setting<int64_t> interval_ms;
  Setting<int64_t> lookback_ms;
  std::vector<rule::ThresholdChange> thresholds;
  std::vector<rule::Exception> exceptions;
  Setting<SuppressionChange> suppression;
  Setting<rule::StormCap> storm_cap;
  Setting<int64_t> max_signal_ms;
};

struct Overlay {
  std::string path;
  std::string text;                              // the file's bytes, kept for activation
  std::vector<RuleOverlay> rules;
  std::vector<rule::Silence> silences;
  std::vector<rule::Finding> findings;           // of reading it, in the order of their places
};

// The texts of a rule set are rule files and overlays. Overlays have names that tell them apart there
// ("overlay:" before the path). stored: do not change.
std::string NameInRuleSet(std::string_view path);
// The path of such a name; empty: it names a rule file.
std::optional<std::string> PathOfName(std::string_view name);

// Reads the YAML text of one overlay. What has an error is left out and named.
Overlay Parse(std::string path, std::string text);

// Reads every *.yaml and *.yml below the paths (files or folders, recursively, without what is hidden,
// sorted by path). NotFound for a path that does not exist. An unreadable file is a finding of its overlay.
StatusOr<std::vector<Overlay>> LoadOverlays(const std::vector<std::string>& paths);

// Changes the rules, in place, and adds to each overlay's findings what does not fit: unknown rules, a
// rule of another version, a rule that two entries name (the first counts). rules holds no two of one id.
void Apply(std::vector<Overlay>* overlays, std::vector<rule::Rule>* rules);

// Compiling a rule also finds what does not fit of its overlays, under their paths. Moves such findings
// from the rule's list to their overlay's, or leaves them where no overlay has the path.
void TakeFindings(std::vector<rule::Finding>* of_rule, std::vector<Overlay>* overlays);

}  // namespace weir::overlay
