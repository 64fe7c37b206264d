#include "coordinator/alert_service.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "common/rpc/status.h"
#include "common/wire/alert.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::alert::v1;

constexpr int kPageSizeDefault = 100;
constexpr int kPageSizeMax = 1000;
constexpr int64_t kDrainRetryDelayMs = 1000;

AlertFilter FilterFromProto(const pb::AlertFilter& message) {
  AlertFilter filter;
  filter.rule_ids.insert(message.rule_ids().begin(), message.rule_ids().end());
  for (const int severity : message.severities()) {
    if (const auto known = wire::FromProto(static_cast<pb::Severity>(severity))) {
      filter.severities.insert(*known);
    }
  }
  for (const int status : message.statuses()) {
    if (const auto known = wire::FromProto(static_cast<pb::AlertStatus>(status))) {
      filter.statuses.insert(*known);
    }
  }
  return filter;
}

}  // namespace

// Runs the calls that may wait for a shard.
class AlertService::Reads {
 public:
  explicit Reads(ReadAlert read) : read_(std::move(read)), pool_(1) {}
  ~Reads() { pool_.join(); }

  void Get(const Hash128& id, pb::GetAlertResponse* response, grpc::ServerUnaryReactor* reactor) {
    boost::asio::post(pool_, [this, id, response, reactor] {
      const StatusOr<alert::Alert> alert = read_(id);
      if (alert.ok()) {
        wire::ToProto(*alert, response->mutable_alert());
      }
      reactor->Finish(rpc::ToGrpc(alert.status()));
    });
  }

 private:
  const ReadAlert read_;
  boost::asio::thread_pool pool_;
};

// One WatchAlerts stream: sends what its queue holds, sleeps when that is empty.
class WatchReactor final : public grpc::ServerWriteReactor<pb::WatchAlertsResponse> {
 public:
  explicit WatchReactor(AlertService* service) : service_(service) {}

  void Begin(AlertIndex* index, const AlertFilter& filter, bool existing) {
    {
      const std::lock_guard lock(mutex_);
      index_ = index;
    }
    std::shared_ptr<AlertWatch> watch = index->Watch(filter, existing, [this] { Continue(); });
    {
      const std::lock_guard lock(mutex_);
      watch_ = std::move(watch);
      StartSendInitialMetadata();
    }
    Continue();
  }

  void End(Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (!ending_) {
        ending_ = true;
        status_ = std::move(status);
      }
    }
    Continue();
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
    }
    if (ok) {
      Continue();
    } else {
      End(Error(StatusCode::kCancelled, "the client is gone"));
    }
  }

  void OnCancel() override { End(Error(StatusCode::kCancelled, "the client cancelled")); }

  void OnDone() override {
    // Nobody wakes a reactor that is not in the index; afterwards it can go.
    if (watch_ != nullptr) {
      index_->Unwatch(watch_);
    }
    service_->Remove(this);
    delete this;
  }

 private:
  // Writes the next alert or finishes. Called from any thread.
  void Continue() {
    std::optional<Status> finish;
    {
      const std::lock_guard lock(mutex_);
      if (writing_ || finished_ || (watch_ == nullptr && !ending_)) {
        return;
      }
      AlertPtr next = ending_ ? nullptr : watch_->Next();
      if (next != nullptr) {
        response_.Clear();
        wire::ToProto(*next, response_.mutable_alert());
        writing_ = true;
        StartWrite(&response_);
        return;
      }
      if (!ending_ && watch_->overflowed()) {
        ending_ = true;
        status_ = ResourceExhausted(
            "alerts came faster than this client read them; watch again with include_existing");
      }
      if (ending_) {
        finished_ = true;
        finish = status_;
      }
    }
    if (finish.has_value()) {
      Finish(rpc::ToGrpc(*finish, finish->code() == StatusCode::kUnavailable
                                      ? std::optional(kDrainRetryDelayMs)
                                      : std::nullopt));
    }
  }

  AlertService* const service_;
  std::mutex mutex_;
  AlertIndex* index_ = nullptr;
  std::shared_ptr<AlertWatch> watch_;
  pb::WatchAlertsResponse response_;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
  Status status_;
};

AlertService::AlertService(AlertIndex* index, ReadAlert read_alert)
    : index_(index), reads_(std::make_unique<Reads>(std::move(read_alert))) {}

AlertService::~AlertService() = default;

grpc::ServerUnaryReactor* AlertService::ListAlerts(grpc::CallbackServerContext* context,
                                                   const pb::ListAlertsRequest* request,
                                                   pb::ListAlertsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const int asked = request->page_size() > 0 ? request->page_size() : kPageSizeDefault;
  const auto page_size = static_cast<std::size_t>(std::min(asked, kPageSizeMax));
  const auto page =
      index_->List(FilterFromProto(request->filter()), page_size, request->page_token());
  if (page.ok()) {
    for (const AlertPtr& alert : page->alerts) {
      wire::ToProto(*alert, response->add_alerts());
    }
    response->set_next_page_token(page->next_token);
    response->set_total(page->total);
  }
  reactor->Finish(rpc::ToGrpc(page.status()));
  return reactor;
}

grpc::ServerUnaryReactor* AlertService::GetAlert(grpc::CallbackServerContext* context,
                                                 const pb::GetAlertRequest* request,
                                                 pb::GetAlertResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const StatusOr<Hash128> id = wire::ParseAlertId(request->alert_id());
  if (!id.ok()) {
    reactor->Finish(rpc::ToGrpc(id.status()));
  } else {
    reads_->Get(*id, response, reactor);
  }
  return reactor;
}

grpc::ServerWriteReactor<pb::WatchAlertsResponse>* AlertService::WatchAlerts(
    grpc::CallbackServerContext* /*context*/, const pb::WatchAlertsRequest* request) {
  auto* reactor = new WatchReactor(this);   // deletes itself in OnDone
  bool draining = false;
  {
    const std::lock_guard lock(mutex_);
    reactors_.insert(reactor);
    draining = draining_;
  }
  if (draining) {
    reactor->End(Unavailable("the server is stopping"));
  } else {
    reactor->Begin(index_, FilterFromProto(request->filter()), request->include_existing());
  }
  return reactor;
}

void AlertService::Drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (WatchReactor* reactor : reactors_) {
    reactor->End(Unavailable("the server is stopping"));
  }
}

void AlertService::Remove(WatchReactor* reactor) {
  const std::lock_guard lock(mutex_);
  reactors_.erase(reactor);
}

}  // namespace weir::coordinator
