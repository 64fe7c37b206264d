#include "cli/cluster_nodes_internal.h"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include "cli/cli.h"
#include "cli/dial.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/time.h"

namespace weir::cli {
namespace {

namespace pb = weir::cluster::v1;

constexpr int64_t kCallTimeoutMs = 10 * 1000;

struct NodesFlags {
  std::string address;
  std::string format = "table";
  std::string worker;   // of shards
};

using Row = std::vector<std::string>;

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

// "CLUSTER_SHARD_STATE_SERVING" -> "serving"
std::string LowerWithoutPrefix(std::string name, std::string_view prefix) {
  if (name.rfind(prefix, 0) != 0) {
    return "unknown";
  }
  name.erase(0, prefix.size());
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

std::string RoleName(pb::NodeRole role) {
  return LowerWithoutPrefix(pb::NodeRole_Name(role), "NODE_ROLE_");
}

std::string StateName(pb::ClusterShardState state) {
  return LowerWithoutPrefix(pb::ClusterShardState_Name(state), "CLUSTER_SHARD_STATE_");
}

// Says why a call failed. `weir all` has no metadata, ingest nodes and workers no such service.
int Fail(const std::string& address, const Status& status) {
  if (status.code() == StatusCode::kUnimplemented) {
    PrintError(address +
               " is no coordinator of a cluster: only those list its nodes and shards");
  } else {
    PrintCallError(address, status);
  }
  return ExitCodeOf(status.code());
}

std::string NodesTable(const pb::ListNodesResponse& response) {
  std::vector<Row> rows = {
      {"ROLE", "ID", "ADDRESS", "ALIVE", "LEADER", "SHARDS", "RULE SET", "VERSION"}};
  for (const pb::Node& node : response.nodes()) {
    std::string shards = "-";
    if (node.role() == pb::NODE_ROLE_WORKER) {
      shards = HumanCount(node.shards());
      if (node.shards_leaving() != 0) {
        shards += fmt::format(", {} leaving", HumanCount(node.shards_leaving()));
      }
    }
    rows.push_back({RoleName(node.role()), node.id(), OrDash(node.address()),
                    node.alive() ? "yes" : "no", node.leader() ? "leads" : "-", shards,
                    node.rule_set_version() == 0 ? "-" : std::to_string(node.rule_set_version()),
                    OrDash(node.version())});
  }
  return Aligned(rows) + "\n" + ClusterLines(response);
}

std::string ShardsTable(const pb::ListShardsResponse& response) {
  std::vector<Row> rows = {
      {"SHARD", "EPOCH", "WORKER", "STATE", "CLOSED", "LAG", "LOG RECORDS", "SIZE"}};
  std::string failures;
  std::map<std::string, int> states;
  for (const pb::ClusterShard& shard : response.shards()) {
    const std::string state = StateName(shard.state());
    ++states[state];
    Row row = {std::to_string(shard.shard()), std::to_string(shard.epoch()),
               shard.successor_id().empty()
                   ? OrDash(shard.worker_id())
                   : fmt::format("{}, to go to {}", shard.worker_id(), shard.successor_id()),
               state};
    if (shard.reported()) {
      row.push_back(shard.has_closed() ? FormatTime(wire::TimeFromProto(shard.closed())) : "-");
      row.push_back(shard.lag_ms() == 0
                        ? "-"
                        : fmt::format("{:.1f} s", static_cast<double>(shard.lag_ms()) / 1000));
      const bool kept = shard.log_first() != 0 && shard.log_last() >= shard.log_first();
      row.push_back(HumanCount(kept ? shard.log_last() - shard.log_first() + 1 : 0));
      row.push_back(HumanBytes(shard.log_bytes()));
    } else {
      row.insert(row.end(), 4, "-");
    }
    rows.push_back(std::move(row));
    if (!shard.failure().empty()) {
      failures += fmt::format("shard {}: {}\n", shard.shard(), shard.failure());
    }
  }
  std::vector<std::string> counts;
  for (const auto& [state, count] : states) {
    counts.push_back(fmt::format("{} {}", count, state));
  }
  return fmt::format("{}\n{} shards{}{}\n{}", Aligned(rows), response.shards_size(),
                     counts.empty() ? "" : ": ", fmt::join(counts, ", "), failures);
}

int RunNodes(const NodesFlags& flags) {
  const auto stub = pb::ClusterService::NewStub(Dial(flags.address));
  const auto response = ListNodes(stub.get());
  if (!response.ok()) {
    return Fail(flags.address, response.status());
  }
  if (flags.format == "json") {
    return PrintJsonLines(response->nodes());
  }
  Print(NodesTable(*response));
  return kExitOk;
}

int RunShards(const NodesFlags& flags) {
  const auto stub = pb::ClusterService::NewStub(Dial(flags.address));
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kCallTimeoutMs);
  pb::ListShardsRequest request;
  request.set_worker_id(flags.worker);
  pb::ListShardsResponse response;
  const Status status = rpc::FromGrpc(stub->ListShards(&context, request, &response));
  if (!status.ok()) {
    return Fail(flags.address, status);
  }
  if (flags.format == "json") {
    return PrintJsonLines(response.shards());
  }
  Print(ShardsTable(response));
  return kExitOk;
}

void AddFormatOption(CLI::App* command, std::string* format) {
  command->add_option("--format", *format, "Form of the output; json: an object a line")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

}  // namespace

std::string Aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string JsonLine(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) {
    return "";
  }
  return json + "\n";
}

StatusOr<pb::ListNodesResponse> ListNodes(pb::ClusterService::Stub* stub) {
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kCallTimeoutMs);
  pb::ListNodesResponse response;
  WEIR_RETURN_IF_ERROR(rpc::FromGrpc(stub->ListNodes(&context, {}, &response)));
  return response;
}

std::string ClusterLines(const pb::ListNodesResponse& nodes) {
  const auto alive = [&nodes](pb::NodeRole role) {
    return std::count_if(nodes.nodes().begin(), nodes.nodes().end(), [role](const pb::Node& node) {
      return node.role() == role && node.alive();
    });
  };
  std::string leader = "nobody leads";
  if (!nodes.leader_id().empty()) {
    leader = fmt::format("{} leads", nodes.leader_id());
    if (nodes.has_leader_since()) {
      leader += " since " + FormatTime(wire::TimeFromProto(nodes.leader_since()));
    }
  }
  std::string out = fmt::format(
      "cluster  {}; alive: {} ingest, {} workers, {} coordinators; rule set {}; {} shards served\n",
      leader, alive(pb::NODE_ROLE_INGEST), alive(pb::NODE_ROLE_WORKER),
      alive(pb::NODE_ROLE_COORDINATOR),
      nodes.rule_set_version() == 0 ? "none" : std::to_string(nodes.rule_set_version()),
      HumanCount(nodes.shards_served()));
  std::vector<std::string> missing;
  if (nodes.shards_unassigned() != 0) {
    missing.push_back(HumanCount(nodes.shards_unassigned()) + " not given to a worker yet");
  }
  if (nodes.shards_unserved() != 0) {
    missing.push_back(HumanCount(nodes.shards_unserved()) +
                      " wait for their worker, which is gone");
  }
  if (nodes.shards_damaged() != 0) {
    missing.push_back(HumanCount(nodes.shards_damaged()) + " with unreadable metadata");
  }
  if (!missing.empty()) {
    out += fmt::format("         shards NOT served: {}\n", fmt::join(missing, ", "));
  }
  return out;
}

void AddClusterNodesCommand(CLI::App* cluster, Action* action) {
  CLI::App* command = cluster->add_subcommand(
      "nodes", "List the processes of a cluster: role, address, whether alive, who leads");
  auto flags = std::make_shared<NodesFlags>();
  AddAddressOption(command, &flags->address);
  AddFormatOption(command, &flags->format);
  command->callback([action, flags] { *action = [flags] { return RunNodes(*flags); }; });
}

void AddClusterShardsCommand(CLI::App* cluster, Action* action) {
  CLI::App* command = cluster->add_subcommand(
      "shards", "List the shards of a cluster: their worker, state, closed time and log");
  auto flags = std::make_shared<NodesFlags>();
  AddAddressOption(command, &flags->address);
  AddFormatOption(command, &flags->format);
  command->add_option("--worker", flags->worker, "Only those of the worker with this id");
  command->callback([action, flags] { *action = [flags] { return RunShards(*flags); }; });
}

}  // namespace weir::cli
