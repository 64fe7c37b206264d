#include "worker/worker_service.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "common/wire/text.h"
#include "worker/feed_reactor.h"
#include "worker/worker_calls.h"

namespace weir::worker {
namespace {

constexpr std::size_t kAlertsPerMessage = 64;

v1::ShardState StateToProto(ShardState state) {
  switch (state) {
    case ShardState::kRecovering:
      return v1::SHARD_STATE_RECOVERING;
    case ShardState::kServing:
      return v1::SHARD_STATE_SERVING;
    case ShardState::kFailed:
      return v1::SHARD_STATE_FAILED;
  }
  return v1::SHARD_STATE_UNSPECIFIED;
}

void FillShard(const ShardStatus& shard, v1::ShardStatus* message) {
  message->set_shard(shard.shard.value);
  message->set_epoch(shard.epoch.value);
  message->set_state(StateToProto(shard.state));
  message->set_failure(wire::ValidUtf8(shard.failure));
  message->set_log_last(shard.log_last);
  message->set_log_checkpointed(shard.log_checkpointed);
  message->set_log_bytes(shard.log_bytes);
  message->set_closed_unix_millis(shard.closed_ms);
  message->set_lag_ms(shard.lag_ms);
  message->set_groups_in_memory(shard.groups_in_memory);
  message->set_groups_spilled(shard.groups_spilled);
  message->set_table_bytes(shard.table_bytes);
  message->set_identities(shard.identities);
  message->set_alerts_open(shard.alerts_open);
  message->set_alerts_overdue(shard.alerts_overdue);
}

void FillStatus(const WorkerStatus& status, v1::GetStatusResponse* message) {
  message->set_clock(status.clock == ClockMode::kReplay ? v1::CLOCK_MODE_REPLAY
                                                        : v1::CLOCK_MODE_WALL);
  message->set_rule_set_version(status.version.value);
  message->set_events_applied(status.events_applied);
  message->set_repeats(status.repeats);
  message->set_late(status.late);
  message->set_future(status.future);
  message->set_log_records(status.log_records);
  message->set_log_syncs(status.log_syncs);
  message->set_checkpoints(status.checkpoints);
  message->set_table_bytes(status.table_bytes);
  message->set_table_limit_bytes(status.table_limit_bytes);
  message->set_store_disk_bytes(status.store.disk_bytes);
  message->set_store_memory_bytes(status.store.memory_bytes);
  message->set_failure(wire::ValidUtf8(status.failure));
  for (const ShardStatus& shard : status.shards) {
    FillShard(shard, message->add_shards());
  }
  for (const RuleStatus& rule : status.rules) {
    v1::RuleStatus* added = message->add_rules();
    added->set_rule_id(wire::ValidUtf8(rule.rule_id));
    added->set_rows(rule.rows);
    added->set_late(rule.late);
    added->set_future(rule.future);
    added->set_alerts(rule.alerts);
    added->set_suppressed(rule.suppressed);
    added->set_judged_unix_millis(rule.judged_ms);
  }
  for (const DeadLetter& letter : status.dead_letters) {
    v1::DeadLetter* added = message->add_dead_letters();
    added->set_timestamp_unix_millis(letter.timestamp_ms);
    added->set_arrived_unix_millis(letter.arrived_ms);
    added->set_verdict(letter.verdict == Verdict::kFuture ? v1::EVENT_VERDICT_FUTURE
                                                          : v1::EVENT_VERDICT_LATE);
    added->set_event_id(wire::ValidUtf8(letter.event_id));
    added->set_rule_id(wire::ValidUtf8(letter.rule_id));
  }
}

}  // namespace

// One WatchAlerts stream: sends what changed since its position, sleeps when nothing did.
class AlertFeedReactor final : public grpc::ServerWriteReactor<v1::WatchAlertsResponse> {
 public:
  explicit AlertFeedReactor(WorkerService* service) : service_(service) {}

  void Begin(AlertFeed* alerts) {
    const uint64_t listener = alerts->AddListener([this] { Continue(false); });
    {
      const std::lock_guard lock(mutex_);
      alerts_ = alerts;
      listener_ = listener;
    }
    Continue(true);   // an empty message: the watch is on
  }

  void End(Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (!ending_) {
        ending_ = true;
        status_ = std::move(status);
      }
    }
    Continue(false);
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
    }
    if (ok) {
      Continue(false);
    } else {
      End(Error(StatusCode::kCancelled, "the client is gone"));
    }
  }

  void OnCancel() override { End(Error(StatusCode::kCancelled, "the client cancelled")); }

  void OnDone() override {
    // Nobody wakes a reactor that does not listen; afterwards it can go.
    if (alerts_ != nullptr) {
      alerts_->RemoveListener(listener_);
    }
    service_->Remove(this);
    delete this;
  }

 private:
  // Writes what is next, or finishes. Called from any thread.
  void Continue(bool first) {
    Status finish;
    {
      const std::lock_guard lock(mutex_);
      if (writing_ || finished_ || (alerts_ == nullptr && !ending_)) {
        return;
      }
      if (ending_) {
        finished_ = true;
        finish = status_;
      } else {
        response_.Clear();
        FillLeftOut();
        if (!first) {
          std::vector<Hash128> removed;
          for (const AlertFeed::AlertPtr& alert :
               alerts_->After(&position_, kAlertsPerMessage, &removed)) {
            wire::ToProto(*alert, response_.add_alerts());
          }
          for (const Hash128& id : removed) {
            response_.add_removed(id.ToBytes());
          }
          if (response_.alerts().empty() && removed.empty()) {
            return;
          }
        }
        writing_ = true;
        StartWrite(&response_);
        return;
      }
    }
    Finish(rpc::ToGrpc(finish));
  }

  // REQUIRES: mutex_.
  void FillLeftOut() {
    const LeftOutAlerts left_out = alerts_->left_out();
    if (left_out.alerts == left_out_told_) {
      return;
    }
    left_out_told_ = left_out.alerts;
    v1::LeftOut* message = response_.mutable_left_out();
    message->set_alerts(left_out.alerts);
    message->set_live(left_out.live);
    for (const auto& [shard, change] : left_out.changes) {
      (*message->mutable_changes())[shard] = change;
    }
  }

  WorkerService* const service_;
  std::mutex mutex_;
  uint64_t left_out_told_ = 0;
  AlertFeed* alerts_ = nullptr;
  uint64_t listener_ = 0;
  uint64_t position_ = 0;
  v1::WatchAlertsResponse response_;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
  Status status_;
};

WorkerService::WorkerService(Options options, Worker* worker, AlertFeed* alerts)
    : options_(std::move(options)),
      worker_(worker),
      alerts_(alerts),
      calls_(std::make_unique<Calls>()) {}

WorkerService::~WorkerService() = default;

Status WorkerService::CheckTarget(const v1::Target& target) const {
  if (target.cluster_id() != options_.cluster_id) {
    return FailedPrecondition("this worker belongs to cluster '{}', not to '{}'", options_.cluster_id,
                              target.cluster_id());
  }
  if (target.worker_id() != options_.worker_id) {
    return FailedPrecondition("this is worker '{}', not '{}'", options_.worker_id, target.worker_id());
  }
  return OkStatus();
}

grpc::ServerBidiReactor<v1::FeedRequest, v1::FeedResponse>* WorkerService::Feed(
    grpc::CallbackServerContext* /*context*/) {
  auto* reactor = new FeedReactor(this, worker_);   // deletes itself in OnDone
  bool draining = false;
  {
    const std::lock_guard lock(mutex_);
    feeds_.insert(reactor);
    draining = draining_;
  }
  reactor->Begin(draining);
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchAlertsResponse>* WorkerService::WatchAlerts(
    grpc::CallbackServerContext* /*context*/, const v1::WatchAlertsRequest* request) {
  auto* reactor = new AlertFeedReactor(this);   // deletes itself in OnDone
  bool draining = false;
  {
    const std::lock_guard lock(mutex_);
    watches_.insert(reactor);
    draining = draining_;
  }
  const Status target = CheckTarget(request->target());
  if (draining) {
    reactor->End(Unavailable("the worker is stopping"));
  } else if (!target.ok()) {
    reactor->End(target);
  } else {
    reactor->Begin(alerts_);
  }
  return reactor;
}

grpc::ServerUnaryReactor* WorkerService::GetStatus(grpc::CallbackServerContext* context,
                                                   const v1::GetStatusRequest* request,
                                                   v1::GetStatusResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const Status target = CheckTarget(request->target()); !target.ok()) {
    reactor->Finish(rpc::ToGrpc(target));
    return reactor;
  }
  boost::asio::post(calls_->reads_, [this, response, reactor] {
    FillStatus(worker_->GetStatus(), response);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* WorkerService::WaitJudged(grpc::CallbackServerContext* context,
                                                    const v1::WaitJudgedRequest* request,
                                                    v1::WaitJudgedResponse* /*response*/) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const Status target = CheckTarget(request->target()); !target.ok()) {
    reactor->Finish(rpc::ToGrpc(target));
    return reactor;
  }
  boost::asio::post(calls_->waits_, [this, reactor] {
    worker_->Drain();
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

void WorkerService::Drain() {
  // A reactor cannot go away while it is in a set, and Remove waits for the lock.
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (FeedReactor* reactor : feeds_) {
    reactor->Drain();
  }
  for (AlertFeedReactor* reactor : watches_) {
    reactor->End(Unavailable("the worker is stopping"));
  }
}

void WorkerService::Remove(FeedReactor* reactor) {
  const std::lock_guard lock(mutex_);
  feeds_.erase(reactor);
}

void WorkerService::Remove(AlertFeedReactor* reactor) {
  const std::lock_guard lock(mutex_);
  watches_.erase(reactor);
}

}  // namespace weir::worker
