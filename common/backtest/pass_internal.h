// The parts of a backtest: events become rows once, and rows are folded by one shard that is the
// whole cluster, as often as wanted.
#pragma once

#include <string>
#include <vector>

#include "common/backtest/backtest.h"
#include "common/shard/shard.h"

namespace weir::backtest {

// The rows of one event.
struct TimedRows {
  UnixMillis time_ms;  // the earlier of @timestamp and event.ingested: nothing closes past it
  std::string bytes;
};

// The rows of all files, by time. Counts records, events and what became of them.
StatusOr<std::vector<TimedRows>> ReadRows(const Options& options, const plan::RuleSetPtr& rules,
                                          Result* result);
// Folds them under the rules that the environment gives for version 1, whose windows are those that
// the rows were made for. Sets repeated and suppressed.
Status FoldRows(const Options& options, const std::vector<TimedRows>& rows,
                shard::Environment* environment, Result* result);

}  // namespace weir::backtest
