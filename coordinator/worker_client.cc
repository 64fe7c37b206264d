#include "coordinator/worker_client.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <latch>
#include <map>
#include <mutex>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"
#include "common/wire/alert.h"
#include "common/wire/alert_query.h"
#include "coordinator/event_client.h"
#include "weir/worker/v1/worker.grpc.pb.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::worker::v1;

worker::ShardState StateFromProto(pb::ShardState state) {
  switch (state) {
    case pb::SHARD_STATE_RECOVERING:
      return worker::ShardState::kRecovering;
    case pb::SHARD_STATE_FAILED:
      return worker::ShardState::kFailed;
    default:
      return worker::ShardState::kServing;
  }
}

worker::ShardStatus ShardFromProto(const pb::ShardStatus& message) {
  worker::ShardStatus shard;
  shard.shard = ShardId(static_cast<uint16_t>(message.shard()));
  shard.epoch = Epoch(message.epoch());
  shard.state = StateFromProto(message.state());
  shard.failure = message.failure();
  shard.log_last = message.log_last();
  shard.log_checkpointed = message.log_checkpointed();
  shard.log_bytes = message.log_bytes();
  shard.closed_ms = message.closed_unix_millis();
  shard.lag_ms = message.lag_ms();
  shard.groups_in_memory = message.groups_in_memory();
  shard.groups_spilled = message.groups_spilled();
  shard.table_bytes = message.table_bytes();
  shard.identities = message.identities();
  shard.alerts_open = message.alerts_open();
  shard.alerts_overdue = message.alerts_overdue();
  return shard;
}

worker::RuleStatus RuleFromProto(const pb::RuleStatus& message) {
  worker::RuleStatus rule;
  rule.rule_id = message.rule_id();
  rule.rows = message.rows();
  rule.late = message.late();
  rule.future = message.future();
  rule.alerts = message.alerts();
  rule.suppressed = message.suppressed();
  rule.judged_ms = message.judged_unix_millis();
  return rule;
}

worker::WorkerStatus StatusFromProto(const pb::GetStatusResponse& message) {
  worker::WorkerStatus status;
  status.clock = message.clock() == pb::CLOCK_MODE_REPLAY ? worker::ClockMode::kReplay
                                                          : worker::ClockMode::kWall;
  status.version = RuleSetVersion(message.rule_set_version());
  status.events_applied = message.events_applied();
  status.repeats = message.repeats();
  status.late = message.late();
  status.future = message.future();
  status.log_records = message.log_records();
  status.log_syncs = message.log_syncs();
  status.checkpoints = message.checkpoints();
  status.table_bytes = message.table_bytes();
  status.table_limit_bytes = message.table_limit_bytes();
  status.store.disk_bytes = message.store_disk_bytes();
  status.store.memory_bytes = message.store_memory_bytes();
  status.failure = message.failure();
  for (const pb::ShardStatus& shard : message.shards()) {
    status.shards.push_back(ShardFromProto(shard));
  }
  for (const pb::RuleStatus& rule : message.rules()) {
    status.rules.push_back(RuleFromProto(rule));
  }
  for (const pb::DeadLetter& letter : message.dead_letters()) {
    status.dead_letters.push_back({letter.timestamp_unix_millis(), letter.arrived_unix_millis(),
                                   letter.verdict() == pb::EVENT_VERDICT_FUTURE
                                       ? worker::Verdict::kFuture
                                       : worker::Verdict::kLate,
                                   letter.event_id(), letter.rule_id()});
  }
  return status;
}

// A worker's WatchAlerts stream, to its end. Keeps itself until then.
class Watch final : public grpc::ClientReadReactor<pb::WatchAlertsResponse> {
 public:
  using OnEnd = std::function<void(const Status&, bool worked)>;

  Watch(std::string worker, worker::AlertSink* sink, OnEnd on_end)
      : worker_(std::move(worker)), sink_(sink), on_end_(std::move(on_end)) {}

  void Begin(std::shared_ptr<Watch> self, pb::WorkerService::Stub* stub, const pb::Target& target) {
    self_ = std::move(self);
    *request_.mutable_target() = target;
    stub->async()->WatchAlerts(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      return;
    }
    worked_ = true;
    for (const weir::alert::v1::Alert& message : response_.alerts()) {
      const StatusOr<alert::Alert> alert = wire::FromProto(message);
      if (alert.ok()) {
        sink_->OnAlert(*alert);
      } else {
        log::Warn("a worker sent an alert that cannot be read",
                  {{"reason", std::string(Message(alert.status()))}});
      }
    }
    for (const std::string& id : response_.removed()) {
      if (id.size() == 16) {
        sink_->OnAlertForgotten(Hash128::FromBytes(id));
      }
    }
    if (response_.has_left_out()) {
      worker::LeftOutAlerts left_out;
      left_out.alerts = response_.left_out().alerts();
      left_out.live = response_.left_out().live();
      for (const auto& [shard, change] : response_.left_out().changes()) {
        left_out.changes[static_cast<uint16_t>(shard)] = change;
      }
      sink_->OnLeftOut(worker_, left_out);
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<Watch> self = std::move(self_);
    on_end_(rpc::FromGrpc(status), worked_);
  }

 private:
  const std::string worker_;
  worker::AlertSink* const sink_;
  const OnEnd on_end_;
  std::shared_ptr<Watch> self_;
  grpc::ClientContext context_;
  pb::WatchAlertsRequest request_;
  pb::WatchAlertsResponse response_;
  bool worked_ = false;
};

// A worker that is followed.
struct Peer {
  WorkerPeer peer;
  pb::Target target;
  std::unique_ptr<pb::WorkerService::Stub> stub;
  std::shared_ptr<Watch> watch;   // null while it waits to be opened again
  int64_t reconnect_ms = 0;
};
using PeerPtr = std::shared_ptr<Peer>;

// One call to one worker.
template <typename Request, typename Response>
struct Call {
  PeerPtr peer;
  grpc::ClientContext context;
  Request request;
  Response response;
  Status status;
};

}  // namespace

class WorkerClient::Impl final : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Options options, task::Scheduler* scheduler, worker::AlertSink* sink)
      : options_(std::move(options)), scheduler_(scheduler), sink_(sink) {}

  void SetWorkers(const std::vector<WorkerPeer>& workers);
  void Stop();

  // Null when it is not followed.
  PeerPtr Find(const std::string& worker) {
    const std::lock_guard lock(mutex_);
    const auto found = peers_.find(worker);
    return found == peers_.end() ? nullptr : found->second;
  }

  // Calls all workers and waits for the last answer.
  template <typename Request, typename Response, typename Start>
  std::vector<std::unique_ptr<Call<Request, Response>>> AskAll(const Request& request,
                                                               int64_t timeout_ms,
                                                               const Start& start) {
    std::vector<std::unique_ptr<Call<Request, Response>>> calls;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, peer] : peers_) {
        calls.push_back(std::make_unique<Call<Request, Response>>());
        calls.back()->peer = peer;
      }
    }
    std::latch answered(static_cast<std::ptrdiff_t>(calls.size()));
    for (const auto& call : calls) {
      call->request = request;
      *call->request.mutable_target() = call->peer->target;
      rpc::SetTimeout(&call->context, timeout_ms);
      start(call->peer->stub->async(), call.get(), [&answered, to = call.get()](grpc::Status status) {
        to->status = rpc::FromGrpc(status);
        answered.count_down();
      });
    }
    answered.wait();
    return calls;
  }

  const Options& options() const { return options_; }

 private:
  void Open(const PeerPtr& peer);
  void OnWatchEnd(const PeerPtr& peer, const Status& status, bool worked);

  const Options options_;
  task::Scheduler* const scheduler_;
  worker::AlertSink* const sink_;
  std::mutex mutex_;
  std::condition_variable idle_;    // watches_ became 0
  std::map<std::string, PeerPtr> peers_;
  int watches_ = 0;
  bool stopped_ = false;
};

void WorkerClient::Impl::SetWorkers(const std::vector<WorkerPeer>& workers) {
  std::vector<std::shared_ptr<Watch>> ended;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return;
    }
    std::map<std::string, PeerPtr> next;
    for (const WorkerPeer& worker : workers) {
      const auto known = peers_.find(worker.id);
      if (known != peers_.end() && known->second->peer == worker) {
        next.emplace(worker.id, known->second);
        continue;
      }
      auto peer = std::make_shared<Peer>();
      peer->peer = worker;
      peer->target.set_cluster_id(options_.cluster_id);
      peer->target.set_worker_id(worker.id);
      peer->stub = pb::WorkerService::NewStub(
          rpc::MakeChannel(worker.address, options_.credentials));
      peer->reconnect_ms = options_.reconnect_ms_min;
      next.emplace(worker.id, std::move(peer));
    }
    peers_.swap(next);
    for (const auto& [id, peer] : next) {
      const auto kept = peers_.find(id);
      if ((kept == peers_.end() || kept->second != peer) && peer->watch != nullptr) {
        ended.push_back(peer->watch);
      }
    }
    for (const auto& [id, peer] : peers_) {
      const auto before = next.find(id);
      if (before == next.end() || before->second != peer) {
        Open(peer);
      }
    }
  }
  for (const auto& watch : ended) {
    watch->Cancel();
  }
}

// REQUIRES: mutex_.
void WorkerClient::Impl::Open(const PeerPtr& peer) {
  ++watches_;
  peer->watch = std::make_shared<Watch>(
      peer->peer.id, sink_, [self = shared_from_this(), peer](const Status& status, bool worked) {
        self->OnWatchEnd(peer, status, worked);
      });
  peer->watch->Begin(peer->watch, peer->stub.get(), peer->target);
}

void WorkerClient::Impl::OnWatchEnd(const PeerPtr& peer, const Status& status, bool worked) {
  const std::lock_guard lock(mutex_);
  peer->watch = nullptr;
  if (--watches_ == 0) {
    idle_.notify_all();
  }
  const auto found = peers_.find(peer->peer.id);
  if (stopped_ || found == peers_.end() || found->second != peer) {
    return;
  }
  if (worked) {
    peer->reconnect_ms = options_.reconnect_ms_min;
  }
  log::Warn("lost a worker's alerts", {{"worker", peer->peer.id},
                                       {"address", peer->peer.address},
                                       {"reason", std::string(Message(status))}});
  scheduler_->PostAfter(peer->reconnect_ms, [weak = weak_from_this(), peer] {
    const std::shared_ptr<Impl> self = weak.lock();
    if (self == nullptr) {
      return;
    }
    const std::lock_guard again(self->mutex_);
    const auto still = self->peers_.find(peer->peer.id);
    if (!self->stopped_ && still != self->peers_.end() && still->second == peer) {
      self->Open(peer);
    }
  });
  peer->reconnect_ms = std::min(peer->reconnect_ms * 2, options_.reconnect_ms_max);
}

void WorkerClient::Impl::Stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  std::vector<std::shared_ptr<Watch>> open;
  for (const auto& [id, peer] : peers_) {
    if (peer->watch != nullptr) {
      open.push_back(peer->watch);
    }
  }
  peers_.clear();
  lock.unlock();
  for (const auto& watch : open) {
    watch->Cancel();
  }
  lock.lock();
  idle_.wait(lock, [this] { return watches_ == 0; });
}

WorkerClient::WorkerClient(Options options, task::Scheduler* scheduler, worker::AlertSink* sink)
    : impl_(std::make_shared<Impl>(std::move(options), scheduler, sink)) {}

WorkerClient::~WorkerClient() {
  Stop();
}

void WorkerClient::SetWorkers(const std::vector<WorkerPeer>& workers) {
  impl_->SetWorkers(workers);
}

void WorkerClient::Stop() {
  impl_->Stop();
}

StatusOr<alert::AlertDetails> WorkerClient::ShowAlert(const Hash128& id) {
  pb::GetAlertRequest request;
  request.set_alert_id(id.ToHex());
  const auto calls = impl_->AskAll<pb::GetAlertRequest, pb::GetAlertResponse>(
      request, impl_->options().call_timeout_ms, [](auto* stub, auto* call, auto done) {
        stub->GetAlert(&call->context, &call->request, &call->response, std::move(done));
      });
  Status failure = NotFound("no alert {}", id.ToHex());
  for (const auto& call : calls) {
    if (call->status.ok()) {
      alert::AlertDetails details;
      WEIR_ASSIGN_OR_RETURN(details.alert, wire::FromProto(call->response.alert()));
      if (call->response.has_series()) {
        details.series = wire::FromProto(call->response.series());
      }
      if (call->response.has_suppression()) {
        details.suppression = wire::FromProto(call->response.suppression());
      }
      return details;
    }
    if (call->status.code() != StatusCode::kNotFound) {
      failure = Unavailable("asking worker '{}' for alert {}: {}", call->peer->peer.id, id.ToHex(),
                            Message(call->status));
    }
  }
  return failure;
}

StatusOr<alert::Alert> WorkerClient::GetAlert(const Hash128& id) {
  WEIR_ASSIGN_OR_RETURN(alert::AlertDetails details, ShowAlert(id));
  return std::move(details.alert);
}

StatusOr<worker::AlertsFound> WorkerClient::FindAlerts(const worker::AlertQuery& query,
                                                       bool keys_only) {
  pb::FindAlertsRequest request;
  wire::ToProto(query.filter, request.mutable_filter());
  for (const Hash128& id : query.filter.ids) {
    request.add_ids(id.ToBytes());
  }
  request.set_order_by(alert::OrderText(query.order));
  if (query.after.has_value()) {
    request.set_after(alert::EncodePosition(*query.after));
  }
  request.set_limit(static_cast<uint32_t>(std::min<std::size_t>(query.limit, UINT32_MAX)));
  request.set_keys_only(keys_only);
  const auto calls = impl_->AskAll<pb::FindAlertsRequest, pb::FindAlertsResponse>(
      request, impl_->options().search_timeout_ms, [](auto* stub, auto* call, auto done) {
        stub->FindAlerts(&call->context, &call->request, &call->response, std::move(done));
      });
  worker::AlertsFound found;
  for (const auto& call : calls) {
    if (!call->status.ok()) {
      return Unavailable("asking worker '{}' for stored alerts: {}", call->peer->peer.id,
                         Message(call->status));
    }
    found.total += call->response.total();
    found.shards += call->response.shards();
    for (const weir::alert::v1::Alert& message : call->response.alerts()) {
      WEIR_ASSIGN_OR_RETURN(found.alerts.emplace_back(), wire::FromProto(message));
    }
  }
  return found;
}

StatusOr<std::vector<worker::GroupsFound>> WorkerClient::FindGroups(
    const worker::GroupQuery& query) {
  pb::FindGroupsRequest request;
  request.set_rule_id(query.rule_id);
  request.set_rule_set_version(query.version.value);
  for (const auto& [name, text] : query.keys) {
    pb::GroupKey* key = request.add_keys();
    key->set_name(name);
    key->set_text(text);
  }
  request.set_limit(static_cast<uint32_t>(std::min<std::size_t>(query.limit, UINT32_MAX)));
  request.set_whole(query.whole);
  const auto calls = impl_->AskAll<pb::FindGroupsRequest, pb::FindGroupsResponse>(
      request, impl_->options().search_timeout_ms, [](auto* stub, auto* call, auto done) {
        stub->FindGroups(&call->context, &call->request, &call->response, std::move(done));
      });
  std::vector<worker::GroupsFound> all;
  for (const auto& call : calls) {
    if (!call->status.ok()) {
      return Annotate(call->status, fmt::format("asking worker '{}' for groups", call->peer->peer.id));
    }
    worker::GroupsFound& found = all.emplace_back();
    found.groups.assign(call->response.groups().begin(), call->response.groups().end());
    found.window_end_ms = call->response.window_end_unix_millis();
    found.created_ms = call->response.created_unix_millis();
    found.closed_ms = call->response.closed_unix_millis();
    found.matched = call->response.matched();
    found.shards = call->response.shards();
  }
  return all;
}

StatusOr<std::vector<worker::CoveringAlert>> WorkerClient::FindCovering(
    const worker::CoveringQuery& query) {
  pb::FindCoveringRequest request;
  request.set_rule_id(query.rule_id);
  request.set_judged_unix_millis(query.judged_ms);
  for (const Hash128& key : query.keys) {
    request.add_keys(key.ToBytes());
  }
  const auto calls = impl_->AskAll<pb::FindCoveringRequest, pb::FindCoveringResponse>(
      request, impl_->options().call_timeout_ms, [](auto* stub, auto* call, auto done) {
        stub->FindCovering(&call->context, &call->request, &call->response, std::move(done));
      });
  std::vector<worker::CoveringAlert> covering(query.keys.size());
  for (const auto& call : calls) {
    if (!call->status.ok()) {
      return Annotate(call->status,
                      fmt::format("asking worker '{}' what is suppressed", call->peer->peer.id));
    }
    const int count = std::min(call->response.alerts_size(), static_cast<int>(covering.size()));
    for (int i = 0; i < count; ++i) {
      const pb::CoveringAlert& alert = call->response.alerts(i);
      if (alert.alert_id().size() == 16) {
        covering[static_cast<std::size_t>(i)] = {Hash128::FromBytes(alert.alert_id()),
                                                 alert.until_unix_millis()};
      }
    }
  }
  return covering;
}

StatusOr<worker::EventsFound> WorkerClient::FindEvents(const worker::EventQuery& query) {
  const auto calls = impl_->AskAll<pb::FindEventsRequest, pb::FindEventsResponse>(
      ToProto(query), impl_->options().search_timeout_ms, [](auto* stub, auto* call, auto done) {
        stub->FindEvents(&call->context, &call->request, &call->response, std::move(done));
      });
  worker::EventsFound found;
  for (const auto& call : calls) {
    const std::string asking = fmt::format("asking worker '{}' about events", call->peer->peer.id);
    WEIR_RETURN_IF_ERROR(Annotate(call->status, asking));
    WEIR_RETURN_IF_ERROR(Annotate(AddFound(call->response, &found), asking));
  }
  return found;
}

std::vector<worker::AlertUpdateResult> WorkerClient::UpdateAlerts(
    const std::string& worker, const std::vector<worker::AlertUpdate>& updates) {
  std::vector<worker::AlertUpdateResult> results(updates.size());
  const auto fail = [&](const Status& status) {
    for (worker::AlertUpdateResult& result : results) {
      result.status = status;
    }
    return results;
  };
  const PeerPtr peer = impl_->Find(worker);
  if (peer == nullptr || updates.empty()) {
    return fail(Unavailable("worker '{}' is not there now", worker));
  }
  pb::UpdateAlertsRequest request;
  *request.mutable_target() = peer->target;
  request.set_actor(updates.front().action.actor);
  wire::ToProto(updates.front().action, request.mutable_update());
  for (const worker::AlertUpdate& update : updates) {
    pb::PlacedAlert* placed = request.add_alerts();
    placed->set_alert_id(update.alert.ToHex());
    placed->set_expected_lifecycle_revision(update.action.expected_revision);
    placed->set_shard(update.shard.value);
    placed->set_epoch(update.epoch.value);
  }
  grpc::ClientContext context;
  rpc::SetTimeout(&context, impl_->options().search_timeout_ms);
  pb::UpdateAlertsResponse response;
  const Status status = rpc::FromGrpc(peer->stub->UpdateAlerts(&context, request, &response));
  if (!status.ok() || response.results_size() != static_cast<int>(updates.size())) {
    return fail(Unavailable("asking worker '{}': {}", worker,
                            status.ok() ? "it answered something else" : Message(status)));
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    const weir::alert::v1::AlertUpdateResult& message = response.results(static_cast<int>(i));
    if (message.code() != 0) {
      results[i].status = MakeError(static_cast<StatusCode>(message.code()), message.message());
    }
    results[i].unchanged = message.unchanged();
    if (message.has_alert()) {
      if (auto alert = wire::FromProto(message.alert()); alert.ok()) {
        results[i].alert = std::move(*alert);
      }
    }
  }
  return results;
}

WorkersStatus WorkerClient::GetStatus() {
  const auto calls = impl_->AskAll<pb::GetStatusRequest, pb::GetStatusResponse>(
      pb::GetStatusRequest(), impl_->options().call_timeout_ms,
      [](auto* stub, auto* call, auto done) {
        stub->GetStatus(&call->context, &call->request, &call->response, std::move(done));
      });
  WorkersStatus result;
  std::vector<NamedWorkerStatus> all;
  for (const auto& call : calls) {
    if (call->status.ok()) {
      all.push_back({call->peer->peer.id, StatusFromProto(call->response)});
    } else {
      result.missing.push_back({call->peer->peer.id, call->status});
    }
  }
  result.merged = MergeStatus(all);
  return result;
}

Status WorkerClient::WaitJudged(int64_t timeout_ms) {
  const auto calls = impl_->AskAll<pb::WaitJudgedRequest, pb::WaitJudgedResponse>(
      pb::WaitJudgedRequest(), timeout_ms, [](auto* stub, auto* call, auto done) {
        stub->WaitJudged(&call->context, &call->request, &call->response, std::move(done));
      });
  for (const auto& call : calls) {
    if (!call->status.ok()) {
      return Annotate(call->status, fmt::format("waiting for worker '{}'", call->peer->peer.id));
    }
  }
  return OkStatus();
}

}  // namespace weir::coordinator
