// The gRPC face for operators: weir.cluster.v1.ClusterService over what its process knows of the cluster.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/cluster/shard_table.h"
#include "common/plan/plan.h"
#include "coordinator/alert_index.h"
#include "coordinator/leader.h"
#include "coordinator/worker_client.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"
#include "worker/worker.h"

namespace weir::coordinator {

class ClusterService final : public weir::cluster::v1::ClusterService::CallbackService {
 public:
  // What the service asks of its process. All may block: each call has a thread for it.
  struct Options {
    std::string version;
    std::string tenant;
    // The workers' state, as if they were one.
    std::function<WorkersStatus()> workers;
    std::function<plan::RuleSetPtr()> rules;
    // Returns when everything that is closed now is judged. forwarded: by a coordinator that does not lead
    // and takes this one for the leader.
    std::function<Status(bool forwarded)> wait_judged;
    // Fills in what ingest counts, of one node or the sum of several.
    std::function<void(weir::cluster::v1::IngestStatus*)> ingest_status;
    // Fills in who sent events, likewise.
    std::function<void(weir::cluster::v1::ListSourcesResponse*)> sources;
    // The nodes and the shard table; empty: a process that is the whole cluster has none.
    std::function<LeaderStatus()> leader;
    std::function<cluster::ShardTable()> table;
    // What became of each rule file when it was loaded.
    std::function<std::vector<weir::cluster::v1::RuleFileStatus>()> rule_files;
  };

  // index outlives the service; the clock tells when it started.
  ClusterService(Options options, const AlertIndex* index, const Clock* clock);
  ~ClusterService() override;

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const weir::cluster::v1::GetStatusRequest* request,
                                      weir::cluster::v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* WaitJudged(grpc::CallbackServerContext* context,
                                       const weir::cluster::v1::WaitJudgedRequest* request,
                                       weir::cluster::v1::WaitJudgedResponse* response) override;
  grpc::ServerUnaryReactor* ListNodes(grpc::CallbackServerContext* context,
                                      const weir::cluster::v1::ListNodesRequest* request,
                                      weir::cluster::v1::ListNodesResponse* response) override;
  grpc::ServerUnaryReactor* ListShards(grpc::CallbackServerContext* context,
                                       const weir::cluster::v1::ListShardsRequest* request,
                                       weir::cluster::v1::ListShardsResponse* response) override;
  grpc::ServerUnaryReactor* ListSources(grpc::CallbackServerContext* context,
                                        const weir::cluster::v1::ListSourcesRequest* request,
                                        weir::cluster::v1::ListSourcesResponse* response) override;

 private:
  class Calls;
  void Fill(weir::cluster::v1::GetStatusResponse* response) const;

  const Options options_;
  const AlertIndex* const index_;
  const Clock* const clock_;
  const UnixMillis started_ms_;
  std::unique_ptr<Calls> calls_;   // threads for what may wait; goes first
};

}  // namespace weir::coordinator
