// One group's state in a window: its panes with rows, their partial aggregate states, and the episodes
// of the continuous rules. Equal states of different panes are kept once (most VALUES sets never
// change from pane to pane), and the encoded form of a group with a few events is a few tens of bytes
// beside its key.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/plan/plan.h"

namespace weir::shard {

// A run of firing windows of one continuous rule. Times are ends of judged windows.
struct Episode {
  Hash128 rule;            // RuleHash
  UnixMillis start_ms = 0;
  UnixMillis end_ms = 0;
  Hash128 alert;           // the alert it made, or that suppressed it; zero when its row was filtered
  bool owns_alert = false;
  bool recovered = false;
};

struct Pane {
  int64_t index = 0;
  uint32_t rows = 0;
  uint32_t first_ms = 0;   // earliest and latest event, counted from the pane's start
  uint32_t last_ms = 0;
};

class Group {
 public:
  // Events of which the group keeps the ids: the newest by (time, id).
  static constexpr std::size_t kEventsMax = 10;

  Group(const plan::Window* window, std::string_view key) : window_(window), key_(key) {}

  // Parses Encode's form. REQUIRES: bytes written by Encode (they are checksummed below).
  static Group Decode(const plan::Window* window, std::string_view bytes);
  // The same for bytes that somebody else sent: DataLoss when malformed.
  static StatusOr<Group> Parse(const plan::Window* window, std::string_view bytes);
  // expires_ms first, so that a dead group can be told from its first eight bytes.
  void Encode(uint64_t expires_ms, std::string* out) const;
  static uint64_t ExpiresOf(std::string_view encoded);
  static std::string_view KeyOf(std::string_view encoded);

  // Folds one row in. cells are its aggregate inputs (exec/head.h, AppendAggregateCells). False, and
  // nothing changed but the count, when the cells are malformed.
  bool Fold(UnixMillis time_ms, std::string_view cells, const Hash128& identity, Arena* arena);
  // Remembers an event as a sample.
  void KeepEvent(std::string_view id, UnixMillis time_ms);

  // Adds another part of the same group: of panes in both, the states are merged.
  void Absorb(const Group& part);
  // Keeps only panes with index in (after, until] and the events in them; no episodes.
  void Restrict(int64_t after, int64_t until);

  // Drops panes with index <= floor.
  void Prune(int64_t floor_index);

  // Merges the states of the panes with index in (after, until]; returns rows counted. states gets
  // one entry per aggregate of the window.
  uint64_t Merge(int64_t after, int64_t until, std::vector<std::string>* states) const;
  // Only one aggregate's state, for judging.
  void MergeOne(int64_t after, int64_t until, std::size_t aggregate, std::string* state) const;
  uint64_t RowsIn(int64_t after, int64_t until) const;
  // The first pane with index > after; INT64_MAX when there is none.
  int64_t FirstPaneAfter(int64_t after) const;
  // Times of the first and last event in panes (after, until]; false when there is none.
  bool EventTimes(int64_t after, int64_t until, UnixMillis* first_ms, UnixMillis* last_ms) const;

  const plan::Window& window() const { return *window_; }
  const std::string& key() const { return key_; }
  const std::vector<Pane>& panes() const { return panes_; }
  std::string_view state(std::size_t pane, std::size_t aggregate) const {
    return pool_[refs_[pane * window_->aggregates.size() + aggregate]];
  }
  uint64_t rows_total() const { return rows_total_; }
  const std::vector<alert::EventRef>& events() const { return events_; }
  std::vector<Episode>& episodes() { return episodes_; }
  const std::vector<Episode>& episodes() const { return episodes_; }
  bool empty() const { return panes_.empty() && episodes_.empty(); }
  std::size_t memory_bytes() const;

 private:
  std::size_t PaneFor(int64_t index);
  uint32_t Intern(std::string_view state);
  void CompactPool();
  std::size_t LowerBound(int64_t index) const;

  const plan::Window* window_;
  std::string key_;
  std::vector<Pane> panes_;             // by index
  std::vector<uint32_t> refs_;          // pane-major, one per aggregate: positions in pool_
  std::vector<std::string> pool_ = {""};  // distinct states; 0 is the identity
  uint64_t rows_total_ = 0;
  std::vector<alert::EventRef> events_;
  std::vector<Episode> episodes_;
};

// Identifies a rule in stored state: hash of its id.
Hash128 RuleHash(std::string_view rule_id);
// The shard in whose log the ticks of a spread rule are judged.
ShardId HomeShard(std::string_view tenant, std::string_view rule_id, uint16_t shard_count);
// Identifies a group within a shard's window.
Hash128 GroupHash(const plan::Window& window, std::string_view key);

}  // namespace weir::shard
