// The workers of a cluster as the judge of spread rules sees them: over gRPC, all at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/cluster/shard_table.h"
#include "common/task/scheduler.h"
#include "coordinator/spread_judge.h"
#include "coordinator/worker_client.h"

namespace grpc {
class ChannelCredentials;
}

namespace weir::coordinator {

class RemoteSpreadCluster final : public SpreadCluster {
 public:
  struct Options {
    std::string cluster_id;
    int64_t call_timeout_ms = 5000;
    std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;   // null: not encrypted
  };
  // The workers that are alive.
  using GetWorkers = std::function<std::vector<WorkerPeer>()>;
  // A shard's entry of the table.
  using GetShard = std::function<cluster::ShardEntry(ShardId)>;

  // get_workers and get_shard are called on the scheduler, which outlives the cluster and is the judge's.
  RemoteSpreadCluster(Options options, task::Scheduler* scheduler, GetWorkers get_workers,
                      GetShard get_shard);
  // Cancels what is under way and waits for its end. REQUIRES: the judge is stopped.
  ~RemoteSpreadCluster() override;

  void View(const std::string& rule_id, RuleSetVersion version, const worker::SpreadHint& hint,
            std::function<void(StatusOr<worker::SpreadReport>)> done) override;
  void Collect(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
               std::function<void(StatusOr<worker::SpreadParts>)> done) override;
  void Commit(worker::JudgedTick tick, std::function<void(Status)> done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::coordinator
