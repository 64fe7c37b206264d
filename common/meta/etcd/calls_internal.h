// The calls that are under way, so that a store can end: gRPC answers on its own threads, which only
// post to the scheduler and leave. What a call holds is destroyed by the scheduler too: gRPC's threads
// must not let go of the last channel, which waits for them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <grpcpp/grpcpp.h>

#include "common/task/scheduler.h"

namespace weir::meta {

class Calls {
 public:
  explicit Calls(task::Scheduler* scheduler) : scheduler_(scheduler) {}
  // Cancels what is under way and waits until it has left; what is posted by then is not run.
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // Called before a call starts. Returns the call's number, for End.
  uint64_t Begin(std::shared_ptr<grpc::ClientContext> context);
  // Runs f as a task of the scheduler, unless the store is gone by then. From any thread.
  void Post(std::function<void()> f);
  // As Post; and the call has ended. From gRPC's thread, last: the call lives until f has run.
  void End(uint64_t call, std::function<void()> f);

  // Starts a call of one request and one answer; done runs as a task of the scheduler.
  template <typename Request, typename Response, typename Start>
  void Unary(Request request, int64_t timeout_ms, Start start,
             std::function<void(const grpc::Status&, const Response&)> done);

 private:
  task::Scheduler* scheduler_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);   // touched by tasks only
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_ = 1;
  std::unordered_map<uint64_t, std::shared_ptr<grpc::ClientContext>> running_;
};

template <typename Request, typename Response, typename Start>
void Calls::Unary(Request request, int64_t timeout_ms, Start start,
                  std::function<void(const grpc::Status&, const Response&)> done) {
  struct Call {
    uint64_t number = 0;
    grpc::ClientContext context;
    Request request;
    Response response;
    std::function<void(const grpc::Status&, const Response&)> done;
  };
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::milliseconds(timeout_ms));
  call->done = std::move(done);
  Call* const running = call.get();
  running->number = Begin(std::shared_ptr<grpc::ClientContext>(std::move(call), &running->context));
  start(&running->context, &running->request, &running->response,
        [this, running](const grpc::Status& status) {
          End(running->number, [running, status] { running->done(status, running->response); });
        });
}

}  // namespace weir::meta
