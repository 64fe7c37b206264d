// Looks for groups of one rule among all that a shard holds: those nearest to the rule's conditions, or
// those of given keys. For people who ask: it changes nothing, and takes the groups in slices so that rows
// wait for one slice only. Parts of a group that lie in several shards are put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/base/time.h"
#include "common/plan/plan.h"
#include "common/shard/group.h"

namespace weir::shard {

// A key column and the text that its value is shown as (ValueToString).
using KeyText = std::pair<std::string, std::string>;

// A share of a window's groups, by their hashes: each group is in one slice.
struct GroupSlice {
  uint32_t index = 0;
  uint32_t count = 1;   // a power of two, at most 65536
};

// What a shard holds of a rule's window.
struct RuleView {
  UnixMillis latest_ms = INT64_MIN;    // of its rows; no row: min
  UnixMillis created_ms = INT64_MIN;   // the clock when it began to fill; not known: min
  UnixMillis closed_ms = INT64_MIN;
  uint64_t groups = 0;                 // an upper bound where some are spilled
};

// The nearest groups among those that were added. Not thread safe.
class NearestGroups {
 public:
  // Of one rule, by its window that ends at a time; the rule outlives it. keys: only groups that have all
  // of them.
  NearestGroups(const plan::CompiledRule* rule, const plan::Window* window, UnixMillis window_end_ms,
                std::size_t limit, std::vector<KeyText> keys);

  void Add(const Group& group);
  // An encoded part of a group (Group::Encode), as another NearestGroups took it. DataLoss.
  Status AddEncoded(std::string_view part);

  struct Found {
    std::unique_ptr<Group> group;
    double share = 0;   // of the way to the conditions (GroupView); 0 where the rule has none
    uint64_t rows = 0;  // in the window
  };
  // The nearest, at most limit: by share, then rows, then key.
  std::vector<Found> Take();
  // The same to be put together with those of other shards: of a spread rule as many as are kept.
  std::vector<Found> TakeParts();
  // That were looked at and have the keys, and rows in the window.
  uint64_t matched() const { return matched_; }

 private:
  bool HasKeys(const Group& group) const;
  void Rate(Found* found) const;
  void Trim(std::size_t keep);

  const plan::CompiledRule* rule_;
  const plan::Window* window_;
  const UnixMillis window_end_ms_;
  const std::size_t limit_;
  const std::vector<KeyText> keys_;
  // Of rules whose groups lie in parts, more must be kept: no part tells how near the whole is.
  std::size_t kept_max_;
  std::map<std::string, Found> found_;   // by key
  double floor_ = 0;                     // groups below it need not be looked at
  uint64_t matched_ = 0;
};

// Where the window of a rule ends that is not judged yet: at the pane, or the tick, that the time falls in.
UnixMillis OpenWindowEnd(const plan::CompiledRule& rule, const plan::Window& window, UnixMillis now_ms);

}  // namespace weir::shard
