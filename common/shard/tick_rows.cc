#include "common/shard/tick_rows.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "common/base/bytes.h"
#include "common/shard/growth.h"
#include "common/shard/window_state.h"
#include "common/types/coding.h"

namespace weir::shard {

namespace {

constexpr uint8_t kRowsVersion = 1;

void AddTimes(const Group& group, const TickPanes& panes, TickRow* row) {
  UnixMillis first_ms = 0;
  UnixMillis last_ms = 0;
  if (group.EventTimes(panes.after, panes.until, &first_ms, &last_ms)) {
    row->first_event_ms =
        row->first_event_ms == 0 ? first_ms : std::min(row->first_event_ms, first_ms);
    row->last_event_ms = std::max(row->last_event_ms, last_ms);
  }
}

}  // namespace

TickPanes PanesOf(const plan::CompiledRule& rule, const plan::Window& window, UnixMillis tick_ms) {
  const int64_t until = tick_ms / window.pane_ms;
  return {until - rule.judge.lookback_ms / window.pane_ms, until};
}

bool MayPass(const plan::CompiledRule& rule, const Group& group, const TickPanes& panes) {
  return rule.judge.growth.empty() ? group.RowsIn(panes.after, panes.until) > 0
                                   : GrowthHolds(rule, group, panes.after, panes.until);
}

std::vector<TickRow> EvaluateTick(const plan::CompiledRule& rule,
                                  std::span<const Group* const> groups, UnixMillis tick_ms,
                                  Arena* arena, expr::Warnings* warnings) {
  if (groups.empty()) {
    return {};
  }
  const plan::Window& window = groups.front()->window();
  const TickPanes panes = PanesOf(rule, window, tick_ms);
  std::vector<exec::TailRow> rows;
  std::unordered_map<exec::TailRow, const Group*> sources;
  std::vector<std::string> states;
  bool approximate = false;
  for (const Group* group : groups) {
    const uint64_t count = group->Merge(panes.after, panes.until, &states);
    exec::TailRow row = exec::NewTailRow(rule.tail, arena);
    ByteReader keys(arena->Copy(group->key()));
    std::size_t slot = 0;
    for (; slot < window.keys.size(); ++slot) {
      row[slot] = DecodeValue(&keys, arena);
    }
    for (std::size_t i = 0; i < window.aggregates.size(); ++i, ++slot) {
      const auto& function = window.aggregates[i].function;
      if (function == nullptr) {
        row[slot] = Value::Long(static_cast<int64_t>(count));
        continue;
      }
      const std::string_view state = arena->Copy(states[i]);
      row[slot] = function->Finish(state, arena);
      approximate = approximate || function->approximate(state);
    }
    sources.emplace(row, group);
    rows.push_back(row);
  }
  exec::RunTail(rule.tail, tick_ms, arena, warnings, &rows);
  std::vector<TickRow> results;
  for (const exec::TailRow row : rows) {
    TickRow result;
    result.row = row;
    result.approximate = approximate;
    if (const auto source = sources.find(row); source != sources.end()) {
      AddTimes(*source->second, panes, &result);
      for (const alert::EventRef& event : source->second->events()) {
        if (event.timestamp_ms > panes.after * window.pane_ms &&
            event.timestamp_ms <= panes.until * window.pane_ms) {
          result.events.push_back(event);
        }
      }
    } else {
      // A STATS in the tail merged several groups.
      for (const Group* group : groups) {
        AddTimes(*group, panes, &result);
      }
    }
    results.push_back(std::move(result));
  }
  return results;
}

std::string EncodeTickRows(const plan::CompiledRule& rule, const std::vector<TickRow>& rows) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kRowsVersion);
  writer.Varint(rule.tail.slot_count);
  writer.Varint(rows.size());
  for (const TickRow& row : rows) {
    for (uint32_t slot = 0; slot < rule.tail.slot_count; ++slot) {
      EncodeValue(row.row[slot], &out);
    }
    writer.U8(row.approximate ? 1 : 0);
    writer.SignedVarint(row.first_event_ms);
    writer.SignedVarint(row.last_event_ms);
    writer.Varint(row.events.size());
    for (const alert::EventRef& event : row.events) {
      writer.String(event.id);
      writer.SignedVarint(event.timestamp_ms);
    }
  }
  return out;
}

StatusOr<std::vector<TickRow>> DecodeTickRows(const plan::CompiledRule& rule, std::string_view bytes,
                                              Arena* arena) {
  ByteReader reader(arena->Copy(bytes));
  const uint8_t version = reader.U8();
  const uint64_t slots = reader.Varint();
  if (!reader.ok() || version != kRowsVersion || slots != rule.tail.slot_count) {
    return DataLoss("tick rows of version {} with {} slots where the rule has {}", version, slots,
                    rule.tail.slot_count);
  }
  std::vector<TickRow> rows;
  for (uint64_t count = reader.Varint(); count > 0 && reader.ok(); --count) {
    TickRow row;
    row.row = exec::NewTailRow(rule.tail, arena);
    for (uint64_t slot = 0; slot < slots; ++slot) {
      row.row[slot] = DecodeValue(&reader, arena);
    }
    row.approximate = reader.U8() != 0;
    row.first_event_ms = reader.SignedVarint();
    row.last_event_ms = reader.SignedVarint();
    for (uint64_t events = reader.Varint(); events > 0 && reader.ok(); --events) {
      alert::EventRef event;
      event.id = reader.String();
      event.timestamp_ms = reader.SignedVarint();
      row.events.push_back(std::move(event));
    }
    rows.push_back(std::move(row));
  }
  if (!reader.ok() || !reader.done()) {
    return DataLoss("malformed tick rows of {} bytes", bytes.size());
  }
  return rows;
}

StatusOr<std::vector<std::unique_ptr<Group>>> MergeParts(const plan::Window& window,
                                                         const std::vector<std::string>& parts) {
  std::map<std::string, std::unique_ptr<Group>> merged;
  for (const std::string& part : parts) {
    WEIR_ASSIGN_OR_RETURN(Group parsed, Group::Parse(&window, part));
    std::unique_ptr<Group>& kept = merged[parsed.key()];
    if (kept == nullptr) {
      kept = std::make_unique<Group>(std::move(parsed));
    } else {
      kept->Absorb(parsed);
    }
  }
  std::vector<std::unique_ptr<Group>> groups;
  groups.reserve(merged.size());
  for (auto& [key, group] : merged) {
    groups.push_back(std::move(group));
  }
  return groups;
}

UnixMillis NextTick(const plan::CompiledRule& rule, const Group& group, UnixMillis tick_ms) {
  const plan::Window& window = group.window();
  const UnixMillis next_ms = tick_ms + rule.judge.tick_ms;
  const int64_t pane = group.FirstPaneAfter(PanesOf(rule, window, next_ms).after);
  if (pane == std::numeric_limits<int64_t>::max()) {
    return kTimeMax;
  }
  return std::max(next_ms,
                  CeilDiv(pane * window.pane_ms, rule.judge.tick_ms) * rule.judge.tick_ms);
}

}  // namespace weir::shard
