#include "ingest/feed_reactor.h"

#include <algorithm>
#include <utility>

#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace weir::ingest {
namespace {

namespace pb = weir::worker::v1;
using worker::FrameResult;

constexpr uint32_t kProtocolVersion = 2;
// Frames that have so many bytes together need no more company, and go at once.
constexpr uint64_t kFullMessageBytes = 256 << 10;

void FillFrame(UnixMillis stamp_ms, exec::Frame frame, OutgoingFrame* to) {
  pb::FeedFrame* message = to->message;
  message->set_stamp_unix_millis(stamp_ms);
  message->set_rule_set_version(frame.version.value);
  message->set_explicit_ingested(frame.explicit_ingested);
  message->set_events(frame.events);
  message->set_events_matched(frame.events_matched);
  message->set_rows(frame.rows);
  message->mutable_parts()->Reserve(static_cast<int>(frame.parts.size()));
  for (exec::FramePart& part : frame.parts) {
    to->bytes += part.bytes.size();
    pb::FeedPart* added = message->add_parts();
    added->set_shard(part.shard.value);
    added->set_epoch(part.epoch.value);
    added->set_rows(std::move(part.bytes));
    added->set_entries(part.entries);
  }
}

exec::Frame TakeFrame(OutgoingFrame* from) {
  pb::FeedFrame* message = from->message;
  exec::Frame frame;
  frame.version = RuleSetVersion(message->rule_set_version());
  frame.explicit_ingested = message->explicit_ingested();
  frame.events = message->events();
  frame.events_matched = message->events_matched();
  frame.rows = message->rows();
  for (pb::FeedPart& part : *message->mutable_parts()) {
    frame.parts.push_back({ShardId(static_cast<uint16_t>(part.shard())), Epoch(part.epoch()),
                           std::move(*part.mutable_rows()), part.entries()});
  }
  return frame;
}

FrameResult::Reason ReasonFromProto(pb::RefusalReason reason) {
  switch (reason) {
    case pb::REFUSAL_REASON_CLOSED:
      return FrameResult::Reason::kClosed;
    case pb::REFUSAL_REASON_VERSION:
      return FrameResult::Reason::kVersion;
    case pb::REFUSAL_REASON_TABLE:
      return FrameResult::Reason::kTable;
    case pb::REFUSAL_REASON_STREAM:
      return FrameResult::Reason::kStream;
    default:
      return FrameResult::Reason::kNone;
  }
}

worker::Verdict VerdictFromProto(int verdict) {
  switch (verdict) {
    case pb::EVENT_VERDICT_LATE:
      return worker::Verdict::kLate;
    case pb::EVENT_VERDICT_FUTURE:
      return worker::Verdict::kFuture;
    default:
      return worker::Verdict::kRepeat;
  }
}

FrameResult ResultFromProto(const pb::FeedResult& message) {
  FrameResult result;
  if (message.code() != 0) {
    result.status = MakeError(static_cast<StatusCode>(message.code()), message.message());
  }
  result.reason = ReasonFromProto(message.reason());
  result.closed_ms = message.closed_unix_millis();
  result.version = RuleSetVersion(message.rule_set_version());
  result.table_revision = message.table_revision();
  result.maybe_taken = message.maybe_taken();
  const int count = std::min(message.exception_events_size(), message.exception_verdicts_size());
  result.exceptions.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    result.exceptions.push_back(
        {message.exception_events(i), VerdictFromProto(message.exception_verdicts(i))});
  }
  return result;
}

void FillPromise(const Promise& promise, uint64_t sequence, pb::FeedPromise* message) {
  message->set_sequence(sequence);
  message->set_stamp_unix_millis(promise.stamp_ms);
  for (const auto& [producer, watermark_ms] : promise.producers) {
    pb::ProducerPromise* added = message->add_producers();
    added->set_producer_id(producer);
    added->set_watermark_unix_millis(watermark_ms);
  }
}

}  // namespace

FeedReactor::FeedReactor(const LinkShared& shared, std::string address, OnEnd on_end)
    : shared_(shared),
      address_(std::move(address)),
      on_end_(std::move(on_end)),
      stub_(pb::WorkerService::NewStub(
          rpc::MakeLinkChannel(address_, shared.options.credentials))) {}

void FeedReactor::Begin(const Promise& promise) {
  self_ = shared_from_this();
  pb::FeedHello* hello = control_.mutable_hello();
  hello->mutable_target()->set_cluster_id(shared_.options.cluster_id);
  hello->mutable_target()->set_worker_id(shared_.options.worker_id);
  hello->set_ingest_id(shared_.options.ingest_id);
  hello->set_incarnation(shared_.options.incarnation);
  hello->set_protocol_version(kProtocolVersion);
  FillPromise(promise, 0, hello->mutable_promise());
  {
    const std::lock_guard lock(mutex_);
    waiting_since_ms_ = promised_at_ms_ = shared_.scheduler->NowMonotonicMs();
    pulses_due_ = 1;   // the welcome
    write_under_way_ = true;
  }
  stub_->async()->Feed(&context_, this);
  AddHold();
  StartWrite(&control_);
  StartRead(&response_);
  StartCall();
}

bool FeedReactor::Submit(UnixMillis stamp_ms, exec::Frame* frame, WorkerLink::Done* done,
                        std::string* refusal) {
  uint64_t bytes = 0;
  for (const exec::FramePart& part : frame->parts) {
    bytes += part.bytes.size();
  }
  const std::lock_guard lock(mutex_);
  if (!welcomed_ || closed_) {
    *refusal = closed_ ? "the connection broke" : "not connected yet";
    return false;
  }
  if (inflight_bytes_ != 0 && inflight_bytes_ + bytes > shared_.options.inflight_bytes_max) {
    *refusal = fmt::format("{} bytes are without an answer already", inflight_bytes_);
    return false;
  }
  auto outgoing = std::make_shared<OutgoingFrame>();
  FillFrame(stamp_ms, std::move(*frame), outgoing.get());
  outgoing->done = std::move(*done);
  outgoing->message->set_id(next_id_);
  inflight_bytes_ += outgoing->bytes;
  queued_bytes_ += outgoing->bytes;
  outgoing_[next_id_++] = outgoing;
  queue_.push_back(std::move(outgoing));
  Write();
  return true;
}

void FeedReactor::SetPromise(const Promise& promise) {
  const std::lock_guard lock(mutex_);
  QueuePromise(promise);
}

// A promise may overtake frames: the stamps of all of them are above it. One that was not written yet is
// replaced.
void FeedReactor::QueuePromise(const Promise& promise) {
  if (!welcomed_ || closed_) {
    return;   // the hello had an earlier one; the next promise is never far
  }
  promised_at_ms_ = shared_.scheduler->NowMonotonicMs();
  if (waiting_since_ms_ < 0) {
    waiting_since_ms_ = promised_at_ms_;
  }
  pulses_due_ += next_promise_.has_value() ? 0 : 1;
  FillPromise(promise, ++promise_sequence_, next_promise_.emplace().mutable_promise());
  Write();
}

void FeedReactor::Tick(const Promise& promise) {
  std::optional<int64_t> silent_ms;
  {
    const std::lock_guard lock(mutex_);
    const int64_t now_ms = shared_.scheduler->NowMonotonicMs();
    if (waiting_since_ms_ >= 0 && now_ms - waiting_since_ms_ > shared_.options.silence_ms_max) {
      silent_ms = now_ms - waiting_since_ms_;
    } else if (now_ms - promised_at_ms_ >= shared_.options.promise_interval_ms) {
      QueuePromise(promise);
    }
  }
  if (silent_ms.has_value()) {
    Break(fmt::format("the worker has said nothing for {} ms", *silent_ms));
  }
}

void FeedReactor::Break(std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    if (!broken_because_.empty()) {
      return;
    }
    broken_because_ = why;
  }
  context_.TryCancel();
}

void FeedReactor::Heard(bool answers_promise) {
  if (!broken_because_.empty()) {
    return;   // the scheduler may be gone
  }
  pulses_due_ -= answers_promise && pulses_due_ > 0 ? 1 : 0;
  waiting_since_ms_ = pulses_due_ == 0 ? -1 : shared_.scheduler->NowMonotonicMs();
}

void FeedReactor::Write() {
  if (write_under_way_ || closed_) {
    return;
  }
  if (next_promise_.has_value()) {
    control_ = std::move(*next_promise_);
    next_promise_.reset();
    write_under_way_ = true;
    StartWrite(&control_);
  } else if (!queue_.empty() && !Pause()) {
    QueueFrames();
    write_under_way_ = true;
    StartWrite(&frames_);
  }
}

// Whether the queue waits for more frames.
bool FeedReactor::Pause() {
  if (unanswered_ == 0 || pause_over_ || queued_bytes_ >= kFullMessageBytes) {
    return false;
  }
  if (!pausing_ && broken_because_.empty()) {
    pausing_ = true;
    shared_.scheduler->PostAfter(shared_.options.send_pause_ms, [weak = weak_from_this()] {
      if (const std::shared_ptr<FeedReactor> self = weak.lock()) {
        self->EndPause();
      }
    });
  }
  return true;
}

void FeedReactor::EndPause() {
  const std::lock_guard lock(mutex_);
  pausing_ = false;
  pause_over_ = !queue_.empty();
  Write();
}

// Moves frames from the queue to the next message; those beyond its size go with the one after it.
void FeedReactor::QueueFrames() {
  auto* frames = frames_.mutable_frames()->mutable_frames();
  uint64_t bytes = 0;
  while (!queue_.empty() && bytes < kFullMessageBytes) {
    OutgoingPtr& next = queue_.front();
    bytes += next->bytes;
    next->sent = true;
    next->writing = true;
    frames->UnsafeArenaAddAllocated(next->message);
    writing_.push_back(std::move(next));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  unanswered_ += writing_.size();
  pause_over_ = false;
}

void FeedReactor::OnReadDone(bool ok) {
  if (!ok) {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    RemoveHold();
    return;
  }
  if (response_.has_results()) {
    TakeResults(response_.results());
  } else if (response_.has_welcome() || response_.has_pulse()) {
    const std::lock_guard lock(mutex_);
    welcomed_ = welcomed_ || response_.has_welcome();
    Heard(true);
  }
  StartRead(&response_);
}

void FeedReactor::TakeResults(const pb::FeedResults& results) {
  std::vector<std::pair<OutgoingPtr, const pb::FeedResult*>> answered;
  {
    const std::lock_guard lock(mutex_);
    Heard(false);
    for (const pb::FeedResult& result : results.results()) {
      OutgoingPtr outgoing = Forget(result.id());
      if (outgoing == nullptr) {
        continue;
      }
      if (outgoing->writing) {
        outgoing->early = ResultFromProto(result);   // gRPC may still look at the message
      } else {
        answered.emplace_back(std::move(outgoing), &result);
      }
    }
    Write();
  }
  for (const auto& [outgoing, result] : answered) {
    Answer(outgoing.get(), ResultFromProto(*result));
  }
}

OutgoingPtr FeedReactor::Forget(uint64_t id) {
  const auto found = outgoing_.find(id);
  if (found == outgoing_.end() || !found->second->sent) {
    return nullptr;
  }
  OutgoingPtr outgoing = std::move(found->second);
  outgoing_.erase(found);
  inflight_bytes_ -= outgoing->bytes;
  --unanswered_;
  return outgoing;
}

void FeedReactor::Answer(OutgoingFrame* outgoing, FrameResult result) {
  if (!result.status.ok()) {
    result.frame = TakeFrame(outgoing);
  }
  outgoing->done(std::move(result));
}

void FeedReactor::OnWriteDone(bool ok) {
  std::vector<OutgoingPtr> written;
  {
    const std::lock_guard lock(mutex_);
    write_under_way_ = false;
    written.swap(writing_);
    auto* frames = frames_.mutable_frames()->mutable_frames();
    while (!frames->empty()) {
      frames->UnsafeArenaReleaseLast();
    }
    for (const OutgoingPtr& outgoing : written) {
      outgoing->writing = false;
    }
    if (ok) {
      Write();
    }
  }
  for (const OutgoingPtr& outgoing : written) {
    if (outgoing->early.has_value()) {
      Answer(outgoing.get(), std::move(*outgoing->early));
    }
  }
}

void FeedReactor::OnDone(const grpc::Status& grpc_status) {
  const std::shared_ptr<FeedReactor> self = std::move(self_);
  std::unordered_map<uint64_t, OutgoingPtr> outgoing;
  Status status = rpc::FromGrpc(grpc_status);
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    outgoing.swap(outgoing_);
    queue_.clear();
    queued_bytes_ = 0;
    unanswered_ = 0;
    inflight_bytes_ = 0;
    if (!broken_because_.empty()) {
      status = MakeError(StatusCode::kUnavailable, broken_because_);
    } else if (status.ok()) {
      status = Unavailable("the worker ended the connection");
    }
  }
  on_end_(this, status);
  for (auto& [id, frame] : outgoing) {
    FrameResult result;
    result.status = Unavailable("worker '{}' at {}: {}", shared_.options.worker_id, address_,
                                Message(status));
    result.maybe_taken = frame->sent;
    result.frame = TakeFrame(frame.get());
    frame->done(std::move(result));
  }
}

}  // namespace weir::ingest
