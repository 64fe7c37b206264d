#include "coordinator/watch_reactor.h"

#include <utility>

#include "common/rpc/status.h"
#include "common/wire/alert.h"
#include "coordinator/alert_service.h"

namespace weir::coordinator {
namespace {

// A cursor is some bytes for each shard, so it comes when the client has caught up, or after so many alerts.
constexpr int kAlertsPerCursor = 100;

}  // namespace

Status WatchReactor::Begin(AlertIndex* index, const alert::AlertFilter& filter,
                           const AlertIndex::WatchStart& start, Notes notes) {
  {
    const std::lock_guard lock(mutex_);
    index_ = index;
    notes_ = std::move(notes);
  }
  WEIR_ASSIGN_OR_RETURN(std::shared_ptr<AlertWatch> watch,
                        index->Watch(filter, start, [this] { Continue(); }, notes_.get()));
  {
    const std::lock_guard lock(mutex_);
    watch_ = std::move(watch);
    StartSendInitialMetadata();
  }
  Continue();
  return OkStatus();
}

void WatchReactor::End(grpc::Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (!ending_) {
      ending_ = true;
      status_ = std::move(status);
    }
  }
  Continue();
}

void WatchReactor::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }
  if (ok) {
    Continue();
  } else {
    End(grpc::Status(grpc::StatusCode::CANCELLED, "the client is gone"));
  }
}

void WatchReactor::OnDone() {
  // Nobody wakes a reactor that is not in the index; afterwards it can go.
  if (watch_ != nullptr) {
    index_->Unwatch(watch_);
  }
  service_->Remove(this);
  delete this;
}

bool WatchReactor::FillNext() {
  response_.Clear();
  if (cursor_due_) {
    cursor_due_ = false;
    since_cursor_ = 0;
    response_.set_cursor(watch_->cursor().ToText());
    return true;
  }
  const AlertPtr next = watch_->Next();
  if (next == nullptr) {
    return false;
  }
  wire::ToProto(next->Read(), response_.mutable_alert());
  if (++since_cursor_ >= kAlertsPerCursor || watch_->empty()) {
    since_cursor_ = 0;
    response_.set_cursor(watch_->cursor().ToText());
  }
  return true;
}

void WatchReactor::Continue() {
  std::optional<grpc::Status> finish;
  {
    const std::lock_guard lock(mutex_);
    if (writing_ || finished_ || (watch_ == nullptr && !ending_)) {
      return;
    }
    if (!ending_ && FillNext()) {
      writing_ = true;
      StartWrite(&response_);
      return;
    }
    if (!ending_ && watch_->overflowed()) {
      ending_ = true;
      status_ = rpc::ToGrpcReason(
          ResourceExhausted("alerts came faster than this client read them; watch again with the last "
                            "cursor"),
          "WATCH_TOO_SLOW");
    }
    if (ending_) {
      finished_ = true;
      finish = status_;
    }
  }
  if (finish.has_value()) {
    Finish(*finish);
  }
}

}  // namespace weir::coordinator
