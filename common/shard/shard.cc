#include "common/shard/shard.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "common/base/check.h"
#include "common/base/mutation.h"
#include "common/exec/row_format.h"
#include "common/shard/growth.h"
#include "common/shard/keys.h"

namespace weir::shard {

namespace {

// Groups kept decoded from record to record; the hottest stay among them.
constexpr std::size_t kOpenGroupsMax = 128;
// Table entries looked at for dead groups per closed stamp.
constexpr std::size_t kSweepEntries = 256;

Judge::Options JudgeOptions(const ShardOptions& options) {
  return {options.id, options.tenant, options.replay ? 0 : options.lateness_ms};
}

}  // namespace

Shard::Shard(ShardOptions options, state::StateStore* store, Environment* environment)
    : options_(std::move(options)),
      store_(store),
      environment_(environment),
      alerts_(options_.id, store,
              {[environment](const alert::Alert& alert) { environment->OnAlert(alert); },
               [environment](const Hash128& id) { environment->OnAlertForgotten(id); }},
              options_.lateness_ms + 2 * kMillisPerDay),
      suppression_(options_.id, store),
      storms_(options_.id, store),
      judge_(JudgeOptions(options_), store, &alerts_, &suppression_, &storms_),
      identities_(options_.id, store, options_.repeat_horizon_ms) {
  meta_.closed_ms = kTimeMin;
}
Shard::~Shard() = default;

Status Shard::Load() {
  std::string bytes;
  const Status found = store_->Get(state::Family::kState, MetaKey(options_.id), &bytes);
  if (found.code() == StatusCode::kNotFound) {
    return OkStatus();
  }
  WEIR_RETURN_IF_ERROR(found);
  WEIR_ASSIGN_OR_RETURN(meta_, DecodeMeta(bytes));
  checkpointed_ = meta_.applied;
  WEIR_RETURN_IF_ERROR(identities_.Load());
  WEIR_RETURN_IF_ERROR(suppression_.Load());
  WEIR_RETURN_IF_ERROR(storms_.Load());
  WEIR_RETURN_IF_ERROR(judge_.LoadTickEpisodes());
  if (meta_.version.value != 0) {
    WEIR_RETURN_IF_ERROR(SwitchRules(meta_.version, 0));
  }
  return LoadAlerts();
}

Status Shard::SwitchRules(RuleSetVersion version, UnixMillis now_ms) {
  FillMeta();
  const bool is_loading = rule_set_ == nullptr;
  // Who judges: each row, the shard at its ticks, the coordinator.
  const auto judged_by = [this](const plan::CompiledRule& rule) {
    return !AtTicks(rule) ? 0 : JudgedElsewhere(rule) ? 2 : 1;
  };
  std::map<Hash128, int> judged_before;
  for (const auto& [hash, state] : rules_) {
    judged_before[hash] = judged_by(*state.rule);
  }
  WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr rule_set, environment_->RulesOf(version));
  rules_.clear();   // they point into the set that is given up
  rule_set_ = rule_set;
  const bool first_rules = meta_.version.value == 0;
  meta_.version = version;
  window_by_index_.clear();
  rules_by_window_.assign(rule_set_->windows.size(), {});
  for (const auto& [id, window] : windows_) {
    window->spread_judged_ms = kTimeMax;   // of those that no rule uses any more
  }
  for (const plan::Window& window : rule_set_->windows) {
    std::unique_ptr<WindowState>& state = windows_[window.id];
    if (state != nullptr) {
      state->table.CloseIdle(0, [this](const Group& group) { return judge_.ExpiresMs(group); });
      state->rules = rule_set_;
      state->window = &window;
      state->table.SetWindow(&window);
    } else {
      const std::string prefix = GroupPrefix(options_.id, window.id);
      state = std::make_unique<WindowState>(rule_set_, &window, prefix, store_, &tables_);
      state->created_ms = now_ms == 0 ? kTimeMin : now_ms;
      const auto times = meta_.windows.find(window.id);
      if (times != meta_.windows.end()) {
        state->earliest_ms = times->second.earliest_ms;
        state->latest_ms = times->second.latest_ms;
        state->created_ms = times->second.created_ms;
      }
      WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kState, prefix, state::PrefixEnd(prefix),
                                        [&](std::string_view, std::string_view) {
                                          state->table.SetStoreMayHold();
                                          return false;
                                        }));
      const std::string candidates = CandidatePrefix(options_.id, window.id);
      WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kState, candidates,
                                        state::PrefixEnd(candidates),
                                        [&](std::string_view key, std::string_view) {
                                          state->candidates.insert(HashOfKey(key));
                                          return true;
                                        }));
    }
    window_by_index_.push_back(state.get());
  }
  for (const auto& [id, window] : windows_) {
    if (window->table.store_may_hold() || !window->candidates.empty()) {
      Use(window.get());
    }
  }
  tick_rules_.clear();
  stale_.clear();
  for (const plan::CompiledRule& rule : rule_set_->rules) {
    RuleState state;
    state.rule = &rule;
    state.hash = RuleHash(rule.source.id);
    state.window = window_by_index_[rule.window_index];
    const auto counters = meta_.rules.find(state.hash);
    if (counters != meta_.rules.end()) {
      state.judged_ms = Mutated(Mutation::kForgetJudged) ? kTimeMin : counters->second.judged_ms;
      state.rows = counters->second.rows;
      state.late = counters->second.late;
      state.future = counters->second.future;
      state.alerts = counters->second.alerts;
      state.suppressed = counters->second.suppressed;
      const auto before = judged_before.find(state.hash);
      if (!is_loading && before != judged_before.end() && before->second != judged_by(rule)) {
        // What was judged in another way until now is not judged again.
        state.judged_ms = std::max(state.judged_ms, meta_.closed_ms);
      }
    } else {
      // Rows of a spread rule are in other shards too, where less may be closed, and may have been there
      // before this shard came here.
      state.judged_ms = first_rules && JudgedElsewhere(rule) ? kTimeMin : meta_.closed_ms;
    }
    RuleState* kept = &rules_.emplace(state.hash, state).first->second;
    rules_by_window_[rule.window_index].push_back(kept);
  }
  for (auto& [hash, state] : rules_) {
    if (AtTicks(*state.rule)) {
      tick_rules_.push_back(&state);
    }
  }
  for (std::size_t index = 0; index < window_by_index_.size(); ++index) {
    FindSpreadJudged(index);
  }
  return OkStatus();
}

void Shard::Use(WindowState* window) {
  if (!window->used) {
    window->used = true;
    used_windows_.push_back(window);
  }
}

Status Shard::Apply(LogNumber number, std::string_view bytes, ApplyOutcome* outcome) {
  WEIR_CHECK(number.value == meta_.applied.value + 1, "record {} after {}", number, meta_.applied);
  WEIR_ASSIGN_OR_RETURN(const Record record, ReadRecord(bytes));
  changed_ = true;
  Instant instant;
  instant.closed_ms = std::clamp(record.header.closed_ms, kTimeMin, kTimeMax);
  instant.now_ms = record.header.now_ms;
  if (!options_.replay) {
    for (const SubBatch& batch : record.batches) {
      instant.arrived_ms = std::max(instant.arrived_ms, batch.stamp_ms);
    }
  }
  alerts_.BeginRecord(instant);
  WEIR_RETURN_IF_ERROR(Advance(instant));
  instant.closed_ms = meta_.closed_ms;
  if (record.header.kind == RecordKind::kActivate) {
    WEIR_RETURN_IF_ERROR(RefreshStale());
    WEIR_RETURN_IF_ERROR(SwitchRules(record.header.version, record.header.now_ms));
  } else if (record.header.kind == RecordKind::kTick) {
    WEIR_RETURN_IF_ERROR(ApplyTick(record.tick, instant, outcome));
  } else if (record.header.kind == RecordKind::kActions) {
    WEIR_RETURN_IF_ERROR(ApplyActions(record, instant, outcome));
  } else if (record.header.kind == RecordKind::kForget) {
    std::set<Hash128> used = suppression_.Alerts();
    judge_.AddTickAlerts(&used);
    WEIR_RETURN_IF_ERROR(alerts_.Forget(record.forget_before_ms, used));
  } else {
    WEIR_RETURN_IF_ERROR(ApplyBatch(record, instant, outcome));
  }
  meta_.applied = number;
  log_bytes_ += bytes.size();
  return OkStatus();
}

Status Shard::Advance(const Instant& instant) {
  if (instant.closed_ms <= meta_.closed_ms) {
    return OkStatus();
  }
  // Alerts are brought up to date before time moves on and panes are pruned.
  WEIR_RETURN_IF_ERROR(RefreshStale());
  WEIR_RETURN_IF_ERROR(JudgeTicks(instant));
  WEIR_RETURN_IF_ERROR(RecoverEpisodes(instant.closed_ms));
  meta_.closed_ms = instant.closed_ms;
  // The end of a replay is no time that has passed: what comes again after it is still a repeat.
  if (instant.closed_ms < kTimeMax) {
    const UnixMillis done_ms =
        std::min(instant.closed_ms, SpreadDoneMs()) - options_.lateness_ms - kMillisPerDay;
    suppression_.Expire(done_ms);
    storms_.Expire(done_ms);
    identities_.Expire(instant.closed_ms);
  }
  CloseIdleGroups();
  for (WindowState* window : used_windows_) {
    window->table.Sweep(static_cast<uint64_t>(std::max<UnixMillis>(0, DoneBefore(*window))),
                        kSweepEntries);
  }
  return OkStatus();
}

Status Shard::PrefetchGroups(const Record& record) {
  if (!tables_.store_may_hold) {
    return OkStatus();
  }
  std::map<uint32_t, std::vector<Hash128>> wanted;
  for (const SubBatch& batch : record.batches) {
    ByteReader reader(batch.bytes);
    while (reader.ok() && !reader.done()) {
      const exec::EntryHeader entry = exec::ReadEntryHeader(&reader, batch.explicit_ingested);
      for (uint32_t i = 0; i < entry.row_count && reader.ok(); ++i) {
        const exec::RowView row = exec::ReadRow(&reader);
        if (row.window_index < window_by_index_.size() &&
            window_by_index_[row.window_index]->table.store_may_hold()) {
          wanted[row.window_index].push_back(
              GroupHash(*window_by_index_[row.window_index]->window, row.key));
        }
      }
    }
  }
  for (auto& [index, hashes] : wanted) {
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    WEIR_RETURN_IF_ERROR(window_by_index_[index]->table.Prefetch(hashes));
  }
  return OkStatus();
}

Status Shard::ApplyBatch(const Record& record, const Instant& instant, ApplyOutcome* outcome) {
  if (record.batches.empty()) {
    return OkStatus();
  }
  if (record.header.version != meta_.version) {
    return DataLoss("rows of rule set {} in the log of rule set {}", record.header.version,
                    meta_.version);
  }
  WEIR_RETURN_IF_ERROR(PrefetchGroups(record));
  for (uint32_t i = 0; i < record.batches.size(); ++i) {
    ByteReader reader(record.batches[i].bytes);
    while (reader.ok() && !reader.done()) {
      WEIR_RETURN_IF_ERROR(ApplyEntry(record.batches[i], i, &reader, instant, outcome));
    }
    if (!reader.ok()) {
      return DataLoss("malformed rows");
    }
  }
  return JudgeTouched(instant);
}

Status Shard::ApplyEntry(const SubBatch& batch, uint32_t batch_position, ByteReader* reader,
                         const Instant& instant, ApplyOutcome* outcome) {
  const exec::EntryHeader entry = exec::ReadEntryHeader(reader, batch.explicit_ingested);
  if (!reader->ok() || entry.class_index >= rule_set_->classes.size()) {
    reader->Fail();
    return OkStatus();
  }
  const UnixMillis ingested_ms = batch.explicit_ingested ? entry.ingested_ms : batch.stamp_ms;
  const Hash128 identity = IdentityIn(rule_set_->classes[entry.class_index], entry.identity);
  bool is_new = true;
  if (options_.repeat_horizon_ms > 0 && !Mutated(Mutation::kNoIdentityCheck)) {
    WEIR_ASSIGN_OR_RETURN(is_new,
                          identities_.Insert(identity, std::max(ingested_ms, meta_.closed_ms)));
  }
  if (!is_new) {
    ++meta_.repeats;
    outcome->exceptions.push_back({batch_position, entry.event_index, Refusal::kRepeat});
  } else {
    ++meta_.entries;
  }
  bool refused = false;
  Refusal refusal = Refusal::kLate;
  for (uint32_t i = 0; i < entry.row_count && reader->ok(); ++i) {
    const exec::RowView row = exec::ReadRow(reader);
    if (!reader->ok() || row.window_index >= window_by_index_.size()) {
      reader->Fail();
      return OkStatus();
    }
    if (is_new) {
      WEIR_RETURN_IF_ERROR(FoldRow(row.window_index, row.key, row.cells, entry.identity,
                                   entry.event_id, entry.timestamp_ms, ingested_ms, instant,
                                   &refusal, &refused));
    }
  }
  arena_.Reset();
  if (refused) {
    (refusal == Refusal::kLate ? meta_.late : meta_.future) += 1;
    outcome->exceptions.push_back({batch_position, entry.event_index, refusal});
  }
  return OkStatus();
}

void Shard::CountRefusal(const std::vector<RuleState*>& rules, Refusal refusal,
                         std::string_view event_id, UnixMillis timestamp_ms,
                         UnixMillis arrived_ms) {
  for (RuleState* rule : rules) {
    (refusal == Refusal::kLate ? rule->late : rule->future) += 1;
  }
  meta_.dead_letters.push_back({timestamp_ms, arrived_ms, refusal, std::string(event_id),
                                rules.empty() ? "" : rules.front()->rule->source.id});
  if (meta_.dead_letters.size() > kDeadLettersMax) {
    meta_.dead_letters.pop_front();
  }
}

Status Shard::FoldRow(uint32_t window_index, std::string_view key, std::string_view cells,
                      const Hash128& identity, std::string_view event_id, UnixMillis timestamp_ms,
                      UnixMillis ingested_ms, const Instant& instant, Refusal* refusal,
                      bool* refused) {
  WindowState& state = *window_by_index_[window_index];
  const plan::Window& window = *state.window;
  const std::vector<RuleState*>& rules = rules_by_window_[window_index];
  if (window.is_events) {
    for (RuleState* rule : rules) {
      ++rule->rows;
      WEIR_RETURN_IF_ERROR(
          judge_.JudgeEvent(rule, cells, identity, event_id, timestamp_ms, instant));
    }
    return OkStatus();
  }
  const UnixMillis time_ms = window.by_ingested ? ingested_ms : timestamp_ms;
  const int64_t lateness_ms = options_.replay ? 0 : options_.lateness_ms;
  const bool late = time_ms <= meta_.closed_ms - lateness_ms;
  const bool future = !options_.replay && time_ms > instant.now_ms + options_.future_ms;
  if (late || future) {
    *refused = true;
    *refusal = late ? Refusal::kLate : Refusal::kFuture;
    CountRefusal(rules, *refusal, event_id, timestamp_ms, ingested_ms);
    return OkStatus();
  }
  const Hash128 hash = GroupHash(window, key);
  Use(&state);
  WEIR_ASSIGN_OR_RETURN(Group * group, state.table.OpenToChange(hash, key));
  group->Prune(judge_.FloorIndex(window, DoneBefore(state)));
  if (!group->Fold(time_ms, cells, identity, &arena_)) {
    return DataLoss("malformed cells of a row");
  }
  state.earliest_ms = std::min(state.earliest_ms, time_ms);
  state.latest_ms = std::max(state.latest_ms, time_ms);
  if (state.touched.empty()) {
    touched_windows_.push_back(window_index);
  }
  if (state.touched.empty() || state.touched.back().second != group) {
    state.touched.emplace_back(hash, group);
  }
  bool keep_event = false;
  for (RuleState* rule : rules) {
    ++rule->rows;
    keep_event = keep_event || GrowthHalfWay(*rule->rule, *group);
  }
  if (keep_event) {
    group->KeepEvent(event_id.empty() ? identity.ToHex() : event_id, time_ms);
  }
  return OkStatus();
}

void Shard::UpdateCandidate(WindowState* window, const std::vector<RuleState*>& rules,
                            const Hash128& hash, const Group& group) {
  bool may_pass = false;
  for (const RuleState* rule : rules) {
    may_pass = may_pass || (AtTicks(*rule->rule) && !rule->rule->judge.growth.empty() &&
                            GrowthMayHold(*rule->rule, group));
  }
  const bool is_candidate = window->candidates.contains(hash);
  if (may_pass == is_candidate) {
    return;
  }
  if (may_pass) {
    window->candidates.insert(hash);
  } else {
    window->candidates.erase(hash);
  }
  window->candidate_changes[hash] = may_pass;
}

// Judges the groups that got rows, those of rules judged as rows come.
Status Shard::JudgeTouchedWindow(uint32_t window_index, const Instant& instant,
                                 std::vector<Judge::NewEpisode>* found) {
  WindowState& state = *window_by_index_[window_index];
  std::sort(state.touched.begin(), state.touched.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  state.touched.erase(std::unique(state.touched.begin(), state.touched.end()),
                      state.touched.end());
  for (const auto& [hash, group] : state.touched) {
    for (RuleState* rule : rules_by_window_[window_index]) {
      if (AtTicks(*rule->rule)) {
        continue;
      }
      judge_.ForgetEpisodes(*rule, group, meta_.closed_ms);
      judge_.Rejudge(rule, hash, group, instant, found);
      for (const Episode& episode : group->episodes()) {
        if (episode.owns_alert && !episode.recovered && episode.rule == rule->hash) {
          stale_[episode.alert] = {&state, hash, rule->rule};
        }
      }
    }
    UpdateCandidate(&state, rules_by_window_[window_index], hash, *group);
  }
  state.touched.clear();
  return OkStatus();
}

Status Shard::JudgeTouched(const Instant& instant) {
  std::vector<Judge::NewEpisode> found;
  std::sort(touched_windows_.begin(), touched_windows_.end());
  for (const uint32_t index : touched_windows_) {
    WEIR_RETURN_IF_ERROR(JudgeTouchedWindow(index, instant, &found));
  }
  // Earlier episodes first, whatever the order of the rows, so that suppression does not depend on it.
  std::sort(found.begin(), found.end(),
            [](const Judge::NewEpisode& a, const Judge::NewEpisode& b) {
              return std::tie(a.start_ms, a.group_hash, a.rule->hash) <
                     std::tie(b.start_ms, b.group_hash, b.rule->hash);
            });
  for (const Judge::NewEpisode& episode : found) {
    GroupTable& table = episode.rule->window->table;
    WEIR_ASSIGN_OR_RETURN(Group * group, table.Open(episode.group_hash, "", false));
    WEIR_RETURN_IF_ERROR(judge_.Begin(episode, group, instant));
    table.MarkDirty(episode.group_hash);
  }
  const auto expires = [this](const Group& group) { return judge_.ExpiresMs(group); };
  for (const uint32_t index : touched_windows_) {
    window_by_index_[index]->table.CloseIdle(kOpenGroupsMax, expires);
  }
  touched_windows_.clear();
  return OkStatus();
}

// Of all windows: what judging ticks and refreshing alerts opened.
void Shard::CloseIdleGroups() {
  const auto expires = [this](const Group& group) { return judge_.ExpiresMs(group); };
  for (WindowState* window : used_windows_) {
    window->table.CloseIdle(kOpenGroupsMax, expires);
  }
}

Status Shard::PruneCandidates() {
  const auto expires = [this](const Group& group) { return judge_.ExpiresMs(group); };
  for (std::size_t index = 0; index < window_by_index_.size(); ++index) {
    WindowState& state = *window_by_index_[index];
    const std::vector<Hash128> hashes(state.candidates.begin(), state.candidates.end());
    for (const Hash128& hash : hashes) {
      WEIR_ASSIGN_OR_RETURN(Group * group, state.table.Open(hash, "", false));
      if (group == nullptr) {
        state.candidates.erase(hash);
        state.candidate_changes[hash] = false;
        continue;
      }
      group->Prune(judge_.FloorIndex(*state.window, DoneBefore(state)));
      state.table.MarkDirty(hash);
      UpdateCandidate(&state, rules_by_window_[index], hash, *group);
      state.table.CloseIdle(kOpenGroupsMax, expires);
    }
  }
  return OkStatus();
}

void Shard::FillMeta() {
  for (const auto& [hash, state] : rules_) {
    meta_.rules[hash] = {state.judged_ms, state.rows,   state.late,
                         state.future,    state.alerts, state.suppressed};
  }
  for (const auto& [id, window] : windows_) {
    meta_.windows[id] = {window->earliest_ms, window->latest_ms, window->created_ms};
  }
}

Status Shard::Checkpoint(state::WriteBatch* batch) {
  const auto expires = [this](const Group& group) { return judge_.ExpiresMs(group); };
  for (WindowState* window : used_windows_) {
    const Hash128& id = window->window->id;
    const auto dead_before_ms =
        static_cast<uint64_t>(std::max<UnixMillis>(0, DoneBefore(*window)));
    window->table.Checkpoint(dead_before_ms, expires, batch);
    // The store may drop only what was dead at the checkpoint before this one, which is durable: recovery
    // from it may still need what died since.
    store_->SetExpiryFloor(GroupPrefix(options_.id, id), window->durable_dead_before_ms);
    window->durable_dead_before_ms = dead_before_ms;
    for (const auto& [hash, present] : window->candidate_changes) {
      const std::string key = CandidateKey(options_.id, id, hash);
      if (present) {
        batch->Put(state::Family::kState, key, "");
      } else {
        batch->Delete(state::Family::kState, key);
      }
    }
    window->candidate_changes.clear();
  }
  if (Mutated(Mutation::kSplitCheckpoint)) {
    WEIR_RETURN_IF_ERROR(store_->Write(batch, true));
    batch->Clear();
  }
  alerts_.Checkpoint(batch);
  suppression_.Checkpoint(batch);
  storms_.Checkpoint(batch);
  judge_.CheckpointTickEpisodes(batch);
  identities_.Checkpoint(batch);
  WEIR_RETURN_IF_ERROR(identities_.Seal(options_.identity_bytes_max, batch));
  FillMeta();
  meta_.last_change = alerts_.last_change();
  meta_.stale_alerts.clear();
  for (const auto& [id, stale] : stale_) {
    meta_.stale_alerts.push_back(id);
  }
  batch->Put(state::Family::kState, MetaKey(options_.id), EncodeMeta(meta_));
  batch->DeleteRange(state::Family::kLog, LogKey(options_.id, LogNumber(0)),
                     LogKey(options_.id, LogNumber(meta_.applied.value + 1)));
  changed_ = false;
  checkpointed_ = meta_.applied;
  log_bytes_ = 0;
  return OkStatus();
}

void Shard::Evict(std::size_t target_bytes) {
  const std::size_t before = table_bytes();
  for (WindowState* window : used_windows_) {
    const std::size_t share =
        before == 0 ? 0 : target_bytes * window->table.memory_bytes() / before;
    window->table.EvictClean(share);
  }
}

std::size_t Shard::groups_in_memory() const {
  std::size_t groups = 0;
  for (const WindowState* window : used_windows_) {
    groups += window->table.size();
  }
  return groups;
}

uint64_t Shard::groups_evicted() const {
  uint64_t groups = 0;
  for (const WindowState* window : used_windows_) {
    groups += window->table.evicted();
  }
  return groups;
}

}  // namespace weir::shard
