#include "cli/node.h"

#include <future>
#include <utility>

#include "cli/alert_sinks.h"
#include "cli/cli.h"
#include "cli/role_options.h"
#include "cli/rule_backends.h"
#include "common/cluster/rule_change.h"
#include "worker/rule_store.h"

namespace weir::cli {

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
  WEIR_ASSIGN_OR_RETURN(security_, MakeNodeSecurity(config));
  if (store != nullptr) {
    store_ = std::move(store);
  } else {
    WEIR_ASSIGN_OR_RETURN(store_, OpenStore(config));
  }
  index_ = std::make_unique<coordinator::AlertIndex>(
      static_cast<std::size_t>(config.coordinator_alerts_max),
      static_cast<std::size_t>(config.coordinator_watch_queue));
  WEIR_ASSIGN_OR_RETURN(outbox_, OpenSinks(config, store_.get(), clock_, index_.get()));
  worker_ = std::make_unique<worker::Worker>(MakeWorkerOptions(config), store_.get(), clock_,
                                             outbox_.get());
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
  WEIR_ASSIGN_OR_RETURN(ingest::PipelineOptions pipeline, MakePipelineOptions(config));
  pipeline_ = std::make_unique<ingest::Pipeline>(std::move(pipeline), dispatcher_.get(),
                                                 rule_feed_.get(), scheduler_.get(), clock_);
  pipeline_->Start();
  coordinator_scheduler_ = std::make_unique<task::ThreadScheduler>();
  spread_cluster_ = coordinator::MakeLocalSpreadCluster(worker_.get(), Epoch(0),
                                                        coordinator_scheduler_.get());
  coordinator::SpreadJudge::Options spread;
  spread.tenant = config.tenant;
  spread.shard_count = static_cast<uint16_t>(config.shards);
  spread_judge_ = std::make_unique<coordinator::SpreadJudge>(spread, spread_cluster_.get(),
                                                             coordinator_scheduler_.get());
  spread_judge_->SetRules(worker_->rules());
  spread_judge_->SetLeading(true);
  ingest_services_ = std::make_unique<ingest::Services>(
      MakeCollectOptions(config), pipeline_.get(), ingest::SingleTenant(config.tenant));
  WatchSources(config);
  alert_service_ = std::make_unique<coordinator::AlertService>(
      index_.get(), coordinator::MakeLocalAlertBackend(worker_.get(), index_.get()));
  coordinator::ClusterService::Options status;
  status.version = Version();
  status.tenant = config.tenant;
  status.ingest_status = [services = ingest_services_.get()](weir::cluster::v1::IngestStatus* message) {
    services->FillStatus(message);
  };
  status.sources = [this](weir::cluster::v1::ListSourcesResponse* message) { FillSources(message); };
  status.rule_files = [this] { return rule_files_; };
  status.workers = [this] { return coordinator::WorkersStatus{worker_->GetStatus(), {}}; };
  status.rules = [this] { return worker_->rules(); };
  status.wait_judged = [this](bool /*forwarded*/) {
    worker_->Drain();
    std::promise<void> judged;
    spread_judge_->Drain([&judged] { judged.set_value(); });
    judged.get_future().wait();
    return OkStatus();
  };
  cluster_service_ = std::make_unique<coordinator::ClusterService>(std::move(status), index_.get(),
                                                                   clock_);
  MakeRuleService();
  explain_service_ = std::make_unique<coordinator::ExplainService>(
      coordinator::EventExplainer::Options{config.tenant, static_cast<uint16_t>(config.shards)},
      coordinator::MakeLocalAlertBackend(worker_.get(), index_.get()),
      coordinator::MakeLocalGroupBackend(worker_.get()));
  group_service_ = std::make_unique<coordinator::GroupService>(
      coordinator::MakeLocalGroupBackend(worker_.get()));
  std::vector<grpc::Service*> services = ingest_services_->list();
  sink_service_ = std::make_unique<worker::SinkService>(outbox_.get());
  services.insert(services.end(), {alert_service_.get(), cluster_service_.get(), rule_service_.get(),
                                   explain_service_.get(), group_service_.get(), sink_service_.get()});
  WEIR_ASSIGN_OR_RETURN(server_, rpc::Server::Start(config.listen, services, security_.server));
  outbox_->Start([worker = worker_.get()](const Hash128& id) { return worker->GetAlert(id); });
  return OkStatus();
}

void Node::FillSources(weir::cluster::v1::ListSourcesResponse* sources) const {
  weir::cluster::v1::GetIngestSourcesResponse own;
  ingest_services_->FillSources(&own);
  coordinator::AddSources(own, sources);
}

void Node::WatchSources(const config::Config& config) {
  listening_ = std::make_unique<task::ThreadScheduler>();
  coordinator::SourceWatch::Options options;
  options.interval_ms = SourceWatchInterval(config);
  options.leading = [] { return true; };
  options.sources = [this] {
    weir::cluster::v1::ListSourcesResponse sources;
    FillSources(&sources);
    return sources;
  };
  options.report = [this](const weir::cluster::v1::ReportSilenceRequest& request) {
    auto taken = std::make_shared<std::promise<Status>>();
    ingest_services_->ReportSilence(
        request, [taken](Status status) { taken->set_value(std::move(status)); });
    return taken->get_future().get();
  };
  source_watch_ = std::make_unique<coordinator::SourceWatch>(std::move(options), listening_.get(),
                                                             clock_);
  if (config.clock != "replay" && config.sources_silence_ms != 0) {
    source_watch_->Start();
  }
}

Status Node::LoadRules(const config::Config& config) {
  WEIR_ASSIGN_OR_RETURN(const LoadedRules loaded, LoadRuleFiles(config));
  // What came through the API since the files were loaded last stays.
  WEIR_ASSIGN_OR_RETURN(const cluster::RuleSetTexts newest, NewestStored(store_.get()));
  const cluster::RuleSetTexts* before = newest.version.value == 0 ? nullptr : &newest;
  std::optional<cluster::RuleSetTexts> changed =
      cluster::WithFiles(before, TextsOf(loaded, config), clock_->Now());
  std::vector<std::vector<rule::Finding>> findings;
  if (changed.has_value() && before != nullptr) {
    const plan::RuleSetPtr old =
        worker::CompileRuleFiles(FilesOf(newest), CompileOptionsOf(newest), newest.version, &findings);
    cluster::SetClasses(worker::ClassesAfter(*old), &*changed);
  }
  const cluster::RuleSetTexts texts = std::move(changed).value_or(newest);
  const auto rules =
      worker_->ActivateRules(FilesOf(texts), CompileOptionsOf(texts), &findings);
  if (!rules.ok()) {
    return Annotate(rules.status(), "activating the rules");
  }
  rule_feed_->Add(*rules, 0);
  worker::CompileRuleFiles(loaded.files, MakeCompileOptions(config), (*rules)->version, &findings);
  rule_files_ = StatusesOf(loaded, findings, **rules);
  rules_refused_ = CountRefused(rule_files_);
  rules_loaded_ = (*rules)->rules.size();
  return OkStatus();
}

void Node::MakeRuleService() {
  LocalRules rules;
  rules.store = store_.get();
  rules.worker = worker_.get();
  rules.clock = clock_;
  rules.on_rules = [this](const plan::RuleSetPtr& compiled) {
    rule_feed_->Add(compiled, 0);
    spread_judge_->SetRules(compiled);
  };
  rule_service_ = std::make_unique<coordinator::RuleService>(MakeLocalRuleBackend(std::move(rules)));
}

std::vector<task::Scheduler*> Node::Schedulers() {
  return {scheduler_.get(), coordinator_scheduler_.get()};
}

std::vector<std::string> Node::NotReady() {
  return WorkerNotReady(worker_->GetStatus());
}

void Node::FillMetrics(MetricSink* sink) {
  weir::cluster::v1::IngestStatus services;
  ingest_services_->FillStatus(&services);
  FillIngestMetrics(pipeline_->GetStatus(), dispatcher_->GetStatus(), services, sink);
  FillHeardMetrics(pipeline_->Sources(), sink);
  FillWorkerMetrics(worker_->GetStatus(), sink);
  FillSinkMetrics(outbox_->GetStatus(), clock_->Now(), sink);
  FillAlertMetrics(*index_, sink);
  FillSourceMetrics(*source_watch_, sink);
}

void Node::Stop() {
  if (listening_ != nullptr) {
    listening_->Stop();
  }
  if (server_ != nullptr) {
    server_->SetServing(false);
    ingest_services_->Drain();
    alert_service_->Drain();
    server_->Shutdown(drain_timeout_ms_);
  }
  if (pipeline_ != nullptr) {
    pipeline_->Stop();
  }
  if (dispatcher_ != nullptr) {
    dispatcher_->Stop();
  }
  if (coordinator_scheduler_ != nullptr) {
    coordinator_scheduler_->Stop();
  }
  if (outbox_ != nullptr) {
    outbox_->Stop();   // it reads from the worker
  }
  if (worker_ != nullptr) {
    worker_->Stop();
  }
}

}  // namespace weir::cli
