// A worker as its shard keeper sees it.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "worker/shard_keeper.h"
#include "worker/worker.h"

namespace weir::worker {

class WorkerShardHolder final : public ShardHolder {
 public:
  // The worker outlives it.
  explicit WorkerShardHolder(Worker* worker) : worker_(worker) {}

  void SetShards(std::vector<HeldShard> shards, int64_t table_revision) override {
    worker_->SetShards(std::move(shards), table_revision);
  }
  void IsShardEmpty(ShardId shard, std::function<void(bool)> done) override {
    worker_->IsShardEmpty(shard, std::move(done));
  }

 private:
  Worker* const worker_;
};

}  // namespace weir::worker
