// How many alerts another threshold would have made of the same events.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/backtest/backtest.h"

namespace weir::backtest {

struct TuneOptions {
  Options pass;                // rule_paths names one rule
  std::string column;          // compared with the threshold; empty: the only one that is
  std::vector<double> values;  // candidates; empty: from the events
};

struct TuneCandidate {
  double value = 0;
  bool is_present = false;  // the rule's own threshold
  uint64_t alerts = 0;
  uint64_t suppressed = 0;                 // hits folded into them
  std::map<std::string, uint64_t> groups;  // that alerted ("user.name=alice"), and how often
};

struct TuneResult {
  std::string rule_id;
  std::string column;
  uint64_t groups_seen =
      0;  // groups with a value of the column, at any threshold; 0: values were given
  std::vector<TuneCandidate> candidates;  // by value
  Result pass;                            // what reading the events counted; no alerts
};

// Reads the events once and folds them for each candidate. Candidates of the events are quantiles
// of the groups' greatest values at the rule's ticks (all of them when they are few), and the
// present threshold. InvalidArgument when there is not exactly one rule, or no such comparison; the
// message says what there is.
StatusOr<TuneResult> Tune(const TuneOptions& options);

}  // namespace weir::backtest
