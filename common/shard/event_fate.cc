#include "common/shard/event_fate.h"

#include <algorithm>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/types/coding.h"

namespace weir::shard {
namespace {

// Whether the alert was made for the group that the cells are of; columns that are no keys are not compared.
bool IsOf(const plan::CompiledRule& rule, const std::vector<std::string>& cells,
          const alert::Alert& alert) {
  return std::all_of(rule.tail.group.begin(), rule.tail.group.end(), [&](const plan::Tail::Output& column) {
    const auto cell = std::find_if(alert.group.begin(), alert.group.end(),
                                   [&](const alert::NamedCell& one) { return one.name == column.name; });
    return column.slot >= cells.size() ||
           (cell != alert.group.end() && cell->encoded == cells[column.slot]);
  });
}

// Whether hits with the cells fold into the alert, as far as its suppression keys are among them.
bool HasKeyOf(const plan::CompiledRule& rule, const std::vector<std::string>& cells,
              const alert::Alert& alert) {
  return rule.suppression.has_value() &&
         std::all_of(rule.suppression->keys.begin(), rule.suppression->keys.end(),
                     [&](const plan::SuppressionKey& key) {
                       const auto column =
                           std::find_if(alert.columns.begin(), alert.columns.end(),
                                        [&](const alert::NamedCell& one) { return one.name == key.name; });
                       return !key.slot.has_value() || *key.slot >= cells.size() ||
                              (column != alert.columns.end() && column->encoded == cells[*key.slot]);
                     });
}

}  // namespace

std::vector<std::string> CellsOf(const plan::Window& window, std::string_view key) {
  std::vector<std::string> cells;
  Arena arena;
  ByteReader reader(key);
  for (std::size_t i = 0; i < window.keys.size(); ++i) {
    EncodeValue(DecodeValue(&reader, &arena), &cells.emplace_back());
  }
  return cells;
}

std::optional<EventHit> HitOf(const plan::CompiledRule& rule, const std::vector<std::string>& cells,
                              UnixMillis time_ms, const alert::Alert& alert) {
  const bool storm = (alert.flags & alert::kStorm) != 0;
  const bool covers = time_ms > alert.window_start_ms &&
                      time_ms <= std::max(alert.window_end_ms, alert.episode_end_ms);
  const bool own = covers && !storm && IsOf(rule, cells, alert);
  const bool suppressed = alert.suppressed_count != 0 && HasKeyOf(rule, cells, alert) &&
                          alert.suppression.last_ms >= time_ms &&
                          alert.suppression.first_ms < time_ms + rule.judge.lookback_ms;
  if (!own && !suppressed && !(covers && storm)) {
    return std::nullopt;
  }
  return EventHit{alert.id, !own, true, alert.status, alert.flags, alert.fired_at_ms};
}

}  // namespace weir::shard
