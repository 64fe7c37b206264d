// weir worker: shards of the cluster, with their data.
#include <utility>

#include "cli/alert_sinks.h"
#include "cli/cluster_member.h"
#include "cli/node_security.h"
#include "cli/role_node.h"
#include "cli/role_options.h"
#include "common/cluster/rule_feed.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"
#include "worker/alert_feed.h"
#include "worker/alert_outbox.h"
#include "worker/shard_keeper.h"
#include "worker/sink_service.h"
#include "worker/worker.h"
#include "worker/worker_service.h"
#include "worker/worker_shard_holder.h"

namespace weir::cli {
namespace {

constexpr int64_t kRulesRetryMs = 5000;

class WorkerNode final : public RoleNode {
 public:
  ~WorkerNode() override { Stop(); }

  Status Open(const config::Config& config, const Clock* clock);
  const std::string& address() const override { return server_->address(); }
  const std::string& id() const override { return member_->id(); }
  void Stop() override;

  std::vector<task::Scheduler*> Schedulers() override { return {member_->scheduler()}; }
  std::vector<std::string> NotReady() override;
  void FillMetrics(MetricSink* sink) override;
  const rpc::AccessControl* access() const override { return security_.access.get(); }

 private:
  void TakeRules(const cluster::RuleSetTexts& texts);

  int64_t drain_timeout_ms_ = 0;
  NodeSecurity security_;
  bool stopped_ = false;
  std::unique_ptr<ClusterMember> member_;
  std::unique_ptr<state::StateStore> store_;
  std::unique_ptr<worker::AlertFeed> alerts_;
  std::unique_ptr<worker::AlertOutbox> outbox_;
  std::unique_ptr<worker::Worker> worker_;
  std::unique_ptr<worker::WorkerService> service_;
  std::unique_ptr<worker::SinkService> sink_service_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<worker::WorkerShardHolder> holder_;
  // Compiles rule sets, away from the scheduler that keeps the lease alive.
  task::ThreadScheduler compiler_;
  // Of the member's scheduler.
  std::unique_ptr<worker::ShardKeeper> keeper_;
  std::unique_ptr<cluster::RuleFeed> rules_;
};

Status WorkerNode::Open(const config::Config& config, const Clock* clock) {
  drain_timeout_ms_ = config.drain_timeout_ms;
  WEIR_ASSIGN_OR_RETURN(security_, MakeNodeSecurity(config));
  WEIR_ASSIGN_OR_RETURN(std::string id, WorkerIdOf(config.data_dir, config.cluster_node));
  WEIR_ASSIGN_OR_RETURN(member_, ClusterMember::Join(config, std::move(id), clock));
  WEIR_RETURN_IF_ERROR(CheckClusterOf(config.data_dir, member_->settings().cluster_id));
  WEIR_ASSIGN_OR_RETURN(store_, OpenStore(config));
  alerts_ = std::make_unique<worker::AlertFeed>(
      static_cast<std::size_t>(config.coordinator_alerts_max));
  WEIR_ASSIGN_OR_RETURN(outbox_, OpenSinks(config, store_.get(), clock, alerts_.get()));
  worker_ = std::make_unique<worker::Worker>(MakeWorkerOptions(config), store_.get(), clock,
                                             outbox_.get());
  WEIR_RETURN_IF_ERROR(worker_->Start());
  outbox_->Start(
      [worker = worker_.get()](const Hash128& alert) { return worker->GetAlert(alert); });
  worker::WorkerService::Options options;
  options.cluster_id = member_->settings().cluster_id;
  options.worker_id = member_->id();
  options.incarnation = member_->incarnation();
  service_ = std::make_unique<worker::WorkerService>(options, worker_.get(), alerts_.get());
  sink_service_ = std::make_unique<worker::SinkService>(outbox_.get());
  WEIR_ASSIGN_OR_RETURN(server_, rpc::Server::Start(config.listen,
                                                    {service_.get(), sink_service_.get()},
                                                    security_.server));
  holder_ = std::make_unique<worker::WorkerShardHolder>(worker_.get());
  worker::ShardKeeperOptions keeper;
  keeper.worker_id = member_->id();
  keeper.info = member_->Info(AdvertisedAddress(config, server_->address()));
  keeper.shard_count = static_cast<uint16_t>(config.shards);
  member_->scheduler()->Run([&] {
    keeper_ = std::make_unique<worker::ShardKeeper>(keeper, member_->store(), member_->scheduler(),
                                                    member_->session(), holder_.get());
    rules_ = std::make_unique<cluster::RuleFeed>(
        member_->store(), member_->scheduler(),
        [this](const cluster::RuleSetTexts& texts) {
          compiler_.Post([this, texts] { TakeRules(texts); });
        });
    rules_->Start();
    keeper_->Start();
  });
  return OkStatus();
}

// On the compiler's thread. What cannot be taken now, with a full disk for instance, is tried again: without
// it the worker would refuse the frames of all nodes.
void WorkerNode::TakeRules(const cluster::RuleSetTexts& texts) {
  const Status status = worker_->ActivateVersion(texts.version, FilesOf(texts),
                                                 CompileOptionsOf(texts), texts.active_from_ms);
  if (!status.ok()) {
    log::Error("a rule set cannot be taken", {{"version", static_cast<int64_t>(texts.version.value)},
                                              {"reason", std::string(Message(status))}});
    compiler_.PostAfter(kRulesRetryMs, [this, texts] { TakeRules(texts); });
    return;
  }
  member_->scheduler()->Post([this, version = texts.version] {
    if (keeper_ != nullptr) {
      keeper_->SetRules(version);
    }
  });
}

std::vector<std::string> WorkerNode::NotReady() {
  std::vector<std::string> reasons = WorkerNotReady(worker_->GetStatus());
  if (!member_->SessionAlive()) {
    reasons.emplace_back("no live lease in the metadata store");
  }
  return reasons;
}

void WorkerNode::FillMetrics(MetricSink* sink) {
  FillWorkerMetrics(worker_->GetStatus(), sink);
  FillSinkMetrics(outbox_->GetStatus(), SystemClock().Now(), sink);
  FillMemberMetrics(member_->SessionAlive(), sink);
}

void WorkerNode::Stop() {
  if (stopped_) {
    return;
  }
  stopped_ = true;
  if (server_ != nullptr) {
    server_->SetServing(false);
    service_->Drain();
    server_->Shutdown(drain_timeout_ms_);
  }
  if (member_ != nullptr) {
    member_->scheduler()->Run([this] {
      rules_.reset();
      keeper_.reset();
    });
  }
  compiler_.Stop();
  if (outbox_ != nullptr) {
    outbox_->Stop();
  }
  if (worker_ != nullptr) {
    worker_->Stop();
  }
  if (member_ != nullptr) {
    member_->Leave();
  }
}

}  // namespace

StatusOr<std::unique_ptr<RoleNode>> StartWorkerNode(const config::Config& config,
                                                    const Clock* clock) {
  auto node = std::make_unique<WorkerNode>();
  WEIR_RETURN_IF_ERROR(node->Open(config, clock));
  return std::unique_ptr<RoleNode>(std::move(node));
}

}  // namespace weir::cli
