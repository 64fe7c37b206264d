// The calls that are under way, so that a store can end: gRPC answers on its own threads, which only
// post to the scheduler and leave.
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

  // Called before a call starts.
  void Begin(std::shared_ptr<grpc::ClientContext> context);
  // From gRPC's thread: runs f as a task of the scheduler, unless the store is gone by then.
  void Post(std::function<void()> f);
  // From gRPC's thread, last: nothing of the call is used after it.
  void End(grpc::ClientContext* context);

  // Starts a call of one request and one answer; done runs as a task of the scheduler.
  template <typename Request, typename Response, typename Start>
  void Unary(Request request, int64_t timeout_ms, Start start,
             std::function<void(const grpc::Status&, const Response&)> done);

 private:
  task::Scheduler* scheduler_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);   // touched by tasks only
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<grpc::ClientContext*, std::shared_ptr<grpc::ClientContext>> running_;
};

template <typename Request, typename Response, typename Start>
void Calls::Unary(Request request, int64_t timeout_ms, Start start,
                  std::function<void(const grpc::Status&, const Response&)> done) {
  struct Call {
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::milliseconds(timeout_ms));
  Begin(std::shared_ptr<grpc::ClientContext>(call, &call->context));
  start(&call->context, &call->request, &call->response,
        [this, call, done = std::move(done)](const grpc::Status& status) {
          Post([call, done, status] { done(status, call->response); });
          End(&call->context);
        });
}

}  // namespace weir::meta
