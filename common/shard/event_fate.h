// What has become of an event, as the shard knows it that its rows go to: for people who ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/plan/plan.h"

namespace weir::shard {

// An alert that a row of the event has a part in.
struct EventHit {
  Hash128 alert;
  // The alert was made for something else: by suppression or by the storm cap the row's own folds into it.
  bool folded = false;
  // As the alert is stored. It may be kept no more: then the rest is not set.
  bool known = false;
  alert::AlertStatus status = alert::AlertStatus::kOpen;
  uint32_t flags = 0;               // alert::AlertFlag
  UnixMillis fired_at_ms = 0;
};

// What would be said of the row's time if it came now.
enum class Timeliness : uint8_t { kInTime, kLate, kAhead };

// One row of the event, under one of the rules that count it.
struct RowFate {
  std::string rule_id;
  std::string key;                  // encoded key cells of the window, concatenated; "" where rows are alerts
  Timeliness timeliness = Timeliness::kInTime;
  UnixMillis limit_ms = 0;          // times up to it are late; or: times above it are ahead
  // Whether this shard's groups tell which alerts the row has a part in. False: the rule is judged at ticks
  // or over shards, and its alerts must be looked for by their windows.
  bool hits_known = true;
  std::vector<EventHit> hits;
};

// The event's rows of one class.
struct EventFate {
  ShardId shard;
  uint32_t event_index = 0;         // as in the entry
  // Its identity is remembered: it was taken, and sent again it is a repeat.
  bool known = false;
  std::vector<RowFate> rows;
};

// The encoded key cells of a row (RowFate::key), one by one.
std::vector<std::string> CellsOf(const plan::Window& window, std::string_view key);

// The part that a row at this time, with these cells, has in an alert of its rule: it is in a window of it, or
// of one that was folded into it. Empty: none that the alert tells of. Of rules whose groups do not say it
// (RowFate::hits_known).
std::optional<EventHit> HitOf(const plan::CompiledRule& rule, const std::vector<std::string>& cells,
                              UnixMillis time_ms, const alert::Alert& alert);

}  // namespace weir::shard
