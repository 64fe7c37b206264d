#include "ingest/push_reactor.h"

#include <algorithm>
#include <utility>

#include "common/rpc/message.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/wire/text.h"
#include "ingest/ingest_service.h"

namespace weir::ingest {
namespace {

// Requests of a stream that may be unanswered; reading pauses beyond it.
constexpr std::size_t kSlotsMax = 64;
constexpr std::size_t kProducerIdBytesMax = 256;
constexpr int64_t kDrainRetryDelayMs = 1000;

v1::RejectionReason ReasonToProto(source::RejectReason reason) {
  switch (reason) {
    case source::RejectReason::kMalformedJson:
      return v1::REJECTION_REASON_MALFORMED_JSON;
    case source::RejectReason::kTooLarge:
      return v1::REJECTION_REASON_TOO_LARGE;
    case source::RejectReason::kTooDeep:
      return v1::REJECTION_REASON_TOO_DEEP;
    case source::RejectReason::kNotAnObject:
      return v1::REJECTION_REASON_NOT_AN_OBJECT;
    case source::RejectReason::kUnknownSource:
      return v1::REJECTION_REASON_UNKNOWN_SOURCE;
    case source::RejectReason::kNoTimestamp:
      return v1::REJECTION_REASON_NO_TIMESTAMP;
    case source::RejectReason::kWrongType:
      return v1::REJECTION_REASON_WRONG_TYPE;
    case source::RejectReason::kTooManyFields:
      return v1::REJECTION_REASON_TOO_MANY_FIELDS;
  }
  return v1::REJECTION_REASON_UNSPECIFIED;
}

void ResultToProto(const BatchResult& result, v1::PushEventsResponse* response) {
  if (!result.status.ok()) {
    v1::BatchRefusal* refusal = response->mutable_refusal();
    refusal->set_code(static_cast<int32_t>(result.status.code()));
    refusal->set_message(std::string(Message(result.status)));
    if (result.retry_delay_ms.has_value()) {
      refusal->mutable_retry_delay()->set_seconds(*result.retry_delay_ms / 1000);
      refusal->mutable_retry_delay()->set_nanos(
          static_cast<int32_t>(*result.retry_delay_ms % 1000) * 1000000);
    }
    return;
  }
  response->set_accepted(result.accepted);
  response->set_matched(result.matched);
  response->set_repeated(result.repeated);
  response->set_late(result.late);
  response->set_future(result.future);
  response->set_rejected(result.rejected);
  for (const source::Reject& reject : result.rejections) {
    v1::Rejection* rejection = response->add_rejections();
    rejection->set_record_index(static_cast<uint32_t>(reject.record_index));
    rejection->set_reason(ReasonToProto(reject.reason));
    rejection->set_message(wire::ValidUtf8(reject.message));
  }
}

}  // namespace

void PushReactor::Begin(const Status& refusal) {
  bool finish = false;
  {
    const std::lock_guard lock(mutex_);
    if (!refusal.ok()) {
      ending_ = true;
      status_ = refusal;
      finish = TakeFinish();
    } else {
      reading_ = true;
      StartRead(&request_bytes_);
    }
  }
  FinishIf(finish);
}

void PushReactor::Drain() {
  bool finish = false;
  {
    const std::lock_guard lock(mutex_);
    if (!ending_) {
      ending_ = true;
      status_ = Unavailable("the server is stopping");
    }
    finish = TakeFinish();
  }
  FinishIf(finish);
}

void PushReactor::OnReadDone(bool ok) {
  bool finish = false;
  Slot* slot = nullptr;
  Batch batch;
  Status parsed;
  if (ok) {
    // Nobody else touches the request: none is read while one is taken over.
    parsed = rpc::ParseMessage(request_bytes_, rpc::kMessageBytesMax, &request_);
    request_bytes_.Clear();
  }
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    if (!ok) {
      ending_ = true;   // the client has no more to say, or is gone
    } else if (!ending_) {
      if (Status status = parsed.ok() ? CheckProducer() : parsed; !status.ok()) {
        ending_ = true;
        status_ = std::move(status);
      } else {
        slot = TakeRequest(&batch);
        submitting_ = true;
      }
    }
    finish = TakeFinish();
  }
  if (slot == nullptr) {
    FinishIf(finish);
    return;
  }
  if (slot->has_records) {
    pipeline_->Submit(std::move(batch),
                      [this, slot](BatchResult result) { OnBatchDone(slot, std::move(result)); });
  } else {
    OnBatchDone(slot, BatchResult());
  }
  // Only now the next is read: the batches of a stream come to the pipeline in their order.
  {
    const std::lock_guard lock(mutex_);
    submitting_ = false;
    Advance();
    finish = TakeFinish();
  }
  FinishIf(finish);
}

Status PushReactor::CheckProducer() {
  const std::string& id = request_.producer_id();
  if (producer_id_.empty()) {
    if (id.empty()) {
      return InvalidArgument("the first request of a stream must have a producer_id");
    }
    if (id.size() > kProducerIdBytesMax) {
      return InvalidArgument("producer_id has {} bytes, at most {} are allowed", id.size(),
                             kProducerIdBytesMax);
    }
    WEIR_RETURN_IF_ERROR(pipeline_->Join(id));
    producer_id_ = id;
    return OkStatus();
  }
  if (!id.empty() && id != producer_id_) {
    return InvalidArgument("producer_id changed from '{}' to '{}' within a stream", producer_id_, id);
  }
  return OkStatus();
}

// Makes a slot of the request and takes all that the batch needs out of it: in the same hold of the lock in
// which reading ended, so that no answer from another thread begins to read into it before.
PushReactor::Slot* PushReactor::TakeRequest(Batch* batch) {
  Slot* slot = slots_.emplace_back(std::make_unique<Slot>()).get();
  // What takes longest first: were the request not this stream's own any more, the rest would tell.
  batch->record_sizes.assign(request_.record_sizes().begin(), request_.record_sizes().end());
  batch->payload.swap(*request_.mutable_payload());
  batch->tenant = tenant_;
  batch->producer_id = producer_id_;
  batch->collector = producer_id_;
  batch->sequence = request_.sequence();
  slot->response.set_sequence(request_.sequence());
  slot->has_records = !batch->payload.empty() || !batch->record_sizes.empty();
  if (request_.has_watermark_unix_millis()) {
    slot->watermark_ms = request_.watermark_unix_millis();
  }
  slot->end_of_input = request_.end_of_input();
  return slot;
}

void PushReactor::OnBatchDone(Slot* slot, BatchResult result) {
  ResultToProto(result, &slot->response);
  slot->response.set_window_bytes(service_->WindowBytes());
  slot->response.set_window_batches(kSlotsMax);
  bool finish = false;
  {
    const std::lock_guard lock(mutex_);
    slot->done = true;
    Advance();
    finish = TakeFinish();
  }
  FinishIf(finish);
}

// Starts what can be started: the next answer, the next read.
void PushReactor::Advance() {
  while (!writing_ && !slots_.empty() && slots_.front()->done) {
    Settle(slots_.front().get());
    if (broken_) {
      slots_.pop_front();
      continue;
    }
    writing_ = true;
    slots_.front()->response_bytes = rpc::ToByteBuffer(slots_.front()->response);
    StartWrite(&slots_.front()->response_bytes);
  }
  if (!reading_ && !submitting_ && !ending_ && !broken_ && slots_.size() < kSlotsMax) {
    reading_ = true;
    StartRead(&request_bytes_);
  }
}

// Applies what a slot says about the stream; all slots before it are settled.
void PushReactor::Settle(Slot* slot) {
  const v1::PushEventsResponse& response = slot->response;
  if (slot->has_records) {
    if (response.has_refusal() && response.refusal().has_retry_delay()) {
      refused_.insert(response.sequence());
    } else {
      refused_.erase(response.sequence());
    }
  }
  if (slot->watermark_ms.has_value()) {
    held_watermark_ms_ = std::max(held_watermark_ms_.value_or(0), *slot->watermark_ms);
  }
  held_end_ = held_end_ || slot->end_of_input;
  if (refused_.empty() && (held_watermark_ms_.has_value() || held_end_)) {
    pipeline_->Advance(producer_id_, held_watermark_ms_, held_end_);
    held_watermark_ms_.reset();
    held_end_ = false;
  }
}

void PushReactor::OnWriteDone(bool ok) {
  bool finish = false;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    slots_.pop_front();
    broken_ = broken_ || !ok;
    ending_ = ending_ || broken_;
    Advance();
    finish = TakeFinish();
  }
  FinishIf(finish);
}

void PushReactor::OnCancel() {
  bool finish = false;
  {
    const std::lock_guard lock(mutex_);
    broken_ = true;
    ending_ = true;
    Advance();
    finish = TakeFinish();
  }
  FinishIf(finish);
}

void PushReactor::OnDone() {
  service_->Remove(this);
  delete this;
}

// Whether the caller must finish the stream, after it let go of the lock.
bool PushReactor::TakeFinish() {
  if (finished_ || !ending_ || submitting_ || writing_ || !slots_.empty()) {
    return false;
  }
  finished_ = true;
  return true;
}

// The last thing a caller does: the reactor may be gone when it returns.
void PushReactor::FinishIf(bool finish) {
  if (finish) {
    Finish(rpc::ToGrpc(status_, status_.code() == StatusCode::kUnavailable
                                    ? std::optional(kDrainRetryDelayMs)
                                    : std::nullopt));
  }
}

}  // namespace weir::ingest
