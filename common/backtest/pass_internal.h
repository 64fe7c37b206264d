// The parts of a backtest: events become rows once, and rows are folded by one shard that is the
// whole cluster, as often as wanted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/backtest/backtest.h"
#include "common/exec/router.h"
#include "common/shard/record.h"
#include "common/shard/shard.h"
#include "common/state/state_store.h"

namespace weir::backtest {

// The rows of one event.
struct TimedRows {
  UnixMillis time_ms;  // the earlier of @timestamp and event.ingested: nothing closes past it
  std::string bytes;
};

// The rows of all files, by time. Counts records, events and what became of them.
StatusOr<std::vector<TimedRows>> ReadRows(const Options& options, const plan::RuleSetPtr& rules,
                                          Result* result);
// What stands for the identity of an event without one: its place.
Hash128 IdentityOfPlace(const std::string& file, uint64_t record, uint64_t event_in_record);
// How rows and shards of a pass are made.
exec::RouterOptions RouterOptionsOf(const Options& options);

// One shard that is the whole cluster.
class Folding {
 public:
  // The environment outlives it.
  Folding(const Options& options, shard::Environment* environment);
  ~Folding();

  // Folds rows that are sorted by time, and then ends time. Once.
  Status Fold(const std::vector<TimedRows>& rows);
  shard::Shard* shard() { return shard_.get(); }

 private:
  Status Apply(shard::RecordWriter* writer);

  std::unique_ptr<state::StateStore> store_;
  std::unique_ptr<shard::Shard> shard_;
  LogNumber number_;
};

// Folds them under the rules that the environment gives for version 1, whose windows are those that
// the rows were made for. Sets repeated and suppressed.
Status FoldRows(const Options& options, const std::vector<TimedRows>& rows,
                shard::Environment* environment, Result* result);

}  // namespace weir::backtest
