// The worker role: holds some of the cluster's shards, appends their logs with group commit, applies
// committed records on executors, checkpoints, recovers. In `weir all` ingest calls it directly; between
// processes a service wraps the same calls.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/alert/details.h"
#include "common/alert/lifecycle.h"
#include "common/alert/query.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/exec/router.h"
#include "common/plan/plan.h"
#include "common/shard/event_fate.h"
#include "common/state/state_store.h"
#include "common/task/scheduler.h"

namespace weir::worker {

enum class ClockMode : uint8_t { kWall, kReplay };

struct WorkerOptions {
  std::string tenant = "default";
  uint16_t shard_count = 256;            // fixed when the store is created
  ClockMode clock = ClockMode::kWall;    // fixed when the store is created
  int64_t lateness_ms = 60 * 60 * 1000;
  int64_t future_ms = 5 * 60 * 1000;
  int64_t repeat_horizon_ms = 2 * 60 * 60 * 1000;
  int executors = 2;
  std::vector<std::string> producers;           // of a replay: nothing closes before all have promised
  // Wall clock: a stream that promises nothing for so long is dropped; its node may open another.
  int64_t stream_timeout_ms = 5 * 1000;
  uint64_t table_memory_bytes = 192ULL << 20;   // tables in front of the state, all shards
  uint64_t queue_bytes_max = 64ULL << 20;       // frames waiting for the log
  // While frames come faster than the log is written: how far apart its writes start, so that each holds
  // more. A frame that comes alone is never held up; 0 holds up none.
  int64_t commit_interval_ms = 0;
  int64_t checkpoint_interval_ms = 10 * 1000;   // how old unsaved changes may get
  uint64_t checkpoint_log_bytes = 64ULL << 20;  // or how long the log
  // Closed and recovered alerts are forgotten so long after their last change.
  int64_t alerts_retention_ms = 90 * kMillisPerDay;
  int64_t retention_look_ms = 10 * kMillisPerMinute;   // how often to look for such
};

// What became of an event that was not simply counted.
enum class Verdict : uint8_t { kRepeat, kLate, kFuture };

struct FrameResult {
  // OK: every part is durable and applied. kAborted: refused as a whole before anything was logged, with
  // the reason below and the current state behind it. kUnavailable: not now; send again later (a part
  // may have been logged when the worker failed; it will be recognised as a repeat).
  enum class Reason : uint8_t {
    kNone,
    kClosed,       // the stamp is not above closed_ms: restamp
    kVersion,      // rows of another rule set than `version`: make them again under that
    kTable,        // a shard is not held here, or at another epoch: look at the table, at table_revision
    kStream,       // the stream is not open (any more): open another
  };
  Status status;
  Reason reason = Reason::kNone;
  UnixMillis closed_ms = 0;
  RuleSetVersion version;
  int64_t table_revision = 0;   // of the shard table as this worker knows it
  bool tick_repeated = false;   // of a judged tick, not of a frame: it was judged before
  struct Exception {
    uint32_t event_index;
    Verdict verdict;
  };
  // Only events that were not counted everywhere; sorted by event_index, an event once (kRepeat wins).
  std::vector<Exception> exceptions;
  // Refused before anything was logged: the frame, handed back so that it can be sent again.
  exec::Frame frame;
  // Set by what stands between sender and worker: the answer was lost, and the frame may have been logged.
  bool maybe_taken = false;
};

// A shard that the table gives to this worker.
struct HeldShard {
  ShardId shard;
  Epoch epoch;

  bool operator==(const HeldShard&) const = default;
};

enum class ShardState : uint8_t {
  kRecovering,   // reads its checkpoint and log; frames are refused as unavailable
  kServing,
  kFailed,       // its log or state is damaged: refused as unavailable until the process starts anew
};

struct ShardStatus {
  ShardId shard;
  Epoch epoch;
  ShardState state = ShardState::kServing;
  std::string failure;            // of kFailed
  uint64_t log_last = 0;          // last record appended
  uint64_t log_checkpointed = 0;  // state on disk covers the log up to here
  uint64_t log_bytes = 0;         // of the records after that
  // Nothing stamped up to here is counted any more, and all that closing it had to do is done; 0: never yet.
  UnixMillis closed_ms = 0;
  int64_t lag_ms = 0;             // of closed_ms, behind this worker's clock; 0 in a replay
  uint64_t groups_in_memory = 0;
  uint64_t groups_spilled = 0;    // loads may bring them back; an upper bound
  uint64_t table_bytes = 0;
  uint64_t identities = 0;
  uint64_t alerts_open = 0;       // whose episode goes on
  uint64_t alerts_overdue = 0;    // older than the retention, kept because nobody ended them
};

struct RuleStatus {
  std::string rule_id;
  uint64_t rows = 0;              // folded
  uint64_t late = 0;
  uint64_t future = 0;
  uint64_t alerts = 0;
  uint64_t suppressed = 0;
  UnixMillis judged_ms = 0;       // last tick judged everywhere (ticks), or closed stamp
};

struct DeadLetter {
  UnixMillis timestamp_ms = 0;
  UnixMillis arrived_ms = 0;
  Verdict verdict = Verdict::kLate;
  std::string event_id;
  std::string rule_id;            // of the first rule that wanted the row
};

struct WorkerStatus {
  ClockMode clock = ClockMode::kWall;
  RuleSetVersion version;
  uint64_t events_applied = 0;    // log entries folded (per class), repeats excluded
  uint64_t repeats = 0;
  uint64_t late = 0;
  uint64_t future = 0;
  uint64_t log_records = 0;
  uint64_t log_syncs = 0;
  uint64_t checkpoints = 0;
  uint64_t queue_bytes = 0;         // rows that wait for the log, or to be applied
  uint64_t queue_limit_bytes = 0;   // above it frames are refused for now
  uint64_t frames_refused = 0;      // because of it
  uint64_t table_bytes = 0;
  uint64_t table_limit_bytes = 0;
  state::StoreStats store;
  std::string failure;            // non-empty: why nothing is accepted (disk full, ...)
  std::vector<ShardStatus> shards;
  std::vector<RuleStatus> rules;
  std::vector<DeadLetter> dead_letters;   // newest last, bounded
};

// What the coordinator tells of a spread rule (shard::SpreadHint).
struct SpreadHint {
  UnixMillis judged_ms = INT64_MIN;         // older panes may go
  UnixMillis active_until_ms = INT64_MIN;   // until then ticks may see a row somewhere
};

// What this worker's shards know of a spread rule.
struct SpreadReport {
  struct Row {
    ShardId shard;
    UnixMillis closed_ms = 0;
    UnixMillis earliest_ms = 0;     // bounds of the times of the rule's rows; none: earliest > latest
    UnixMillis latest_ms = 0;
    UnixMillis judged_ms = 0;       // of the home shard: the last tick judged
    bool has_episodes = false;      // of the home shard: runs of ticks that have not recovered
    bool wants_closing = false;     // it will soon know more
  };
  std::vector<Row> shards;          // those it serves
};

// Parts of the groups of a tick (shard/tick_rows.h, MergeParts).
struct SpreadParts {
  std::vector<ShardId> shards;      // those whose parts these are: every one that is served
  std::vector<std::string> groups;
  UnixMillis next_ms = INT64_MAX;   // no tick before it has a group here
};

// The rows of a judged tick are one log record, of at most so many bytes.
inline constexpr uint64_t kTickBytesMax = 256ULL << 20;

// A tick that the coordinator judged.
struct JudgedTick {
  RuleSetVersion version;           // that its rows were made under
  std::string rule_id;
  ShardId home;
  Epoch epoch;                      // of the home shard
  UnixMillis tick_ms = 0;
  UnixMillis previous_ms = 0;       // the tick judged before it
  std::string rows;                 // shard/tick_rows.h, EncodeTickRows
};

// Alerts that somebody who passes them on does not hold, because too many changed later.
struct LeftOutAlerts {
  uint64_t alerts = 0;                      // how many were dropped; they may have come again since
  uint64_t live = 0;                        // of those: neither closed nor recovered
  std::map<uint16_t, uint64_t> changes;     // by shard: the greatest change that was dropped
};

// Told of every alert made or changed, after its commit. Called from executor threads and, for stored
// alerts, during Start.
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  virtual void OnAlert(const alert::Alert& alert) = 0;
  // An alert is no longer kept. Called from executor threads.
  virtual void OnAlertForgotten(const Hash128& /*id*/) {}
  // Of what follows another process: alerts of a worker that it will not be told of.
  virtual void OnLeftOut(const std::string& /*worker*/, const LeftOutAlerts& /*left_out*/) {}
};

// What a person does to an alert of a shard.
struct AlertUpdate {
  Hash128 alert;
  ShardId shard;
  Epoch epoch;                      // of the shard, as the caller's table says
  alert::Action action;             // CheckAction says OK
};

struct AlertUpdateResult {
  // OK: done and durable, or as it was to be already. Else as alert::Apply, NotFound, Unavailable (not now,
  // or it is not known whether it was done), or Aborted with a zero alert: the shard is not held here at
  // that epoch.
  Status status;
  bool unchanged = false;
  alert::Alert alert;               // as it is now; its id is zero when it could not be read
};

struct AlertQuery {
  alert::AlertFilter filter;
  alert::AlertOrder order;
  std::optional<alert::Position> after;   // only what comes behind it
  std::size_t limit = 0;
};

struct AlertsFound {
  std::vector<alert::Alert> alerts;
  uint64_t total = 0;               // that pass the filter, also before `after`
  uint64_t shards = 0;              // that were looked through
};

// Groups of a rule that somebody looks for.
struct GroupQuery {
  std::string rule_id;
  RuleSetVersion version;           // that must be active
  // Only groups whose key of this name is shown as this text.
  std::vector<std::pair<std::string, std::string>> keys;
  std::size_t limit = 0;
  bool whole = false;               // also panes before the window, and episodes
};

struct GroupsFound {
  // Encoded (shard/group.h). Of a spread rule more than the limit, and parts of groups.
  std::vector<std::string> groups;
  UnixMillis window_end_ms = 0;     // 0: a replay without rows
  UnixMillis created_ms = INT64_MIN;   // the clock when the youngest window began to fill; not known: min
  UnixMillis closed_ms = INT64_MAX;    // in every shard
  uint64_t matched = 0;             // groups with rows in the window, or with the keys
  uint64_t shards = 0;              // that were looked through
};

// What suppresses hits of a rule.
struct CoveringQuery {
  std::string rule_id;
  std::vector<Hash128> keys;        // shard::Judge::SuppressionKeyOf
  UnixMillis judged_ms = 0;         // when the hits would be judged
};

struct CoveringAlert {
  Hash128 alert;                    // zero: none
  UnixMillis until_ms = 0;          // hits judged up to then fold into it
};

// Events that somebody asks about.
struct EventQuery {
  RuleSetVersion version;           // that must be active
  bool explicit_ingested = false;   // as of the frame
  std::vector<exec::FramePart> parts;   // those for shards that are not held here are passed over
};

struct EventsFound {
  std::vector<shard::EventFate> fates;
  std::vector<ShardId> shards;      // that answered
};

// The texts of a rule set to activate.
struct RuleFile {
  std::string path;
  std::string text;
};

using StreamId = uint64_t;

class Worker {
 public:
  // Makes the schedulers that the worker runs on: one for the log, one for each executor.
  using MakeScheduler = std::function<std::unique_ptr<task::Scheduler>()>;

  // store, clock and sink outlive the worker. Without make_scheduler each scheduler is a thread.
  Worker(WorkerOptions options, state::StateStore* store, const Clock* clock, AlertSink* sink,
         MakeScheduler make_scheduler = nullptr);
  ~Worker();   // stops, unless killed

  // Opens the store and starts the threads; no shard is held yet. FailedPrecondition when the store was
  // made with another shard count or clock mode (the message says which).
  Status Start();

  // Holds exactly these shards from now on, as table_revision of the table says. A shard that was not
  // held recovers first; one held at another epoch takes the new one; one that is left out is not served
  // from here on (its data stays in the store). Thread safe, returns at once.
  void SetShards(std::vector<HeldShard> shards, int64_t table_revision);
  // Holds all shards at an epoch and waits for their recovery: a worker that is the whole cluster.
  // DataLoss names the shard and record of a corrupt log.
  Status HoldAllShards(Epoch epoch);
  // Whether a shard was never given an event: only then may it be given to another worker. Sees every
  // frame taken before the call; a shard that SetShards left out takes none after it, so asked again then
  // the answer is final. Calls back from a thread of the worker; false when the shard was never held or is
  // not recovered.
  void IsShardEmpty(ShardId shard, std::function<void(bool)> done);

  // Stops accepting, finishes what is queued, checkpoints. Idempotent.
  void Stop();
  // Forgets everything without another write, as if the process had died (simulation).
  void Kill();

  // Compiles and activates the rule set, or finds it active already (same texts and options). Rules
  // with errors are left out; findings has one list per file. Logged in every shard, so that replay
  // knows it. Blocks until applied.
  StatusOr<plan::RuleSetPtr> ActivateRules(const std::vector<RuleFile>& files,
                                           const plan::CompileOptions& options,
                                           std::vector<std::vector<rule::Finding>>* findings);
  plan::RuleSetPtr rules() const;

  // The same for a rule set whose version the cluster decided: stores it, and activates it in all held
  // shards when the clock reaches active_from_ms, or when the first frame made under it comes. Frames made
  // under an older version with a later stamp are refused from now on. Versions only grow; a version that
  // is known already is ignored.
  Status ActivateVersion(RuleSetVersion version, const std::vector<RuleFile>& files,
                         const plan::CompileOptions& options, UnixMillis active_from_ms);

  // A stream is one ingest node's connection. Nothing closes past the watermark of any open stream: a
  // stream promises that every later frame has a greater stamp. watermark_ms is its first promise; it
  // takes effect with the next SetWatermark or CloseStream of any stream.
  StreamId OpenStream(UnixMillis watermark_ms);
  // Raises the promise; lower values are ignored. False when the stream is not open: it was dropped.
  bool SetWatermark(StreamId stream, UnixMillis watermark_ms);
  // Replay: what a producer has promised, through whatever node; INT64_MAX: it has ended. Time closes up
  // to the least promise of options.producers, streams do not matter.
  void SetProducerWatermark(const std::string& producer, UnixMillis watermark_ms);
  void CloseStream(StreamId stream);

  // Queues a frame, all of whose parts are for shards that this worker holds; done is called once, from
  // another thread or, when the queue takes nothing, from within the call. The stamp is the arrival time
  // of its events (wall clock) or a time above the stream's watermark (replay: pass the least event time).
  void Submit(StreamId stream, UnixMillis stamp_ms, exec::Frame frame,
              std::function<void(FrameResult)> done);

  // ---- spread rules; done is called from another thread, once ----
  // FailedPrecondition when another rule set is active in a shard, NotFound when the rule is no spread rule
  // of it.
  void ViewSpread(const std::string& rule_id, RuleSetVersion version, const SpreadHint& hint,
                  std::function<void(StatusOr<SpreadReport>)> done);
  // FailedPrecondition also when the tick is not closed in every shard served here.
  void CollectTick(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
                   std::function<void(StatusOr<SpreadParts>)> done);
  // Logs the tick in the rule's home shard, which makes its alerts. AlreadyExists when it, or another after
  // previous_ms, was judged before; InvalidArgument when it is no tick of a spread rule of its version;
  // Aborted and Unavailable as for frames; ResourceExhausted when its rows are too many for a record.
  void CommitTick(JudgedTick tick, std::function<void(Status)> done);

  // Waits until everything closed so far is logged and judged. Spread rules have a judge of their own.
  void Drain();

  // Does the actions in their order, all in one write of the log where possible; as many results, in
  // their order. done is called once, from another thread.
  void UpdateAlerts(std::vector<AlertUpdate> updates,
                    std::function<void(std::vector<AlertUpdateResult>)> done);
  // The first alerts of an order, from the stores: reads every alert of every shard held. Unavailable when
  // one of them is not served now. Blocks.
  StatusOr<AlertsFound> FindAlerts(const AlertQuery& query);

  // The nearest groups of a rule, or those of given keys, in the window of now. Looks through all groups, in
  // slices between rows. NotFound when the rule counts no groups, FailedPrecondition when another rule set is
  // active, Unavailable when a shard is not served now. Blocks.
  StatusOr<GroupsFound> FindGroups(const GroupQuery& query);
  // As many as keys. Unavailable as above. Blocks.
  StatusOr<std::vector<CoveringAlert>> FindCovering(const CoveringQuery& query);

  // What became of the events whose rows these are. FailedPrecondition when another rule set is active,
  // Unavailable when a shard is not served now. Blocks.
  StatusOr<EventsFound> FindEvents(const EventQuery& query);

  WorkerStatus GetStatus();
  // An alert with its columns computed on the panes as they are now, and its rule's note. NotFound.
  StatusOr<alert::Alert> GetAlert(const Hash128& alert_id);
  // The same with what is shown beside it.
  StatusOr<alert::AlertDetails> ShowAlert(const Hash128& alert_id);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::worker
