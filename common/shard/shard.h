// A shard: a deterministic state machine driven by its log. Applying a record reads no clock, no
// configuration and no randomness, so that replaying the log gives the same state, the same alerts and
// the same ids. Belongs to one executor; nothing else touches it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/alert/alert.h"
#include "common/alert/details.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/exec/row_format.h"
#include "common/plan/plan.h"
#include "common/shard/alert_book.h"
#include "common/shard/event_fate.h"
#include "common/shard/group_search.h"
#include "common/shard/identity_index.h"
#include "common/shard/judge.h"
#include "common/shard/record.h"
#include "common/shard/shard_meta.h"
#include "common/shard/storms.h"
#include "common/shard/suppression.h"
#include "common/shard/window_state.h"
#include "common/state/state_store.h"

namespace weir::shard {

// Fixed for the life of the stored state: part of what makes replay deterministic.
struct ShardOptions {
  ShardId id;
  // Of the cluster; tells which shard is a spread rule's home. 0: not known, this may be any rule's.
  uint16_t shard_count = 0;
  std::string tenant = "default";
  bool replay = false;
  // The shard is the whole cluster (a backtest): it judges spread rules itself.
  bool whole = false;
  int64_t lateness_ms = 60 * 60 * 1000;    // wall clock: how far behind the closed stamp rows may be
  int64_t future_ms = 5 * 60 * 1000;       // wall clock: how far ahead of it
  int64_t repeat_horizon_ms = 2 * 60 * 60 * 1000;   // 0: every event counts as new
  // Memory for recent identities before the oldest are sealed to the store; no part of the state.
  std::size_t identity_bytes_max = 1 << 20;
};

// What a shard needs from its surroundings.
class Environment {
 public:
  virtual ~Environment() = default;
  // The rule set of an activated version.
  virtual StatusOr<plan::RuleSetPtr> RulesOf(RuleSetVersion version) = 0;
  // An alert was made or changed (its record is committed), or was found stored.
  virtual void OnAlert(const alert::Alert& alert) = 0;
  // An alert is no longer kept.
  virtual void OnAlertForgotten(const Hash128& /*id*/) {}
};

// What became of an action.
struct ActionOutcome {
  Status status;          // as alert::Apply; NotFound
  bool unchanged = false;
  alert::Alert alert;     // as it is now; its id is zero when it was not found
};

struct ApplyOutcome {
  struct Exception {
    uint32_t batch;          // position among the record's sub-batches
    uint32_t event_index;
    Refusal refusal;
  };
  std::vector<Exception> exceptions;
  // Of kTick: the tick was judged before, or not after the one named; nothing was done.
  bool tick_repeated = false;
  std::vector<ActionOutcome> actions;   // of kActions, in order
};

// What the coordinator tells of a spread rule. Lost at a restart, which only delays.
struct SpreadHint {
  UnixMillis judged_ms = kTimeMin;        // older panes may go
  UnixMillis active_until_ms = kTimeMin;  // until then ticks may see a row of some shard: they are closed here
};

// What the coordinator needs to know of a spread rule here.
struct SpreadView {
  UnixMillis closed_ms = kTimeMin;
  UnixMillis earliest_ms = kTimeMax;    // bounds of the times of its rows; no row: max, min
  UnixMillis latest_ms = kTimeMin;
  UnixMillis judged_ms = kTimeMin;      // last tick judged: right in the home shard only
  bool has_episodes = false;            // runs of ticks that have not recovered, of any rule here
  bool wants_closing = false;           // time has come further than is logged here, and matters
};

// An alert that suppresses others of its key.
struct Covering {
  Hash128 alert;
  UnixMillis until_ms = 0;              // hits judged up to then fold into it
};

// Parts of the groups of a tick.
struct TickParts {
  std::vector<std::string> groups;      // encoded (MergeParts)
  UnixMillis next_ms = kTimeMax;        // the first later tick at which a group here may pass; none: max
};

class Shard {
 public:
  Shard(ShardOptions options, state::StateStore* store, Environment* environment);
  ~Shard();

  // Reads the last checkpoint. The caller then applies the log from applied() + 1 on.
  Status Load();

  // Applies one committed record; records come in order. An error (store unreadable, record malformed)
  // leaves the shard unusable: nothing after it may be applied or acknowledged.
  Status Apply(LogNumber number, std::string_view record, ApplyOutcome* outcome);

  // Whether logging this closed stamp would do anything: a tick to judge, an episode to end.
  bool WantsClosing(UnixMillis closed_ms) const;

  // ---- spread rules ----
  // Takes what the coordinator knows, and tells. closed_ms: how far time has come. FailedPrecondition when
  // another rule set is active here, NotFound when the rule is no spread rule of it.
  StatusOr<SpreadView> ViewSpread(const Hash128& rule, RuleSetVersion version,
                                  const SpreadHint& hint, UnixMillis closed_ms);
  // The parts of the groups that may pass a tick. FailedPrecondition also when the tick is not closed here.
  StatusOr<TickParts> CollectTick(const Hash128& rule, RuleSetVersion version, UnixMillis tick_ms);

  // ---- what people ask about groups (shard_groups.cc) ----
  // FailedPrecondition when another rule set is active here, NotFound when the rule counts no groups.
  StatusOr<RuleView> ViewRule(const Hash128& rule, RuleSetVersion version) const;
  // Adds the groups of the slice that the rule has here; as ViewRule.
  Status FindGroups(const Hash128& rule, RuleSetVersion version, const GroupSlice& slice,
                    NearestGroups* nearest) const;
  // The alert of the rule into which a hit with this key (SuppressionKeyOf) would fold.
  std::optional<Covering> FindCovering(const Hash128& rule, const Hash128& key,
                                       UnixMillis judged_ms) const;

  // ---- what people ask about events (shard_events.cc) ----
  // What became of the events of a part (exec/row_format.h): one answer for each of its entries, in order.
  // now_ms: the clock; in a replay it does not matter. FailedPrecondition when another rule set is active
  // here, DataLoss when the entries are malformed. REQUIRES: a router made them.
  StatusOr<std::vector<EventFate>> FindEvents(RuleSetVersion version, bool explicit_ingested,
                                              std::string_view entries, UnixMillis now_ms);

  // Adds all changes since the last checkpoint, the log number they reach, and the removal of the log
  // up to it, to one batch. The caller writes the batch; until it is durable the log is what counts.
  Status Checkpoint(state::WriteBatch* batch);
  bool HasChanges() const { return changed_; }
  // Frees clean groups until the tables use at most target_bytes. Call when a checkpoint was written.
  void Evict(std::size_t target_bytes);

  // ---- alerts (shard_alerts.cc) ----
  // An alert with its columns brought up to date, without storing it.
  StatusOr<alert::Alert> GetAlert(const Hash128& id);
  // The same with what is shown beside it.
  StatusOr<alert::AlertDetails> ShowAlert(const Hash128& id);
  // Every alert as it is stored or has changed since, in no order, until visit returns false.
  Status ForEachAlert(const std::function<bool(const alert::Alert&)>& visit) const {
    return alerts_.ForEach(visit);
  }
  // Whether a record kForget with this time may forget an alert.
  bool WantsForgetting(UnixMillis before_ms) const { return alerts_.MayHaveEnded(before_ms); }
  // Alerts that nobody ended and that changed last at or before the time; 0 when they cannot be read.
  uint64_t CountOverdue(UnixMillis before_ms) const { return alerts_.CountLive(before_ms); }

  ShardId id() const { return options_.id; }
  // Nothing ever got into it that another shard with the same log to come would not have: no event, and
  // no tick that the coordinator judged.
  bool never_used() const;
  LogNumber applied() const { return meta_.applied; }
  // The last record that a checkpoint covers.
  LogNumber checkpointed() const { return checkpointed_; }
  // Size of the records behind that.
  uint64_t log_bytes() const { return log_bytes_; }
  UnixMillis closed_ms() const { return meta_.closed_ms; }
  RuleSetVersion version() const { return meta_.version; }
  const ShardMeta& meta() const { return meta_; }
  const std::map<Hash128, RuleState>& rule_states() const { return rules_; }
  std::size_t table_bytes() const { return tables_.memory_bytes; }
  std::size_t groups_in_memory() const;
  uint64_t groups_evicted() const;
  std::size_t identities() const { return identities_.size(); }
  std::size_t alerts_open() const { return alerts_.due_count(); }

 private:
  // An open alert whose group changed since its columns were computed.
  struct Stale {
    WindowState* window;
    Hash128 group;
    const plan::CompiledRule* rule;
  };

  // An event is remembered per class: its rows of one class pass or fail together.
  static Hash128 IdentityIn(const plan::KeyClass& row_class, Hash128 identity) {
    identity.high ^= row_class.id.high;
    identity.low ^= row_class.id.low;
    return identity;
  }
  Status SwitchRules(RuleSetVersion version, UnixMillis now_ms);
  Status Advance(const Instant& instant);
  Status JudgeTicks(const Instant& instant);
  // Whether the ticks of a spread rule are logged here.
  bool IsHome(const plan::CompiledRule& rule) const;
  bool JudgedElsewhere(const plan::CompiledRule& rule) const {
    return rule.spread && !options_.whole;
  }
  StatusOr<const RuleState*> FindCounting(const Hash128& rule, RuleSetVersion version) const;
  StatusOr<RuleState*> FindSpread(const Hash128& rule, RuleSetVersion version);
  void FindSpreadJudged(std::size_t window_index);
  Status FindRow(const exec::EntryHeader& entry, const exec::RowView& row, UnixMillis ingested_ms,
                 UnixMillis now_ms, RuleState* rule, EventFate* event);
  // Up to where every spread rule is judged, as far as it was told; kTimeMax when there is none.
  UnixMillis SpreadDoneMs() const;
  Status ApplyTick(const TickVerdict& tick, const Instant& instant, ApplyOutcome* outcome);
  // Nothing before it can be judged any more in the window.
  UnixMillis DoneBefore(const WindowState& window) const;
  Status LoadAlerts();
  Status RecoverEpisodes(UnixMillis closed_ms);
  Status ApplyActions(const Record& record, const Instant& instant, ApplyOutcome* outcome);
  bool EndsSuppression(const alert::Action& action, const alert::Alert& alert) const;
  bool EndEpisode(UnixMillis cut_ms, UnixMillis time_ms, alert::Alert* alert);
  StatusOr<Group*> GroupOf(const alert::Alert& alert);
  Status RefreshStale();
  Status ApplyBatch(const Record& record, const Instant& instant, ApplyOutcome* outcome);
  Status PrefetchGroups(const Record& record);
  Status ApplyEntry(const SubBatch& batch, uint32_t batch_position, ByteReader* reader,
                    const Instant& instant, ApplyOutcome* outcome);
  Status FoldRow(uint32_t window_index, std::string_view key, std::string_view cells,
                 const Hash128& identity, std::string_view event_id, UnixMillis timestamp_ms,
                 UnixMillis ingested_ms, const Instant& instant, Refusal* refusal, bool* refused);
  Status JudgeTouched(const Instant& instant);
  void UpdateCandidate(WindowState* window, const std::vector<RuleState*>& rules,
                       const Hash128& hash, const Group& group);
  Status JudgeTouchedWindow(uint32_t window_index, const Instant& instant,
                            std::vector<Judge::NewEpisode>* found);
  void CloseIdleGroups();
  void Use(WindowState* window);
  Status PruneCandidates();
  void CountRefusal(const std::vector<RuleState*>& rules, Refusal refusal,
                    std::string_view event_id, UnixMillis timestamp_ms, UnixMillis arrived_ms);
  void FillMeta();

  ShardOptions options_;
  state::StateStore* store_;
  Environment* environment_;
  ShardMeta meta_;
  bool changed_ = false;
  bool prune_candidates_ = false;   // panes that the coordinator has judged can go
  LogNumber checkpointed_;
  uint64_t log_bytes_ = 0;
  plan::RuleSetPtr rule_set_;
  AlertBook alerts_;
  Suppression suppression_;
  Storms storms_;
  Judge judge_;
  IdentityIndex identities_;
  TableTotals tables_;                                        // of all windows
  std::map<Hash128, std::unique_ptr<WindowState>> windows_;   // by window id; also retired ones
  std::vector<WindowState*> used_windows_;                    // of windows_, in the order of their first use
  std::vector<WindowState*> window_by_index_;                 // of rule_set_
  std::vector<std::vector<RuleState*>> rules_by_window_;
  std::vector<uint32_t> touched_windows_;                     // by the record being applied
  std::map<Hash128, RuleState> rules_;                        // by RuleHash, of rule_set_
  std::vector<RuleState*> tick_rules_;                        // of rules_, those judged at ticks; same order
  std::map<Hash128, Stale> stale_;                            // by alert id
  Arena arena_;
};

}  // namespace weir::shard
