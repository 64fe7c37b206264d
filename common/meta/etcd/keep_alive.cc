#include "common/meta/etcd/keep_alive_internal.h"

#include <chrono>
#include <memory>
#include <utility>

namespace weir::meta {
namespace {

namespace pb = etcdserverpb;

using Done = std::function<void(const grpc::Status&, int64_t)>;

class KeepAliveStream final
    : public grpc::ClientBidiReactor<pb::LeaseKeepAliveRequest, pb::LeaseKeepAliveResponse> {
 public:
  KeepAliveStream(Calls* calls, LeaseId lease, int64_t timeout_ms, Done done)
      : calls_(calls), done_(std::move(done)) {
    request_.set_id(lease.value);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
  }

  static void Start(const std::shared_ptr<KeepAliveStream>& stream, Endpoint* endpoint) {
    stream->call_ =
        stream->calls_->Begin(std::shared_ptr<grpc::ClientContext>(stream, &stream->context_));
    endpoint->lease->async()->LeaseKeepAlive(&stream->context_, stream.get());
    stream->StartWriteLast(&stream->request_, grpc::WriteOptions());
    stream->StartRead(&stream->response_);
    stream->StartCall();
  }

  void OnReadDone(bool ok) override {
    answered_ = ok;
    if (ok) {
      context_.TryCancel();   // what the stream's end says is of no interest
    }
  }

  void OnDone(const grpc::Status& status) override {
    grpc::Status end;
    if (!answered_) {
      end = status.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended") : status;
    }
    calls_->End(call_, [this, end] { done_(end, response_.ttl()); });
  }

 private:
  Calls* calls_;
  uint64_t call_ = 0;
  const Done done_;
  pb::LeaseKeepAliveRequest request_;
  pb::LeaseKeepAliveResponse response_;
  bool answered_ = false;
  grpc::ClientContext context_;
};

}  // namespace

void StartKeepAlive(Calls* calls, Endpoint* endpoint, LeaseId lease, int64_t timeout_ms,
                    std::function<void(const grpc::Status&, int64_t)> done) {
  KeepAliveStream::Start(std::make_shared<KeepAliveStream>(calls, lease, timeout_ms, std::move(done)),
                         endpoint);
}

}  // namespace weir::meta
