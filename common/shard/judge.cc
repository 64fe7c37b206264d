#include "common/shard/judge.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/units.h"
#include "common/shard/silence.h"
#include "common/types/coding.h"

namespace weir::shard {

Judge::Judge(Options options, state::StateStore* store, AlertBook* alerts, Suppression* suppression,
             Storms* storms)
    : options_(std::move(options)),
      store_(store),
      alerts_(alerts),
      suppression_(suppression),
      storms_(storms) {}

int64_t Judge::FloorIndex(const plan::Window& window, UnixMillis closed_ms) const {
  return FloorDiv(closed_ms - options_.lateness_ms - window.lookback_ms_max, window.pane_ms);
}

uint64_t Judge::ExpiresMs(const Group& group) const {
  const plan::Window& window = group.window();
  UnixMillis expires_ms = 0;
  if (!group.panes().empty()) {
    expires_ms = group.panes().back().index * window.pane_ms + window.lookback_ms_max +
                 options_.lateness_ms + window.pane_ms;
  }
  for (const Episode& episode : group.episodes()) {
    // A day covers every interval at which an episode may still be waiting to recover.
    expires_ms = std::max(expires_ms, episode.end_ms + options_.lateness_ms + kMillisPerDay);
  }
  return static_cast<uint64_t>(std::max<UnixMillis>(expires_ms, 0));
}

void Judge::FillColumns(const plan::Tail& tail, const exec::TailRow& row,
                        alert::Alert* alert) const {
  alert->columns.clear();
  for (const plan::Tail::Output& output : tail.outputs) {
    alert::NamedCell cell{output.name, {}};
    EncodeValue(row[output.slot], &cell.encoded);
    alert->columns.push_back(std::move(cell));
  }
}

void Judge::FillEvents(const Group& group, int64_t after, int64_t until,
                       alert::Alert* alert) const {
  const int64_t pane_ms = group.window().pane_ms;
  alert->events.clear();
  for (const alert::EventRef& event : group.events()) {
    if (event.timestamp_ms > after * pane_ms && event.timestamp_ms <= until * pane_ms) {
      alert->events.push_back(event);
    }
  }
}

std::string Judge::GroupBytes(const plan::Tail& tail, const exec::TailRow& row) const {
  std::string bytes;
  for (const plan::Tail::Output& output : tail.group) {
    EncodeValue(row[output.slot], &bytes);
  }
  return bytes;
}

Hash128 Judge::AlertId(const plan::CompiledRule& rule, std::string_view group, UnixMillis at_ms,
                       uint64_t ordinal) const {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.String(options_.tenant);
  writer.String(rule.source.id);
  writer.String(group);
  writer.SignedVarint(at_ms);
  writer.Varint(ordinal);
  return HashBytes128(bytes);
}

Hash128 Judge::StormId(const plan::CompiledRule& rule, const rule::StormCap& cap,
                       UnixMillis judged_ms) const {
  return AlertId(rule, "storm", Storms::PeriodEnd(cap.period_ms, judged_ms),
                 static_cast<uint64_t>(cap.period_ms));
}

alert::Alert Judge::NewAlert(const RuleState& rule, const exec::TailRow& row,
                             const Instant& instant, UnixMillis judged_ms) {
  const plan::CompiledRule& compiled = *rule.rule;
  alert::Alert alert;
  alert.tenant = options_.tenant;
  alert.rule_id = compiled.source.id;
  alert.rule_name = compiled.source.name;
  alert.rule_version = rule.window->rules->version.value;
  alert.dialect = compiled.source.dialect;
  alert.severity = compiled.source.severity;
  alert.risk_score = compiled.source.risk_score;
  alert.tags = compiled.source.tags;
  alert.threat = compiled.source.threat;
  for (const plan::Tail::Output& output : compiled.tail.group) {
    alert::NamedCell cell{output.name, {}};
    EncodeValue(row[output.slot], &cell.encoded);
    alert.group.push_back(std::move(cell));
  }
  FillColumns(compiled.tail, row, &alert);
  alert.window_start_ms = judged_ms - compiled.judge.lookback_ms;
  alert.window_end_ms = judged_ms;
  alert.episode_start_ms = judged_ms;
  alert.episode_end_ms = judged_ms;
  alert.fired_at_ms = instant.now_ms != 0 ? instant.now_ms : judged_ms;
  alert.arrived_at_ms = instant.arrived_ms;
  if (instant.now_ms != 0 && alert.window_start_ms < rule.window->created_ms) {
    alert.flags |= alert::kWarming;
  }
  if (compiled.source.adjustments.shadow) {
    alert.flags |= alert::kShadow;
  }
  MarkSilenced(compiled, judged_ms, &alert);
  return alert;
}

void Judge::MarkSilenced(const plan::CompiledRule& rule, UnixMillis judged_ms, alert::Alert* alert) {
  if (IsSilenced(rule.source.adjustments.silences, *alert, judged_ms)) {
    alert->flags |= alert::kSilenced;
  } else {
    alert->flags &= ~static_cast<uint32_t>(alert::kSilenced);
  }
}

void Judge::LiftSilence(const plan::CompiledRule& rule, alert::Alert* alert) {
  if ((alert->flags & alert::kSilenced) != 0) {
    MarkSilenced(rule, alert->last_event_ms, alert);
  }
}

std::optional<Hash128> Judge::SuppressionKeyOf(const RuleState& rule,
                                               const exec::TailRow& row) const {
  return SuppressionKeyOf(*rule.rule, rule.hash, row);
}

std::optional<Hash128> Judge::SuppressionKeyOf(const plan::CompiledRule& rule, const Hash128& hash,
                                               const exec::TailRow& row) {
  const auto& plan = rule.suppression;
  if (!plan.has_value()) {
    return std::nullopt;
  }
  std::string bytes;
  hash.AppendTo(&bytes);
  for (const plan::SuppressionKey& key : plan->keys) {
    const Value value = key.slot.has_value() ? row[*key.slot] : Value::Null();
    if (value.is_null() && !plan->suppress_missing) {
      return std::nullopt;
    }
    EncodeSet(value, &bytes);
  }
  return HashBytes128(bytes);
}

std::optional<int64_t> Judge::SuppressionMs(const plan::CompiledRule& rule) {
  std::optional<int64_t> duration_ms = rule.suppression->duration_ms;
  const bool ticks_are_executions = AtTicks(rule) && rule.judge.tick_ms == rule.judge.interval_ms;
  if (!duration_ms.has_value() && !ticks_are_executions) {
    duration_ms = rule.judge.interval_ms;
  }
  if (const auto& longest = rule.source.adjustments.max_signal_ms;
      duration_ms.has_value() && longest.has_value()) {
    duration_ms = std::min(*duration_ms, *longest);
  }
  return duration_ms;
}

StatusOr<std::optional<Hash128>> Judge::FoldIfSuppressed(const std::optional<Hash128>& key,
                                                         UnixMillis judged_ms, RuleState* rule) {
  if (!key.has_value()) {
    return std::optional<Hash128>();
  }
  const std::optional<int64_t> duration_ms = SuppressionMs(*rule->rule);
  if (!duration_ms.has_value()) {
    return std::optional<Hash128>();
  }
  const std::optional<Hash128> covering = suppression_->Find(*key, judged_ms, *duration_ms);
  if (!covering.has_value()) {
    return covering;
  }
  const Status folded = FoldInto(*covering, judged_ms, rule);
  if (folded.code() == StatusCode::kNotFound) {
    suppression_->End(*covering);
    return std::optional<Hash128>();
  }
  WEIR_RETURN_IF_ERROR(folded);
  return covering;
}

Status Judge::FoldInto(const Hash128& alert_id, UnixMillis judged_ms, RuleState* rule) {
  StatusOr<alert::Alert> alert = alerts_->Get(alert_id);
  if (!alert.ok()) {
    return Annotate(alert.status(), "reading the alert that suppresses a hit");
  }
  ++rule->suppressed;
  alert::SuppressedSpan& state = alert->suppression;
  state.first_ms = alert->suppressed_count == 0 ? judged_ms : std::min(state.first_ms, judged_ms);
  state.last_ms = alert->suppressed_count == 0 ? judged_ms : std::max(state.last_ms, judged_ms);
  ++alert->suppressed_count;
  alerts_->Put(std::move(*alert));
  return OkStatus();
}

StatusOr<std::optional<Hash128>> Judge::FoldIfStorm(const alert::Alert& alert, UnixMillis judged_ms,
                                                    RuleState* rule) {
  const std::optional<rule::StormCap>& cap = rule->rule->source.adjustments.storm_cap;
  if (!cap.has_value()) {
    return std::optional<Hash128>();
  }
  Storms::Period& period = storms_->At(rule->hash, cap->period_ms, judged_ms);
  if (period.alerts < static_cast<uint64_t>(cap->alerts)) {
    ++period.alerts;
    return std::optional<Hash128>();
  }
  if (period.alert != Hash128{}) {
    StatusOr<alert::Alert> storm = alerts_->Get(period.alert);
    if (storm.ok()) {
      storm->first_event_ms = std::min(storm->first_event_ms, alert.first_event_ms);
      storm->last_event_ms = std::max(storm->last_event_ms, alert.last_event_ms);
      alerts_->Put(std::move(*storm));
      WEIR_RETURN_IF_ERROR(FoldInto(period.alert, judged_ms, rule));
      return std::optional(period.alert);
    }
    if (storm.status().code() != StatusCode::kNotFound) {
      return storm.status();
    }
  }
  alert::Alert storm = alert;
  storm.id = StormId(*rule->rule, *cap, judged_ms);
  storm.group.clear();
  storm.columns.clear();
  const auto add = [&](std::string name, const Value& value) {
    alert::NamedCell cell{std::move(name), {}};
    EncodeValue(value, &cell.encoded);
    storm.columns.push_back(std::move(cell));
  };
  const std::string length = FormatDuration(cap->period_ms);
  add("storm.cap", Value::Long(cap->alerts));
  add("storm.period", Value::Keyword(length));
  storm.window_start_ms = period.end_ms - cap->period_ms;
  storm.window_end_ms = period.end_ms;
  storm.episode_start_ms = judged_ms;
  storm.episode_end_ms = judged_ms;
  storm.window_id = {};
  storm.group_hash = {};
  storm.revision = 0;
  storm.flags = (storm.flags & alert::kShadow) | alert::kStorm;
  MarkSilenced(*rule->rule, judged_ms, &storm);
  period.alert = storm.id;
  ++rule->alerts;
  alerts_->Put(std::move(storm));
  WEIR_RETURN_IF_ERROR(FoldInto(period.alert, judged_ms, rule));
  return std::optional(period.alert);
}

std::vector<exec::TailRow> Judge::RowsOfEvent(const RuleState& rule, std::string_view cells,
                                              UnixMillis time_ms) {
  arena_.Reset();
  const plan::Tail& tail = rule.rule->tail;
  exec::TailRow row = exec::NewTailRow(tail, &arena_);
  ByteReader reader(arena_.Copy(cells));
  for (std::size_t i = 0; i < rule.window->window->event_cells.size(); ++i) {
    row[i] = DecodeValue(&reader, &arena_);
  }
  std::vector<exec::TailRow> rows = {row};
  exec::RunTail(tail, time_ms, &arena_, &warnings_, &rows);
  return rows;
}

Status Judge::JudgeEvent(RuleState* rule, std::string_view cells, const Hash128& identity,
                         std::string_view event_id, UnixMillis time_ms, const Instant& instant) {
  uint64_t ordinal = 0;
  for (exec::TailRow result : RowsOfEvent(*rule, cells, time_ms)) {
    const std::optional<Hash128> key = SuppressionKeyOf(*rule, result);
    WEIR_ASSIGN_OR_RETURN(const std::optional<Hash128> covering,
                          FoldIfSuppressed(key, time_ms, rule));
    if (covering.has_value()) {
      continue;
    }
    alert::Alert alert = NewAlert(*rule, result, instant, time_ms);
    // Rows of one event that MV_EXPAND or a multivalued key made differ in their cells.
    alert.id = AlertId(*rule->rule, identity.ToBytes() + std::string(cells), time_ms, ordinal++);
    alert.window_start_ms = time_ms;
    alert.first_event_ms = time_ms;
    alert.last_event_ms = time_ms;
    alert.events = {{event_id.empty() ? identity.ToHex() : std::string(event_id), time_ms}};
    WEIR_ASSIGN_OR_RETURN(const std::optional<Hash128> storm, FoldIfStorm(alert, time_ms, rule));
    if (storm.has_value()) {
      continue;
    }
    if (key.has_value()) {
      suppression_->Made(*key, alert.id, time_ms, *SuppressionMs(*rule->rule));
    }
    ++rule->alerts;
    alerts_->Put(std::move(alert));
  }
  return OkStatus();
}

Status Judge::FindEvent(const RuleState& rule, std::string_view cells, const Hash128& identity,
                        UnixMillis time_ms, std::vector<EventHit>* hits) {
  const std::string made_of = identity.ToBytes() + std::string(cells);
  std::set<Hash128> found;
  const auto add = [&](const Hash128& id, bool folded) -> Status {
    const Status kept = alerts_->Get(id).status();
    if (kept.ok() && found.insert(id).second) {
      hits->push_back({id, folded});
    }
    return kept.code() == StatusCode::kNotFound ? OkStatus() : kept;
  };
  const std::vector<exec::TailRow> rows = RowsOfEvent(rule, cells, time_ms);
  for (std::size_t ordinal = 0; ordinal < rows.size(); ++ordinal) {
    WEIR_RETURN_IF_ERROR(add(AlertId(*rule.rule, made_of, time_ms, ordinal), false));
  }
  const std::size_t own = found.size();
  for (const exec::TailRow& row : rows) {
    const std::optional<Hash128> key = SuppressionKeyOf(rule, row);
    const std::optional<int64_t> duration_ms =
        key.has_value() ? SuppressionMs(*rule.rule) : std::nullopt;
    const std::optional<Hash128> covering =
        duration_ms.has_value() ? suppression_->Find(*key, time_ms, *duration_ms) : std::nullopt;
    if (covering.has_value()) {
      WEIR_RETURN_IF_ERROR(add(*covering, true));
    }
  }
  const std::optional<rule::StormCap>& cap = rule.rule->source.adjustments.storm_cap;
  if (cap.has_value() && own < rows.size()) {
    WEIR_RETURN_IF_ERROR(add(StormId(*rule.rule, *cap, time_ms), true));
  }
  return OkStatus();
}

}  // namespace weir::shard
