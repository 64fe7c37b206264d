// One Feed connection, an ingest node's stream of the worker. Frames go straight to the worker and are
// answered in whatever order it finishes them; nothing blocks. Lives until gRPC says OnDone, which comes
// only after Finish, which is called only when no frame of the connection is in the worker.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/base/status.h"
#include "weir/worker/v1/worker.grpc.pb.h"
#include "worker/worker.h"

namespace weir::worker {

class WorkerService;

class FeedReactor final : public grpc::ServerBidiReactor<v1::FeedRequest, v1::FeedResponse> {
 public:
  FeedReactor(WorkerService* service, Worker* worker) : service_(service), worker_(worker) {}

  // Starts reading, or ends at once when the server drains.
  void Begin(bool draining);
  // Answers what is in hand, then ends the connection as unavailable.
  void Drain();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Deals with request_; an error ends the connection.
  Status Handle();
  Status Open(const v1::FeedHello& hello);
  void Submit(v1::FeedFrame* frame);
  void Promise(const v1::FeedPromise& promise);
  void OnResult(uint64_t id, FrameResult result);
  // REQUIRES: mutex_. The next answer, in the last message that is not being written.
  v1::FeedResult* AddResult();
  void Send(v1::FeedResponse response);
  void End(Status status, bool broken);
  // Starts what can be started: the next write, the next read, or the end. REQUIRES: mutex_ through lock,
  // which it lets go of.
  void Advance(std::unique_lock<std::mutex> lock);

  WorkerService* const service_;
  Worker* const worker_;

  v1::FeedRequest request_;   // of the read under way
  std::string ingest_id_;
  // Of the reading thread, and of OnDone.
  bool open_ = false;
  uint64_t frames_ = 0;       // that came, and their parts: logged in the end
  uint64_t parts_ = 0;
  StreamId stream_ = 0;
  UnixMillis promised_ms_ = 0;

  std::mutex mutex_;
  std::deque<v1::FeedResponse> responses_;
  uint64_t in_flight_ = 0;    // frames that the worker has
  bool reading_ = false;
  bool handling_ = false;     // request_ is being worked on
  bool writing_ = false;      // the first response is under way
  bool broken_ = false;       // the node is gone: answers go nowhere
  bool ending_ = false;       // no more requests are taken
  bool finished_ = false;
  Status status_;             // of the connection, with ending_
};

}  // namespace weir::worker
