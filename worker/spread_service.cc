// What a worker's gRPC face answers of spread rules.
#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/rpc/status.h"
#include "worker/worker_service.h"

namespace weir::worker {
namespace {

// Of one message of collected parts.
constexpr std::size_t kPieceBytes = 1 << 20;

// One CollectTick stream: sends the parts piece by piece. Deletes itself.
class CollectReactor final : public grpc::ServerWriteReactor<v1::CollectTickResponse> {
 public:
  void Refuse(const Status& status) { Finish(rpc::ToGrpc(status)); }

  void Send(const SpreadParts& parts) {
    ByteWriter writer(&bytes_);
    for (const std::string& group : parts.groups) {
      writer.String(group);
    }
    for (const ShardId shard : parts.shards) {
      response_.add_shards(shard.value);
    }
    response_.set_next_unix_millis(parts.next_ms);
    WriteNext();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      Finish(rpc::ToGrpc(Error(StatusCode::kCancelled, "the client is gone")));
    } else if (sent_ == bytes_.size()) {
      Finish(grpc::Status::OK);
    } else {
      response_.Clear();
      WriteNext();
    }
  }
  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    const std::size_t size = std::min(kPieceBytes, bytes_.size() - sent_);
    response_.set_parts(bytes_.data() + sent_, size);
    sent_ += size;
    StartWrite(&response_);
  }

  std::string bytes_;
  std::size_t sent_ = 0;
  v1::CollectTickResponse response_;
};

void FillReport(const SpreadReport& report, v1::ViewSpreadResponse* message) {
  for (const SpreadReport::Row& row : report.shards) {
    v1::SpreadShard* added = message->add_shards();
    added->set_shard(row.shard.value);
    added->set_closed_unix_millis(row.closed_ms);
    added->set_earliest_unix_millis(row.earliest_ms);
    added->set_latest_unix_millis(row.latest_ms);
    added->set_judged_unix_millis(row.judged_ms);
    added->set_has_episodes(row.has_episodes);
    added->set_wants_closing(row.wants_closing);
  }
}

}  // namespace

// One CommitTick stream: gathers the rows and hands the tick over when all are there. A stream that breaks
// off ends like one that is complete, so the bytes are counted. Deletes itself.
class CommitReactor final : public grpc::ServerReadReactor<v1::CommitTickRequest> {
 public:
  CommitReactor(const WorkerService* service, Worker* worker) : service_(service), worker_(worker) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Commit();
      return;
    }
    const Status status = first_ ? Begin() : OkStatus();
    first_ = false;
    if (!status.ok() || tick_.rows.size() + request_.rows().size() > rows_bytes_) {
      finished_ = true;
      Finish(rpc::ToGrpc(status.ok() ? InvalidArgument("more rows than the {} bytes announced",
                                                       rows_bytes_)
                                     : status));
      return;
    }
    tick_.rows += request_.rows();
    request_.Clear();
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  Status Begin() {
    WEIR_RETURN_IF_ERROR(service_->CheckTarget(request_.target()));
    if (request_.home_shard() > UINT16_MAX) {
      return InvalidArgument("shard {} is none", request_.home_shard());
    }
    if (request_.rows_bytes() > kTickBytesMax) {
      return Error(StatusCode::kResourceExhausted,
                   "tick {} of rule '{}' has {} bytes of rows, a log record takes {}",
                   request_.tick_unix_millis(), request_.rule_id(), request_.rows_bytes(),
                   kTickBytesMax);
    }
    rows_bytes_ = request_.rows_bytes();
    tick_.version = RuleSetVersion(request_.rule_set_version());
    tick_.rule_id = request_.rule_id();
    tick_.home = ShardId(static_cast<uint16_t>(request_.home_shard()));
    tick_.epoch = Epoch(request_.epoch());
    tick_.tick_ms = request_.tick_unix_millis();
    tick_.previous_ms = request_.previous_unix_millis();
    return OkStatus();
  }

  void Commit() {
    if (finished_) {
      return;
    }
    if (first_ || tick_.rows.size() != rows_bytes_) {
      Finish(rpc::ToGrpc(InvalidArgument("{} of {} bytes of a tick's rows came", tick_.rows.size(),
                                         rows_bytes_)));
      return;
    }
    worker_->CommitTick(std::move(tick_),
                        [this](const Status& committed) { Finish(rpc::ToGrpc(committed)); });
  }

  const WorkerService* const service_;
  Worker* const worker_;
  v1::CommitTickRequest request_;
  bool first_ = true;
  bool finished_ = false;
  uint64_t rows_bytes_ = 0;
  JudgedTick tick_;
};

grpc::ServerUnaryReactor* WorkerService::ViewSpread(grpc::CallbackServerContext* context,
                                                    const v1::ViewSpreadRequest* request,
                                                    v1::ViewSpreadResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const Status target = CheckTarget(request->target()); !target.ok()) {
    reactor->Finish(rpc::ToGrpc(target));
    return reactor;
  }
  worker_->ViewSpread(
      request->rule_id(), RuleSetVersion(request->rule_set_version()),
      {request->judged_unix_millis(), request->active_until_unix_millis()},
      [response, reactor](const StatusOr<SpreadReport>& report) {
        if (report.ok()) {
          FillReport(*report, response);
        }
        reactor->Finish(rpc::ToGrpc(report.status()));
      });
  return reactor;
}

grpc::ServerWriteReactor<v1::CollectTickResponse>* WorkerService::CollectTick(
    grpc::CallbackServerContext* /*context*/, const v1::CollectTickRequest* request) {
  auto* reactor = new CollectReactor;   // deletes itself in OnDone
  if (const Status target = CheckTarget(request->target()); !target.ok()) {
    reactor->Refuse(target);
    return reactor;
  }
  worker_->CollectTick(request->rule_id(), RuleSetVersion(request->rule_set_version()),
                       request->tick_unix_millis(),
                       [reactor](const StatusOr<SpreadParts>& parts) {
                         if (parts.ok()) {
                           reactor->Send(*parts);
                         } else {
                           reactor->Refuse(parts.status());
                         }
                       });
  return reactor;
}

grpc::ServerReadReactor<v1::CommitTickRequest>* WorkerService::CommitTick(
    grpc::CallbackServerContext* /*context*/, v1::CommitTickResponse* /*response*/) {
  return new CommitReactor(this, worker_);   // deletes itself in OnDone
}

}  // namespace weir::worker
