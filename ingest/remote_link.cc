#include "ingest/remote_link.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"
#include "weir/worker/v1/worker.grpc.pb.h"

namespace weir::ingest {
namespace {

namespace pb = weir::worker::v1;
using worker::FrameResult;

constexpr uint32_t kProtocolVersion = 1;
constexpr int64_t kTickMs = 100;

// A frame on its way. The message keeps the rows until the answer, in case they must be sent again.
struct Outgoing {
  google::protobuf::Arena arena;
  pb::FeedRequest* request = google::protobuf::Arena::CreateMessage<pb::FeedRequest>(&arena);
  WorkerLink::Done done;
  uint64_t bytes = 0;
  bool sent = false;                 // its write began
  bool writing = false;              // and has not ended
  std::optional<FrameResult> early;  // the answer, when it came before the write ended
};
using OutgoingPtr = std::shared_ptr<Outgoing>;

void FillFrame(UnixMillis stamp_ms, exec::Frame frame, Outgoing* to) {
  pb::FeedFrame* message = to->request->mutable_frame();
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

exec::Frame TakeFrame(Outgoing* from) {
  pb::FeedFrame* message = from->request->mutable_frame();
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

// What is the same for all connections of a link.
struct Shared {
  RemoteLinkOptions options;
  task::Scheduler* scheduler = nullptr;
};

// One stream, from its opening to its end. It keeps itself until gRPC is done with it. Writes begin from
// any thread, so it is held open (AddHold) until the read side has ended.
class Connection final : public grpc::ClientBidiReactor<pb::FeedRequest, pb::FeedResponse>,
                         public std::enable_shared_from_this<Connection> {
 public:
  using OnEnd = std::function<void(Connection*, const Status&)>;

  Connection(const Shared& shared, std::string address, OnEnd on_end)
      : shared_(shared),
        address_(std::move(address)),
        on_end_(std::move(on_end)),
        stub_(pb::WorkerService::NewStub(rpc::MakeLinkChannel(address_))) {}

  const std::string& address() const { return address_; }
  bool welcomed() const {
    const std::lock_guard lock(mutex_);
    return welcomed_;
  }

  void Begin(const Promise& promise);
  // False when the connection cannot take the frame; refusal says why, and the frame is untouched.
  bool Submit(UnixMillis stamp_ms, exec::Frame* frame, WorkerLink::Done* done, std::string* refusal);
  void SetPromise(const Promise& promise);
  // Repeats the promise when it is time to; breaks the connection when the worker has been silent.
  void Tick(const Promise& promise);
  void Break(std::string_view why);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  // The rest REQUIRE mutex_.
  void QueuePromise(const Promise& promise);
  void Heard(bool answers_promise);
  void Write();
  OutgoingPtr Forget(uint64_t id);
  void Answer(std::unique_lock<std::mutex> lock, const OutgoingPtr& outgoing, FrameResult result);

  const Shared shared_;
  const std::string address_;
  const OnEnd on_end_;
  const std::unique_ptr<pb::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  std::shared_ptr<Connection> self_;   // until OnDone
  pb::FeedResponse response_;          // of the read under way

  mutable std::mutex mutex_;
  bool welcomed_ = false;
  bool closed_ = false;                // nothing is written any more
  std::string broken_because_;         // by us
  uint64_t next_id_ = 1;
  uint64_t inflight_bytes_ = 0;
  std::unordered_map<uint64_t, OutgoingPtr> outgoing_;   // without an answer
  std::deque<OutgoingPtr> queue_;      // not written yet
  OutgoingPtr writing_;                // null: a hello or promise is, if anything
  bool write_under_way_ = false;
  pb::FeedRequest control_;            // of the hello or promise being written
  std::optional<pb::FeedRequest> next_promise_;
  uint64_t promise_sequence_ = 0;
  int64_t promised_at_ms_ = 0;         // monotonic: when a promise was last queued
  int64_t waiting_since_ms_ = -1;      // monotonic: for an answer, without hearing anything; -1: not
  uint64_t pulses_due_ = 0;
};

void Connection::Begin(const Promise& promise) {
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

bool Connection::Submit(UnixMillis stamp_ms, exec::Frame* frame, WorkerLink::Done* done,
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
  auto outgoing = std::make_shared<Outgoing>();
  FillFrame(stamp_ms, std::move(*frame), outgoing.get());
  outgoing->done = std::move(*done);
  outgoing->request->mutable_frame()->set_id(next_id_);
  inflight_bytes_ += outgoing->bytes;
  outgoing_[next_id_++] = outgoing;
  queue_.push_back(std::move(outgoing));
  Write();
  return true;
}

void Connection::SetPromise(const Promise& promise) {
  const std::lock_guard lock(mutex_);
  QueuePromise(promise);
}

// A promise may overtake frames: the stamps of all of them are above it. One that was not written yet is
// replaced.
void Connection::QueuePromise(const Promise& promise) {
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

void Connection::Tick(const Promise& promise) {
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

void Connection::Break(std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    if (!broken_because_.empty()) {
      return;
    }
    broken_because_ = why;
  }
  context_.TryCancel();
}

void Connection::Heard(bool answers_promise) {
  pulses_due_ -= answers_promise && pulses_due_ > 0 ? 1 : 0;
  waiting_since_ms_ = pulses_due_ == 0 ? -1 : shared_.scheduler->NowMonotonicMs();
}

void Connection::Write() {
  if (write_under_way_ || closed_) {
    return;
  }
  if (next_promise_.has_value()) {
    control_ = std::move(*next_promise_);
    next_promise_.reset();
    write_under_way_ = true;
    StartWrite(&control_);
  } else if (!queue_.empty()) {
    writing_ = std::move(queue_.front());
    queue_.pop_front();
    writing_->sent = true;
    writing_->writing = true;
    write_under_way_ = true;
    StartWrite(writing_->request);
  }
}

void Connection::OnReadDone(bool ok) {
  if (!ok) {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    RemoveHold();
    return;
  }
  {
    std::unique_lock lock(mutex_);
    switch (response_.kind_case()) {
      case pb::FeedResponse::kWelcome:
        welcomed_ = true;
        Heard(true);
        break;
      case pb::FeedResponse::kPulse:
        Heard(true);
        break;
      case pb::FeedResponse::kResult: {
        Heard(false);
        const OutgoingPtr outgoing = Forget(response_.result().id());
        if (outgoing != nullptr) {
          Answer(std::move(lock), outgoing, ResultFromProto(response_.result()));
        }
        break;
      }
      case pb::FeedResponse::KIND_NOT_SET:
        break;
    }
  }
  StartRead(&response_);
}

OutgoingPtr Connection::Forget(uint64_t id) {
  const auto found = outgoing_.find(id);
  if (found == outgoing_.end()) {
    return nullptr;
  }
  OutgoingPtr outgoing = std::move(found->second);
  outgoing_.erase(found);
  inflight_bytes_ -= outgoing->bytes;
  return outgoing;
}

void Connection::Answer(std::unique_lock<std::mutex> lock, const OutgoingPtr& outgoing,
                        FrameResult result) {
  if (outgoing->writing) {
    outgoing->early = std::move(result);   // gRPC may still look at the message
    return;
  }
  lock.unlock();
  if (!result.status.ok()) {
    result.frame = TakeFrame(outgoing.get());
  }
  outgoing->done(std::move(result));
}

void Connection::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  write_under_way_ = false;
  const OutgoingPtr written = std::move(writing_);
  writing_ = nullptr;
  if (ok) {
    Write();
  }
  if (written == nullptr) {
    return;
  }
  written->writing = false;
  if (written->early.has_value()) {
    FrameResult result = std::move(*written->early);
    Answer(std::move(lock), written, std::move(result));
  }
}

void Connection::OnDone(const grpc::Status& grpc_status) {
  const std::shared_ptr<Connection> self = std::move(self_);
  std::unordered_map<uint64_t, OutgoingPtr> outgoing;
  Status status = rpc::FromGrpc(grpc_status);
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    outgoing.swap(outgoing_);
    queue_.clear();
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
  void OnEnd(Connection* connection, const Status& status);

  const Shared shared_;
  const std::function<std::string()> address_;

  std::mutex mutex_;
  bool stopped_ = false;
  Promise promise_;
  std::shared_ptr<Connection> connection_;
  std::string trouble_ = "not connected yet";   // why there is no connection
  std::string logged_;                          // of it, so that a lasting one is said once
  int64_t reconnect_ms_;
  int64_t next_attempt_ms_ = 0;                 // monotonic
};

void RemoteLinkState::Stop() {
  std::shared_ptr<Connection> connection;
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
  std::shared_ptr<Connection> connection;
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
  std::shared_ptr<Connection> connection;
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
  std::shared_ptr<Connection> connection;
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
  connection_ = std::make_shared<Connection>(
      shared_, address,
      [self = shared_from_this()](Connection* connection, const Status& status) {
        self->OnEnd(connection, status);
      });
  connection_->Begin(promise_);
}

void RemoteLinkState::OnEnd(Connection* connection, const Status& status) {
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
