#include "common/meta/etcd/connection_internal.h"

#include <algorithm>
#include <utility>

#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace weir::meta {

namespace pb = etcdserverpb;

bool IsNotReached(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::UNKNOWN:    // a member that shuts down
    case grpc::StatusCode::INTERNAL:   // a connection that was reset
      return true;
    default:
      return false;
  }
}

Status CallError(const Endpoint& endpoint, const grpc::Status& status) {
  const Status error = rpc::FromGrpc(status);
  return Error(IsNotReached(status.error_code()) ? StatusCode::kUnavailable : error.code(),
               "etcd at {}: {}", endpoint.address, error);
}

Connection::Connection(task::Scheduler* scheduler, const EtcdOptions& options,
                       const std::shared_ptr<grpc::ChannelCredentials>& credentials, Calls* calls,
                       std::function<void()> on_moved)
    : scheduler_(scheduler), options_(options), calls_(calls), on_moved_(std::move(on_moved)) {
  for (const std::string& address : options_.endpoints) {
    auto endpoint = std::make_unique<Endpoint>();
    endpoint->address = address;
    endpoint->channel = rpc::MakeChannel(address, credentials);
    endpoint->kv = pb::KV::NewStub(endpoint->channel);
    endpoint->watch = pb::Watch::NewStub(endpoint->channel);
    endpoint->lease = pb::Lease::NewStub(endpoint->channel);
    endpoints_.push_back(std::move(endpoint));
  }
}

Connection::~Connection() {
  scheduler_->Cancel(round_);
  for (const auto& [id, waiter] : waiters_) {
    scheduler_->Cancel(waiter.timer);
  }
}

void Connection::Acquire(int64_t deadline_ms, Acquired acquired) {
  if (checked_) {
    return acquired(endpoints_[current_].get());
  }
  const uint64_t id = next_waiter_++;
  Waiter& waiter = waiters_[id];
  waiter.deadline_ms = deadline_ms;
  waiter.acquired = std::move(acquired);
  waiter.timer = scheduler_->PostAfter(deadline_ms - scheduler_->NowMonotonicMs(),
                                       [this, id] { Expire(id); });
  if (!probing_) {
    tried_ = 0;
    hopeful_ = false;
    Probe();
  }
}

void Connection::Expire(uint64_t waiter) {
  auto node = waiters_.extract(waiter);
  const Status why = last_error_.ok() ? Unavailable("no answer in time") : last_error_;
  node.mapped().acquired(
      Unavailable("etcd is not reached at {}: {}", fmt::join(options_.endpoints, ", "), why));
}

void Connection::Failed(const Endpoint* endpoint) {
  if (current() == endpoint) {
    checked_ = false;
    current_ = (current_ + 1) % endpoints_.size();
  }
}

// Counts the keys of the prefix: a read like others, so that what they need is what is tested.
void Connection::Probe() {
  probing_ = true;
  Endpoint* const endpoint = endpoints_[current_].get();
  // How often an endpoint is tried is decided here, and not by how long the channel has failed.
  grpc::experimental::ChannelResetConnectionBackoff(endpoint->channel.get());
  pb::RangeRequest request;
  request.set_key(options_.key_prefix.empty() ? std::string(1, '\0') : options_.key_prefix);
  request.set_count_only(true);
  calls_->Unary<pb::RangeRequest, pb::RangeResponse>(
      std::move(request), options_.probe_timeout_ms,
      [endpoint](auto&&... arguments) { endpoint->kv->async()->Range(arguments...); },
      [this, floor = floor()](const grpc::Status& status, const pb::RangeResponse& response) {
        TakeProbe(status, response, floor);
      });
}

void Connection::TakeProbe(const grpc::Status& status, const pb::RangeResponse& response,
                           Revision floor) {
  const Endpoint& endpoint = *endpoints_[current_];
  if (!status.ok()) {
    hopeful_ = hopeful_ || IsNotReached(status.error_code());
    return NextEndpoint(CallError(endpoint, status));
  }
  if (const Status right = Check(endpoint, response.header(), floor); !right.ok()) {
    return NextEndpoint(right);
  }
  probing_ = false;
  checked_ = true;
  last_error_ = OkStatus();
  Answer(endpoints_[current_].get());
  on_moved_();
}

void Connection::NextEndpoint(const Status& why) {
  last_error_ = why;
  ++tried_;
  current_ = (current_ + 1) % endpoints_.size();
  if (tried_ < endpoints_.size()) {
    return Probe();
  }
  if (!hopeful_) {
    Answer(why);
  }
  if (waiters_.empty()) {
    probing_ = false;
    return;
  }
  tried_ = 0;
  hopeful_ = false;
  round_ = scheduler_->PostAfter(options_.retry_ms, [this] {
    if (waiters_.empty()) {
      probing_ = false;
    } else {
      Probe();
    }
  });
}

void Connection::Answer(const StatusOr<Endpoint*>& result) {
  std::map<uint64_t, Waiter> waiters;
  waiters.swap(waiters_);
  for (auto& [id, waiter] : waiters) {
    scheduler_->Cancel(waiter.timer);
    waiter.acquired(result);
  }
}

Status Connection::Check(const Endpoint& endpoint, const pb::ResponseHeader& header,
                         Revision floor) {
  if (cluster_ != 0 && header.cluster_id() != cluster_) {
    return FailedPrecondition("etcd at {} belongs to cluster {:x}, and not to {:x} as before",
                              endpoint.address, header.cluster_id(), cluster_);
  }
  if (header.revision() < floor) {
    return DataLoss("etcd at {} is at revision {}, and was at {} before", endpoint.address,
                    header.revision(), floor);
  }
  cluster_ = header.cluster_id();
  Saw(header.revision());
  return OkStatus();
}

void Connection::Saw(Revision revision) {
  seen_ = std::max(seen_, revision);
}

}  // namespace weir::meta
