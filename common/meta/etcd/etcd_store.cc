#include "common/meta/etcd/etcd_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/meta/etcd/calls_internal.h"
#include "common/meta/etcd/connection_internal.h"
#include "common/meta/etcd/keep_alive_internal.h"
#include "common/meta/etcd/messages_internal.h"
#include "common/meta/etcd/watch_internal.h"
#include "common/rpc/channel.h"

namespace weir::meta {
namespace {

namespace pb = etcdserverpb;

constexpr int64_t kListPageKeys = 1000;
constexpr int64_t kTtlSecondsMax = 365LL * 24 * 3600;

// Owns the watch's place in the world; the store may be gone before it.
class EtcdWatchHandle final : public WatchHandle {
 public:
  explicit EtcdWatchHandle(std::shared_ptr<EtcdWatch> watch) : watch_(std::move(watch)) {}
  ~EtcdWatchHandle() override { watch_->Cancel(); }
  EtcdWatchHandle(const EtcdWatchHandle&) = delete;
  EtcdWatchHandle& operator=(const EtcdWatchHandle&) = delete;

 private:
  std::shared_ptr<EtcdWatch> watch_;
};

class EtcdStore final : public MetaStore {
 public:
  EtcdStore(task::Scheduler* scheduler, const EtcdOptions& options,
            const std::shared_ptr<grpc::ChannelCredentials>& credentials)
      : scheduler_(scheduler),
        options_(options),
        connection_(scheduler, options, credentials, &calls_, [this] { MoveWatches(); }),
        calls_(scheduler) {}
  ~EtcdStore() override;
  EtcdStore(const EtcdStore&) = delete;
  EtcdStore& operator=(const EtcdStore&) = delete;

  void Get(std::string key, GetDone done) override;
  void List(std::string prefix, GetDone done) override;
  void Commit(Txn txn, CommitDone done) override;
  std::unique_ptr<WatchHandle> Watch(std::string prefix, Revision from, OnEvents on_events,
                                     OnLost on_lost) override;
  void GrantLease(int64_t ttl_ms, LeaseDone done) override;
  void KeepAlive(LeaseId lease, Done done) override;
  void Revoke(LeaseId lease, Done done) override;

 private:
  // A read of one or several pages, all of one revision.
  struct Reading {
    pb::RangeRequest request;
    int64_t deadline_ms = 0;
    GetResult result;
    GetDone done;
  };
  using ReadingPtr = std::shared_ptr<Reading>;

  int64_t Deadline() const { return scheduler_->NowMonotonicMs() + options_.call_timeout_ms; }
  // What is left for a call; for one that tries again, a share that leaves time for another endpoint.
  int64_t TimeLeft(int64_t deadline_ms, bool tries_again) const;
  // Runs the step with an endpoint, or answers with an error in a task.
  template <typename Callback, typename Step>
  void WithEndpoint(int64_t deadline_ms, const Callback& done, Step step);
  // Calls again later if the call was not answered and there is time; answers otherwise.
  template <typename Callback, typename Again>
  void RetryOr(const Endpoint* endpoint, const grpc::Status& status, int64_t deadline_ms,
               const Callback& done, Again again);
  template <typename Callback>
  void Fail(const Endpoint* endpoint, const grpc::Status& status, const Callback& done);

  void Read(const ReadingPtr& reading);
  void ReadOn(const ReadingPtr& reading, Endpoint* endpoint);
  void TakePage(const ReadingPtr& reading, Endpoint* endpoint, Revision floor,
                const pb::RangeResponse& response);
  void TryKeepAlive(LeaseId lease, int64_t deadline_ms, const Done& done);
  void MoveWatches();

  task::Scheduler* scheduler_;
  const EtcdOptions options_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<std::weak_ptr<EtcdWatch>> watches_;
  // In this order: the channels outlive the calls, see Calls.
  Connection connection_;
  Calls calls_;
};

EtcdStore::~EtcdStore() {
  *alive_ = false;
  for (const std::weak_ptr<EtcdWatch>& weak : watches_) {
    if (const std::shared_ptr<EtcdWatch> watch = weak.lock()) {
      watch->Cancel();
    }
  }
}

int64_t EtcdStore::TimeLeft(int64_t deadline_ms, bool tries_again) const {
  const int64_t left_ms = std::max<int64_t>(deadline_ms - scheduler_->NowMonotonicMs(), 1);
  return tries_again ? std::min(left_ms, std::max<int64_t>(options_.call_timeout_ms / 3, 1)) : left_ms;
}

template <typename Callback, typename Step>
void EtcdStore::WithEndpoint(int64_t deadline_ms, const Callback& done, Step step) {
  // In a task: no callback runs within the caller's call.
  scheduler_->Post([this, alive = alive_, deadline_ms, done, step = std::move(step)]() mutable {
    if (!*alive) {
      return;
    }
    const auto acquired = [done, step = std::move(step)](const StatusOr<Endpoint*>& endpoint) {
      if (endpoint.ok()) {
        step(*endpoint);
      } else {
        done(endpoint.status());
      }
    };
    connection_.Acquire(deadline_ms, acquired);
  });
}

template <typename Callback>
void EtcdStore::Fail(const Endpoint* endpoint, const grpc::Status& status, const Callback& done) {
  if (IsNotReached(status.error_code())) {
    connection_.Failed(endpoint);
  }
  done(CallError(*endpoint, status));
}

template <typename Callback, typename Again>
void EtcdStore::RetryOr(const Endpoint* endpoint, const grpc::Status& status, int64_t deadline_ms,
                        const Callback& done, Again again) {
  if (!IsNotReached(status.error_code()) || scheduler_->NowMonotonicMs() >= deadline_ms) {
    return Fail(endpoint, status, done);
  }
  connection_.Failed(endpoint);
  scheduler_->PostAfter(options_.retry_ms, [alive = alive_, again = std::move(again)] {
    if (*alive) {
      again();
    }
  });
}

void EtcdStore::Get(std::string key, GetDone done) {
  if (const Status valid = ValidateKey(key); !valid.ok()) {
    return calls_.Post([done, valid] { done(valid); });
  }
  auto reading = std::make_shared<Reading>();
  reading->request.set_key(options_.key_prefix + key);
  reading->deadline_ms = Deadline();
  reading->done = std::move(done);
  Read(reading);
}

void EtcdStore::List(std::string prefix, GetDone done) {
  auto reading = std::make_shared<Reading>();
  SetPrefixRange(options_.key_prefix + prefix, &reading->request);
  reading->request.set_limit(kListPageKeys);
  reading->deadline_ms = Deadline();
  reading->done = std::move(done);
  Read(reading);
}

void EtcdStore::Read(const ReadingPtr& reading) {
  WithEndpoint(reading->deadline_ms, reading->done,
               [this, reading](Endpoint* endpoint) { ReadOn(reading, endpoint); });
}

void EtcdStore::ReadOn(const ReadingPtr& reading, Endpoint* endpoint) {
  calls_.Unary<pb::RangeRequest, pb::RangeResponse>(
      reading->request, TimeLeft(reading->deadline_ms, true),
      [endpoint](auto&&... arguments) { endpoint->kv->async()->Range(arguments...); },
      [this, reading, endpoint, floor = connection_.floor()](const grpc::Status& status,
                                                             const pb::RangeResponse& response) {
        if (status.error_code() == grpc::StatusCode::OUT_OF_RANGE) {
          return reading->done(Unavailable("revision {} was compacted while it was read",
                                           reading->request.revision()));
        }
        if (!status.ok()) {
          return RetryOr(endpoint, status, reading->deadline_ms, reading->done,
                         [this, reading] { Read(reading); });
        }
        TakePage(reading, endpoint, floor, response);
      });
}

void EtcdStore::TakePage(const ReadingPtr& reading, Endpoint* endpoint, Revision floor,
                         const pb::RangeResponse& response) {
  if (const Status right = connection_.Check(*endpoint, response.header(), floor); !right.ok()) {
    return reading->done(right);
  }
  GetResult& result = reading->result;
  if (result.revision == 0) {
    result.revision = response.header().revision();
  }
  for (const pb::KeyValue& kv : response.kvs()) {
    result.kvs.push_back(ToKeyValue(kv, options_.key_prefix.size()));
  }
  if (!response.more() || response.kvs().empty()) {
    return reading->done(std::move(result));
  }
  // The key right behind the last one, as it was then.
  reading->request.set_key(response.kvs().rbegin()->key() + '\0');
  reading->request.set_revision(result.revision);
  ReadOn(reading, endpoint);
}

void EtcdStore::Commit(Txn txn, CommitDone done) {
  if (const Status valid = ValidateTxn(txn); !valid.ok()) {
    return calls_.Post([done, valid] { done(valid); });
  }
  const int64_t deadline_ms = Deadline();
  auto request = std::make_shared<pb::TxnRequest>(ToRequest(txn, options_.key_prefix));
  WithEndpoint(deadline_ms, done, [this, deadline_ms, request, done](Endpoint* endpoint) {
    calls_.Unary<pb::TxnRequest, pb::TxnResponse>(
        std::move(*request), TimeLeft(deadline_ms, false),
        [endpoint](auto&&... arguments) { endpoint->kv->async()->Txn(arguments...); },
        [this, endpoint, done, floor = connection_.floor()](const grpc::Status& status,
                                                            const pb::TxnResponse& response) {
          if (!status.ok()) {
            return Fail(endpoint, status, done);
          }
          if (const Status right = connection_.Check(*endpoint, response.header(), floor);
              !right.ok()) {
            return done(right);
          }
          done(TxnResult{response.succeeded(), response.header().revision()});
        });
  });
}

std::unique_ptr<WatchHandle> EtcdStore::Watch(std::string prefix, Revision from, OnEvents on_events,
                                              OnLost on_lost) {
  auto watch = std::make_shared<EtcdWatch>(
      scheduler_, &connection_, &calls_, options_,
      EtcdWatch::Request{options_.key_prefix, std::move(prefix), from, std::move(on_events),
                         std::move(on_lost)});
  std::erase_if(watches_, [](const auto& weak) { return weak.expired(); });
  watches_.push_back(watch);
  calls_.Post([watch] {
    if (watch->active()) {
      watch->Open();
    }
  });
  return std::make_unique<EtcdWatchHandle>(std::move(watch));
}

void EtcdStore::MoveWatches() {
  for (const std::weak_ptr<EtcdWatch>& weak : std::vector<std::weak_ptr<EtcdWatch>>(watches_)) {
    if (const std::shared_ptr<EtcdWatch> watch = weak.lock()) {
      watch->Move();
    }
  }
}

void EtcdStore::GrantLease(int64_t ttl_ms, LeaseDone done) {
  if (ttl_ms <= 0 || ttl_ms > kTtlSecondsMax * 1000) {
    return calls_.Post([done, ttl_ms] {
      done(InvalidArgument("lease of {} ms; it must be positive, and at most a year", ttl_ms));
    });
  }
  const int64_t deadline_ms = Deadline();
  WithEndpoint(deadline_ms, done, [this, ttl_ms, deadline_ms, done](Endpoint* endpoint) {
    pb::LeaseGrantRequest request;
    request.set_ttl((ttl_ms + 999) / 1000);
    calls_.Unary<pb::LeaseGrantRequest, pb::LeaseGrantResponse>(
        std::move(request), TimeLeft(deadline_ms, false),
        [endpoint](auto&&... arguments) { endpoint->lease->async()->LeaseGrant(arguments...); },
        [this, endpoint, done](const grpc::Status& status, const pb::LeaseGrantResponse& response) {
          if (!status.ok()) {
            return Fail(endpoint, status, done);
          }
          if (!response.error().empty()) {
            return done(Internal("etcd at {}: {}", endpoint->address, response.error()));
          }
          done(Lease{LeaseId(response.id()), response.ttl() * 1000});
        });
  });
}

void EtcdStore::KeepAlive(LeaseId lease, Done done) {
  TryKeepAlive(lease, Deadline(), done);
}

void EtcdStore::TryKeepAlive(LeaseId lease, int64_t deadline_ms, const Done& done) {
  WithEndpoint(deadline_ms, done, [this, lease, deadline_ms, done](Endpoint* endpoint) {
    StartKeepAlive(&calls_, endpoint, lease, TimeLeft(deadline_ms, true),
                   [this, lease, endpoint, deadline_ms, done](const grpc::Status& status,
                                                              int64_t ttl_seconds) {
                     if (!status.ok()) {
                       return RetryOr(endpoint, status, deadline_ms, done,
                                      [=, this] { TryKeepAlive(lease, deadline_ms, done); });
                     }
                     done(ttl_seconds > 0 ? OkStatus() : NotFound("lease {} is gone", lease));
                   });
  });
}

void EtcdStore::Revoke(LeaseId lease, Done done) {
  const int64_t deadline_ms = Deadline();
  WithEndpoint(deadline_ms, done, [this, lease, deadline_ms, done](Endpoint* endpoint) {
    pb::LeaseRevokeRequest request;
    request.set_id(lease.value);
    calls_.Unary<pb::LeaseRevokeRequest, pb::LeaseRevokeResponse>(
        std::move(request), TimeLeft(deadline_ms, false),
        [endpoint](auto&&... arguments) { endpoint->lease->async()->LeaseRevoke(arguments...); },
        [this, endpoint, done](const grpc::Status& status, const pb::LeaseRevokeResponse&) {
          if (!status.ok()) {
            return Fail(endpoint, status, done);
          }
          done(OkStatus());
        });
  });
}

}  // namespace

StatusOr<std::unique_ptr<MetaStore>> MakeEtcdStore(task::Scheduler* scheduler,
                                                   const EtcdOptions& options) {
  if (options.endpoints.empty()) {
    return InvalidArgument("etcd: no endpoints");
  }
  for (const std::string& endpoint : options.endpoints) {
    if (endpoint.empty() || endpoint.find("://") != std::string::npos) {
      return InvalidArgument("etcd: endpoint '{}' is not HOST:PORT", endpoint);
    }
  }
  if (options.call_timeout_ms <= 0 || options.probe_timeout_ms <= 0 || options.retry_ms <= 0) {
    return InvalidArgument("etcd: timeouts must be positive");
  }
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (!options.ca_file.empty() || !options.cert_file.empty() || !options.key_file.empty()) {
    StatusOr<std::shared_ptr<grpc::ChannelCredentials>> loaded =
        rpc::LoadTls({options.ca_file, options.cert_file, options.key_file});
    WEIR_RETURN_IF_ERROR(Annotate(loaded.status(), "etcd"));
    credentials = *std::move(loaded);
  }
  return std::unique_ptr<MetaStore>(std::make_unique<EtcdStore>(scheduler, options, credentials));
}

}  // namespace weir::meta
