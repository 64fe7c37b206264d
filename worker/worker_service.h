// The gRPC face of a worker for the other nodes of its cluster: weir.worker.v1.WorkerService. Threads:
// gRPC's callback threads and the worker's; what may wait for a shard has threads of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "weir/worker/v1/worker.grpc.pb.h"
#include "worker/alert_feed.h"
#include "worker/worker.h"

namespace weir::worker {

class AlertFeedReactor;
class FeedReactor;

// Of weir.worker.v1.FeedHello.
inline constexpr uint32_t kFeedProtocolVersion = 2;

class WorkerService final : public v1::WorkerService::CallbackService {
 public:
  struct Options {
    std::string cluster_id;
    std::string worker_id;
    uint64_t incarnation = 0;
  };

  // worker and alerts outlive the service, and the worker answers all frames before it stops.
  WorkerService(Options options, Worker* worker, AlertFeed* alerts);
  ~WorkerService() override;

  grpc::ServerBidiReactor<v1::FeedRequest, v1::FeedResponse>* Feed(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::WatchAlertsResponse>* WatchAlerts(
      grpc::CallbackServerContext* context, const v1::WatchAlertsRequest* request) override;
  // Alerts (alert_calls.cc).
  grpc::ServerUnaryReactor* GetAlert(grpc::CallbackServerContext* context,
                                     const v1::GetAlertRequest* request,
                                     v1::GetAlertResponse* response) override;
  grpc::ServerUnaryReactor* FindAlerts(grpc::CallbackServerContext* context,
                                       const v1::FindAlertsRequest* request,
                                       v1::FindAlertsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateAlerts(grpc::CallbackServerContext* context,
                                         const v1::UpdateAlertsRequest* request,
                                         v1::UpdateAlertsResponse* response) override;
  // Groups and events (group_calls.cc).
  grpc::ServerUnaryReactor* FindGroups(grpc::CallbackServerContext* context,
                                       const v1::FindGroupsRequest* request,
                                       v1::FindGroupsResponse* response) override;
  grpc::ServerUnaryReactor* FindCovering(grpc::CallbackServerContext* context,
                                         const v1::FindCoveringRequest* request,
                                         v1::FindCoveringResponse* response) override;
  grpc::ServerUnaryReactor* FindEvents(grpc::CallbackServerContext* context,
                                       const v1::FindEventsRequest* request,
                                       v1::FindEventsResponse* response) override;
  // The state.
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* WaitJudged(grpc::CallbackServerContext* context,
                                       const v1::WaitJudgedRequest* request,
                                       v1::WaitJudgedResponse* response) override;
  // Spread rules (spread_service.cc).
  grpc::ServerUnaryReactor* ViewSpread(grpc::CallbackServerContext* context,
                                       const v1::ViewSpreadRequest* request,
                                       v1::ViewSpreadResponse* response) override;
  grpc::ServerWriteReactor<v1::CollectTickResponse>* CollectTick(
      grpc::CallbackServerContext* context, const v1::CollectTickRequest* request) override;
  grpc::ServerReadReactor<v1::CommitTickRequest>* CommitTick(
      grpc::CallbackServerContext* context, v1::CommitTickResponse* response) override;

  // The revision that the worker was last told with SetShards; shown to ingest nodes.
  void SetTableRevision(int64_t revision) { table_revision_ = revision; }

  // Ends every stream once its frames in hand are answered, and refuses new ones.
  void Drain();

 private:
  friend class AlertFeedReactor;
  friend class CommitReactor;
  friend class FeedReactor;
  class Calls;

  // FailedPrecondition when a message is meant for another cluster or worker.
  Status CheckTarget(const v1::Target& target) const;
  uint64_t incarnation() const { return options_.incarnation; }
  int64_t table_revision() const { return table_revision_; }
  void Remove(FeedReactor* reactor);
  void Remove(AlertFeedReactor* reactor);

  const Options options_;
  Worker* const worker_;
  AlertFeed* const alerts_;
  std::atomic<int64_t> table_revision_{0};
  std::mutex mutex_;
  std::unordered_set<FeedReactor*> feeds_;
  std::unordered_set<AlertFeedReactor*> watches_;
  bool draining_ = false;
  std::unique_ptr<Calls> calls_;   // threads for what may wait; goes first
};

}  // namespace weir::worker
