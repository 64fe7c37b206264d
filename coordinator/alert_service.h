// The gRPC face of alerts: weir.alert.v1.AlertService over the AlertIndex and the worker.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "common/alert/alert.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "coordinator/alert_index.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::coordinator {

class WatchReactor;

class AlertService final : public weir::alert::v1::AlertService::CallbackService {
 public:
  // Reads one alert with its columns as of now; may block, so it runs on a thread of the service's own.
  using ReadAlert = std::function<StatusOr<alert::Alert>(const Hash128& id)>;

  // The index outlives the service.
  AlertService(AlertIndex* index, ReadAlert read_alert);
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

  // Ends every watch as unavailable, and refuses new ones.
  void Drain();

 private:
  friend class WatchReactor;
  class Reads;

  void Remove(WatchReactor* reactor);

  AlertIndex* const index_;
  std::unique_ptr<Reads> reads_;
  std::mutex mutex_;
  std::unordered_set<WatchReactor*> reactors_;
  bool draining_ = false;
};

}  // namespace weir::coordinator
