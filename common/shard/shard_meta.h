// What a checkpoint says of a shard as a whole: the log it covers, its time, its rules and counters.
// One value per shard, written in the batch of every checkpoint (docs/formats.md, 'm').
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time.h"

namespace weir::shard {

// Why a row was not folded. stored: do not renumber
enum class Refusal : uint8_t { kRepeat = 0, kLate = 1, kFuture = 2 };

// A row that was not folded because of its time, kept for people to look at.
struct DeadLetter {
  UnixMillis timestamp_ms = 0;
  UnixMillis arrived_ms = 0;
  Refusal refusal = Refusal::kLate;
  std::string event_id;
  std::string rule_id;
};
inline constexpr std::size_t kDeadLettersMax = 32;

struct ShardMeta {
  struct RuleCounters {
    UnixMillis judged_ms = 0;
    uint64_t rows = 0;
    uint64_t late = 0;
    uint64_t future = 0;
    uint64_t alerts = 0;
    uint64_t suppressed = 0;
  };
  struct WindowTimes {
    UnixMillis earliest_ms = 0;
    UnixMillis latest_ms = 0;
    UnixMillis created_ms = 0;
  };

  LogNumber applied;
  UnixMillis closed_ms = 0;
  RuleSetVersion version;
  uint64_t entries = 0;
  uint64_t repeats = 0;
  uint64_t late = 0;
  uint64_t future = 0;
  std::map<Hash128, RuleCounters> rules;       // by RuleHash
  std::map<Hash128, WindowTimes> windows;      // by window id
  std::deque<DeadLetter> dead_letters;         // newest last
  uint64_t last_change = 0;                    // number of the last change of an alert
  std::vector<Hash128> stale_alerts;           // whose columns are older than their groups
};

std::string EncodeMeta(const ShardMeta& meta);
StatusOr<ShardMeta> DecodeMeta(std::string_view bytes);

}  // namespace weir::shard
