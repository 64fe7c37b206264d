#include "coordinator/cluster_tables_service.h"

#include <map>
#include <set>

#include "common/wire/text.h"
#include "common/wire/time.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::cluster::v1;

pb::NodeRole RoleOf(const std::string& role) {
  if (role == cluster::kIngestRole) {
    return pb::NODE_ROLE_INGEST;
  }
  if (role == cluster::kWorkerRole) {
    return pb::NODE_ROLE_WORKER;
  }
  return role == cluster::kCoordinatorRole ? pb::NODE_ROLE_COORDINATOR : pb::NODE_ROLE_UNSPECIFIED;
}

void FillNode(const NodeStatus& node, pb::Node* message) {
  message->set_role(RoleOf(node.name.role));
  message->set_id(wire::ValidUtf8(node.name.id));
  message->set_address(wire::ValidUtf8(node.info.address));
  message->set_incarnation(node.info.incarnation);
  message->set_version(wire::ValidUtf8(node.info.version));
  if (node.info.started_ms != 0) {
    wire::TimeToProto(node.info.started_ms, message->mutable_started_at());
  }
  message->set_alive(node.alive);
  message->set_leader(node.leader);
  message->set_rule_set_version(node.info.rules.value);
  message->set_shards(node.shards);
  message->set_shards_leaving(node.leaving);
}

pb::ClusterShardState StateOf(worker::ShardState state) {
  switch (state) {
    case worker::ShardState::kRecovering:
      return pb::CLUSTER_SHARD_STATE_RECOVERING;
    case worker::ShardState::kServing:
      return pb::CLUSTER_SHARD_STATE_SERVING;
    case worker::ShardState::kFailed:
      return pb::CLUSTER_SHARD_STATE_FAILED;
  }
  return pb::CLUSTER_SHARD_STATE_UNSPECIFIED;
}

void FillReport(const worker::ShardStatus& report, pb::ClusterShard* message) {
  constexpr UnixMillis kYear10000 = 253402300800000;
  message->set_state(StateOf(report.state));
  message->set_failure(wire::ValidUtf8(report.failure));
  message->set_reported(true);
  if (report.closed_ms > 0 && report.closed_ms < kYear10000) {
    wire::TimeToProto(report.closed_ms, message->mutable_closed());
    message->set_lag_ms(report.lag_ms);
  }
  message->set_log_first(report.log_last == report.log_checkpointed ? 0
                                                                    : report.log_checkpointed + 1);
  message->set_log_last(report.log_last);
  message->set_log_bytes(report.log_bytes);
}

}  // namespace

void FillNodes(const LeaderStatus& status, pb::ListNodesResponse* response) {
  for (const NodeStatus& node : status.nodes) {
    FillNode(node, response->add_nodes());
  }
  response->set_leader_id(wire::ValidUtf8(status.leader.id));
  if (!status.leader.id.empty()) {
    wire::TimeToProto(status.leader_since_ms, response->mutable_leader_since());
  }
  response->set_table_revision(status.table_revision);
  response->set_shards_served(status.shards_served);
  response->set_shards_unassigned(status.shards_unassigned);
  response->set_shards_unserved(status.shards_unserved);
  response->set_shards_damaged(status.shards_damaged);
  response->set_rule_set_version(status.rules.value);
}

void FillClusterShards(const cluster::ShardTable& table, const LeaderStatus& status,
                       const WorkersStatus& workers, const std::string& worker_id,
                       pb::ListShardsResponse* response) {
  std::set<std::string> alive;
  for (const NodeStatus& node : status.nodes) {
    if (node.alive && node.name.role == cluster::kWorkerRole) {
      alive.insert(node.name.id);
    }
  }
  std::map<uint16_t, const worker::ShardStatus*> reports;
  for (const worker::ShardStatus& report : workers.merged.shards) {
    const worker::ShardStatus*& known = reports[report.shard.value];
    // Two may report it while it changes hands: the later epoch counts.
    if (known == nullptr || known->epoch < report.epoch) {
      known = &report;
    }
  }
  for (std::size_t id = 0; id < table.entries.size(); ++id) {
    const cluster::ShardEntry& entry = table.entries[id];
    if (!worker_id.empty() && entry.worker != worker_id) {
      continue;
    }
    pb::ClusterShard* message = response->add_shards();
    message->set_shard(static_cast<uint32_t>(id));
    message->set_epoch(entry.epoch.value);
    message->set_worker_id(wire::ValidUtf8(entry.worker));
    message->set_successor_id(wire::ValidUtf8(entry.successor));
    const auto report = reports.find(static_cast<uint16_t>(id));
    const auto damaged = table.damaged.find(ShardId(static_cast<uint16_t>(id)));
    if (damaged != table.damaged.end()) {
      message->set_state(pb::CLUSTER_SHARD_STATE_DAMAGED);
      message->set_failure(wire::ValidUtf8(damaged->second));
    } else if (entry.worker.empty()) {
      message->set_state(pb::CLUSTER_SHARD_STATE_UNASSIGNED);
    } else if (!alive.contains(entry.worker)) {
      message->set_state(pb::CLUSTER_SHARD_STATE_UNSERVED);
    } else if (report == reports.end() || report->second->epoch != entry.epoch) {
      message->set_state(pb::CLUSTER_SHARD_STATE_STARTING);
    } else {
      FillReport(*report->second, message);
    }
  }
  response->set_table_revision(table.revision);
}

}  // namespace weir::coordinator
