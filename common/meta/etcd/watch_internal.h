// One watch on etcd: a stream of its own, opened again after the last event when it breaks. In tasks of
// the scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/meta/etcd/calls_internal.h"
#include "common/meta/etcd/connection_internal.h"
#include "common/meta/meta_store.h"

namespace weir::meta {

class EtcdWatch : public std::enable_shared_from_this<EtcdWatch> {
 public:
  struct Request {
    std::string key_prefix;   // before every key; not told
    std::string prefix;
    Revision from = 0;
    MetaStore::OnEvents on_events;
    MetaStore::OnLost on_lost;
  };

  EtcdWatch(task::Scheduler* scheduler, Connection* connection, Calls* calls,
            const EtcdOptions& options, Request request);

  void Open();
  // Another endpoint is in use: follows it.
  void Move();
  // No callback runs after it. May be called within one, and after the store is gone.
  void Cancel();
  bool active() const { return active_; }

 private:
  class Stream;

  void Start(Endpoint* endpoint);
  // What a stream says; ignored unless it is the present one.
  void TakeResponse(const Stream* stream, const etcdserverpb::WatchResponse& response);
  void TakeEvents(const etcdserverpb::WatchResponse& response);
  void TakeEnd(const Stream* stream, const grpc::Status& status);
  void Reopen();
  void Lose(const Status& status);

  task::Scheduler* scheduler_;
  Connection* connection_;
  Calls* calls_;
  const EtcdOptions& options_;
  Request request_;
  bool active_ = true;
  Revision next_ = 0;   // the first revision that was not told; 0: from now
  Endpoint* endpoint_ = nullptr;
  std::shared_ptr<Stream> stream_;
};

}  // namespace weir::meta
