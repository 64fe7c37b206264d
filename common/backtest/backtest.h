// One pass over files: the same decoder, heads and shard as the cluster, one shard, event time as the
// clock. Files may overlap and be out of order: rows are sorted by time before they are folded, so
// nothing is late, and repeats are recognised by identity.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/status.h"
#include "common/exec/router.h"
#include "common/expr/expr.h"
#include "common/plan/plan.h"
#include "common/rule/rule.h"
#include "common/source/decoder.h"

namespace weir::backtest {

struct Options {
  std::vector<std::string> rule_paths;      // files or folders
  rule::LoadOptions load;
  std::vector<std::string> overlay_paths;   // files or folders
  std::vector<std::string> files;           // events; "-" is standard input
  std::optional<plan::JudgeMode> mode;      // empty: continuous where the rule allows it
  std::optional<plan::AlertMode> alerts;    // empty: episodes
  plan::Evidence evidence = plan::Evidence::kRedacted;
  std::string tenant = "default";
  // Whether events seen before are left out. Off only for test data that reuses ids.
  bool drop_repeats = true;
  // Called now and then with the bytes read of all bytes (0: unknown); may be empty.
  std::function<void(uint64_t read, uint64_t total)> progress;
};

struct RejectedRecord {
  std::string file;
  uint64_t line = 0;
  source::RejectReason reason = source::RejectReason::kMalformedJson;
  std::string message;
};
inline constexpr std::size_t kRejectedShownMax = 20;

struct Result {
  std::vector<alert::Alert> alerts;          // by firing time, rule, group; notes filled in
  std::vector<rule::Finding> findings;       // of the rule files and overlays
  std::size_t rules_loaded = 0;
  std::size_t rules_refused = 0;
  uint64_t records = 0;
  uint64_t events = 0;
  uint64_t matched = 0;                      // events with rows
  uint64_t repeated = 0;                     // matched events met before
  uint64_t rejected = 0;
  uint64_t suppressed = 0;
  // By rule id: rows dropped because a field they are grouped by is missing.
  std::map<std::string, uint64_t> without_group;
  // Expressions that could not be evaluated on some events.
  std::vector<expr::Warnings::Entry> warnings;
  std::vector<exec::ExceptedRows> excepted;  // what exceptions kept from being counted
  std::vector<uint64_t> rejected_by_reason;  // index: RejectReason
  std::vector<RejectedRecord> rejected_shown;  // the first kRejectedShownMax
};

// InvalidArgument when parity is asked for with continuous mode; NotFound for a missing path; read
// errors name the file. Rules with errors are left out and listed in findings.
StatusOr<Result> Run(const Options& options);

}  // namespace weir::backtest
