// Turns judged groups into alerts: evaluates tails, applies suppression, names alerts. The two ways of
// judging (continuous.cc, ticks.cc) share it. Belongs to one shard; reads no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/arena.h"
#include "common/exec/tail.h"
#include "common/shard/alert_book.h"
#include "common/shard/event_fate.h"
#include "common/shard/group.h"
#include "common/shard/instant.h"
#include "common/shard/storms.h"
#include "common/shard/suppression.h"
#include "common/shard/tick_rows.h"
#include "common/shard/window_state.h"

namespace weir::shard {

// A run of firing ticks of one result row.
struct TickEpisode {
  Hash128 rule;
  UnixMillis start_ms = 0;
  UnixMillis end_ms = 0;
  Hash128 alert;
  bool owns_alert = false;
};

class Judge {
 public:
  struct Options {
    ShardId shard;
    std::string tenant;
    int64_t lateness_ms = 0;            // 0 in replay: nothing at or before closed is accepted
  };

  // All outlive the judge.
  Judge(Options options, state::StateStore* store, AlertBook* alerts, Suppression* suppression,
        Storms* storms);

  // ---- continuous (continuous.cc) ----
  // A new episode found while groups were re-judged; they are made alerts of in time order.
  struct NewEpisode {
    RuleState* rule;
    Hash128 group_hash;
    UnixMillis start_ms;
    UnixMillis end_ms;
  };
  // Re-judges one group of a continuous rule: grows, joins and reopens its episodes; new ones are
  // appended. True when the group changed.
  bool Rejudge(RuleState* rule, const Hash128& group_hash, Group* group, const Instant& instant,
               std::vector<NewEpisode>* found);
  // Makes the alert of a new episode, or folds it into the alert that suppresses it.
  Status Begin(const NewEpisode& episode, Group* group, const Instant& instant);
  // Brings an open alert's columns up to its group's newest window.
  Status Refresh(const plan::CompiledRule& rule, const Group& group, alert::Alert* alert);
  // Forgets recovered episodes that no accepted row can touch any more. True when any was.
  bool ForgetEpisodes(const RuleState& rule, Group* group, UnixMillis closed_ms);

  // ---- ticks (ticks.cc) ----
  // Judges one tick of a rule over all groups that may pass.
  Status JudgeTick(RuleState* rule, UnixMillis tick_ms, const Instant& instant);
  // The groups of this shard that may pass a tick, each once. next_ms: the first later tick at which one
  // may; kTimeMax: none.
  Status CollectGroups(const RuleState& rule, UnixMillis tick_ms,
                       std::vector<std::unique_ptr<Group>>* groups, UnixMillis* next_ms);
  // Makes alerts of the rows of a tick that the coordinator judged (EncodeTickRows).
  Status CommitTick(RuleState* rule, UnixMillis tick_ms, std::string_view rows,
                    const Instant& instant);
  // Recovers runs of ticks that ended.
  Status RecoverTicks(const std::vector<RuleState*>& rules, UnixMillis closed_ms);
  // The runs of ticks that belong to an alert end: what fires from now on makes another.
  void EndTicks(const Hash128& alert);
  // Adds the alerts that runs of ticks belong to.
  void AddTickAlerts(std::set<Hash128>* alerts) const;
  bool HasTickEpisodes() const { return !tick_episodes_.empty(); }
  Status LoadTickEpisodes();
  void CheckpointTickEpisodes(state::WriteBatch* batch);

  // ---- rules without STATS ----
  // Each row is an alert candidate.
  Status JudgeEvent(RuleState* rule, std::string_view cells, const Hash128& identity,
                    std::string_view event_id, UnixMillis time_ms, const Instant& instant);
  // The alerts that such a row made, or folds into; makes and changes nothing.
  Status FindEvent(const RuleState& rule, std::string_view cells, const Hash128& identity,
                   UnixMillis time_ms, std::vector<EventHit>* hits);

  // The key under which a row of the rule (RuleHash) is suppressed; empty when it is not.
  static std::optional<Hash128> SuppressionKeyOf(const plan::CompiledRule& rule, const Hash128& hash,
                                                 const exec::TailRow& row);
  // How long an alert of the rule suppresses others; empty: within its tick only. REQUIRES: it suppresses.
  static std::optional<int64_t> SuppressionMs(const plan::CompiledRule& rule);

  // When a group is dead: no window that could still be judged sees it.
  uint64_t ExpiresMs(const Group& group) const;
  // Highest pane index that no acceptable row's window reaches.
  int64_t FloorIndex(const plan::Window& window, UnixMillis closed_ms) const;

 private:
  using TickEpisodes = std::unordered_map<Hash128, TickEpisode>;

  // What the tail makes of one row; in the arena.
  std::vector<exec::TailRow> RowsOfEvent(const RuleState& rule, std::string_view cells,
                                         UnixMillis time_ms);
  alert::Alert NewAlert(const RuleState& rule, const exec::TailRow& row, const Instant& instant,
                        UnixMillis judged_ms);
  void FillColumns(const plan::Tail& tail, const exec::TailRow& row, alert::Alert* alert) const;
  void FillEvents(const Group& group, int64_t after, int64_t until, alert::Alert* alert) const;
  std::string GroupBytes(const plan::Tail& tail, const exec::TailRow& row) const;
  Hash128 AlertId(const plan::CompiledRule& rule, std::string_view group, UnixMillis at_ms,
                  uint64_t ordinal) const;
  // The one alert that all hits beyond the cap in the period of this time fold into.
  Hash128 StormId(const plan::CompiledRule& rule, const rule::StormCap& cap, UnixMillis judged_ms) const;
  std::optional<Hash128> SuppressionKeyOf(const RuleState& rule, const exec::TailRow& row) const;
  // Folds a hit into the alert that suppresses it and returns its id; empty when none does.
  StatusOr<std::optional<Hash128>> FoldIfSuppressed(const std::optional<Hash128>& key,
                                                    UnixMillis judged_ms, RuleState* rule);
  // Counts a hit on the alert that suppresses it. NotFound when that alert is stored no more.
  Status FoldInto(const Hash128& alert, UnixMillis judged_ms, RuleState* rule);
  // Folds an alert into its storm's and returns that one's id; empty when the cap is not reached.
  StatusOr<std::optional<Hash128>> FoldIfStorm(const alert::Alert& alert, UnixMillis judged_ms,
                                               RuleState* rule);
  // A silence holds for alerts that are made until its end, and is lifted from one that grows after it.
  static void MarkSilenced(const plan::CompiledRule& rule, UnixMillis judged_ms, alert::Alert* alert);
  static void LiftSilence(const plan::CompiledRule& rule, alert::Alert* alert);
  Status EmitTick(RuleState* rule, const std::vector<TickRow>& rows, UnixMillis tick_ms,
                  const Instant& instant);
  Status EmitTickRow(RuleState* rule, const TickRow& result, UnixMillis tick_ms, uint64_t ordinal,
                     const Instant& instant, std::map<Hash128, Hash128>* made_this_tick);
  Status RecoverTick(TickEpisodes::iterator ended);

  Options options_;
  state::StateStore* store_;
  AlertBook* alerts_;
  Suppression* suppression_;
  Storms* storms_;
  TickEpisodes tick_episodes_;
  std::map<Hash128, bool> tick_episode_changes_;
  Arena arena_;
  expr::Warnings warnings_;
};

}  // namespace weir::shard
