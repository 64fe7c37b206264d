#include "cli/node.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/cli.h"
#include "common/plan/plan.h"
#include "common/rule/rule.h"
#include "common/state/rocksdb/rocksdb_store.h"
#include "common/wire/text.h"

namespace weir::cli {
namespace {

int CountOrCores(int64_t count) {
  return count > 0 ? static_cast<int>(count)
                   : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

StatusOr<std::unique_ptr<state::StateStore>> OpenStore(const config::Config& config) {
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);
  if (error) {
    return FailedPrecondition("making the data directory '{}': {}", config.data_dir,
                              error.message());
  }
  state::RocksDbOptions options;
  options.path = config.data_dir + "/store";
  options.memory_bytes = config.worker_store_memory_bytes;
  return state::OpenRocksDbStore(options);
}

worker::WorkerOptions MakeWorkerOptions(const config::Config& config) {
  worker::WorkerOptions options;
  options.tenant = config.tenant;
  options.shard_count = static_cast<uint16_t>(config.shards);
  options.clock =
      config.clock == "replay" ? worker::ClockMode::kReplay : worker::ClockMode::kWall;
  options.producers = config.replay_producers;
  options.lateness_ms = config.lateness_ms;
  options.future_ms = config.future_ms;
  options.executors = CountOrCores(config.worker_executors);
  options.table_memory_bytes = config.worker_table_memory_bytes;
  options.queue_bytes_max = config.worker_queue_memory_bytes;
  options.checkpoint_interval_ms = config.worker_checkpoint_interval_ms;
  options.checkpoint_log_bytes = config.worker_checkpoint_log_bytes;
  return options;
}

ingest::PipelineOptions MakePipelineOptions(const config::Config& config) {
  ingest::PipelineOptions options;
  options.tenant = config.tenant;
  options.shard_count = static_cast<uint16_t>(config.shards);
  options.replay = config.clock == "replay";
  options.producers = config.replay_producers;
  options.threads = CountOrCores(config.ingest_threads);
  options.batch_bytes_max = config.ingest_batch_bytes_max;
  options.record_bytes_max = config.ingest_record_bytes_max;
  options.inflight_bytes_max = config.ingest_inflight_bytes;
  return options;
}

plan::CompileOptions MakeCompileOptions(const config::Config& config) {
  plan::CompileOptions options;
  if (config.mode != "auto") {
    options.mode = config.mode == "schedule" ? plan::JudgeMode::kSchedule
                                             : plan::JudgeMode::kContinuous;
  }
  options.alerts =
      config.alerts == "parity" ? plan::AlertMode::kParity : plan::AlertMode::kEpisodes;
  options.lateness_ms = config.lateness_ms;
  return options;
}

weir::cluster::v1::RuleFileState StateOf(const rule::LoadResult& loaded,
                                         const plan::RuleSet& rules, bool has_findings) {
  namespace pb = weir::cluster::v1;
  if (!loaded.rule.has_value()) {
    return pb::RULE_FILE_STATE_REFUSED;
  }
  const plan::CompiledRule* compiled = rules.FindRule(loaded.rule->id);
  if (compiled != nullptr && compiled->source.path == loaded.path) {
    return has_findings ? pb::RULE_FILE_STATE_LOADED_WITH_WARNINGS : pb::RULE_FILE_STATE_LOADED;
  }
  return loaded.rule->enabled ? pb::RULE_FILE_STATE_REFUSED : pb::RULE_FILE_STATE_DISABLED;
}

}  // namespace

StatusOr<std::unique_ptr<Node>> Node::Start(const config::Config& config,
                                            std::unique_ptr<state::StateStore> store,
                                            const Clock* clock) {
  std::unique_ptr<Node> node(new Node());
  WEIR_RETURN_IF_ERROR(node->Open(config, std::move(store), clock));
  return node;
}

Node::~Node() {
  Stop();
}

Status Node::Open(const config::Config& config, std::unique_ptr<state::StateStore> store,
                  const Clock* clock) {
  clock_ = clock != nullptr ? clock : &system_clock_;
  drain_timeout_ms_ = config.drain_timeout_ms;
  if (store != nullptr) {
    store_ = std::move(store);
  } else {
    WEIR_ASSIGN_OR_RETURN(store_, OpenStore(config));
  }
  index_ = std::make_unique<coordinator::AlertIndex>(
      static_cast<std::size_t>(config.coordinator_alerts_max),
      static_cast<std::size_t>(config.coordinator_watch_queue));
  worker_ = std::make_unique<worker::Worker>(MakeWorkerOptions(config), store_.get(), clock_,
                                             index_.get());
  WEIR_RETURN_IF_ERROR(worker_->Start());
  WEIR_RETURN_IF_ERROR(worker_->HoldAllShards(Epoch(0)));
  rule_feed_ = std::make_unique<ingest::CompiledRuleFeed>(config.clock == "replay");
  WEIR_RETURN_IF_ERROR(LoadRules(config));
  scheduler_ = std::make_unique<task::ThreadScheduler>();
  dispatcher_ = std::make_unique<ingest::Dispatcher>(
      ingest::DispatcherOptions(), scheduler_.get(),
      [worker = worker_.get()](const std::string&) { return ingest::MakeLocalLink(worker); });
  dispatcher_->SetTable(ingest::Dispatcher::SingleWorkerTable(static_cast<uint16_t>(config.shards),
                                                              "local", Epoch(0)));
  pipeline_ = std::make_unique<ingest::Pipeline>(MakePipelineOptions(config), dispatcher_.get(),
                                                 rule_feed_.get(), scheduler_.get(), clock_);
  pipeline_->Start();
  ingest_service_ = std::make_unique<ingest::IngestService>(pipeline_.get());
  alert_service_ = std::make_unique<coordinator::AlertService>(
      index_.get(), [worker = worker_.get()](const Hash128& id) { return worker->GetAlert(id); });
  coordinator::ClusterService::Options status;
  status.version = Version();
  status.tenant = config.tenant;
  status.ingest_status = [service = ingest_service_.get()](weir::cluster::v1::IngestStatus* message) {
    service->FillStatus(message);
  };
  status.rule_files = rule_files_;
  cluster_service_ = std::make_unique<coordinator::ClusterService>(std::move(status), worker_.get(),
                                                                   index_.get(), clock_);
  WEIR_ASSIGN_OR_RETURN(
      server_, rpc::Server::Start(config.listen, {ingest_service_.get(), alert_service_.get(),
                                                  cluster_service_.get()}));
  return OkStatus();
}

Status Node::LoadRules(const config::Config& config) {
  std::vector<rule::LoadResult> loaded;
  if (!config.rules.empty()) {
    WEIR_ASSIGN_OR_RETURN(loaded, rule::LoadRules(config.rules));
  }
  std::vector<worker::RuleFile> files;
  std::vector<std::size_t> file_of(loaded.size(), SIZE_MAX);
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    if (loaded[i].rule.has_value()) {
      file_of[i] = files.size();
      files.push_back({loaded[i].path, loaded[i].text});
    }
  }
  std::vector<std::vector<rule::Finding>> findings;
  const auto rules = worker_->ActivateRules(files, MakeCompileOptions(config), &findings);
  if (!rules.ok()) {
    return Annotate(rules.status(), "activating the rules");
  }
  rule_feed_->Add(*rules, 0);
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    weir::cluster::v1::RuleFileStatus& status = rule_files_.emplace_back();
    status.set_path(wire::ValidUtf8(loaded[i].path));
    if (loaded[i].rule.has_value()) {
      status.set_rule_id(wire::ValidUtf8(loaded[i].rule->id));
      status.set_rule_name(wire::ValidUtf8(loaded[i].rule->name));
    }
    std::set<std::string> seen;   // the activation repeats what loading found
    const auto add = [&](const std::vector<rule::Finding>& list) {
      for (const rule::Finding& finding : list) {
        const std::string& text = finding.rendered.empty() ? finding.message : finding.rendered;
        if (seen.insert(text).second) {
          status.add_findings(wire::ValidUtf8(text));
        }
      }
    };
    add(loaded[i].findings);
    if (file_of[i] < findings.size()) {
      add(findings[file_of[i]]);
    }
    status.set_state(StateOf(loaded[i], **rules, !seen.empty()));
    rules_refused_ += status.state() == weir::cluster::v1::RULE_FILE_STATE_REFUSED ? 1 : 0;
  }
  rules_loaded_ = (*rules)->rules.size();
  return OkStatus();
}

void Node::Stop() {
  if (server_ != nullptr) {
    server_->SetServing(false);
    ingest_service_->Drain();
    alert_service_->Drain();
    server_->Shutdown(drain_timeout_ms_);
  }
  if (pipeline_ != nullptr) {
    pipeline_->Stop();
  }
  if (dispatcher_ != nullptr) {
    dispatcher_->Stop();
  }
  if (worker_ != nullptr) {
    worker_->Stop();
  }
}

}  // namespace weir::cli
