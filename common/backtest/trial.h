// Events of a file folded once, and then asked about: which alerts each has a part in, were there nothing but
// the file. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/backtest/backtest.h"
#include "common/base/status.h"
#include "common/plan/plan.h"
#include "common/shard/event_fate.h"
#include "common/source/decoder.h"

namespace weir::backtest {

class Trial {
 public:
  // Reads options.files, of which there is one; of the other options only the tenant counts. Read errors name
  // the file.
  static StatusOr<std::unique_ptr<Trial>> Make(const Options& options, plan::RuleSetPtr rules);
  ~Trial();

  // What became of an event of the file, whose number of record and place in it count from 0. All hits are
  // known. REQUIRES: it was decoded with the fields of the rules.
  StatusOr<std::vector<shard::EventFate>> Find(source::Event& event, uint64_t record,
                                               uint64_t event_in_record);

 private:
  class Impl;
  explicit Trial(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::backtest
