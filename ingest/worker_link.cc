#include "ingest/worker_link.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace weir::ingest {
namespace {

class LocalLink final : public WorkerLink {
 public:
  explicit LocalLink(worker::Worker* worker) : worker_(worker) {}
  ~LocalLink() override {
    if (stream_.has_value()) {
      worker_->CloseStream(*stream_);
    }
  }

  // A refusal because of the stream is mended by the next SetPromise, which the worker then tells that
  // its stream is gone; so the answer goes straight to the sender.
  void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) override {
    worker_->Submit(Stream(), stamp_ms, std::move(frame), std::move(done));
  }

  void SetPromise(const Promise& promise) override {
    const std::lock_guard lock(mutex_);
    stamp_ms_ = std::max(stamp_ms_, promise.stamp_ms);
    for (const auto& [producer, watermark_ms] : promise.producers) {
      worker_->SetProducerWatermark(producer, watermark_ms);
    }
    if (!stream_.has_value() || !worker_->SetWatermark(*stream_, stamp_ms_)) {
      stream_ = worker_->OpenStream(stamp_ms_);
    }
  }

 private:
  worker::StreamId Stream() {
    const std::lock_guard lock(mutex_);
    if (!stream_.has_value()) {
      stream_ = worker_->OpenStream(stamp_ms_);
    }
    return *stream_;
  }

  worker::Worker* const worker_;
  std::mutex mutex_;
  std::optional<worker::StreamId> stream_;
  UnixMillis stamp_ms_ = 0;
};

}  // namespace

std::unique_ptr<WorkerLink> MakeLocalLink(worker::Worker* worker) {
  return std::make_unique<LocalLink>(worker);
}

}  // namespace weir::ingest
