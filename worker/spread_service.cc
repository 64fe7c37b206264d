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

grpc::ServerUnaryReactor* WorkerService::CommitTick(grpc::CallbackServerContext* context,
                                                    const v1::CommitTickRequest* request,
                                                    v1::CommitTickResponse* /*response*/) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Status status = CheckTarget(request->target());
  if (status.ok() && request->home_shard() > UINT16_MAX) {
    status = InvalidArgument("shard {} is none", request->home_shard());
  }
  if (!status.ok()) {
    reactor->Finish(rpc::ToGrpc(status));
    return reactor;
  }
  JudgedTick tick;
  tick.version = RuleSetVersion(request->rule_set_version());
  tick.rule_id = request->rule_id();
  tick.home = ShardId(static_cast<uint16_t>(request->home_shard()));
  tick.epoch = Epoch(request->epoch());
  tick.tick_ms = request->tick_unix_millis();
  tick.previous_ms = request->previous_unix_millis();
  tick.rows = request->rows();
  worker_->CommitTick(std::move(tick), [reactor](const Status& committed) {
    reactor->Finish(rpc::ToGrpc(committed));
  });
  return reactor;
}

}  // namespace weir::worker
