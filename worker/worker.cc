#include "worker/worker.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/cluster/rule_feed.h"
#include "common/shard/keys.h"
#include "common/shard/shard.h"
#include "common/task/thread_scheduler.h"
#include "common/telemetry/log.h"
#include "worker/alert_shards.h"
#include "worker/closing_rounds.h"
#include "worker/executor.h"
#include "worker/group_shards.h"
#include "worker/log_writer.h"
#include "worker/rule_store.h"
#include "worker/spread_shards.h"
#include "worker/status.h"
#include "worker/store_identity.h"
#include "worker/stream_watermarks.h"

namespace weir::worker {

namespace {

// How often streams are looked at, and how far behind the clock time goes on while there is none.
constexpr int64_t kStreamWatchMs = 500;
constexpr int64_t kIdleMarginMs = 2000;

std::unique_ptr<task::Scheduler> MakeThread() {
  return std::make_unique<task::ThreadScheduler>();
}

}  // namespace

class Worker::Impl final : public shard::Environment {
 public:
  Impl(WorkerOptions options, state::StateStore* store, const Clock* clock, AlertSink* sink,
       MakeScheduler make_scheduler)
      : options_(std::move(options)),
        store_(store),
        clock_(clock),
        sink_(sink),
        make_scheduler_(make_scheduler != nullptr ? std::move(make_scheduler) : MakeThread),
        rule_store_(store),
        watermarks_(options_.producers) {
    shared_.table_limit_bytes = options_.table_memory_bytes;
    shared_.fail = [this](const Status& reason) { Fail(reason); };
  }
  ~Impl() override { Stop(); }
  using MakeScheduler = Worker::MakeScheduler;

  StatusOr<plan::RuleSetPtr> RulesOf(RuleSetVersion version) override {
    return rule_store_.Get(version);
  }
  void OnAlert(const alert::Alert& alert) override { sink_->OnAlert(alert); }
  void OnAlertForgotten(const Hash128& id) override { sink_->OnAlertForgotten(id); }

  Status Start();
  void Stop();
  void Kill();
  void SetShards(std::vector<HeldShard> shards, int64_t table_revision);
  Status HoldAllShards(Epoch epoch);
  void IsShardEmpty(ShardId shard, std::function<void(bool)> done);
  StatusOr<plan::RuleSetPtr> ActivateRules(const std::vector<RuleFile>& files,
                                           const plan::CompileOptions& options,
                                           std::vector<std::vector<rule::Finding>>* findings);
  plan::RuleSetPtr rules() const {
    const std::lock_guard lock(rules_mutex_);
    return rules_;
  }
  Status ActivateVersion(RuleSetVersion version, const std::vector<RuleFile>& files,
                         const plan::CompileOptions& options, UnixMillis active_from_ms);
  StreamId OpenStream(UnixMillis watermark_ms) {
    return watermarks_.Open(watermark_ms, log_->NowMonotonicMs());
  }
  bool SetWatermark(StreamId stream, UnixMillis watermark_ms) {
    const bool open = watermarks_.Raise(stream, watermark_ms, log_->NowMonotonicMs());
    rounds_->CloseUpTo(watermarks_.closed_ms());
    return open;
  }
  void SetProducerWatermark(const std::string& producer, UnixMillis watermark_ms) {
    watermarks_.RaiseProducer(producer, watermark_ms);
    rounds_->CloseUpTo(watermarks_.closed_ms());
  }
  void CloseStream(StreamId stream) {
    watermarks_.Close(stream);
    rounds_->CloseUpTo(watermarks_.closed_ms());
  }
  void Submit(StreamId stream, UnixMillis stamp_ms, exec::Frame frame,
              std::function<void(FrameResult)> done) {
    writer_->Submit(stream, stamp_ms, std::move(frame), std::move(done));
  }
  void Drain() { rounds_->Drain(watermarks_.closed_ms()); }
  SpreadShards& spread() { return *spread_; }
  AlertShards& alerts() { return *alerts_; }
  GroupShards& groups() { return *groups_; }
  LogWriter& writer() { return *writer_; }
  WorkerStatus GetStatus();

 private:
  void Hold(const HeldShard& shard);
  void Recover(ShardId id, Executor* executor);
  Status RecoverShard(shard::Shard* shard, uint64_t* last);
  void ServeRecovered();
  void EndRecovery();
  void WatchStreams();
  // Those that are old and that no shard needs.
  void ForgetRules();
  void Fail(const Status& reason);

  WorkerOptions options_;
  state::StateStore* store_;
  const Clock* clock_;
  AlertSink* sink_;
  MakeScheduler make_scheduler_;
  RuleStore rule_store_;
  WorkerShared shared_;
  StreamWatermarks watermarks_;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<ClosingRounds> rounds_;
  std::unique_ptr<SpreadShards> spread_;
  std::unique_ptr<AlertShards> alerts_;
  std::unique_ptr<GroupShards> groups_;
  std::unique_ptr<task::Scheduler> log_;   // of the writer and of what decides who holds what
  bool started_ = false;

  // Of log_.
  int recovering_ = 0;
  uint64_t recovered_records_ = 0;
  std::vector<ShardId> recovered_;   // waiting for their first write
  std::vector<std::function<void()>> recovery_waiters_;

  mutable std::mutex rules_mutex_;
  plan::RuleSetPtr rules_;
};

Status Worker::Impl::RecoverShard(shard::Shard* shard, uint64_t* last) {
  WEIR_RETURN_IF_ERROR(Annotate(shard->Load(), fmt::format("loading shard {}", shard->id())));
  const LogNumber first(shard->applied().value + 1);
  *last = shard->applied().value;
  Status failure = OkStatus();
  WEIR_RETURN_IF_ERROR(store_->Scan(
      state::Family::kLog, shard::LogKey(shard->id(), first),
      shard::LogKey(ShardId(static_cast<uint16_t>(shard->id().value)), LogNumber(UINT64_MAX)),
      [&](std::string_view key, std::string_view value) {
        const LogNumber number = shard::LogNumberOfKey(key);
        if (number.value != *last + 1) {
          failure = DataLoss("shard {}: log record {} follows {}", shard->id(), number, *last);
          return false;
        }
        shard::ApplyOutcome outcome;
        const Status applied = shard->Apply(number, value, &outcome);
        if (!applied.ok()) {
          failure = Annotate(applied, fmt::format("shard {}: log record {}", shard->id(), number));
          return false;
        }
        *last = number.value;
        return true;
      }));
  return failure;
}

Status Worker::Impl::Start() {
  WEIR_RETURN_IF_ERROR(CheckStoreIdentity(options_, store_));
  WEIR_ASSIGN_OR_RETURN(const RuleSetVersion version, rule_store_.Newest());
  if (version.value != 0) {
    WEIR_ASSIGN_OR_RETURN(rules_, rule_store_.Get(version));
  }
  log_ = make_scheduler_();
  Executor::Options executor_options;
  executor_options.checkpoint_interval_ms = options_.checkpoint_interval_ms;
  const int executors = std::max(1, options_.executors);
  executor_options.checkpoint_log_bytes =
      options_.checkpoint_log_bytes / static_cast<uint64_t>(executors);
  for (int i = 0; i < executors; ++i) {
    executors_.push_back(
        std::make_unique<Executor>(executor_options, store_, &shared_, make_scheduler_()));
    executors_.back()->Start();
  }
  LogWriter::Options writer_options;
  writer_options.clock = options_.clock;
  writer_options.shard_count = options_.shard_count;
  writer_options.queue_bytes_max = options_.queue_bytes_max;
  writer_options.commit_interval_ms = options_.commit_interval_ms;
  writer_options.streams_expire = options_.clock == ClockMode::kWall;
  writer_ = std::make_unique<LogWriter>(writer_options, store_, clock_, &watermarks_, &shared_,
                                        log_.get());
  rounds_ = std::make_unique<ClosingRounds>(&executors_, writer_.get());
  spread_ = std::make_unique<SpreadShards>(&executors_, writer_.get(), rounds_.get(), &watermarks_, this,
                                           log_.get());
  alerts_ = std::make_unique<AlertShards>(&executors_, writer_.get(), &watermarks_, log_.get(),
                                          [this] { return rules(); });
  groups_ = std::make_unique<GroupShards>(&executors_, writer_.get(), this, log_.get(),
                                          options_.clock == ClockMode::kWall ? clock_ : nullptr);
  log_->Post([this, version] {
    writer_->set_version(version);
    alerts_->KeepFor(options_.alerts_retention_ms, options_.retention_look_ms);
    if (options_.clock == ClockMode::kWall) {
      WatchStreams();
    }
  });
  started_ = true;
  return OkStatus();
}

void Worker::Impl::Stop() {
  if (!started_) {
    return;
  }
  started_ = false;
  writer_->Stop();
  for (const auto& executor : executors_) {
    executor->Stop();
  }
  log_->Stop();
}

void Worker::Impl::Kill() {
  started_ = false;
  for (const auto& executor : executors_) {
    executor->Kill();
  }
  log_->Stop();
}

// Streams that went silent are dropped, and time goes on while there is none.
void Worker::Impl::WatchStreams() {
  const std::size_t dropped =
      watermarks_.DropSilent(log_->NowMonotonicMs() - options_.stream_timeout_ms);
  if (dropped != 0) {
    log::Warn("dropped ingest streams that promised nothing",
              {{"streams", static_cast<int64_t>(dropped)},
               {"timeout_ms", options_.stream_timeout_ms}});
  }
  watermarks_.RaiseIdle(clock_->Now() - kIdleMarginMs);
  rounds_->CloseUpTo(watermarks_.closed_ms());
  log_->PostAfter(kStreamWatchMs, [this] { WatchStreams(); });
}

void Worker::Impl::SetShards(std::vector<HeldShard> shards, int64_t table_revision) {
  log_->Post([this, shards = std::move(shards), table_revision] {
    writer_->set_table_revision(table_revision);
    std::vector<bool> held(options_.shard_count, false);
    for (const HeldShard& shard : shards) {
      if (shard.shard.value < options_.shard_count) {
        held[shard.shard.value] = true;
        Hold(shard);
      }
    }
    for (uint16_t id = 0; id < options_.shard_count; ++id) {
      if (!held[id]) {
        writer_->slot(ShardId(id)).held = false;
      }
    }
    EndRecovery();
  });
}

void Worker::Impl::Hold(const HeldShard& held) {
  LogWriter::Slot& slot = writer_->slot(held.shard);
  const bool was_held = slot.held;
  slot.held = true;
  slot.epoch = held.epoch;
  if (slot.executor == nullptr) {
    slot.executor = executors_[held.shard.value % executors_.size()].get();
    ++recovering_;
    slot.executor->Post([this, id = held.shard, executor = slot.executor] {
      Recover(id, executor);
    });
  } else if (!was_held && slot.state == ShardState::kServing) {
    writer_->CatchUp({held.shard});
  }
}

// On the shard's executor.
void Worker::Impl::Recover(ShardId id, Executor* executor) {
  shard::ShardOptions options;
  options.id = id;
  options.shard_count = options_.shard_count;
  options.tenant = options_.tenant;
  options.replay = options_.clock == ClockMode::kReplay;
  options.lateness_ms = options_.lateness_ms;
  options.future_ms = options_.future_ms;
  options.repeat_horizon_ms = options_.repeat_horizon_ms;
  options.identity_bytes_max = options_.table_memory_bytes / 4 / options_.shard_count;
  shard::Shard* shard = executor->AddShard(std::make_unique<shard::Shard>(options, store_, this));
  uint64_t last = 0;
  const Status status = RecoverShard(shard, &last);
  const RuleSetVersion version = shard->version();
  const UnixMillis closed_ms = shard->closed_ms();
  if (!status.ok()) {
    executor->RemoveShard(id);
    shard = nullptr;
  }
  log_->Post([this, id, shard, status, last, version, closed_ms] {
    LogWriter::Slot& slot = writer_->slot(id);
    slot.shard = shard;
    slot.last = last;
    slot.version = version;
    recovered_records_ += last;
    if (!status.ok()) {
      slot.state = ShardState::kFailed;
      slot.failure = status;
      --recovering_;
      log::Error("a shard cannot be served", {{"shard", static_cast<int64_t>(id.value)},
                                              {"reason", std::string(Message(status))}});
      EndRecovery();
      return;
    }
    watermarks_.StartAt(closed_ms);
    recovered_.push_back(id);
    if (recovered_.size() == 1) {
      // Those that are ready by then share one write.
      log_->Post([this] { ServeRecovered(); });
    }
  });
}

void Worker::Impl::ServeRecovered() {
  const std::vector<ShardId> shards = std::exchange(recovered_, {});
  for (const ShardId id : shards) {
    writer_->slot(id).state = ShardState::kServing;
  }
  writer_->CatchUp(shards);
  recovering_ -= static_cast<int>(shards.size());
  EndRecovery();
}

// Tells those who wait, when no shard is recovering any more.
void Worker::Impl::EndRecovery() {
  if (recovering_ != 0) {
    return;
  }
  for (const auto& waiter : std::exchange(recovery_waiters_, {})) {
    waiter();
  }
}

Status Worker::Impl::HoldAllShards(Epoch epoch) {
  std::vector<HeldShard> shards;
  for (uint16_t id = 0; id < options_.shard_count; ++id) {
    shards.push_back({ShardId(id), epoch});
  }
  std::promise<Status> done;
  log_->Run([this, &done] {
    ++recovering_;   // nobody is told before SetShards ran
    recovery_waiters_.push_back([this, &done] {
      Status status = OkStatus();
      for (uint16_t id = 0; id < options_.shard_count; ++id) {
        const LogWriter::Slot& slot = writer_->slot(ShardId(id));
        status = status.ok() && slot.state == ShardState::kFailed ? slot.failure : status;
      }
      done.set_value(status);
    });
  });
  SetShards(std::move(shards), 0);
  log_->Post([this] {
    --recovering_;
    EndRecovery();
  });
  const Status status = done.get_future().get();
  if (status.ok()) {
    uint64_t records = 0;
    RuleSetVersion version;
    log_->Run([&] {
      records = recovered_records_;
      version = writer_->version();
    });
    log::Info("recovered shards", {{"shards", static_cast<int64_t>(options_.shard_count)},
                                   {"log_records", static_cast<int64_t>(records)},
                                   {"rule_set", static_cast<int64_t>(version.value)}});
  }
  return status;
}

void Worker::Impl::IsShardEmpty(ShardId id, std::function<void(bool)> done) {
  log_->Post([this, id, done = std::move(done)] {
    const LogWriter::Slot& slot = writer_->slot(id);
    if (slot.executor == nullptr || slot.state != ShardState::kServing) {
      done(false);
      return;
    }
    slot.executor->Post([shard = slot.shard, done] {
      done(shard->never_used());
    });
  });
}

void Worker::Impl::Fail(const Status& reason) {
  log::Error("nothing more is accepted", {{"reason", std::string(Message(reason))}});
  writer_->Fail(reason);
}

StatusOr<plan::RuleSetPtr> Worker::Impl::ActivateRules(
    const std::vector<RuleFile>& files, const plan::CompileOptions& options,
    std::vector<std::vector<rule::Finding>>* findings) {
  WEIR_ASSIGN_OR_RETURN(plan::RuleSetPtr added, rule_store_.Add(files, options, findings));
  const plan::RuleSetPtr current = rules();
  if (current != nullptr && current->version == added->version) {
    return current;
  }
  std::promise<Status> done;
  writer_->Activate(added->version, [&](const Status& status) { done.set_value(status); });
  WEIR_RETURN_IF_ERROR(Annotate(done.get_future().get(), "activating rules"));
  ForgetRules();
  const std::lock_guard lock(rules_mutex_);
  rules_ = added;
  return added;
}

void Worker::Impl::ForgetRules() {
  const StatusOr<RuleSetVersion> needed = LeastNeededRules(store_, options_.shard_count);
  const Status forgotten =
      needed.ok() ? rule_store_.Forget(*needed, cluster::kRuleSetsKept) : needed.status();
  if (!forgotten.ok()) {
    log::Warn("old rule sets stay in the store", {{"reason", std::string(Message(forgotten))}});
  }
}

Status Worker::Impl::ActivateVersion(RuleSetVersion version, const std::vector<RuleFile>& files,
                                     const plan::CompileOptions& options,
                                     UnixMillis active_from_ms) {
  if (const plan::RuleSetPtr current = rules(); current != nullptr && current->version >= version) {
    return OkStatus();
  }
  WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr added, rule_store_.Put(version, files, options));
  {
    const std::lock_guard lock(rules_mutex_);
    if (rules_ != nullptr && rules_->version >= version) {
      return OkStatus();
    }
    rules_ = added;
  }
  ForgetRules();
  writer_->ActivateFrom(version, active_from_ms);
  return OkStatus();
}

WorkerStatus Worker::Impl::GetStatus() {
  WorkerStatus status;
  status.clock = options_.clock;
  status.log_records = writer_->records();
  status.log_syncs = writer_->syncs();
  status.queue_bytes = writer_->queue_bytes();
  status.queue_limit_bytes = options_.queue_bytes_max;
  status.frames_refused = writer_->frames_refused();
  status.checkpoints = shared_.checkpoints;
  status.table_limit_bytes = shared_.table_limit_bytes;
  status.store = store_->Stats();
  const Status failure = writer_->failure();
  status.failure = failure.ok() ? "" : std::string(Message(failure));
  const plan::RuleSetPtr rule_set = rules();
  status.version = rule_set == nullptr ? RuleSetVersion(0) : rule_set->version;
  std::map<std::string, RuleStatus> rules_by_id;
  std::vector<ShardStatus> rows;
  log_->Run([&] {
    for (uint16_t id = 0; id < options_.shard_count; ++id) {
      const LogWriter::Slot& slot = writer_->slot(ShardId(id));
      if (slot.held) {
        ShardStatus& row = rows.emplace_back();
        row.shard = ShardId(id);
        row.epoch = slot.epoch;
        row.state = slot.state;
        row.failure = slot.failure.ok() ? "" : std::string(Message(slot.failure));
        row.log_last = slot.last;
      }
    }
  });
  const UnixMillis closed_ms = watermarks_.closed_ms();
  const UnixMillis now_ms = options_.clock == ClockMode::kWall ? clock_->Now() : 0;
  for (const auto& executor : executors_) {
    executor->Run([&] {
      for (const auto& shard : executor->shards()) {
        AddShard(*shard, &status, &rules_by_id);
        for (ShardStatus& row : rows) {
          if (row.shard == shard->id()) {
            FillShard(*shard, closed_ms, now_ms, &row);
            row.alerts_overdue = alerts_->OverdueOf(row.shard);
          }
        }
      }
    });
  }
  status.shards = std::move(rows);
  FinishStatus(rules_by_id, &status);
  return status;
}

Worker::Worker(WorkerOptions options, state::StateStore* store, const Clock* clock, AlertSink* sink,
               MakeScheduler make_scheduler)
    : impl_(std::make_unique<Impl>(std::move(options), store, clock, sink,
                                   std::move(make_scheduler))) {}
Worker::~Worker() = default;

Status Worker::Start() {
  return impl_->Start();
}
void Worker::Stop() {
  impl_->Stop();
}
void Worker::Kill() {
  impl_->Kill();
}
void Worker::SetShards(std::vector<HeldShard> shards, int64_t table_revision) {
  impl_->SetShards(std::move(shards), table_revision);
}
Status Worker::HoldAllShards(Epoch epoch) {
  return impl_->HoldAllShards(epoch);
}
void Worker::IsShardEmpty(ShardId shard, std::function<void(bool)> done) {
  impl_->IsShardEmpty(shard, std::move(done));
}
Status Worker::ActivateVersion(RuleSetVersion version, const std::vector<RuleFile>& files,
                               const plan::CompileOptions& options, UnixMillis active_from_ms) {
  return impl_->ActivateVersion(version, files, options, active_from_ms);
}
StatusOr<plan::RuleSetPtr> Worker::ActivateRules(
    const std::vector<RuleFile>& files, const plan::CompileOptions& options,
    std::vector<std::vector<rule::Finding>>* findings) {
  return impl_->ActivateRules(files, options, findings);
}
plan::RuleSetPtr Worker::rules() const {
  return impl_->rules();
}
StreamId Worker::OpenStream(UnixMillis watermark_ms) {
  return impl_->OpenStream(watermark_ms);
}
bool Worker::SetWatermark(StreamId stream, UnixMillis watermark_ms) {
  return impl_->SetWatermark(stream, watermark_ms);
}
void Worker::SetProducerWatermark(const std::string& producer, UnixMillis watermark_ms) {
  impl_->SetProducerWatermark(producer, watermark_ms);
}
void Worker::CloseStream(StreamId stream) {
  impl_->CloseStream(stream);
}
void Worker::Submit(StreamId stream, UnixMillis stamp_ms, exec::Frame frame,
                    std::function<void(FrameResult)> done) {
  impl_->Submit(stream, stamp_ms, std::move(frame), std::move(done));
}
void Worker::ViewSpread(const std::string& rule_id, RuleSetVersion version, const SpreadHint& hint,
                        std::function<void(StatusOr<SpreadReport>)> done) {
  impl_->spread().View(rule_id, version, hint, std::move(done));
}
void Worker::CollectTick(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
                         std::function<void(StatusOr<SpreadParts>)> done) {
  impl_->spread().Collect(rule_id, version, tick_ms, std::move(done));
}
void Worker::CommitTick(JudgedTick tick, std::function<void(Status)> done) {
  impl_->spread().Commit(std::move(tick), std::move(done));
}
void Worker::Drain() {
  impl_->Drain();
}
WorkerStatus Worker::GetStatus() {
  return impl_->GetStatus();
}
StatusOr<alert::Alert> Worker::GetAlert(const Hash128& alert_id) {
  WEIR_ASSIGN_OR_RETURN(alert::AlertDetails details, impl_->alerts().Show(alert_id));
  return std::move(details.alert);
}
StatusOr<alert::AlertDetails> Worker::ShowAlert(const Hash128& alert_id) {
  return impl_->alerts().Show(alert_id);
}
void Worker::UpdateAlerts(std::vector<AlertUpdate> updates,
                          std::function<void(std::vector<AlertUpdateResult>)> done) {
  impl_->writer().Update(std::move(updates), std::move(done));
}
StatusOr<GroupsFound> Worker::FindGroups(const GroupQuery& query) {
  return impl_->groups().Find(query);
}
StatusOr<std::vector<CoveringAlert>> Worker::FindCovering(const CoveringQuery& query) {
  return impl_->groups().FindCovering(query);
}
StatusOr<EventsFound> Worker::FindEvents(const EventQuery& query) {
  return impl_->groups().FindEvents(query);
}
StatusOr<AlertsFound> Worker::FindAlerts(const AlertQuery& query) {
  return impl_->alerts().Find(query);
}

}  // namespace weir::worker
