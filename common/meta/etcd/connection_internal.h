// Which endpoint is used: chooses it, checks it with a read before anything else is sent to it, and
// chooses again once it does not answer. All in tasks of the scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/meta/etcd/calls_internal.h"
#include "common/meta/etcd/etcd_store.h"
#include "etcdserverpb/rpc.grpc.pb.h"

namespace weir::meta {

struct Endpoint {
  std::string address;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<etcdserverpb::KV::Stub> kv;
  std::unique_ptr<etcdserverpb::Watch::Stub> watch;
  std::unique_ptr<etcdserverpb::Lease::Stub> lease;
};

// Whether a call that ended so may do better elsewhere or later.
bool IsNotReached(grpc::StatusCode code);
// The error of a call; what is not reached becomes kUnavailable.
Status CallError(const Endpoint& endpoint, const grpc::Status& status);

class Connection {
 public:
  using Acquired = std::function<void(StatusOr<Endpoint*>)>;

  // credentials: of the channels; null: they are not encrypted.
  Connection(task::Scheduler* scheduler, const EtcdOptions& options,
             const std::shared_ptr<grpc::ChannelCredentials>& credentials, Calls* calls,
             std::function<void()> on_moved);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Calls acquired, perhaps at once, with an endpoint that has answered, or with why there was none
  // until the deadline, by the scheduler's clock.
  void Acquire(int64_t deadline_ms, Acquired acquired);
  // A call on it was not answered.
  void Failed(const Endpoint* endpoint);
  // The one in use; null while there is none.
  Endpoint* current() const { return checked_ ? endpoints_[current_].get() : nullptr; }

  // The revision that answers to calls which are sent now must not be behind.
  Revision floor() const { return seen_; }
  // Takes note of the header of a linearizable answer. FailedPrecondition, DataLoss.
  Status Check(const Endpoint& endpoint, const etcdserverpb::ResponseHeader& header, Revision floor);
  void Saw(Revision revision);

 private:
  struct Waiter {
    int64_t deadline_ms = 0;
    Acquired acquired;
    task::Scheduler::TimerId timer = 0;
  };

  void Probe();
  void TakeProbe(const grpc::Status& status, const etcdserverpb::RangeResponse& response,
                 Revision floor);
  void NextEndpoint(const Status& why);
  void Answer(const StatusOr<Endpoint*>& result);
  void Expire(uint64_t waiter);

  task::Scheduler* scheduler_;
  const EtcdOptions options_;
  Calls* calls_;
  std::function<void()> on_moved_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::size_t current_ = 0;
  bool checked_ = false;    // the current one has answered
  bool probing_ = false;    // or waiting for the next round
  std::size_t tried_ = 0;   // endpoints of this round
  bool hopeful_ = false;    // some of this round's errors may heal
  Status last_error_;
  uint64_t cluster_ = 0;    // 0: not known yet
  Revision seen_ = 0;
  std::map<uint64_t, Waiter> waiters_;
  uint64_t next_waiter_ = 1;
  task::Scheduler::TimerId round_ = 0;
};

}  // namespace weir::meta
