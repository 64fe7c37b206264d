#include "coordinator/remote_spread_cluster.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "common/base/bytes.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "weir/worker/v1/worker.grpc.pb.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::worker::v1;

// Of one message of a tick's rows.
constexpr std::size_t kPieceBytes = 1 << 20;
constexpr int64_t kPieceMsMax = 500;   // to send and to apply

// A worker that calls go to.
struct Peer {
  WorkerPeer peer;
  pb::Target target;
  std::unique_ptr<pb::WorkerService::Stub> stub;
};
using PeerPtr = std::shared_ptr<Peer>;

// The calls under way, so that their end can be waited for.
class OpenCalls {
 public:
  void Add(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    contexts_.insert(context);
  }
  void Remove(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    contexts_.erase(context);
    if (contexts_.empty()) {
      none_.notify_all();
    }
  }
  void CancelAll() {
    std::unique_lock lock(mutex_);
    for (grpc::ClientContext* context : contexts_) {
      context->TryCancel();
    }
    none_.wait(lock, [this] { return contexts_.empty(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::set<grpc::ClientContext*> contexts_;
};

// One unary call to one worker.
template <typename Request, typename Response>
struct Call {
  PeerPtr peer;
  grpc::ClientContext context;
  Request request;
  Response response;
};

// The answers of several workers, put together; the scheduler is told when the last has come.
template <typename Result>
class Gathering {
 public:
  Gathering(std::size_t count, task::Scheduler* scheduler,
            std::function<void(StatusOr<Result>)> done)
      : left_(count), scheduler_(scheduler), done_(std::move(done)) {}

  // add is given the result when the answer is good.
  template <typename Add>
  void Answer(const std::string& worker, const Status& status, const Add& add) {
    const std::lock_guard lock(mutex_);
    if (status.ok()) {
      add(&result_);
    } else if (failure_.ok()) {
      failure_ = Annotate(status, "asking worker '" + worker + "'");
    }
    if (--left_ == 0) {
      Finish();
    }
  }
  void Finish() {
    StatusOr<Result> result =
        failure_.ok() ? StatusOr<Result>(std::move(result_)) : StatusOr<Result>(failure_);
    scheduler_->Post([done = std::move(done_), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  }

 private:
  std::mutex mutex_;
  std::size_t left_;
  task::Scheduler* const scheduler_;
  std::function<void(StatusOr<Result>)> done_;
  Result result_;
  Status failure_;
};

void AddReport(const pb::ViewSpreadResponse& message, worker::SpreadReport* report) {
  for (const pb::SpreadShard& shard : message.shards()) {
    worker::SpreadReport::Row& row = report->shards.emplace_back();
    row.shard = ShardId(static_cast<uint16_t>(std::min<uint32_t>(shard.shard(), UINT16_MAX)));
    row.closed_ms = shard.closed_unix_millis();
    row.earliest_ms = shard.earliest_unix_millis();
    row.latest_ms = shard.latest_unix_millis();
    row.judged_ms = shard.judged_unix_millis();
    row.has_episodes = shard.has_episodes();
    row.wants_closing = shard.wants_closing();
  }
}

// A worker's CollectTick stream, to its end. Keeps itself until then.
class CollectCall final : public grpc::ClientReadReactor<pb::CollectTickResponse> {
 public:
  using OnEnd = std::function<void(const Status&, const worker::SpreadParts&)>;

  CollectCall(PeerPtr peer, std::shared_ptr<OpenCalls> calls, OnEnd on_end)
      : peer_(std::move(peer)), calls_(std::move(calls)), on_end_(std::move(on_end)) {}

  void Begin(std::shared_ptr<CollectCall> self, const pb::CollectTickRequest& request,
             int64_t timeout_ms) {
    self_ = std::move(self);
    request_ = request;
    *request_.mutable_target() = peer_->target;
    rpc::SetTimeout(&context_, timeout_ms);
    calls_->Add(&context_);
    peer_->stub->async()->CollectTick(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      return;
    }
    bytes_ += response_.parts();
    if (first_) {
      first_ = false;
      parts_.next_ms = response_.next_unix_millis();
      for (const uint32_t shard : response_.shards()) {
        parts_.shards.emplace_back(static_cast<uint16_t>(std::min<uint32_t>(shard, UINT16_MAX)));
      }
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& ended) override {
    const std::shared_ptr<CollectCall> self = std::move(self_);
    Status status = rpc::FromGrpc(ended);
    ByteReader reader(bytes_);
    while (status.ok() && reader.ok() && !reader.done()) {
      parts_.groups.emplace_back(reader.String());
    }
    if (status.ok() && !reader.ok()) {
      status = DataLoss("collected parts of {} bytes are cut short", bytes_.size());
    }
    on_end_(status, parts_);
    calls_->Remove(&context_);
  }

 private:
  const PeerPtr peer_;
  const std::shared_ptr<OpenCalls> calls_;
  const OnEnd on_end_;
  std::shared_ptr<CollectCall> self_;
  grpc::ClientContext context_;
  pb::CollectTickRequest request_;
  pb::CollectTickResponse response_;
  bool first_ = true;
  std::string bytes_;
  worker::SpreadParts parts_;
};

// A CommitTick stream, to its end: the rows go out piece by piece. Keeps itself until then.
class CommitCall final : public grpc::ClientWriteReactor<pb::CommitTickRequest> {
 public:
  using OnEnd = std::function<void(const Status&)>;

  CommitCall(PeerPtr peer, std::shared_ptr<OpenCalls> calls, OnEnd on_end)
      : peer_(std::move(peer)), calls_(std::move(calls)), on_end_(std::move(on_end)) {}

  void Begin(std::shared_ptr<CommitCall> self, worker::JudgedTick tick, Epoch epoch,
             int64_t timeout_ms) {
    self_ = std::move(self);
    *request_.mutable_target() = peer_->target;
    request_.set_rule_id(tick.rule_id);
    request_.set_rule_set_version(tick.version.value);
    request_.set_home_shard(tick.home.value);
    request_.set_epoch(epoch.value);
    request_.set_tick_unix_millis(tick.tick_ms);
    request_.set_previous_unix_millis(tick.previous_ms);
    request_.set_rows_bytes(tick.rows.size());
    rows_ = std::move(tick.rows);
    // Many rows take their time on the wire.
    rpc::SetTimeout(&context_, timeout_ms + static_cast<int64_t>(rows_.size() >> 20) * kPieceMsMax);
    calls_->Add(&context_);
    peer_->stub->async()->CommitTick(&context_, &response_, this);
    WriteNext();
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    // Not ok: the worker has ended the call, OnDone says why.
    if (ok && !last_) {
      request_.Clear();
      WriteNext();
    }
  }

  void OnDone(const grpc::Status& ended) override {
    const std::shared_ptr<CommitCall> self = std::move(self_);
    on_end_(rpc::FromGrpc(ended));
    calls_->Remove(&context_);
  }

 private:
  void WriteNext() {
    const std::size_t size = std::min(kPieceBytes, rows_.size() - sent_);
    request_.set_rows(rows_.data() + sent_, size);
    sent_ += size;
    last_ = sent_ == rows_.size();
    if (last_) {
      StartWriteLast(&request_, grpc::WriteOptions());
    } else {
      StartWrite(&request_);
    }
  }

  const PeerPtr peer_;
  const std::shared_ptr<OpenCalls> calls_;
  const OnEnd on_end_;
  std::shared_ptr<CommitCall> self_;
  grpc::ClientContext context_;
  pb::CommitTickRequest request_;
  pb::CommitTickResponse response_;
  std::string rows_;
  std::size_t sent_ = 0;
  bool last_ = false;
};

}  // namespace

class RemoteSpreadCluster::Impl {
 public:
  Impl(Options options, task::Scheduler* scheduler, GetWorkers get_workers, GetShard get_shard)
      : options_(std::move(options)),
        scheduler_(scheduler),
        get_workers_(std::move(get_workers)),
        get_shard_(std::move(get_shard)),
        calls_(std::make_shared<OpenCalls>()) {}

  void View(const pb::ViewSpreadRequest& request,
            std::function<void(StatusOr<worker::SpreadReport>)> done);
  void Collect(const pb::CollectTickRequest& request,
               std::function<void(StatusOr<worker::SpreadParts>)> done);
  void Commit(worker::JudgedTick tick, std::function<void(Status)> done);
  void CancelAll() { calls_->CancelAll(); }

 private:
  // The workers of now; connections to those that stay are kept.
  std::vector<PeerPtr> Peers();

  template <typename Request, typename Response, typename Start, typename End>
  void Ask(const PeerPtr& peer, const Request& request, const Start& start, End end) {
    auto call = std::make_shared<Call<Request, Response>>();
    call->peer = peer;
    call->request = request;
    *call->request.mutable_target() = peer->target;
    rpc::SetTimeout(&call->context, options_.call_timeout_ms);
    calls_->Add(&call->context);
    start(peer->stub->async(), call.get(),
          [call, calls = calls_, end = std::move(end)](const grpc::Status& status) {
            end(rpc::FromGrpc(status), call->response);
            calls->Remove(&call->context);
          });
  }

  const Options options_;
  task::Scheduler* const scheduler_;
  const GetWorkers get_workers_;
  const GetShard get_shard_;
  const std::shared_ptr<OpenCalls> calls_;
  std::map<std::string, PeerPtr> peers_;
};

std::vector<PeerPtr> RemoteSpreadCluster::Impl::Peers() {
  std::map<std::string, PeerPtr> next;
  std::vector<PeerPtr> all;
  for (const WorkerPeer& worker : get_workers_()) {
    const auto known = peers_.find(worker.id);
    PeerPtr peer;
    if (known != peers_.end() && known->second->peer == worker) {
      peer = known->second;
    } else {
      peer = std::make_shared<Peer>();
      peer->peer = worker;
      peer->target.set_cluster_id(options_.cluster_id);
      peer->target.set_worker_id(worker.id);
      peer->stub = pb::WorkerService::NewStub(
          rpc::MakeChannel(worker.address, options_.credentials));
    }
    all.push_back(peer);
    next.emplace(worker.id, std::move(peer));
  }
  peers_ = std::move(next);
  return all;
}

void RemoteSpreadCluster::Impl::View(const pb::ViewSpreadRequest& request,
                                     std::function<void(StatusOr<worker::SpreadReport>)> done) {
  const std::vector<PeerPtr> peers = Peers();
  auto gathering = std::make_shared<Gathering<worker::SpreadReport>>(peers.size(), scheduler_,
                                                                     std::move(done));
  if (peers.empty()) {
    gathering->Finish();
  }
  for (const PeerPtr& peer : peers) {
    Ask<pb::ViewSpreadRequest, pb::ViewSpreadResponse>(
        peer, request,
        [](auto* stub, auto* call, auto answered) {
          stub->ViewSpread(&call->context, &call->request, &call->response, std::move(answered));
        },
        [peer, gathering](const Status& status, const pb::ViewSpreadResponse& response) {
          gathering->Answer(peer->peer.id, status, [&](worker::SpreadReport* report) {
            AddReport(response, report);
          });
        });
  }
}

void RemoteSpreadCluster::Impl::Collect(const pb::CollectTickRequest& request,
                                        std::function<void(StatusOr<worker::SpreadParts>)> done) {
  const std::vector<PeerPtr> peers = Peers();
  auto gathering = std::make_shared<Gathering<worker::SpreadParts>>(peers.size(), scheduler_,
                                                                    std::move(done));
  if (peers.empty()) {
    gathering->Finish();
  }
  for (const PeerPtr& peer : peers) {
    auto call = std::make_shared<CollectCall>(
        peer, calls_, [peer, gathering](const Status& status, const worker::SpreadParts& parts) {
          gathering->Answer(peer->peer.id, status, [&](worker::SpreadParts* all) {
            all->next_ms = std::min(all->next_ms, parts.next_ms);
            all->shards.insert(all->shards.end(), parts.shards.begin(), parts.shards.end());
            all->groups.insert(all->groups.end(), parts.groups.begin(), parts.groups.end());
          });
        });
    call->Begin(call, request, options_.call_timeout_ms);
  }
}

void RemoteSpreadCluster::Impl::Commit(worker::JudgedTick tick, std::function<void(Status)> done) {
  const cluster::ShardEntry entry = get_shard_(tick.home);
  const std::vector<PeerPtr> peers = Peers();
  const auto home = std::find_if(peers.begin(), peers.end(), [&entry](const PeerPtr& peer) {
    return peer->peer.id == entry.worker;
  });
  if (home == peers.end()) {
    scheduler_->Post([done = std::move(done), tick = std::move(tick), entry] {
      done(Unavailable("home shard {} of rule '{}': its worker '{}' is not alive", tick.home,
                       tick.rule_id, entry.worker));
    });
    return;
  }
  auto call = std::make_shared<CommitCall>(
      *home, calls_, [scheduler = scheduler_, done = std::move(done)](const Status& status) {
        scheduler->Post([done, status] { done(status); });
      });
  call->Begin(call, std::move(tick), entry.epoch, options_.call_timeout_ms);
}

RemoteSpreadCluster::RemoteSpreadCluster(Options options, task::Scheduler* scheduler,
                                         GetWorkers get_workers, GetShard get_shard)
    : impl_(std::make_unique<Impl>(std::move(options), scheduler, std::move(get_workers),
                                   std::move(get_shard))) {}

RemoteSpreadCluster::~RemoteSpreadCluster() {
  impl_->CancelAll();
}

void RemoteSpreadCluster::View(const std::string& rule_id, RuleSetVersion version,
                               const worker::SpreadHint& hint,
                               std::function<void(StatusOr<worker::SpreadReport>)> done) {
  pb::ViewSpreadRequest request;
  request.set_rule_id(rule_id);
  request.set_rule_set_version(version.value);
  request.set_judged_unix_millis(hint.judged_ms);
  request.set_active_until_unix_millis(hint.active_until_ms);
  impl_->View(request, std::move(done));
}

void RemoteSpreadCluster::Collect(const std::string& rule_id, RuleSetVersion version,
                                  UnixMillis tick_ms,
                                  std::function<void(StatusOr<worker::SpreadParts>)> done) {
  pb::CollectTickRequest request;
  request.set_rule_id(rule_id);
  request.set_rule_set_version(version.value);
  request.set_tick_unix_millis(tick_ms);
  impl_->Collect(request, std::move(done));
}

void RemoteSpreadCluster::Commit(worker::JudgedTick tick, std::function<void(Status)> done) {
  impl_->Commit(std::move(tick), std::move(done));
}

}  // namespace weir::coordinator
