// The ingest node's end of a Feed stream, of weir.worker.v1.WorkerService: frames out, results in. One
// from its opening to its end; a RemoteLink makes the next.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "common/base/status.h"
#include "ingest/remote_link.h"
#include "ingest/worker_link.h"
#include "weir/worker/v1/worker.grpc.pb.h"

namespace weir::ingest {

// A frame on its way. The message keeps the rows until the answer, in case they must be sent again.
struct OutgoingFrame {
  google::protobuf::Arena arena;
  weir::worker::v1::FeedFrame* message =
      google::protobuf::Arena::CreateMessage<weir::worker::v1::FeedFrame>(&arena);
  WorkerLink::Done done;
  uint64_t bytes = 0;
  bool sent = false;                 // its write began
  bool writing = false;              // and has not ended
  std::optional<worker::FrameResult> early;  // the answer, when it came before the write ended
};
using OutgoingPtr = std::shared_ptr<OutgoingFrame>;

// What is the same for all connections of a link.
struct LinkShared {
  RemoteLinkOptions options;
  task::Scheduler* scheduler = nullptr;
};

// Frames go alone while all before them are answered. Otherwise they wait for company, up to
// send_pause_ms, and go together: what a message costs does not depend on how many frames it has.
//
// Keeps itself until gRPC is done with it. Writes begin from any thread, so it is held open (AddHold)
// until the read side has ended. Thread safe.
class FeedReactor final : public grpc::ClientBidiReactor<weir::worker::v1::FeedRequest,
                                                         weir::worker::v1::FeedResponse>,
                          public std::enable_shared_from_this<FeedReactor> {
 public:
  using OnEnd = std::function<void(FeedReactor*, const Status&)>;

  FeedReactor(const LinkShared& shared, std::string address, OnEnd on_end);

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
  // These REQUIRE mutex_.
  void QueuePromise(const Promise& promise);
  void Heard(bool answers_promise);
  void Write();
  bool Pause();
  void QueueFrames();
  OutgoingPtr Forget(uint64_t id);

  void EndPause();
  void TakeResults(const weir::worker::v1::FeedResults& results);
  static void Answer(OutgoingFrame* outgoing, worker::FrameResult result);

  const LinkShared shared_;
  const std::string address_;
  const OnEnd on_end_;
  const std::unique_ptr<weir::worker::v1::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  std::shared_ptr<FeedReactor> self_;   // until OnDone
  weir::worker::v1::FeedResponse response_;          // of the read under way

  mutable std::mutex mutex_;
  bool welcomed_ = false;
  bool closed_ = false;                // nothing is written any more
  std::string broken_because_;         // by us
  uint64_t next_id_ = 1;
  uint64_t inflight_bytes_ = 0;
  std::unordered_map<uint64_t, OutgoingPtr> outgoing_;   // without an answer
  uint64_t unanswered_ = 0;            // of outgoing_: sent
  std::deque<OutgoingPtr> queue_;      // not written yet
  uint64_t queued_bytes_ = 0;
  bool pausing_ = false;               // EndPause will come
  bool pause_over_ = false;            // since the last frames were written
  std::vector<OutgoingPtr> writing_;   // empty: a hello or promise is, if anything
  bool write_under_way_ = false;
  weir::worker::v1::FeedRequest frames_;             // of writing_, which owns the frames in it
  weir::worker::v1::FeedRequest control_;            // of the hello or promise being written
  std::optional<weir::worker::v1::FeedRequest> next_promise_;
  uint64_t promise_sequence_ = 0;
  int64_t promised_at_ms_ = 0;         // monotonic: when a promise was last queued
  int64_t waiting_since_ms_ = -1;      // monotonic: for an answer, without hearing anything; -1: not
  uint64_t pulses_due_ = 0;
};

}  // namespace weir::ingest
