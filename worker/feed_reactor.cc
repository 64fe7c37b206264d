#include "worker/feed_reactor.h"

#include <algorithm>
#include <utility>

#include "common/rpc/status.h"
#include "common/telemetry/log.h"
#include "common/wire/text.h"
#include "worker/worker_service.h"

namespace weir::worker {
namespace {

// Answers that may wait for a slow node; reading pauses beyond it.
constexpr std::size_t kResponsesMax = 1024;
constexpr int kResultsPerResponse = 256;
constexpr int64_t kDrainRetryDelayMs = 1000;

v1::RefusalReason ReasonToProto(FrameResult::Reason reason) {
  switch (reason) {
    case FrameResult::Reason::kNone:
      return v1::REFUSAL_REASON_UNSPECIFIED;
    case FrameResult::Reason::kClosed:
      return v1::REFUSAL_REASON_CLOSED;
    case FrameResult::Reason::kVersion:
      return v1::REFUSAL_REASON_VERSION;
    case FrameResult::Reason::kTable:
      return v1::REFUSAL_REASON_TABLE;
    case FrameResult::Reason::kStream:
      return v1::REFUSAL_REASON_STREAM;
  }
  return v1::REFUSAL_REASON_UNSPECIFIED;
}

v1::EventVerdict VerdictToProto(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRepeat:
      return v1::EVENT_VERDICT_REPEAT;
    case Verdict::kLate:
      return v1::EVENT_VERDICT_LATE;
    case Verdict::kFuture:
      return v1::EVENT_VERDICT_FUTURE;
  }
  return v1::EVENT_VERDICT_UNSPECIFIED;
}

}  // namespace

void FeedReactor::Begin(bool draining) {
  if (draining) {
    End(Unavailable("the worker is stopping"), false);
    return;
  }
  Advance(std::unique_lock(mutex_));
}

void FeedReactor::Drain() {
  End(Unavailable("the worker is stopping"), false);
}

void FeedReactor::OnReadDone(bool ok) {
  bool take = false;
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    // One may come in while the connection ends. After Finish it must not reach the worker: this reactor
    // would be gone before the answer.
    take = ok && !ending_;
    handling_ = take;
  }
  if (!take) {
    End(OkStatus(), false);
    return;
  }
  const Status status = Handle();
  {
    const std::lock_guard lock(mutex_);
    handling_ = false;
  }
  if (status.ok()) {
    Advance(std::unique_lock(mutex_));
  } else {
    log::Warn("refused an ingest node's connection",
              {{"ingest", ingest_id_}, {"reason", std::string(Message(status))}});
    End(status, false);
  }
}

Status FeedReactor::Handle() {
  if (!open_) {
    if (!request_.has_hello()) {
      return InvalidArgument("the first request of a connection must be a hello");
    }
    return Open(request_.hello());
  }
  switch (request_.kind_case()) {
    case v1::FeedRequest::kHello:
      return InvalidArgument("a second hello on one connection");
    case v1::FeedRequest::kFrames:
      for (v1::FeedFrame& frame : *request_.mutable_frames()->mutable_frames()) {
        Submit(&frame);
      }
      break;
    case v1::FeedRequest::kPromise:
      Promise(request_.promise());
      break;
    case v1::FeedRequest::KIND_NOT_SET:
      break;
  }
  return OkStatus();
}

Status FeedReactor::Open(const v1::FeedHello& hello) {
  ingest_id_ = hello.ingest_id();
  WEIR_RETURN_IF_ERROR(service_->CheckTarget(hello.target()));
  if (hello.protocol_version() != kFeedProtocolVersion) {
    return FailedPrecondition("ingest node '{}' speaks version {} of the protocol, this worker version {}",
                              ingest_id_, hello.protocol_version(), kFeedProtocolVersion);
  }
  if (ingest_id_.empty()) {
    return InvalidArgument("a hello needs an ingest_id");
  }
  promised_ms_ = hello.promise().stamp_unix_millis();
  stream_ = worker_->OpenStream(promised_ms_);
  open_ = true;
  for (const v1::ProducerPromise& producer : hello.promise().producers()) {
    worker_->SetProducerWatermark(producer.producer_id(), producer.watermark_unix_millis());
  }
  v1::FeedResponse response;
  response.mutable_welcome()->set_incarnation(service_->incarnation());
  response.mutable_welcome()->set_table_revision(service_->table_revision());
  Send(std::move(response));
  return OkStatus();
}

void FeedReactor::Submit(v1::FeedFrame* message) {
  exec::Frame frame;
  frame.version = RuleSetVersion(message->rule_set_version());
  frame.explicit_ingested = message->explicit_ingested();
  frame.events = message->events();
  frame.events_matched = message->events_matched();
  frame.rows = message->rows();
  frame.parts.reserve(static_cast<std::size_t>(message->parts_size()));
  ++frames_;
  parts_ += static_cast<uint64_t>(message->parts_size());
  const uint64_t id = message->id();
  for (v1::FeedPart& part : *message->mutable_parts()) {
    if (part.shard() > UINT16_MAX) {
      FrameResult refusal;
      refusal.status = InvalidArgument("shard {} is none", part.shard());
      {
        const std::lock_guard lock(mutex_);
        ++in_flight_;
      }
      OnResult(id, std::move(refusal));
      return;
    }
    frame.parts.push_back({ShardId(static_cast<uint16_t>(part.shard())), Epoch(part.epoch()),
                           std::move(*part.mutable_rows()), part.entries()});
  }
  {
    const std::lock_guard lock(mutex_);
    ++in_flight_;
  }
  worker_->Submit(stream_, message->stamp_unix_millis(), std::move(frame),
                  [this, id](FrameResult result) { OnResult(id, std::move(result)); });
}

void FeedReactor::Promise(const v1::FeedPromise& promise) {
  promised_ms_ = std::max(promised_ms_, promise.stamp_unix_millis());
  for (const v1::ProducerPromise& producer : promise.producers()) {
    worker_->SetProducerWatermark(producer.producer_id(), producer.watermark_unix_millis());
  }
  if (!worker_->SetWatermark(stream_, promised_ms_)) {
    stream_ = worker_->OpenStream(promised_ms_);   // it was given up; the promise holds again
  }
  v1::FeedResponse response;
  response.mutable_pulse()->set_sequence(promise.sequence());
  response.mutable_pulse()->set_table_revision(service_->table_revision());
  Send(std::move(response));
}

void FeedReactor::OnResult(uint64_t id, FrameResult result) {
  std::unique_lock lock(mutex_);
  --in_flight_;
  v1::FeedResult* message = AddResult();
  message->set_id(id);
  if (!result.status.ok()) {
    message->set_code(static_cast<int32_t>(result.status.code()));
    message->set_message(wire::ValidUtf8(Message(result.status)));
    message->set_reason(ReasonToProto(result.reason));
    message->set_maybe_taken(result.maybe_taken);
  }
  message->set_closed_unix_millis(result.closed_ms);
  message->set_rule_set_version(result.version.value);
  message->set_table_revision(result.table_revision);
  message->mutable_exception_events()->Reserve(static_cast<int>(result.exceptions.size()));
  message->mutable_exception_verdicts()->Reserve(static_cast<int>(result.exceptions.size()));
  for (const FrameResult::Exception& exception : result.exceptions) {
    message->add_exception_events(exception.event_index);
    message->add_exception_verdicts(VerdictToProto(exception.verdict));
  }
  Advance(std::move(lock));
}

// Frames that were written to the log together are done together: their answers share messages.
v1::FeedResult* FeedReactor::AddResult() {
  const std::size_t under_way = writing_ ? 1 : 0;
  if (responses_.size() == under_way || !responses_.back().has_results() ||
      responses_.back().results().results_size() >= kResultsPerResponse) {
    responses_.emplace_back();
  }
  return responses_.back().mutable_results()->add_results();
}

void FeedReactor::Send(v1::FeedResponse response) {
  std::unique_lock lock(mutex_);
  responses_.push_back(std::move(response));
  Advance(std::move(lock));
}

// The first end counts; a broken connection ends whatever the reason.
void FeedReactor::End(Status status, bool broken) {
  std::unique_lock lock(mutex_);
  if (!ending_) {
    ending_ = true;
    status_ = std::move(status);
  }
  broken_ = broken_ || broken;
  Advance(std::move(lock));
}

void FeedReactor::Advance(std::unique_lock<std::mutex> lock) {
  if (broken_ && !writing_) {
    responses_.clear();
  }
  if (!writing_ && !responses_.empty()) {
    writing_ = true;
    StartWrite(&responses_.front());
  }
  if (!reading_ && !handling_ && !ending_ && responses_.size() < kResponsesMax) {
    reading_ = true;
    StartRead(&request_);
  }
  if (finished_ || !ending_ || writing_ || handling_ || in_flight_ != 0) {
    return;
  }
  finished_ = true;
  const Status status = status_;
  lock.unlock();
  // The reactor may be gone when this returns.
  Finish(rpc::ToGrpc(status, status.code() == StatusCode::kUnavailable
                                 ? std::optional(kDrainRetryDelayMs)
                                 : std::nullopt));
}

void FeedReactor::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  writing_ = false;
  responses_.pop_front();
  broken_ = broken_ || !ok;
  ending_ = ending_ || broken_;
  Advance(std::move(lock));
}

void FeedReactor::OnCancel() {
  End(Error(StatusCode::kCancelled, "the connection broke"), true);
}

void FeedReactor::OnDone() {
  if (open_) {
    worker_->CloseStream(stream_);
    log::Info("an ingest node's connection ended",
              {{"ingest", ingest_id_}, {"frames", frames_}, {"parts", parts_}});
  }
  service_->Remove(this);
  delete this;
}

}  // namespace weir::worker
