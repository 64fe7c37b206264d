// What a deployment changes about a rule that somebody else wrote (docs/overlays.md): the part that is
// no field of the rule itself. The overlay library fills it; the compiler and the shard read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.h"

namespace weir::rule {

// Where something is written, for findings. line 0: no place.
struct Place {
  std::string path;
  int line = 0;
  int column = 0;
};

// A number that takes the place of the constant an output column is compared with after STATS.
struct ThresholdChange {
  std::string column;
  double value = 0;
  std::string text;              // the number as written
  Place place;
};

// Events that a rule does not count.
struct Exception {
  std::string name;              // unique in its rule
  std::string filter;            // KQL; empty when field and values say it
  std::string field;
  std::vector<std::string> values;
  std::optional<UnixMillis> until_ms;   // events after it count again; empty: for good
  std::string author;
  std::string reason;
  Place place;                   // of the filter, or of the field
};
// The exception's filter as KQL, whichever way it is written.
std::string ExceptionFilter(const Exception& exception);

// Alerts that are made and counted, but not delivered.
struct Silence {
  std::string name;
  std::vector<std::string> rules;        // ids or names, '*' and '?' are wildcards; empty: any
  std::vector<std::string> severities;   // as in rule files; empty: any
  // Group columns and what each must be ('*' and '?' are wildcards); a missing column is no match.
  std::vector<std::pair<std::string, std::string>> group;
  UnixMillis until_ms = 0;               // alerts judged later are delivered
  std::string author;
  std::string reason;
  Place place;
};

// At most so many alerts of a rule in a period; what exceeds it is folded into one.
struct StormCap {
  int64_t alerts = 0;
  int64_t period_ms = 0;
};

// One line of the diff between the vendor's rule and the effective one.
struct Change {
  std::string field;             // "interval", "thresholds.calls", "exceptions.backup-role"
  std::string vendor;
  std::string overlay;
  Place place;
};

struct Adjustments {
  bool shadow = false;                     // alerts are recorded and not delivered
  std::string mode;                        // "", "schedule", "continuous"
  std::string alerts;                      // "", "parity", "episodes"
  std::vector<ThresholdChange> thresholds;
  std::vector<Exception> exceptions;
  std::vector<Silence> silences;           // those that may match an alert of this rule
  std::optional<StormCap> storm_cap;
  std::optional<int64_t> max_signal_ms;    // longest run of an episode or a suppression
  // Where the look-back and the suppression's keys were changed; line 0: they were not.
  Place lookback_place;
  Place group_by_place;
  std::vector<Change> changes;             // all of the above and the changed fields of the rule
};

}  // namespace weir::rule
