// What one tick of a rule makes of its groups: the rows of the tail, each with what an alert tells of the
// group it came from. Pure, so that a shard (local rules), the backtest and the coordinator (spread rules)
// give the same rows.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/arena.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/exec/tail.h"
#include "common/plan/plan.h"
#include "common/shard/group.h"

namespace weir::shard {

struct TickRow {
  exec::TailRow row = nullptr;          // in the arena
  UnixMillis first_event_ms = 0;        // of the groups behind the row; 0: unknown
  UnixMillis last_event_ms = 0;
  std::vector<alert::EventRef> events;
  bool approximate = false;
};

// The panes of a tick: (after, until].
struct TickPanes {
  int64_t after = 0;
  int64_t until = 0;
};
TickPanes PanesOf(const plan::CompiledRule& rule, const plan::Window& window, UnixMillis tick_ms);

// Whether a group may have a row at the tick. Groups must be whole for it unless the rule has no growth
// conditions.
bool MayPass(const plan::CompiledRule& rule, const Group& group, const TickPanes& panes);

// Evaluates groups that are in the order of their keys.
std::vector<TickRow> EvaluateTick(const plan::CompiledRule& rule,
                                  std::span<const Group* const> groups, UnixMillis tick_ms,
                                  Arena* arena, expr::Warnings* warnings);

// Rows on their way from the coordinator to the home shard. stored: part of log records.
std::string EncodeTickRows(const plan::CompiledRule& rule, const std::vector<TickRow>& rows);
// DataLoss when malformed.
StatusOr<std::vector<TickRow>> DecodeTickRows(const plan::CompiledRule& rule, std::string_view bytes,
                                              Arena* arena);

// Merges the parts of groups that shards collected (Shard::CollectTick), in the order of the keys. DataLoss
// when a part is malformed.
StatusOr<std::vector<std::unique_ptr<Group>>> MergeParts(const plan::Window& window,
                                                         const std::vector<std::string>& parts);

// The first tick after one at which a group has rows; kTimeMax when there is none.
UnixMillis NextTick(const plan::CompiledRule& rule, const Group& group, UnixMillis tick_ms);

}  // namespace weir::shard
