// weir-bench: how fast a node takes events, against what the machine could do at best, and what live
// groups cost. docs/benchmarks.md says how to read the numbers.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "common/base/units.h"
#include "common/config/config.h"
#include "common/telemetry/log.h"
#include "tests/bench/alert_bench.h"
#include "tests/bench/bench_node.h"
#include "tests/bench/ceilings.h"
#include "tests/bench/cluster_bench.h"
#include "tests/bench/group_bench.h"
#include "tests/bench/identity_bench.h"
#include "tests/bench/latency_bench.h"
#include "tests/bench/measure.h"
#include "tests/bench/push_load.h"
#include "tests/bench/rules_bench.h"
#include "tests/bench/tick_bench.h"

namespace weir::bench {
namespace {

struct IngestOptions {
  std::string rules = "deploy/rules/bedrock";
  uint64_t events = 300'000;
  int rounds = 3;
  int streams = 2;
  double match = 0.1;
  double seconds = 10;
  uint64_t probes = 100;
  uint64_t groups = 2000;
  bool replay = false;
  std::vector<std::string> settings;   // "key=value" of the node's configuration
};

// One measurement of everything that is compared, made right after each other.
struct Round {
  LoadResult node;
  LoadResult drop;
  ParseResult parse;
};

void ReportRounds(const std::vector<Round>& rounds, Report* report) {
  const auto median = [&](const auto& value_of) {
    std::vector<double> values;
    for (const Round& round : rounds) {
      values.push_back(value_of(round));
    }
    return Median(values);
  };
  const auto node = [](const Round& r) { return PerSecond(r.node.sent, r.node.wall_s); };
  const auto drop = [](const Round& r) { return PerSecond(r.drop.sent, r.drop.wall_s); };
  const auto parse = [](const Round& r) { return PerSecond(r.parse.records, r.parse.wall_s); };
  const auto node_cpu = [](const Round& r) { return MicrosPerEvent(r.node.sent, r.node.cpu_s); };
  const auto drop_cpu = [](const Round& r) { return MicrosPerEvent(r.drop.sent, r.drop.cpu_s); };
  const auto parse_cpu = [](const Round& r) {
    return MicrosPerEvent(r.parse.records, r.parse.cpu_s);
  };
  report->Add("node_events_per_second", median(node), "");
  report->Add("grpc_ceiling_events_per_second", median(drop), "");
  report->Add("simdjson_ceiling_events_per_second", median(parse), "");
  report->Add("node_to_grpc_ratio", median([&](const Round& r) { return node(r) / drop(r); }), "");
  report->Add("node_to_simdjson_ratio", median([&](const Round& r) { return node(r) / parse(r); }),
              "");
  report->Add("node_to_lower_ceiling_ratio", median([&](const Round& r) {
                return node(r) / std::min(drop(r), parse(r));
              }), "");
  report->Add("node_cpu_per_event", median(node_cpu), "us");
  report->Add("grpc_cpu_per_event", median(drop_cpu), "us");
  report->Add("simdjson_cpu_per_event", median(parse_cpu), "us");
  report->Add("grpc_to_node_cpu_ratio",
              median([&](const Round& r) { return drop_cpu(r) / node_cpu(r); }), "");
  report->Add("batches_resent", static_cast<double>(rounds.back().node.answers.resent), "");
}

StatusOr<Round> MeasureRound(const IngestOptions& options, const std::string& node_address,
                             PushLoad* load) {
  const uint64_t batches = std::max<uint64_t>(options.events / kBatchRecords, 1);
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  Round round;
  {
    WEIR_ASSIGN_OR_RETURN(const auto drop, DropServer::Start());
    WEIR_ASSIGN_OR_RETURN(round.drop, load->Run(drop->address(), batches, 0, nullptr, false));
  }
  if (round.drop.answers.accepted != round.drop.sent) {
    return Internal("the dropping server acknowledged {} of {}", round.drop.answers.accepted,
                    round.drop.sent);
  }
  WEIR_ASSIGN_OR_RETURN(round.parse,
                        ParseRecords(load->Pool(), batches * kBatchRecords, cores));
  WEIR_ASSIGN_OR_RETURN(round.node, load->Run(node_address, batches, 0, nullptr, false));
  WEIR_RETURN_IF_ERROR(CheckAnswers(round.node));
  return round;
}

Status RunIngestBench(const IngestOptions& options, Report* report) {
  const TempFolder folder("weir_bench_ingest");
  PushLoad load(options.streams, options.match, options.replay);
  WEIR_ASSIGN_OR_RETURN(const auto node,
                        StartNode(options.rules, folder.path(), options.settings,
                                  options.replay ? PushLoad::ProducerNames(options.streams)
                                                 : std::vector<std::string>()));
  if (node->rules_loaded() == 0) {
    return InvalidArgument("no rules in '{}'", options.rules);
  }
  // Caches, connections and the first groups; also lets every producer of a replay join.
  WEIR_ASSIGN_OR_RETURN(const LoadResult warm_up,
                        load.Run(node->address(), 40, 0, nullptr, false));
  WEIR_RETURN_IF_ERROR(CheckAnswers(warm_up));
  std::vector<Round> rounds;
  for (int i = 0; i < options.rounds; ++i) {
    WEIR_ASSIGN_OR_RETURN(rounds.emplace_back(), MeasureRound(options, node->address(), &load));
  }
  double bytes = 0;
  for (const PooledBatch* batch : load.Pool()) {
    bytes += static_cast<double>(batch->request().payload().size());
  }
  report->Add("rules", static_cast<double>(node->rules_loaded()), "");
  report->Add("match_share", options.match, "");
  report->Add("record", bytes / static_cast<double>(load.Pool().size() * kBatchRecords), "bytes");
  ReportRounds(rounds, report);
  const worker::WorkerStatus status = node->worker()->GetStatus();
  report->Add("log_syncs", static_cast<double>(status.log_syncs), "");
  report->Add("peak_memory", static_cast<double>(PeakMemoryBytes()) / (1 << 20), "MiB");
  if (options.probes > 0) {
    LatencyOptions latency;
    latency.address = node->address();
    for (const Round& round : rounds) {
      latency.events_per_s += 0.7 * PerSecond(round.node.sent, round.node.wall_s) /
                              static_cast<double>(rounds.size());
    }
    latency.seconds = options.seconds;
    latency.probes = options.probes;
    latency.match = options.match;
    WEIR_RETURN_IF_ERROR(MeasureAlertLatency(latency, &load, options.replay, report));
  }
  node->Stop();
  return options.groups > 0 ? MeasureGroupBytes(options.rules, options.groups, report) : OkStatus();
}

// One form of the same events, with a node of its own.
struct Form {
  std::string name;
  PushLoad load;
  TempFolder folder;
  std::unique_ptr<cli::Node> node;
  std::vector<double> per_second;
  std::vector<double> cpu_us;
};

double RecordBytes(const PushLoad& load) {
  double bytes = 0;
  for (const PooledBatch* batch : load.Pool()) {
    bytes += static_cast<double>(batch->request().payload().size());
  }
  return bytes / static_cast<double>(load.Pool().size() * kBatchRecords);
}

// Raw CloudTrail records against the ECS documents of the same, in turns.
Status RunFormsBench(const IngestOptions& options, Report* report) {
  Form forms[] = {
      {"raw", PushLoad(options.streams, options.match, options.replay, false),
       TempFolder("weir_bench_raw"), nullptr, {}, {}},
      {"ecs", PushLoad(options.streams, options.match, options.replay, true),
       TempFolder("weir_bench_ecs"), nullptr, {}, {}},
  };
  const uint64_t batches = std::max<uint64_t>(options.events / kBatchRecords, 1);
  for (Form& form : forms) {
    WEIR_ASSIGN_OR_RETURN(form.node,
                          StartNode(options.rules, form.folder.path(), options.settings,
                                    options.replay ? PushLoad::ProducerNames(options.streams)
                                                   : std::vector<std::string>()));
    WEIR_ASSIGN_OR_RETURN(const LoadResult warm_up,
                          form.load.Run(form.node->address(), 10, 0, nullptr, false));
    WEIR_RETURN_IF_ERROR(CheckAnswers(warm_up));
  }
  std::vector<double> ratios;
  std::vector<double> cpu_ratios;
  for (int round = 0; round < options.rounds; ++round) {
    for (Form& form : forms) {
      WEIR_ASSIGN_OR_RETURN(const LoadResult result,
                            form.load.Run(form.node->address(), batches, 0, nullptr, false));
      WEIR_RETURN_IF_ERROR(Annotate(CheckAnswers(result), form.name));
      form.per_second.push_back(PerSecond(result.sent, result.wall_s));
      form.cpu_us.push_back(MicrosPerEvent(result.sent, result.cpu_s));
    }
    ratios.push_back(forms[0].per_second.back() / forms[1].per_second.back());
    cpu_ratios.push_back(forms[1].cpu_us.back() / forms[0].cpu_us.back());
  }
  for (Form& form : forms) {
    report->Add(form.name + "_record", RecordBytes(form.load), "bytes");
    report->Add(form.name + "_events_per_second", Median(form.per_second), "");
    report->Add(form.name + "_cpu_per_event", Median(form.cpu_us), "us");
    form.node->Stop();
  }
  report->Add("raw_to_ecs_throughput_ratio", Median(ratios), "");
  report->Add("ecs_to_raw_cpu_ratio", Median(cpu_ratios), "");
  return OkStatus();
}

void AddIngest(CLI::App* app, IngestOptions* options, std::string* clock) {
  app->add_option("--rules", options->rules, "Rule file or folder")->capture_default_str();
  app->add_option("--events", options->events, "Events of each round")->capture_default_str();
  app->add_option("--rounds", options->rounds, "Rounds; medians are reported")
      ->capture_default_str()->check(CLI::Range(1, 100));
  app->add_option("--streams", options->streams, "Producers, a stream each")
      ->capture_default_str()->check(CLI::Range(1, 64));
  app->add_option("--match", options->match, "Share of the events that a rule counts")
      ->capture_default_str()->check(CLI::Range(0.002, 1.0));
  app->add_option("--seconds", options->seconds, "Length of the steady load for latencies")
      ->capture_default_str();
  app->add_option("--probes", options->probes, "Alerts timed under the steady load; 0: none")
      ->capture_default_str();
  app->add_option("--groups", options->groups, "Groups made to measure their memory; 0: none")
      ->capture_default_str();
  app->add_option("--set", options->settings, "KEY=VALUE of the node's configuration");
  app->add_option("--clock", *clock, "wall or replay")
      ->capture_default_str()->check(CLI::IsMember({"wall", "replay"}));
}

void AddForms(CLI::App* app, IngestOptions* options) {
  app->add_option("--rules", options->rules, "Rule file or folder")->capture_default_str();
  app->add_option("--events", options->events, "Events of each round and form")
      ->capture_default_str();
  app->add_option("--rounds", options->rounds, "Rounds; medians are reported")
      ->capture_default_str()->check(CLI::Range(1, 100));
  app->add_option("--streams", options->streams, "Producers, a stream each")
      ->capture_default_str()->check(CLI::Range(1, 64));
  app->add_option("--match", options->match, "Share of the events that a rule counts")
      ->capture_default_str()->check(CLI::Range(0.002, 1.0));
}

// Sizes are taken as text ("64MiB") and read after parsing.
struct GroupSizes {
  std::string table_memory = "96MiB";
  std::string store_memory = "64MiB";
  std::string memory;
};

void AddGroups(CLI::App* app, GroupOptions* options, GroupSizes* sizes) {
  app->add_option("--rules", options->rules, "File of the refused-calls rule")
      ->capture_default_str();
  app->add_option("--groups", options->groups, "Live groups")->capture_default_str();
  app->add_option("--sample", options->sample, "Groups that cross the threshold after the restart")
      ->capture_default_str();
  app->add_option("--shards", options->shards, "Shards")->capture_default_str();
  app->add_option("--table-memory", sizes->table_memory, "Memory of tables")->capture_default_str();
  app->add_option("--store-memory", sizes->store_memory, "Memory of the store")
      ->capture_default_str();
  app->add_option("--memory", sizes->memory, "Fail if the process ever used more");
}

Status ReadSizes(const GroupSizes& sizes, GroupOptions* options) {
  WEIR_ASSIGN_OR_RETURN(options->table_memory_bytes, ParseByteSize(sizes.table_memory));
  WEIR_ASSIGN_OR_RETURN(options->store_memory_bytes, ParseByteSize(sizes.store_memory));
  if (!sizes.memory.empty()) {
    WEIR_ASSIGN_OR_RETURN(options->memory_bytes_max, ParseByteSize(sizes.memory));
  }
  return OkStatus();
}

void AddRules(CLI::App* app, RulesOptions* options) {
  app->add_option("--rules", options->rules, "Folder of rules to take first")
      ->capture_default_str();
  app->add_option("--counts", options->counts,
                  "Rules loaded, in turn; what the folder lacks is made up, and the first two are compared "
                  "with the last")
      ->capture_default_str()->delimiter(',')->check(CLI::Range(1, 5000));
  app->add_option("--events", options->events, "Events for each count and round")
      ->capture_default_str();
  app->add_option("--rounds", options->rounds, "Rounds; medians are reported")
      ->capture_default_str()->check(CLI::Range(1, 100));
  app->add_option("--streams", options->streams, "Producers, a stream each")
      ->capture_default_str()->check(CLI::Range(1, 64));
  app->add_option("--set", options->settings, "KEY=VALUE of the node's configuration");
  app->add_option("--match", options->match, "Share of the events that the first rule counts")
      ->capture_default_str()->check(CLI::Range(0.002, 1.0));
}

void AddCluster(CLI::App* app, ClusterOptions* options) {
  app->add_option("--local-cluster", options->local_cluster, "The script that starts clusters")
      ->capture_default_str();
  app->add_option("--weir", options->weir, "Another binary than the script's");
  app->add_option("--rules", options->rules, "Rule file or folder")->capture_default_str();
  app->add_option("--shapes", options->shapes, "Clusters to compare with the first: ingest nodes+workers")
      ->capture_default_str()->delimiter(',');
  app->add_option("--events", options->events, "Events for each cluster and round")
      ->capture_default_str();
  app->add_option("--rounds", options->rounds, "Rounds; medians are reported")
      ->capture_default_str()->check(CLI::Range(1, 100));
  app->add_option("--streams", options->streams, "Producers, a stream each")
      ->capture_default_str()->check(CLI::Range(1, 64));
  app->add_option("--match", options->match, "Share of the events that a rule counts")
      ->capture_default_str()->check(CLI::Range(0.002, 1.0));
}

void AddTicks(CLI::App* app, TickOptions* options) {
  app->add_option("--rules", options->rules, "Folder of rules to take first")
      ->capture_default_str();
  app->add_option("--rule-count", options->rule_count, "Rules; what the folder lacks is made up")
      ->capture_default_str()->check(CLI::Range(1, 5000));
  app->add_option("--groups", options->groups, "Principals with an event each")
      ->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--ticks", options->ticks, "Ticks of ten minutes")
      ->capture_default_str()->check(CLI::Range(1, 1000));
  app->add_option("--acks", options->acks, "Frames timed while no tick is judged")
      ->capture_default_str();
  app->add_option("--shards", options->shards, "Shards")->capture_default_str();
}

int Main(int argc, char** argv) {
  CLI::App app("Measures a weir node on this machine.", "weir-bench");
  app.require_subcommand(1);
  app.fallthrough();
  bool json = false;
  app.add_flag("--json", json, "Print one JSON object");
  IngestOptions ingest;
  std::string clock = "wall";
  CLI::App* ingest_app = app.add_subcommand("ingest", "Throughput, alert latency, bytes per group");
  AddIngest(ingest_app, &ingest, &clock);
  GroupOptions groups;
  groups.rules = "deploy/rules/bedrock/denied_models.toml";
  GroupSizes sizes;
  CLI::App* groups_app = app.add_subcommand("groups", "Many live groups in little memory");
  AddGroups(groups_app, &groups, &sizes);
  CLI::App* forms_app =
      app.add_subcommand("formats", "Raw CloudTrail records against ECS documents of the same");
  AddForms(forms_app, &ingest);
  IdentityOptions identities;
  std::string identity_memory = "1MiB";
  CLI::App* identities_app =
      app.add_subcommand("identities", "What recognising repeats costs one shard");
  identities_app->add_option("--identities", identities.identities, "Identities")
      ->capture_default_str();
  identities_app->add_option("--checkpoint", identities.checkpoint, "Identities of a checkpoint")
      ->capture_default_str()->check(CLI::PositiveNumber);
  identities_app->add_option("--memory", identity_memory, "Memory of identities not yet sealed")
      ->capture_default_str();
  AlertOptions alerts;
  CLI::App* alerts_app = app.add_subcommand("alerts", "Lists and watches of many open alerts");
  alerts_app->add_option("--alerts", alerts.alerts, "Open alerts")->capture_default_str();
  alerts_app->add_option("--rounds", alerts.rounds, "Calls of each kind")->capture_default_str();
  RulesOptions rules;
  CLI::App* rules_app = app.add_subcommand("rules", "Throughput by the number of rules");
  AddRules(rules_app, &rules);
  ClusterOptions cluster;
  CLI::App* cluster_app = app.add_subcommand("cluster", "Cost of several processes");
  AddCluster(cluster_app, &cluster);
  TickOptions ticks;
  CLI::App* ticks_app = app.add_subcommand("ticks", "Many rules judged at ticks over many groups");
  AddTicks(ticks_app, &ticks);
  CLI11_PARSE(app, argc, argv);

  Report report;
  Status status;
  if (ingest_app->parsed()) {
    ingest.replay = clock == "replay";
    status = RunIngestBench(ingest, &report);
  } else if (forms_app->parsed()) {
    status = RunFormsBench(ingest, &report);
  } else if (identities_app->parsed()) {
    const auto memory = ParseByteSize(identity_memory);
    identities.memory_bytes = memory.ok() ? *memory : 0;
    status = memory.ok() ? RunIdentityBench(identities, &report) : memory.status();
  } else if (alerts_app->parsed()) {
    status = RunAlertBench(alerts, &report);
  } else if (rules_app->parsed()) {
    status = RunRulesBench(rules, &report);
  } else if (cluster_app->parsed()) {
    status = RunClusterBench(cluster, &report);
  } else if (ticks_app->parsed()) {
    status = RunTickBench(ticks, &report);
  } else {
    status = ReadSizes(sizes, &groups);
    status = status.ok() ? RunGroupBench(groups, &report) : status;
  }
  std::fputs((json ? report.Json() : report.Text()).c_str(), stdout);
  if (!status.ok()) {
    fmt::print(stderr, "weir-bench: {}\n", status);
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  return weir::bench::Main(argc, argv);
}
