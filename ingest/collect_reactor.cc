#include "ingest/collect_reactor.h"

#include <chrono>
#include <utility>

#include "common/rpc/message.h"
#include "common/rpc/status.h"

namespace weir::ingest {
namespace {

constexpr int64_t kRetryDelayMs = 200;
// What is left of the answer's time when work on it is no longer begun.
constexpr int64_t kWorkMs = 500;

}  // namespace

grpc::Status ToCollector(const Status& status, std::optional<int64_t> retry_delay_ms) {
  switch (status.code()) {
    case StatusCode::kOk:
      return grpc::Status::OK;
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kUnauthenticated:
    case StatusCode::kPermissionDenied:
      return rpc::ToGrpc(status, retry_delay_ms);
    case StatusCode::kResourceExhausted:
      return rpc::ToGrpc(status, retry_delay_ms.value_or(kRetryDelayMs));
    default:
      return rpc::ToGrpc(MakeError(StatusCode::kUnavailable, Message(status)),
                         retry_delay_ms.value_or(kRetryDelayMs));
  }
}

std::string HostOfPeer(std::string_view peer) {
  if (peer.starts_with("ipv4:")) {
    peer.remove_prefix(5);
    return std::string(peer.substr(0, peer.rfind(':')));
  }
  if (peer.starts_with("ipv6:")) {   // brackets are escaped: ipv6:%5B::1%5D:43210
    peer.remove_prefix(5);
    peer = peer.substr(0, peer.rfind(':'));
    if (peer.starts_with("%5B") && peer.ends_with("%5D")) {
      peer = peer.substr(3, peer.size() - 6);
    }
  }
  return std::string(peer);
}

void CollectReactor::Begin(const StatusOr<std::string>& tenant, const std::string& peer,
                           const grpc::ByteBuffer& request, const Decode& decode) {
  if (!tenant.ok()) {
    Answer(ToCollector(tenant.status(), std::nullopt));
    return;
  }
  std::optional<int64_t> retry_delay_ms;
  if (const Status status = pipeline_->MayBegin(*tenant, &retry_delay_ms); !status.ok()) {
    Answer(ToCollector(status, retry_delay_ms));
    return;
  }
  Batch batch;
  batch.tenant = *tenant;
  batch.collector = HostOfPeer(peer);
  {
    std::string unpacked;
    const auto bytes = rpc::MessageBytes(request, options_.message_bytes_max, &unpacked);
    const Status status = bytes.ok() ? decode(*bytes, &batch) : bytes.status();
    if (!status.ok()) {
      pipeline_->CountRefused();
      Answer(ToCollector(status, std::nullopt));
      return;
    }
  }
  records_ = batch.record_sizes.size();
  if (records_ == 0) {
    *response_ = respond_(BatchResult(), 0);
    Answer(grpc::Status::OK);
    return;
  }
  batch.give_up_ms = pipeline_->NowMonotonicMs() + options_.answer_ms_max - kWorkMs;
  users_ += 2;
  deadline_.Set(std::chrono::system_clock::now() + std::chrono::milliseconds(options_.answer_ms_max),
                [this](bool passed) {
                  if (passed) {
                    Answer(ToCollector(Unavailable("not safe within {} ms; send it again",
                                                   options_.answer_ms_max),
                                       kRetryDelayMs));
                  }
                  Release();
                });
  pipeline_->Submit(std::move(batch),
                    [this](BatchResult result) { OnBatchDone(std::move(result)); });
}

void CollectReactor::OnBatchDone(BatchResult result) {
  if (!answered_.exchange(true)) {
    deadline_.Cancel();
    if (result.status.ok()) {
      *response_ = respond_(result, records_);
    }
    Finish(ToCollector(result.status, result.retry_delay_ms));
  }
  Release();
}

void CollectReactor::Answer(grpc::Status status) {
  if (!answered_.exchange(true)) {
    Finish(std::move(status));
  }
}

void CollectReactor::Release() {
  if (--users_ == 0) {
    delete this;
  }
}

}  // namespace weir::ingest
