// One WatchAlerts stream of the alert service: sends what its queue holds, sleeps when that is empty.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "coordinator/alert_index.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::coordinator {

class AlertService;

class WatchReactor final : public grpc::ServerWriteReactor<weir::alert::v1::WatchAlertsResponse> {
 public:
  using Notes = std::shared_ptr<const alert::FilterRun::Notes>;

  explicit WatchReactor(AlertService* service) : service_(service) {}

  // Starts to send. OutOfRange when the cursor is too old.
  Status Begin(AlertIndex* index, const alert::AlertFilter& filter,
               const AlertIndex::WatchStart& start, Notes notes);
  void End(grpc::Status status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override { End(grpc::Status(grpc::StatusCode::CANCELLED, "the client cancelled")); }
  void OnDone() override;

 private:
  // Writes the next alert or finishes. Called from any thread.
  void Continue();
  // Fills response_ with the next alert, or a cursor that is due. REQUIRES: mutex_. False: nothing.
  bool FillNext();

  AlertService* const service_;
  std::mutex mutex_;
  AlertIndex* index_ = nullptr;
  Notes notes_;                    // of the watch's filter
  std::shared_ptr<AlertWatch> watch_;
  weir::alert::v1::WatchAlertsResponse response_;
  bool cursor_due_ = true;         // the first message brings one, without an alert
  int since_cursor_ = 0;           // alerts sent since the last cursor
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
  grpc::Status status_;
};

}  // namespace weir::coordinator
