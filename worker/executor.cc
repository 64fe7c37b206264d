#include "worker/executor.h"

#include <future>

#include <boost/asio/post.hpp>

namespace weir::worker {

namespace {

// One write batch stays below this, so that a checkpoint of many groups does not double memory.
constexpr std::size_t kCheckpointBatchBytes = 8 << 20;
// After a checkpoint for memory, tables are brought down to this part of the limit.
constexpr double kEvictTo = 0.75;
// Table sizes are summed every so many records: walking the shards for each would cost more than it tells.
constexpr uint64_t kRecordsPerCount = 64;

}  // namespace

Executor::Executor(Options options, state::StateStore* store, WorkerShared* shared)
    : options_(options),
      store_(store),
      shared_(shared),
      work_(boost::asio::make_work_guard(context_)),
      timer_(context_) {}

Executor::~Executor() {
  Stop();
}

void Executor::AddShard(std::unique_ptr<shard::Shard> shard) {
  shards_.push_back(std::move(shard));
}

void Executor::Start() {
  ArmTimer();
  thread_ = std::thread([this] { context_.run(); });
}

void Executor::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  Run([this] {
    stopped_ = true;
    timer_.cancel();
    const Status status = Checkpoint();
    if (!status.ok()) {
      shared_->fail(status);
    }
  });
  work_.reset();
  thread_.join();
}

void Executor::Post(std::function<void()> task) {
  boost::asio::post(context_, std::move(task));
}

void Executor::Run(const std::function<void()>& task) {
  std::promise<void> done;
  Post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void Executor::ArmTimer() {
  timer_.expires_after(options_.checkpoint_interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopped_) {
      return;
    }
    const Status status = Checkpoint();
    if (!status.ok()) {
      shared_->fail(status);
      return;
    }
    ArmTimer();
  });
}

void Executor::UpdateTableBytes() {
  uint64_t bytes = 0;
  for (const auto& shard : shards_) {
    bytes += shard->table_bytes();
  }
  shared_->table_bytes += bytes - counted_table_bytes_;
  counted_table_bytes_ = bytes;
  records_since_count_ = 0;
}

void Executor::AfterApply(std::size_t record_bytes) {
  log_bytes_ += record_bytes;
  shared_->log_bytes += record_bytes;
  if (++records_since_count_ < kRecordsPerCount && log_bytes_ < options_.checkpoint_log_bytes) {
    return;
  }
  UpdateTableBytes();
  if (log_bytes_ >= options_.checkpoint_log_bytes ||
      shared_->table_bytes > shared_->table_limit_bytes) {
    const Status status = Checkpoint();
    if (!status.ok()) {
      shared_->fail(status);
    }
  }
}

Status Executor::Checkpoint() {
  const auto batch = store_->NewBatch();
  bool any = false;
  for (const auto& shard : shards_) {
    if (!shard->HasChanges()) {
      continue;
    }
    any = true;
    WEIR_RETURN_IF_ERROR(shard->Checkpoint(batch.get()));
    if (batch->ApproximateBytes() > kCheckpointBatchBytes) {
      WEIR_RETURN_IF_ERROR(store_->Write(batch.get(), true));
      batch->Clear();
    }
  }
  if (!any) {
    return OkStatus();
  }
  WEIR_RETURN_IF_ERROR(Annotate(store_->Write(batch.get(), true), "writing a checkpoint"));
  ++shared_->checkpoints;
  shared_->log_bytes -= log_bytes_;
  log_bytes_ = 0;
  UpdateTableBytes();
  if (shared_->table_bytes > shared_->table_limit_bytes) {
    const double keep = kEvictTo * static_cast<double>(shared_->table_limit_bytes) /
                        static_cast<double>(shared_->table_bytes);
    for (const auto& shard : shards_) {
      shard->Evict(static_cast<std::size_t>(static_cast<double>(shard->table_bytes()) * keep));
    }
    UpdateTableBytes();
  }
  return OkStatus();
}

}  // namespace weir::worker
