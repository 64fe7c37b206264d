#include "worker/executor.h"

#include <utility>

namespace weir::worker {

namespace {

// One write batch stays below this, so that a checkpoint of many groups does not double memory.
constexpr std::size_t kCheckpointBatchBytes = 8 << 20;
// After a checkpoint for memory, tables are brought down to this part of the limit.
constexpr double kEvictTo = 0.75;
// Table sizes are summed every so many records: walking the shards for each would cost more than it tells.
constexpr uint64_t kRecordsPerCount = 64;

}  // namespace

Executor::Executor(Options options, state::StateStore* store, WorkerShared* shared,
                   std::unique_ptr<task::Scheduler> scheduler)
    : options_(options), store_(store), shared_(shared), scheduler_(std::move(scheduler)) {}

Executor::~Executor() {
  Stop();
}

shard::Shard* Executor::AddShard(std::unique_ptr<shard::Shard> shard) {
  shards_.push_back(std::move(shard));
  return shards_.back().get();
}

void Executor::RemoveShard(ShardId id) {
  std::erase_if(shards_, [id](const auto& shard) { return shard->id() == id; });
}

void Executor::Start() {
  scheduler_->Post([this] { ArmTimer(); });
}

void Executor::Stop() {
  if (ended_) {
    return;
  }
  ended_ = true;
  scheduler_->Run([this] {
    stopped_ = true;
    scheduler_->Cancel(timer_);
    const Status status = Checkpoint();
    if (!status.ok()) {
      shared_->fail(status);
    }
  });
  scheduler_->Stop();
}

void Executor::Kill() {
  ended_ = true;
  scheduler_->Stop();
}

void Executor::ArmTimer() {
  timer_ = scheduler_->PostAfter(options_.checkpoint_interval_ms, [this] {
    if (stopped_) {
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
