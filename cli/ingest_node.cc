// weir ingest, without files: takes events for the cluster.
#include <map>
#include <mutex>
#include <utility>

#include "cli/cluster_member.h"
#include "cli/node_security.h"
#include "cli/role_node.h"
#include "cli/role_options.h"
#include "common/cluster/keys.h"
#include "common/cluster/node_registration.h"
#include "common/cluster/node_watch.h"
#include "common/cluster/rule_feed.h"
#include "common/cluster/table_watch.h"
#include "common/rpc/server.h"
#include "ingest/dispatcher.h"
#include "ingest/pipeline.h"
#include "ingest/remote_link.h"
#include "ingest/rule_source.h"
#include "ingest/services.h"
#include "ingest/status_service.h"
#include "worker/rule_store.h"

namespace weir::cli {
namespace {

class IngestNode final : public RoleNode {
 public:
  ~IngestNode() override { Stop(); }

  Status Open(const config::Config& config, const Clock* clock);
  const std::string& address() const override { return server_->address(); }
  const std::string& id() const override { return member_->id(); }
  void Stop() override;

  std::vector<task::Scheduler*> Schedulers() override { return {member_->scheduler(), &data_}; }
  std::vector<std::string> NotReady() override;
  void FillMetrics(MetricSink* sink) override;
  const rpc::AccessControl* access() const override { return security_.access.get(); }

 private:
  void OnRules(const cluster::RuleSetTexts& texts);
  void OnNodes(const cluster::NodeWatch::Nodes& nodes);
  void OnTable(const cluster::ShardTable& table);
  std::string AddressOf(const std::string& worker) const;

  int64_t drain_timeout_ms_ = 0;
  NodeSecurity security_;
  bool stopped_ = false;
  std::unique_ptr<ClusterMember> member_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> addresses_;   // of workers, also of those that were there
  std::size_t shards_known_ = 0;                   // of the table
  std::size_t shards_unassigned_ = 0;
  std::unique_ptr<ingest::CompiledRuleFeed> compiled_;
  task::ThreadScheduler data_;   // of the dispatcher, its links and the pipeline's delays
  std::unique_ptr<ingest::Dispatcher> dispatcher_;
  std::unique_ptr<ingest::Pipeline> pipeline_;
  std::unique_ptr<ingest::Services> services_;
  std::unique_ptr<ingest::StatusService> status_;
  std::unique_ptr<rpc::Server> server_;
  // Compiles rule sets, away from the scheduler that keeps the lease alive.
  task::ThreadScheduler compiler_;
  // Of the member's scheduler.
  std::unique_ptr<cluster::NodeRegistration> registration_;
  std::unique_ptr<cluster::TableWatch> table_;
  std::unique_ptr<cluster::NodeWatch> nodes_;
  std::unique_ptr<cluster::RuleFeed> rules_;
};

Status IngestNode::Open(const config::Config& config, const Clock* clock) {
  drain_timeout_ms_ = config.drain_timeout_ms;
  WEIR_ASSIGN_OR_RETURN(security_, MakeNodeSecurity(config));
  security_.server.connection_age_ms_max = config.connection_max_age_ms;
  security_.server.connection_grace_ms = config.connection_grace_ms;
  WEIR_ASSIGN_OR_RETURN(
      member_, ClusterMember::Join(
                   config, config.cluster_node.empty() ? NewNodeId() : config.cluster_node, clock));
  compiled_ = std::make_unique<ingest::CompiledRuleFeed>(config.clock == "replay");
  dispatcher_ = std::make_unique<ingest::Dispatcher>(
      ingest::DispatcherOptions(), &data_, [this](const std::string& worker) {
        ingest::RemoteLinkOptions options;
        options.cluster_id = member_->settings().cluster_id;
        options.worker_id = worker;
        options.ingest_id = member_->id();
        options.incarnation = member_->incarnation();
        options.credentials = security_.peers;
        return ingest::MakeRemoteLink(options, &data_,
                                      [this, worker] { return AddressOf(worker); });
      });
  WEIR_ASSIGN_OR_RETURN(ingest::PipelineOptions pipeline, MakePipelineOptions(config));
  pipeline_ = std::make_unique<ingest::Pipeline>(std::move(pipeline), dispatcher_.get(),
                                                 compiled_.get(), &data_, clock);
  pipeline_->Start();
  services_ = std::make_unique<ingest::Services>(
      MakeCollectOptions(config), pipeline_.get(), ingest::SingleTenant(config.tenant));
  status_ = std::make_unique<ingest::StatusService>(member_->settings().cluster_id, member_->id(),
                                                    services_.get());
  std::vector<grpc::Service*> services = services_->list();
  services.push_back(status_.get());
  WEIR_ASSIGN_OR_RETURN(server_, rpc::Server::Start(config.listen, services, security_.server));
  const cluster::NodeInfo info = member_->Info(AdvertisedAddress(config, server_->address()));
  member_->scheduler()->Run([&] {
    meta::MetaStore* store = member_->store();
    task::Scheduler* scheduler = member_->scheduler();
    registration_ = std::make_unique<cluster::NodeRegistration>(
        store, scheduler, member_->session(),
        cluster::NodeName{std::string(cluster::kIngestRole), member_->id()}, info, nullptr, nullptr);
    nodes_ = std::make_unique<cluster::NodeWatch>(
        store, scheduler, [this](const cluster::NodeWatch::Nodes& nodes) { OnNodes(nodes); });
    table_ = std::make_unique<cluster::TableWatch>(
        store, scheduler, static_cast<uint16_t>(config.shards),
        [this](const cluster::ShardTable& table) { OnTable(table); });
    rules_ = std::make_unique<cluster::RuleFeed>(
        store, scheduler, [this](const cluster::RuleSetTexts& texts) { OnRules(texts); });
    nodes_->Start();
    table_->Start();
    rules_->Start();
    registration_->Start();
  });
  return OkStatus();
}

void IngestNode::OnRules(const cluster::RuleSetTexts& texts) {
  compiler_.Post([this, texts] {
    std::vector<std::vector<rule::Finding>> findings;
    compiled_->Add(worker::CompileRuleFiles(FilesOf(texts), CompileOptionsOf(texts), texts.version,
                                            &findings),
                   texts.active_from_ms);
    member_->scheduler()->Post([this, version = texts.version] {
      if (registration_ != nullptr) {
        registration_->SetRules(version);
      }
    });
  });
}

void IngestNode::OnNodes(const cluster::NodeWatch::Nodes& nodes) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, node] : nodes) {
    if (name.role == cluster::kWorkerRole) {
      addresses_[name.id] = node.info.address;
    }
  }
}

void IngestNode::OnTable(const cluster::ShardTable& table) {
  dispatcher_->SetTable(table);
  const std::lock_guard lock(mutex_);
  shards_known_ = table.entries.size();
  shards_unassigned_ = 0;
  for (const cluster::ShardEntry& entry : table.entries) {
    shards_unassigned_ += entry.worker.empty() ? 1 : 0;
  }
}

// A metadata store that is away is no reason: what is known of the workers goes on to hold, and taking all
// ingest nodes out at once would make a small outage a large one.
std::vector<std::string> IngestNode::NotReady() {
  std::vector<std::string> reasons;
  if (compiled_->newest() == nullptr) {
    reasons.emplace_back("no rule set is known yet");
  }
  const std::lock_guard lock(mutex_);
  if (shards_known_ == 0) {
    reasons.emplace_back("the shard table is not known yet");
  } else if (shards_unassigned_ != 0) {
    reasons.push_back(
        fmt::format("{} of {} shards have no worker yet", shards_unassigned_, shards_known_));
  }
  return reasons;
}

void IngestNode::FillMetrics(MetricSink* sink) {
  weir::cluster::v1::IngestStatus services;
  services_->FillStatus(&services);
  FillIngestMetrics(pipeline_->GetStatus(), dispatcher_->GetStatus(), services, sink);
  FillHeardMetrics(pipeline_->Sources(), sink);
  FillMemberMetrics(member_->SessionAlive(), sink);
}

std::string IngestNode::AddressOf(const std::string& worker) const {
  const std::lock_guard lock(mutex_);
  const auto found = addresses_.find(worker);
  return found == addresses_.end() ? "" : found->second;
}

void IngestNode::Stop() {
  if (stopped_) {
    return;
  }
  stopped_ = true;
  if (server_ != nullptr) {
    server_->SetServing(false);
    services_->Drain();
    server_->Shutdown(drain_timeout_ms_);
  }
  if (pipeline_ != nullptr) {
    pipeline_->Stop();
  }
  if (dispatcher_ != nullptr) {
    dispatcher_->Stop();
  }
  if (member_ != nullptr) {
    member_->scheduler()->Run([this] {
      rules_.reset();
      table_.reset();
      nodes_.reset();
      registration_.reset();
    });
  }
  compiler_.Stop();
  data_.Stop();
  if (member_ != nullptr) {
    member_->Leave();
  }
}

}  // namespace

StatusOr<std::unique_ptr<RoleNode>> StartIngestNode(const config::Config& config,
                                                    const Clock* clock) {
  auto node = std::make_unique<IngestNode>();
  WEIR_RETURN_IF_ERROR(node->Open(config, clock));
  return std::unique_ptr<RoleNode>(std::move(node));
}

}  // namespace weir::cli
