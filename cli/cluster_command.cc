// weir cluster status and wait; nodes and shards are in cluster_nodes.cc.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include "cli/cli.h"
#include "cli/cluster_nodes_internal.h"
#include "cli/command_internal.h"
#include "cli/dial.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/wire/time.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::cluster::v1;

constexpr int64_t kCallTimeoutMs = 10 * 1000;
constexpr int64_t kWaitTimeoutMs = 10 * 60 * 1000;
constexpr int kDeadLettersShown = 10;

struct ClusterFlags {
  std::string address;
  std::string format = "table";
};

// Whether nothing can be closed or judged any more, because every producer of a replay has ended.
bool ReplayEnded(const pb::GetStatusResponse& status) {
  const auto& producers = status.ingest().producers();
  return !producers.empty() &&
         std::all_of(producers.begin(), producers.end(),
                     [](const pb::ProducerStatus& producer) { return producer.ended(); });
}

std::string TimeOrDash(bool present, const google::protobuf::Timestamp& time) {
  return present ? FormatTime(wire::TimeFromProto(time)) : "-";
}

void AppendIngest(const pb::IngestStatus& ingest, std::string* out) {
  *out += fmt::format(
      "ingest   {}{} events from {} records in {} batches, {}; {} matched a rule, {} repeated, {} late, "
      "{} ahead of the clock\n",
      ingest.nodes() == 0 ? "" : fmt::format("{} nodes: ", ingest.nodes()),
      HumanCount(ingest.events()), HumanCount(ingest.records()), HumanCount(ingest.batches()),
      HumanBytes(ingest.bytes()), HumanCount(ingest.matched()), HumanCount(ingest.repeated()),
      HumanCount(ingest.late()), HumanCount(ingest.future()));
  *out += fmt::format("         {} streams, {} of {} under way, {} batches refused, {} put through again\n",
                      ingest.streams(), HumanBytes(ingest.inflight_bytes()),
                      HumanBytes(ingest.inflight_limit_bytes()),
                      HumanCount(ingest.batches_refused()), HumanCount(ingest.batches_restamped()));
  if (ingest.abandoned() != 0 || ingest.other_events() != 0) {
    *out += fmt::format("         {} batches abandoned by their senders; {} metrics and traces dropped\n",
                        HumanCount(ingest.abandoned()), HumanCount(ingest.other_events()));
  }
  for (const pb::TenantIngestStatus& tenant : ingest.tenants()) {
    if (tenant.refused_events_quota() != 0 || tenant.refused_bytes_quota() != 0) {
      *out += fmt::format(
          "         tenant {}: {} batches refused by the quota of events, {} by that of bytes\n",
          tenant.tenant(), HumanCount(tenant.refused_events_quota()),
          HumanCount(tenant.refused_bytes_quota()));
    }
  }
  std::vector<std::string> repeated;
  for (const pb::SourceCount& count : ingest.repeated_by_source()) {
    repeated.push_back(fmt::format("{} {}", count.source(), HumanCount(count.count())));
  }
  if (!repeated.empty()) {
    *out += fmt::format("         repeated: {}\n", fmt::join(repeated, ", "));
  }
  std::vector<std::string> rejected;
  for (const pb::RejectedCount& count : ingest.rejected()) {
    rejected.push_back(fmt::format("{} {}", count.reason(), HumanCount(count.count())));
  }
  if (!rejected.empty()) {
    *out += fmt::format("         rejected: {}\n", fmt::join(rejected, ", "));
  }
  if (ingest.evaluation_warnings() != 0 || ingest.grok_limits() != 0) {
    *out += fmt::format("         {} values that rules could not evaluate, {} GROK matches given up\n",
                        HumanCount(ingest.evaluation_warnings()), HumanCount(ingest.grok_limits()));
  }
  for (const pb::ExceptionCount& exception : ingest.exceptions()) {
    *out += fmt::format("         rule {}: exception {} left out {}\n", exception.rule_id(),
                        exception.name(), HumanCount(exception.rows()));
  }
  for (const pb::RuleRowCount& dropped : ingest.without_group()) {
    *out += fmt::format("         rule {}: {} rows dropped, a field they are grouped by is missing\n",
                        dropped.rule_id(), HumanCount(dropped.rows()));
  }
  for (const std::string& node : ingest.unreached()) {
    *out += fmt::format("         not counted: {}\n", node);
  }
  for (const pb::ProducerStatus& producer : ingest.producers()) {
    *out += fmt::format("producer {}: {}, watermark {}\n", producer.producer_id(),
                        producer.ended() ? "ended" : producer.joined() ? "joined" : "awaited",
                        TimeOrDash(producer.has_watermark(), producer.watermark()));
  }
}

void AppendWorker(const pb::GetStatusResponse& status, std::string* out) {
  const pb::WorkerStatus& worker = status.worker();
  *out += fmt::format("worker   {} events folded, {} repeats, {} late, {} ahead of the clock\n",
                      HumanCount(worker.events_applied()), HumanCount(worker.repeats()),
                      HumanCount(worker.late()), HumanCount(worker.future()));
  *out += fmt::format("         {} log records, {} syncs, {} checkpoints; tables {} of {}, store {} on disk\n",
                      HumanCount(worker.log_records()), HumanCount(worker.log_syncs()),
                      HumanCount(worker.checkpoints()), HumanBytes(worker.table_bytes()),
                      HumanBytes(worker.table_limit_bytes()), HumanBytes(worker.store_disk_bytes()));
  uint64_t groups = 0;
  uint64_t spilled = 0;
  uint64_t identities = 0;
  uint64_t open = 0;
  uint64_t overdue = 0;
  uint64_t lag = 0;
  UnixMillis closed_ms = 0;
  for (const pb::ShardStatus& shard : status.shards()) {
    groups += shard.groups_in_memory();
    spilled += shard.groups_spilled();
    identities += shard.identities();
    open += shard.alerts_open();
    overdue += shard.alerts_overdue();
    lag = std::max(lag, shard.log_last() - std::min(shard.log_last(), shard.log_checkpointed()));
    closed_ms = std::max(closed_ms, wire::TimeFromProto(shard.closed()));
  }
  *out += fmt::format(
      "shards   {}: {} groups in memory, {} spilled, {} event identities, {} alerts open{}\n",
      status.shards_size(), HumanCount(groups), HumanCount(spilled), HumanCount(identities),
      HumanCount(open),
      overdue == 0 ? "" : fmt::format(", {} older than the retention", HumanCount(overdue)));
  *out += fmt::format("         time closed up to {}, at most {} log records not checkpointed\n",
                      ReplayEnded(status) ? "the end"
                      : closed_ms != 0    ? FormatTime(closed_ms)
                                          : "-",
                      HumanCount(lag));
}

void AppendRules(const pb::GetStatusResponse& status, std::string* out) {
  *out += fmt::format("\n{:<48} {:<10} {:>14} {:>9} {:>9} {:>9} {:>10}  {}\n", "RULE", "MODE", "ROWS",
                      "LATE", "FUTURE", "ALERTS", "SUPPRESSED", "JUDGED UP TO");
  for (const pb::RuleStatus& rule : status.rules()) {
    std::string name = rule.rule_name().empty() ? rule.rule_id() : rule.rule_name();
    if (name.size() > 48) {
      // Cut between characters, not within one.
      std::size_t cut = 45;
      while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xc0) == 0x80) {
        --cut;
      }
      name = name.substr(0, cut) + "...";
    }
    *out += fmt::format("{:<48} {:<10} {:>14} {:>9} {:>9} {:>9} {:>10}  {}\n", name, rule.mode(),
                        HumanCount(rule.rows()), HumanCount(rule.late()), HumanCount(rule.future()),
                        HumanCount(rule.alerts()), HumanCount(rule.suppressed()),
                        !rule.has_judged() && ReplayEnded(status)
                            ? "the end"
                            : TimeOrDash(rule.has_judged(), rule.judged()));
  }
  for (const pb::RuleFileStatus& file : status.rule_files()) {
    if (file.state() == pb::RULE_FILE_STATE_REFUSED || file.state() == pb::RULE_FILE_STATE_DISABLED) {
      *out += fmt::format("{}: {}\n", file.path(),
                          file.state() == pb::RULE_FILE_STATE_REFUSED ? "refused" : "disabled");
      for (const std::string& finding : file.findings()) {
        *out += fmt::format("  {}\n", finding);
      }
    }
  }
}

void AppendDeadLetters(const pb::GetStatusResponse& status, std::string* out) {
  if (status.dead_letters_size() == 0) {
    return;
  }
  const int first = std::max(0, status.dead_letters_size() - kDeadLettersShown);
  *out += fmt::format("\ndead letters ({} kept, the latest {}):\n", status.dead_letters_size(),
                      status.dead_letters_size() - first);
  for (int i = first; i < status.dead_letters_size(); ++i) {
    const pb::DeadLetter& letter = status.dead_letters(i);
    *out += fmt::format("  {} {:<6} arrived {}  event {}  rule {}\n",
                        FormatTime(wire::TimeFromProto(letter.timestamp())),
                        letter.reason() == pb::DEAD_LETTER_REASON_FUTURE ? "future" : "late",
                        FormatTime(wire::TimeFromProto(letter.arrived())), letter.event_id(),
                        letter.rule_id());
  }
}

// nodes: empty for a process that is the whole cluster.
std::string StatusTable(const pb::GetStatusResponse& status, const std::string& nodes) {
  const bool failed = !status.worker().failure().empty();
  std::string out = fmt::format(
      "weir {}, tenant {}, {} clock, started {}, rule set {}, {}\n", status.version(), status.tenant(),
      status.clock() == pb::CLOCK_MODE_REPLAY ? "replay" : "wall",
      FormatTime(wire::TimeFromProto(status.started_at())), status.rule_set_version(),
      failed ? "FAILED: " + status.worker().failure() : "healthy");
  out += nodes;
  AppendIngest(status.ingest(), &out);
  AppendWorker(status, &out);
  out += fmt::format("alerts   {}", HumanCount(status.alerts()));
  out += status.alerts_unlisted() == 0
             ? "\n"
             : fmt::format(", and up to {} that are only in the stores\n",
                           HumanCount(status.alerts_unlisted()));
  AppendRules(status, &out);
  AppendDeadLetters(status, &out);
  return out;
}

// The answers as one object: what the node says of itself, and under "cluster" of the others, if it can.
std::string StatusJson(const pb::GetStatusResponse& status,
                       const StatusOr<pb::ListNodesResponse>& nodes) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(status, &json, options).ok()) {
    return "";
  }
  if (nodes.ok()) {
    std::string cluster;
    if (!google::protobuf::util::MessageToJsonString(*nodes, &cluster, options).ok()) {
      return "";
    }
    json.pop_back();
    json += ",\"cluster\":" + cluster + "}";
  }
  return json + "\n";
}

int RunStatus(const ClusterFlags& flags) {
  const auto stub = pb::ClusterService::NewStub(Dial(flags.address));
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kCallTimeoutMs);
  pb::GetStatusResponse response;
  const Status status = rpc::FromGrpc(stub->GetStatus(&context, {}, &response));
  if (!status.ok()) {
    return FailCall(flags.address, status);
  }
  // A process that is the whole cluster does not know the call.
  const auto nodes = ListNodes(stub.get());
  if (flags.format == "json") {
    const std::string json = StatusJson(response, nodes);
    if (json.empty()) {
      PrintError("the answer cannot be printed as JSON");
      return kExitFailed;
    }
    Print(json);
  } else if (nodes.ok() || nodes.status().code() == StatusCode::kUnimplemented) {
    Print(StatusTable(response, nodes.ok() ? ClusterLines(*nodes) : ""));
  } else {
    Print(StatusTable(response, fmt::format("cluster  not known: {}\n", nodes.status())));
  }
  return response.worker().failure().empty() ? kExitOk : kExitFailed;
}

int RunWait(const ClusterFlags& flags) {
  const auto stub = pb::ClusterService::NewStub(Dial(flags.address));
  grpc::ClientContext context;
  rpc::SetTimeout(&context, kWaitTimeoutMs);
  pb::WaitJudgedResponse response;
  const Status status = rpc::FromGrpc(stub->WaitJudged(&context, {}, &response));
  if (!status.ok()) {
    return FailCall(flags.address, status);
  }
  return kExitOk;
}

}  // namespace

void AddClusterCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("cluster", "Look at a cluster");
  command->require_subcommand(1);

  CLI::App* status = command->add_subcommand(
      "status", "Show what was taken, counted, refused and alerted; exit code 1 when it failed");
  auto flags = std::make_shared<ClusterFlags>();
  AddAddressOption(status, &flags->address);
  status->add_option("--format", flags->format, "Form of the output")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  status->callback([action, flags] { *action = [flags] { return RunStatus(*flags); }; });

  CLI::App* wait = command->add_subcommand(
      "wait", "Wait until all time that is closed now has been judged (after a replay)");
  auto wait_flags = std::make_shared<ClusterFlags>();
  AddAddressOption(wait, &wait_flags->address);
  wait->callback([action, wait_flags] { *action = [wait_flags] { return RunWait(*wait_flags); }; });

  AddClusterNodesCommand(command, action);
  AddClusterShardsCommand(command, action);
}

}  // namespace weir::cli
