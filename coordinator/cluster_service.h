// The gRPC face for operators: weir.cluster.v1.ClusterService over the worker's and ingest's counters.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/alert_index.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"
#include "worker/worker.h"

namespace weir::coordinator {

class ClusterService final : public weir::cluster::v1::ClusterService::CallbackService {
 public:
  struct Options {
    std::string version;
    std::string tenant;
    // Fills in what another role counts; may be empty.
    std::function<void(weir::cluster::v1::IngestStatus*)> ingest_status;
    // What became of each rule file at the activation.
    std::vector<weir::cluster::v1::RuleFileStatus> rule_files;
  };

  // worker and index outlive the service; the clock tells when it started.
  ClusterService(Options options, worker::Worker* worker, const AlertIndex* index,
                 const Clock* clock);
  ~ClusterService() override;

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const weir::cluster::v1::GetStatusRequest* request,
                                      weir::cluster::v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* WaitJudged(grpc::CallbackServerContext* context,
                                       const weir::cluster::v1::WaitJudgedRequest* request,
                                       weir::cluster::v1::WaitJudgedResponse* response) override;

 private:
  class Calls;
  void Fill(weir::cluster::v1::GetStatusResponse* response) const;

  const Options options_;
  worker::Worker* const worker_;
  const AlertIndex* const index_;
  const UnixMillis started_ms_;
  std::unique_ptr<Calls> calls_;   // threads for what may wait; goes first
};

}  // namespace weir::coordinator
