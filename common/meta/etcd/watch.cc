#include "common/meta/etcd/watch_internal.h"

#include <algorithm>
#include <utility>

#include "common/meta/etcd/messages_internal.h"

namespace weir::meta {

namespace pb = etcdserverpb;

// Reads until the stream ends, and posts what it read. Kept by Calls until then.
class EtcdWatch::Stream final : public grpc::ClientBidiReactor<pb::WatchRequest, pb::WatchResponse> {
 public:
  Stream(Calls* calls, std::weak_ptr<EtcdWatch> watch, pb::WatchRequest request)
      : calls_(calls), watch_(std::move(watch)), request_(std::move(request)) {
    // A member that has lost the others ends the stream instead of saying nothing.
    context_.AddMetadata("hasleader", "true");
  }

  static void Start(const std::shared_ptr<Stream>& stream, Endpoint* endpoint) {
    stream->call_ =
        stream->calls_->Begin(std::shared_ptr<grpc::ClientContext>(stream, &stream->context_));
    endpoint->watch->async()->Watch(&stream->context_, stream.get());
    stream->StartWrite(&stream->request_);
    stream->StartRead(&stream->response_);
    stream->StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      return;
    }
    calls_->Post([watch = watch_, stream = this, response = std::move(response_)] {
      if (const std::shared_ptr<EtcdWatch> locked = watch.lock()) {
        locked->TakeResponse(stream, response);
      }
    });
    response_.Clear();
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    calls_->End(call_, [watch = watch_, stream = this, status] {
      if (const std::shared_ptr<EtcdWatch> locked = watch.lock()) {
        locked->TakeEnd(stream, status);
      }
    });
  }

 private:
  Calls* calls_;
  uint64_t call_ = 0;
  const std::weak_ptr<EtcdWatch> watch_;
  const pb::WatchRequest request_;
  pb::WatchResponse response_;
  grpc::ClientContext context_;
};

EtcdWatch::EtcdWatch(task::Scheduler* scheduler, Connection* connection, Calls* calls,
                     const EtcdOptions& options, Request request)
    : scheduler_(scheduler),
      connection_(connection),
      calls_(calls),
      options_(options),
      request_(std::move(request)),
      next_(request_.from) {}

void EtcdWatch::Open() {
  const int64_t deadline_ms = scheduler_->NowMonotonicMs() + options_.call_timeout_ms;
  connection_->Acquire(deadline_ms, [weak = weak_from_this()](const StatusOr<Endpoint*>& endpoint) {
    const std::shared_ptr<EtcdWatch> watch = weak.lock();
    if (watch == nullptr || !watch->active_) {
      return;
    }
    if (endpoint.ok()) {
      watch->Start(*endpoint);
    } else if (endpoint.status().code() == StatusCode::kUnavailable) {
      watch->Reopen();
    } else {
      watch->Lose(endpoint.status());
    }
  });
}

void EtcdWatch::Start(Endpoint* endpoint) {
  pb::WatchRequest request;
  pb::WatchCreateRequest* create = request.mutable_create_request();
  SetPrefixRange(request_.key_prefix + request_.prefix, create);
  create->set_start_revision(next_);
  create->set_progress_notify(true);
  endpoint_ = endpoint;
  stream_ = std::make_shared<Stream>(calls_, weak_from_this(), std::move(request));
  Stream::Start(stream_, endpoint);
}

void EtcdWatch::Move() {
  if (active_ && stream_ != nullptr && endpoint_ != connection_->current()) {
    std::exchange(stream_, nullptr)->Cancel();
    Open();
  }
}

void EtcdWatch::Cancel() {
  if (std::exchange(active_, false) && stream_ != nullptr) {
    std::exchange(stream_, nullptr)->Cancel();
  }
}

void EtcdWatch::TakeResponse(const Stream* stream, const pb::WatchResponse& response) {
  if (!active_ || stream != stream_.get()) {
    return;
  }
  if (response.compact_revision() != 0) {
    return Lose(Error(StatusCode::kOutOfRange, "revision {} was compacted; {} is the first", next_,
                      response.compact_revision()));
  }
  if (response.canceled()) {
    return Lose(Internal("etcd at {} ended the watch: {}", endpoint_->address,
                         response.cancel_reason()));
  }
  if (!response.events().empty()) {
    return TakeEvents(response);
  }
  // The member's revision: everything before it was told, if the watch is not behind. A watch that is
  // created is, unless it begins there.
  if (!response.created() || next_ == 0) {
    next_ = std::max(next_, response.header().revision() + 1);
  }
}

void EtcdWatch::TakeEvents(const pb::WatchResponse& response) {
  std::vector<Event> events;
  for (const pb::Event& event : response.events()) {
    if (event.kv().mod_revision() >= next_) {
      events.push_back(ToEvent(event, request_.key_prefix.size()));
    }
  }
  if (events.empty()) {
    return;
  }
  const Revision last = events.back().kv.modified;
  next_ = last + 1;
  connection_->Saw(last);
  request_.on_events(std::move(events), last);
}

void EtcdWatch::TakeEnd(const Stream* stream, const grpc::Status& status) {
  if (!active_ || stream != stream_.get()) {
    return;
  }
  stream_.reset();
  if (!status.ok() && !IsNotReached(status.error_code())) {
    return Lose(CallError(*endpoint_, status));
  }
  connection_->Failed(endpoint_);
  Reopen();
}

void EtcdWatch::Reopen() {
  scheduler_->PostAfter(options_.retry_ms, [weak = weak_from_this()] {
    if (const std::shared_ptr<EtcdWatch> watch = weak.lock(); watch != nullptr && watch->active_) {
      watch->Open();
    }
  });
}

void EtcdWatch::Lose(const Status& status) {
  Cancel();
  request_.on_lost(status);
}

}  // namespace weir::meta
