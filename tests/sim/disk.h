// A worker's disk: the store that outlives its processes. What was not synced is lost at a crash, but for
// as much of its beginning as chance lets through; a crash may come within a write; writes may fail.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/state/state_store.h"
#include "tests/sim/random.h"

namespace weir::sim {

// All log records that ever became part of a disk, also those that checkpoints removed since, but not
// those that a crash took back. By shard and number.
using LogRecords = std::map<std::pair<uint16_t, uint64_t>, std::string>;

class Disk final : public state::StateStore {
 public:
  explicit Disk(Random* random);
  ~Disk() override;

  std::unique_ptr<state::WriteBatch> NewBatch(std::size_t reserve_bytes) override;
  Status Write(state::WriteBatch* batch, bool sync) override;
  Status Get(state::Family family, std::string_view key, std::string* value) override;
  void MultiGet(state::Family family, const std::vector<std::string>& keys,
                std::vector<std::string>* values, std::vector<Status>* statuses) override;
  Status Scan(state::Family family, std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view, std::string_view)>& visit) override;
  void SetExpiryFloor(std::string_view prefix, uint64_t floor_ms) override;
  Status Compact() override { return view_->Compact(); }
  state::StoreStats Stats() override { return view_->Stats(); }

  // From now on writes fail, or do again.
  void set_full(bool full) { full_ = full; }
  // The machine dies within the n-th write from now (1: the next); died is called then.
  void CrashAtWrite(int n, std::function<void()> died);
  // The machine died: unsynced writes are lost, as far as chance has it. Nothing can be written until
  // Attach.
  void Crash();
  // The process ended, the machine did not.
  void Detach();
  // A new process opens the store.
  void Attach();

  const LogRecords& log_records() const { return log_records_; }

 private:
  class Batch;
  struct Change;
  using Changes = std::vector<Change>;
  using Map = std::map<std::string, std::string>;

  void Keep(const Changes& changes);
  void Apply(const Changes& changes);
  Status WriteInCrash(Changes changes);

  Random* const random_;
  std::unique_ptr<state::StateStore> view_;   // what processes see
  std::array<Map, 3> durable_;                // what a crash leaves
  std::vector<Changes> unsynced_;             // in view_ only
  bool full_ = false;
  bool offline_ = true;
  int crash_in_ = 0;
  std::function<void()> died_;
  LogRecords log_records_;
};

}  // namespace weir::sim
