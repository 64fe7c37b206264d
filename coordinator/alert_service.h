// The gRPC face of alerts: weir.alert.v1.AlertService over the AlertIndex and the shards that own the
// alerts. Threads: gRPC's callback threads; what may wait for a shard has threads of the service's own.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "common/base/status.h"
#include "coordinator/alert_backend.h"
#include "coordinator/alert_index.h"
#include "coordinator/alert_lists.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::coordinator {

class WatchReactor;

class AlertService final : public weir::alert::v1::AlertService::CallbackService {
 public:
  // The index outlives the service.
  AlertService(AlertIndex* index, std::unique_ptr<AlertBackend> backend);
  ~AlertService() override;

  grpc::ServerUnaryReactor* ListAlerts(grpc::CallbackServerContext* context,
                                       const weir::alert::v1::ListAlertsRequest* request,
                                       weir::alert::v1::ListAlertsResponse* response) override;
  grpc::ServerUnaryReactor* GetAlert(grpc::CallbackServerContext* context,
                                     const weir::alert::v1::GetAlertRequest* request,
                                     weir::alert::v1::GetAlertResponse* response) override;
  grpc::ServerWriteReactor<weir::alert::v1::WatchAlertsResponse>* WatchAlerts(
      grpc::CallbackServerContext* context,
      const weir::alert::v1::WatchAlertsRequest* request) override;
  grpc::ServerUnaryReactor* BatchUpdateAlerts(
      grpc::CallbackServerContext* context,
      const weir::alert::v1::BatchUpdateAlertsRequest* request,
      weir::alert::v1::BatchUpdateAlertsResponse* response) override;

  // Ends every watch as unavailable, and refuses new ones.
  void Drain();

 private:
  friend class WatchReactor;
  class Threads;

  Status List(const weir::alert::v1::ListAlertsRequest& request,
              weir::alert::v1::ListAlertsResponse* response);
  Status Get(const Hash128& id, weir::alert::v1::GetAlertResponse* response);
  Status StartWatch(const weir::alert::v1::WatchAlertsRequest& request, WatchReactor* reactor);
  StatusOr<std::vector<AlertCommand>> ReadCommands(
      const weir::alert::v1::BatchUpdateAlertsRequest& request, const std::string& actor) const;
  void Remove(WatchReactor* reactor);

  AlertIndex* const index_;
  const std::unique_ptr<AlertBackend> backend_;
  AlertLists lists_;
  std::mutex mutex_;
  std::unordered_set<WatchReactor*> reactors_;
  bool draining_ = false;
  std::unique_ptr<Threads> threads_;   // goes first
};

}  // namespace weir::coordinator
