#include "coordinator/cluster_service.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "common/rpc/status.h"
#include "common/wire/text.h"
#include "common/wire/time.h"
#include "coordinator/cluster_tables_service.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::cluster::v1;

// The end of a replay, and what has not begun, are no times to show.
bool IsShown(UnixMillis time_ms) {
  constexpr UnixMillis kYear10000 = 253402300800000;
  return time_ms > 0 && time_ms < kYear10000;
}

void FillWorker(const worker::WorkerStatus& status, pb::WorkerStatus* message) {
  message->set_events_applied(status.events_applied);
  message->set_repeats(status.repeats);
  message->set_late(status.late);
  message->set_future(status.future);
  message->set_log_records(status.log_records);
  message->set_log_syncs(status.log_syncs);
  message->set_checkpoints(status.checkpoints);
  message->set_table_bytes(status.table_bytes);
  message->set_table_limit_bytes(status.table_limit_bytes);
  message->set_store_disk_bytes(status.store.disk_bytes);
  message->set_store_memory_bytes(status.store.memory_bytes);
  message->set_failure(wire::ValidUtf8(status.failure));
}

void FillShards(const worker::WorkerStatus& status, pb::GetStatusResponse* response) {
  for (const worker::ShardStatus& shard : status.shards) {
    pb::ShardStatus* message = response->add_shards();
    message->set_shard(shard.shard.value);
    message->set_log_last(shard.log_last);
    message->set_log_checkpointed(shard.log_checkpointed);
    if (IsShown(shard.closed_ms)) {
      wire::TimeToProto(shard.closed_ms, message->mutable_closed());
    }
    message->set_groups_in_memory(shard.groups_in_memory);
    message->set_groups_spilled(shard.groups_spilled);
    message->set_table_bytes(shard.table_bytes);
    message->set_identities(shard.identities);
    message->set_alerts_open(shard.alerts_open);
    message->set_alerts_overdue(shard.alerts_overdue);
  }
}

void FillRules(const worker::WorkerStatus& status, const plan::RuleSetPtr& rules,
               pb::GetStatusResponse* response) {
  for (const worker::RuleStatus& rule : status.rules) {
    pb::RuleStatus* message = response->add_rules();
    message->set_rule_id(wire::ValidUtf8(rule.rule_id));
    const plan::CompiledRule* compiled = rules == nullptr ? nullptr : rules->FindRule(rule.rule_id);
    if (compiled != nullptr) {
      message->set_rule_name(wire::ValidUtf8(compiled->source.name));
      message->set_mode(std::string(plan::JudgeModeName(compiled->judge.mode)));
    }
    message->set_rows(rule.rows);
    message->set_late(rule.late);
    message->set_future(rule.future);
    message->set_alerts(rule.alerts);
    message->set_suppressed(rule.suppressed);
    if (IsShown(rule.judged_ms)) {
      wire::TimeToProto(rule.judged_ms, message->mutable_judged());
    }
  }
}

void FillDeadLetters(const worker::WorkerStatus& status, pb::GetStatusResponse* response) {
  for (const worker::DeadLetter& letter : status.dead_letters) {
    pb::DeadLetter* message = response->add_dead_letters();
    wire::TimeToProto(letter.timestamp_ms, message->mutable_timestamp());
    wire::TimeToProto(letter.arrived_ms, message->mutable_arrived());
    message->set_reason(letter.verdict == worker::Verdict::kFuture ? pb::DEAD_LETTER_REASON_FUTURE
                                                                   : pb::DEAD_LETTER_REASON_LATE);
    message->set_event_id(wire::ValidUtf8(letter.event_id));
    message->set_rule_id(wire::ValidUtf8(letter.rule_id));
  }
}

grpc::Status NoMetadata() {
  return grpc::Status(grpc::StatusCode::UNIMPLEMENTED,
                      "this process is a whole cluster: it has no other nodes and no shard table");
}

}  // namespace

// Two threads: a wait for judgement must not keep a status from being read.
class ClusterService::Calls {
 public:
  ~Calls() {
    statuses_.join();
    waits_.join();
  }

  boost::asio::thread_pool statuses_{1};
  boost::asio::thread_pool waits_{1};
};

ClusterService::ClusterService(Options options, const AlertIndex* index, const Clock* clock)
    : options_(std::move(options)),
      index_(index),
      clock_(clock),
      started_ms_(clock->Now()),
      calls_(std::make_unique<Calls>()) {}

ClusterService::~ClusterService() = default;

grpc::ServerUnaryReactor* ClusterService::GetStatus(grpc::CallbackServerContext* context,
                                                    const pb::GetStatusRequest* /*request*/,
                                                    pb::GetStatusResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(calls_->statuses_, [this, response, reactor] {
    Fill(response);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::ListSources(grpc::CallbackServerContext* context,
                                                      const pb::ListSourcesRequest* /*request*/,
                                                      pb::ListSourcesResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(calls_->statuses_, [this, response, reactor] {
    options_.sources(response);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::WaitJudged(grpc::CallbackServerContext* context,
                                                     const pb::WaitJudgedRequest* request,
                                                     pb::WaitJudgedResponse* /*response*/) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(calls_->waits_, [this, request, reactor] {
    reactor->Finish(rpc::ToGrpc(options_.wait_judged(request->forwarded())));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::ListNodes(grpc::CallbackServerContext* context,
                                                    const pb::ListNodesRequest* /*request*/,
                                                    pb::ListNodesResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!options_.leader) {
    reactor->Finish(NoMetadata());
    return reactor;
  }
  boost::asio::post(calls_->statuses_, [this, response, reactor] {
    FillNodes(options_.leader(), response);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::ListShards(grpc::CallbackServerContext* context,
                                                     const pb::ListShardsRequest* request,
                                                     pb::ListShardsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!options_.leader || !options_.table) {
    reactor->Finish(NoMetadata());
    return reactor;
  }
  boost::asio::post(calls_->statuses_, [this, request, response, reactor] {
    FillClusterShards(options_.table(), options_.leader(), options_.workers(), request->worker_id(),
                      response);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

void ClusterService::Fill(pb::GetStatusResponse* response) const {
  const WorkersStatus workers = options_.workers();
  worker::WorkerStatus status = workers.merged;
  if (options_.leader && !options_.leader().registered) {
    status.failure += fmt::format(
        "{}the metadata store is not reached, or not yet: leases are over, no shard is served, and what is "
        "known of other nodes is as it was last seen",
        status.failure.empty() ? "" : "; ");
  }
  for (const WorkersStatus::Missing& missing : workers.missing) {
    status.failure += fmt::format("{}worker {} does not answer: {}", status.failure.empty() ? "" : "; ",
                                  missing.worker, Message(missing.reason));
  }
  response->set_version(options_.version);
  response->set_tenant(options_.tenant);
  wire::TimeToProto(started_ms_, response->mutable_started_at());
  response->set_clock(status.clock == worker::ClockMode::kReplay ? pb::CLOCK_MODE_REPLAY
                                                                 : pb::CLOCK_MODE_WALL);
  response->set_rule_set_version(status.version.value);
  if (options_.ingest_status) {
    options_.ingest_status(response->mutable_ingest());
  }
  FillWorker(status, response->mutable_worker());
  if (options_.rule_files) {
    for (const pb::RuleFileStatus& file : options_.rule_files()) {
      *response->add_rule_files() = file;
    }
  }
  FillRules(status, options_.rules(), response);
  FillShards(status, response);
  FillDeadLetters(status, response);
  response->set_alerts(index_->size());
  response->set_alerts_unlisted(index_->unlisted());
}

}  // namespace weir::coordinator
