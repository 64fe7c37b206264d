#include "common/meta/etcd/calls_internal.h"

#include <utility>
#include <vector>

namespace weir::meta {

Calls::~Calls() {
  *alive_ = false;
  std::vector<std::shared_ptr<grpc::ClientContext>> running;
  std::unique_lock lock(mutex_);
  for (const auto& [call, context] : running_) {
    if (context != nullptr) {   // null: just ending
      running.push_back(context);
    }
  }
  lock.unlock();
  // Without the lock: gRPC may answer within the cancellation.
  for (const auto& context : running) {
    context->TryCancel();
  }
  lock.lock();
  changed_.wait(lock, [this] { return running_.empty(); });
}

uint64_t Calls::Begin(std::shared_ptr<grpc::ClientContext> context) {
  const std::lock_guard lock(mutex_);
  const uint64_t call = next_++;
  running_.emplace(call, std::move(context));
  return call;
}

void Calls::Post(std::function<void()> f) {
  scheduler_->Post([alive = alive_, f = std::move(f)] {
    if (*alive) {
      f();
    }
  });
}

void Calls::End(uint64_t call, std::function<void()> f) {
  std::shared_ptr<grpc::ClientContext> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = std::move(running_.at(call));
  }
  scheduler_->Post([alive = alive_, ended = std::move(ended), f = std::move(f)] {
    if (*alive) {
      f();
    }
  });
  const std::lock_guard lock(mutex_);
  running_.erase(call);
  // Under the lock: the destructor may go on as soon as it is free.
  changed_.notify_all();
}

}  // namespace weir::meta
