#include "common/meta/etcd/calls_internal.h"

#include <utility>
#include <vector>

namespace weir::meta {

Calls::~Calls() {
  *alive_ = false;
  std::vector<std::shared_ptr<grpc::ClientContext>> running;
  std::unique_lock lock(mutex_);
  for (const auto& [key, context] : running_) {
    running.push_back(context);
  }
  lock.unlock();
  // Without the lock: gRPC may answer within the cancellation.
  for (const auto& context : running) {
    context->TryCancel();
  }
  lock.lock();
  changed_.wait(lock, [this] { return running_.empty(); });
}

void Calls::Begin(std::shared_ptr<grpc::ClientContext> context) {
  grpc::ClientContext* const key = context.get();
  const std::lock_guard lock(mutex_);
  running_.emplace(key, std::move(context));
}

void Calls::Post(std::function<void()> f) {
  scheduler_->Post([alive = alive_, f = std::move(f)] {
    if (*alive) {
      f();
    }
  });
}

void Calls::End(grpc::ClientContext* context) {
  std::shared_ptr<grpc::ClientContext> ended;   // outlives the lock
  const std::lock_guard lock(mutex_);
  const auto position = running_.find(context);
  ended = std::move(position->second);
  running_.erase(position);
  // Under the lock: the destructor may go on as soon as it is free.
  changed_.notify_all();
}

}  // namespace weir::meta
