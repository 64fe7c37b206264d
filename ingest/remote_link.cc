#include "ingest/remote_link.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "common/telemetry/log.h"
#include "ingest/feed_reactor.h"

namespace weir::ingest {
namespace {

using worker::FrameResult;

constexpr int64_t kTickMs = 100;

}  // namespace

class RemoteLinkState final : public std::enable_shared_from_this<RemoteLinkState> {
 public:
  RemoteLinkState(RemoteLinkOptions options, task::Scheduler* scheduler,
                  std::function<std::string()> address)
      : shared_{std::move(options), scheduler},
        address_(std::move(address)),
        reconnect_ms_(shared_.options.reconnect_ms_min) {}

  void Start() {
    shared_.scheduler->Post([self = weak_from_this()] { Run(self); });
  }
  void Stop();
  void Submit(UnixMillis stamp_ms, exec::Frame frame, WorkerLink::Done done);
  void SetPromise(const Promise& promise);

 private:
  static void Run(const std::weak_ptr<RemoteLinkState>& weak);
  void Tick();
  void Connect(const std::string& address);
  void OnEnd(FeedReactor* connection, const Status& status);

  const LinkShared shared_;
  const std::function<std::string()> address_;

  std::mutex mutex_;
  bool stopped_ = false;
  Promise promise_;
  std::shared_ptr<FeedReactor> connection_;
  std::string trouble_ = "not connected yet";   // why there is no connection
  std::string logged_;                          // of it, so that a lasting one is said once
  int64_t reconnect_ms_;
  int64_t next_attempt_ms_ = 0;                 // monotonic
};

void RemoteLinkState::Stop() {
  std::shared_ptr<FeedReactor> connection;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    trouble_ = "the link is closed";
    connection = connection_;
  }
  if (connection != nullptr) {
    connection->Break("the link is closed");
  }
}

void RemoteLinkState::Submit(UnixMillis stamp_ms, exec::Frame frame, WorkerLink::Done done) {
  std::shared_ptr<FeedReactor> connection;
  std::string refusal;
  {
    const std::lock_guard lock(mutex_);
    connection = connection_;
    if (connection == nullptr || stopped_) {
      refusal = trouble_;
    }
  }
  if (refusal.empty() && connection->Submit(stamp_ms, &frame, &done, &refusal)) {
    return;
  }
  FrameResult result;
  result.status = Unavailable("worker '{}': {}", shared_.options.worker_id, refusal);
  result.frame = std::move(frame);
  done(std::move(result));
}

void RemoteLinkState::SetPromise(const Promise& promise) {
  std::shared_ptr<FeedReactor> connection;
  Promise now;
  {
    const std::lock_guard lock(mutex_);
    promise_.stamp_ms = std::max(promise_.stamp_ms, promise.stamp_ms);
    for (const auto& [producer, watermark_ms] : promise.producers) {
      const auto [at, added] = promise_.producers.emplace(producer, watermark_ms);
      at->second = std::max(at->second, watermark_ms);
    }
    now = promise_;
    connection = connection_;
  }
  if (connection != nullptr) {
    connection->SetPromise(now);
  }
}

void RemoteLinkState::Run(const std::weak_ptr<RemoteLinkState>& weak) {
  const std::shared_ptr<RemoteLinkState> self = weak.lock();
  if (self == nullptr) {
    return;
  }
  self->Tick();
  self->shared_.scheduler->PostAfter(kTickMs, [weak] { Run(weak); });
}

void RemoteLinkState::Tick() {
  const std::string address = address_();
  std::shared_ptr<FeedReactor> connection;
  Promise promise;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return;
    }
    connection = connection_;
    promise = promise_;
    if (connection == nullptr) {
      if (address.empty()) {
        trouble_ = "its address is not known";
      } else if (shared_.scheduler->NowMonotonicMs() >= next_attempt_ms_) {
        Connect(address);
      }
      return;
    }
  }
  if (!address.empty() && address != connection->address()) {
    connection->Break(fmt::format("the worker has moved to {}", address));
  } else {
    connection->Tick(promise);
  }
}

// REQUIRES: mutex_.
void RemoteLinkState::Connect(const std::string& address) {
  connection_ = std::make_shared<FeedReactor>(
      shared_, address,
      [self = shared_from_this()](FeedReactor* connection, const Status& status) {
        self->OnEnd(connection, status);
      });
  connection_->Begin(promise_);
}

void RemoteLinkState::OnEnd(FeedReactor* connection, const Status& status) {
  const std::lock_guard lock(mutex_);
  if (connection_.get() != connection) {
    return;
  }
  if (connection->welcomed()) {
    reconnect_ms_ = shared_.options.reconnect_ms_min;
    logged_.clear();
  }
  connection_ = nullptr;
  if (stopped_) {
    return;   // the scheduler may be gone
  }
  trouble_ = fmt::format("at {}: {}", connection->address(), Message(status));
  if (trouble_ != logged_) {
    logged_ = trouble_;
    log::Warn("no connection to a worker", {{"worker", shared_.options.worker_id},
                                            {"address", connection->address()},
                                            {"reason", std::string(Message(status))}});
  }
  next_attempt_ms_ = shared_.scheduler->NowMonotonicMs() + reconnect_ms_;
  reconnect_ms_ = std::min(reconnect_ms_ * 2, shared_.options.reconnect_ms_max);
}

namespace {

class RemoteLink final : public WorkerLink {
 public:
  explicit RemoteLink(std::shared_ptr<RemoteLinkState> state) : state_(std::move(state)) {
    state_->Start();
  }
  ~RemoteLink() override { state_->Stop(); }

  void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) override {
    state_->Submit(stamp_ms, std::move(frame), std::move(done));
  }
  void SetPromise(const Promise& promise) override { state_->SetPromise(promise); }

 private:
  const std::shared_ptr<RemoteLinkState> state_;
};

}  // namespace

std::unique_ptr<WorkerLink> MakeRemoteLink(RemoteLinkOptions options, task::Scheduler* scheduler,
                                           std::function<std::string()> address) {
  return std::make_unique<RemoteLink>(
      std::make_shared<RemoteLinkState>(std::move(options), scheduler, std::move(address)));
}

}  // namespace weir::ingest
