// weir coordinator: stands for leader, gathers alerts, answers people.
#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "cli/cli.h"
#include "cli/cluster_member.h"
#include "cli/node_security.h"
#include "cli/role_node.h"
#include "cli/role_options.h"
#include "cli/rule_backends.h"
#include "common/cluster/keys.h"
#include "common/cluster/node_watch.h"
#include "common/cluster/table_watch.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"
#include "coordinator/alert_index.h"
#include "coordinator/alert_service.h"
#include "coordinator/cluster_service.h"
#include "coordinator/explain_service.h"
#include "coordinator/group_service.h"
#include "coordinator/ingest_client.h"
#include "coordinator/leader.h"
#include "coordinator/leader_client.h"
#include "coordinator/remote_alert_backend.h"
#include "coordinator/remote_spread_cluster.h"
#include "coordinator/rule_service.h"
#include "coordinator/source_watch.h"
#include "coordinator/spread_judge.h"
#include "coordinator/worker_client.h"
#include "worker/rule_store.h"

namespace weir::cli {
namespace {

constexpr int64_t kJudgeTimeoutMs = 60 * 1000;
// How soon the judge of spread rules learns that this coordinator leads, or does not any more. Two may
// judge for a moment: a home shard takes each tick once.
constexpr int64_t kLeadingPollMs = 200;
// How often it is looked again who leads, or whether the newest rules are compiled.
constexpr auto kJudgeRetry = std::chrono::milliseconds(100);

class CoordinatorNode final : public RoleNode {
 public:
  ~CoordinatorNode() override { Stop(); }

  Status Open(const config::Config& config, const Clock* clock);
  const std::string& address() const override { return server_->address(); }
  const std::string& id() const override { return member_->id(); }
  void Stop() override;

  std::vector<task::Scheduler*> Schedulers() override {
    return {member_->scheduler(), &follower_, &judging_};
  }
  std::vector<std::string> NotReady() override;
  void FillMetrics(MetricSink* sink) override;
  const rpc::AccessControl* access() const override { return security_.access.get(); }

 private:
  Status LoadRules(const config::Config& config, cluster::RuleSetTexts* texts);
  void StartLeader(const config::Config& config, const Clock* clock, cluster::RuleSetTexts texts);
  coordinator::ClusterService::Options ServiceOptions(const config::Config& config);
  void OnNodes(const cluster::NodeWatch::Nodes& nodes);
  void OnRules(const cluster::RuleSetTexts& texts);
  coordinator::LeaderStatus GetLeaderStatus();
  std::optional<coordinator::LeaderStatus> TryLeaderStatus();
  void MakeJudge(const config::Config& config);
  void MakeRuleService(const config::Config& config, const Clock* clock);
  void WatchSources(const config::Config& config, const Clock* clock);
  std::unique_ptr<coordinator::AlertBackend> AlertsOf(const config::Config& config);
  cluster::ShardEntry EntryOf(ShardId shard) const;
  void TellJudge();
  Status WaitJudged(bool forwarded);
  Status WaitSpreadJudged(std::chrono::steady_clock::time_point until);
  bool KnowsNewestRules(const coordinator::LeaderStatus& status);

  int64_t drain_timeout_ms_ = 0;
  NodeSecurity security_;
  bool stopped_ = false;
  std::unique_ptr<ClusterMember> member_;
  std::vector<weir::cluster::v1::RuleFileStatus> rule_files_;
  std::unique_ptr<coordinator::AlertIndex> index_;
  task::ThreadScheduler follower_;   // of what follows the workers
  std::unique_ptr<coordinator::WorkerClient> workers_;
  std::unique_ptr<coordinator::IngestClient> ingests_;
  std::unique_ptr<coordinator::AlertService> alert_service_;
  std::unique_ptr<coordinator::ClusterService> cluster_service_;
  RuleHistory rule_history_;
  std::unique_ptr<coordinator::RuleService> rule_service_;
  std::unique_ptr<coordinator::ExplainService> explain_service_;
  std::unique_ptr<coordinator::GroupService> group_service_;
  std::unique_ptr<rpc::Server> server_;
  task::ThreadScheduler compiler_;   // of rule sets
  mutable std::mutex mutex_;
  plan::RuleSetPtr rules_;           // the newest
  std::vector<coordinator::WorkerPeer> peers_;
  cluster::ShardTable shards_;
  task::ThreadScheduler judging_;    // of spread rules
  std::unique_ptr<coordinator::RemoteSpreadCluster> spread_cluster_;
  std::unique_ptr<coordinator::SpreadJudge> judge_;
  task::ThreadScheduler listening_;  // for sources that go silent
  std::unique_ptr<coordinator::SourceWatch> source_watch_;
  // Of the member's scheduler.
  std::unique_ptr<coordinator::Leader> leader_;
  std::unique_ptr<cluster::NodeWatch> nodes_;
  std::unique_ptr<cluster::TableWatch> table_;
  std::unique_ptr<cluster::RuleFeed> feed_;
};

Status CoordinatorNode::Open(const config::Config& config, const Clock* clock) {
  drain_timeout_ms_ = config.drain_timeout_ms;
  WEIR_ASSIGN_OR_RETURN(security_, MakeNodeSecurity(config));
  cluster::RuleSetTexts texts;
  WEIR_RETURN_IF_ERROR(LoadRules(config, &texts));
  WEIR_ASSIGN_OR_RETURN(
      member_, ClusterMember::Join(
                   config, config.cluster_node.empty() ? NewNodeId() : config.cluster_node, clock));
  index_ = std::make_unique<coordinator::AlertIndex>(
      static_cast<std::size_t>(config.coordinator_alerts_max),
      static_cast<std::size_t>(config.coordinator_watch_queue));
  coordinator::WorkerClient::Options client;
  client.cluster_id = member_->settings().cluster_id;
  client.credentials = security_.peers;
  workers_ = std::make_unique<coordinator::WorkerClient>(client, &follower_, index_.get());
  coordinator::IngestClient::Options ingests;
  ingests.cluster_id = member_->settings().cluster_id;
  ingests.credentials = security_.peers;
  ingests_ = std::make_unique<coordinator::IngestClient>(std::move(ingests));
  MakeJudge(config);
  alert_service_ = std::make_unique<coordinator::AlertService>(index_.get(), AlertsOf(config));
  cluster_service_ = std::make_unique<coordinator::ClusterService>(ServiceOptions(config),
                                                                   index_.get(), clock);
  MakeRuleService(config, clock);
  const auto groups = [this] {
    return coordinator::MakeRemoteGroupBackend(workers_.get(), [this] {
      const std::lock_guard lock(mutex_);
      return rules_;
    });
  };
  explain_service_ = std::make_unique<coordinator::ExplainService>(
      coordinator::EventExplainer::Options{config.tenant, static_cast<uint16_t>(config.shards)},
      AlertsOf(config), groups());
  group_service_ = std::make_unique<coordinator::GroupService>(groups());
  WEIR_ASSIGN_OR_RETURN(
      server_, rpc::Server::Start(config.listen, {alert_service_.get(), cluster_service_.get(),
                                                  rule_service_.get(), explain_service_.get(),
                                                  group_service_.get()},
                                  security_.server));
  StartLeader(config, clock, std::move(texts));
  WatchSources(config, clock);
  return OkStatus();
}

Status CoordinatorNode::LoadRules(const config::Config& config, cluster::RuleSetTexts* texts) {
  WEIR_ASSIGN_OR_RETURN(const LoadedRules loaded, LoadRuleFiles(config));
  std::vector<std::vector<rule::Finding>> findings;
  const plan::RuleSetPtr compiled = worker::CompileRuleFiles(
      loaded.files, MakeCompileOptions(config), RuleSetVersion(0), &findings);
  rule_files_ = StatusesOf(loaded, findings, *compiled);
  for (const weir::cluster::v1::RuleFileStatus& file : rule_files_) {
    if (file.state() == weir::cluster::v1::RULE_FILE_STATE_REFUSED) {
      log::Warn("rule refused", {{"path", file.path()},
                                 {"reason", file.findings_size() > 0 ? file.findings(0) : ""}});
    }
  }
  *texts = TextsOf(loaded, config);
  return OkStatus();
}

void CoordinatorNode::StartLeader(const config::Config& config, const Clock* clock,
                                  cluster::RuleSetTexts texts) {
  coordinator::LeaderOptions options;
  options.id = member_->id();
  options.info = member_->Info(AdvertisedAddress(config, server_->address()));
  options.shard_count = static_cast<uint16_t>(config.shards);
  options.placement_delay_ms = config.cluster_placement_delay_ms;
  options.activation_delay_ms = config.cluster_activation_delay_ms;
  options.replay = config.clock == "replay";
  options.classes_of = [](const cluster::RuleSetTexts& rules) {
    std::vector<std::vector<rule::Finding>> findings;
    return worker::ClassesAfter(*worker::CompileRuleFiles(FilesOf(rules), CompileOptionsOf(rules),
                                                          rules.version, &findings));
  };
  member_->scheduler()->Run([&] {
    leader_ = std::make_unique<coordinator::Leader>(options, member_->store(), member_->scheduler(),
                                                    member_->session(), clock);
    nodes_ = std::make_unique<cluster::NodeWatch>(
        member_->store(), member_->scheduler(),
        [this](const cluster::NodeWatch::Nodes& nodes) { OnNodes(nodes); });
    feed_ = std::make_unique<cluster::RuleFeed>(
        member_->store(), member_->scheduler(),
        [this](const cluster::RuleSetTexts& newest) { OnRules(newest); });
    table_ = std::make_unique<cluster::TableWatch>(
        member_->store(), member_->scheduler(), options.shard_count,
        [this](const cluster::ShardTable& table) {
          const std::lock_guard lock(mutex_);
          shards_ = table;
        });
    nodes_->Start();
    table_->Start();
    feed_->Start();
    leader_->Start();
    TellJudge();
    // A coordinator that names no rules leaves those of the cluster alone.
    if (!texts.files.empty()) {
      leader_->ProposeRules(std::move(texts), [](const StatusOr<RuleSetVersion>& version) {
        if (version.ok()) {
          log::Info("rules of this coordinator are published",
                    {{"version", static_cast<int64_t>(version->value)}});
        } else {
          log::Warn("rules of this coordinator are not published",
                    {{"reason", std::string(Message(version.status()))}});
        }
      });
    }
  });
}

void CoordinatorNode::MakeJudge(const config::Config& config) {
  coordinator::RemoteSpreadCluster::Options remote;
  remote.cluster_id = member_->settings().cluster_id;
  remote.credentials = security_.peers;
  spread_cluster_ = std::make_unique<coordinator::RemoteSpreadCluster>(
      remote, &judging_,
      [this] {
        const std::lock_guard lock(mutex_);
        return peers_;
      },
      [this](ShardId shard) { return EntryOf(shard); });
  coordinator::SpreadJudge::Options options;
  options.tenant = config.tenant;
  options.shard_count = static_cast<uint16_t>(config.shards);
  judge_ = std::make_unique<coordinator::SpreadJudge>(options, spread_cluster_.get(), &judging_);
}

void CoordinatorNode::WatchSources(const config::Config& config, const Clock* clock) {
  coordinator::SourceWatch::Options options;
  options.interval_ms = SourceWatchInterval(config);
  options.leading = [this] {
    const std::optional<coordinator::LeaderStatus> status = TryLeaderStatus();
    return status.has_value() && status->leading;
  };
  options.sources = [this] {
    weir::cluster::v1::ListSourcesResponse sources;
    ingests_->FillSources(&sources);
    return sources;
  };
  options.report = [this](const weir::cluster::v1::ReportSilenceRequest& request) {
    return ingests_->ReportSilence(request);
  };
  source_watch_ = std::make_unique<coordinator::SourceWatch>(std::move(options), &listening_, clock);
  if (config.clock != "replay" && config.sources_silence_ms != 0) {
    source_watch_->Start();
  }
}

void CoordinatorNode::MakeRuleService(const config::Config& config, const Clock* clock) {
  ClusterRules rules;
  rules.history = &rule_history_;
  rules.scheduler = member_->scheduler();
  rules.leader = [this] { return leader_.get(); };
  rules.workers = [this] { return workers_->GetStatus(); };
  rules.clock = clock;
  rules.activation_delay_ms = config.cluster_activation_delay_ms;
  rules.empty = TextsOf(LoadedRules(), config);
  rule_service_ = std::make_unique<coordinator::RuleService>(MakeClusterRuleBackend(std::move(rules)));
}

cluster::ShardEntry CoordinatorNode::EntryOf(ShardId shard) const {
  const std::lock_guard lock(mutex_);
  return shard.value < shards_.entries.size() ? shards_.entries[shard.value]
                                              : cluster::ShardEntry();
}

std::unique_ptr<coordinator::AlertBackend> CoordinatorNode::AlertsOf(const config::Config& config) {
  coordinator::RemoteAlertBackendOptions options;
  options.shard_count = static_cast<uint16_t>(config.shards);
  options.entry = [this](ShardId shard) { return EntryOf(shard); };
  options.rules = [this] {
    const std::lock_guard lock(mutex_);
    return rules_;
  };
  return coordinator::MakeRemoteAlertBackend(std::move(options), workers_.get(), index_.get());
}

void CoordinatorNode::TellJudge() {
  if (leader_ == nullptr) {
    return;
  }
  judge_->SetLeading(leader_->leading());
  member_->scheduler()->PostAfter(kLeadingPollMs, [this] { TellJudge(); });
}

bool CoordinatorNode::KnowsNewestRules(const coordinator::LeaderStatus& status) {
  const std::lock_guard lock(mutex_);
  return status.rules.value == 0 || (rules_ != nullptr && rules_->version >= status.rules);
}

// Only the leader judges spread rules: one that does not lead asks it.
Status CoordinatorNode::WaitJudged(bool forwarded) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kJudgeTimeoutMs);
  if (!forwarded) {
    WEIR_RETURN_IF_ERROR(workers_->WaitJudged(kJudgeTimeoutMs));
  }
  Status last = Unavailable("no coordinator leads; ticks of rules that span shards are not judged");
  while (std::chrono::steady_clock::now() < until) {
    const coordinator::LeaderStatus status = GetLeaderStatus();
    if (status.leading && KnowsNewestRules(status)) {
      last = WaitSpreadJudged(until);
      // Whoever stops leading has nothing more to judge, which says nothing.
      if (!last.ok() || GetLeaderStatus().leading) {
        return last;
      }
      last = Unavailable("coordinator '{}' leads no more", member_->id());
    } else if (forwarded && !status.leading) {
      return Unavailable("coordinator '{}' does not lead", member_->id());
    } else if (!status.leading && !status.leader.address.empty() &&
               status.leader.id != member_->id()) {
      last = coordinator::AskLeaderToWait(status.leader.address, security_.peers,
                                          kJudgeTimeoutMs);
      if (last.ok() || last.code() != StatusCode::kUnavailable) {
        return last;
      }
    }
    std::this_thread::sleep_for(kJudgeRetry);
  }
  return last;
}

Status CoordinatorNode::WaitSpreadJudged(std::chrono::steady_clock::time_point until) {
  auto judged = std::make_shared<std::promise<void>>();
  judge_->SetLeading(true);   // it may not have been told yet
  judge_->Drain([judged] { judged->set_value(); });
  if (judged->get_future().wait_until(until) != std::future_status::ready) {
    return Error(StatusCode::kDeadlineExceeded, "spread rules are not judged after {} ms",
                 kJudgeTimeoutMs);
  }
  return OkStatus();
}

coordinator::ClusterService::Options CoordinatorNode::ServiceOptions(const config::Config& config) {
  coordinator::ClusterService::Options options;
  options.version = Version();
  options.tenant = config.tenant;
  options.workers = [this] { return workers_->GetStatus(); };
  options.rules = [this] {
    const std::lock_guard lock(mutex_);
    return rules_;
  };
  options.wait_judged = [this](bool forwarded) { return WaitJudged(forwarded); };
  options.ingest_status = [this](weir::cluster::v1::IngestStatus* sum) { ingests_->FillStatus(sum); };
  options.sources = [this](weir::cluster::v1::ListSourcesResponse* sum) {
    ingests_->FillSources(sum);
  };
  options.leader = [this] { return GetLeaderStatus(); };
  options.table = [this] {
    cluster::ShardTable table;
    member_->scheduler()->Run([this, &table] {
      if (leader_ != nullptr) {
        table = leader_->table();
      }
    });
    return table;
  };
  options.rule_files = [this] { return rule_files_; };
  return options;
}

coordinator::LeaderStatus CoordinatorNode::GetLeaderStatus() {
  coordinator::LeaderStatus status;
  member_->scheduler()->Run([this, &status] {
    if (leader_ != nullptr) {
      status = leader_->GetStatus();
    }
  });
  return status;
}

// Empty when the scheduler does not answer in time.
std::optional<coordinator::LeaderStatus> CoordinatorNode::TryLeaderStatus() {
  auto status = std::make_shared<coordinator::LeaderStatus>();
  const bool answered = AskWithin(member_->scheduler(), [this, status] {
    if (leader_ != nullptr) {
      *status = leader_->GetStatus();
    }
  });
  return answered ? std::optional(*status) : std::nullopt;
}

// Standbys are ready, too: they answer questions.
std::vector<std::string> CoordinatorNode::NotReady() {
  const std::optional<coordinator::LeaderStatus> status = TryLeaderStatus();
  if (!status.has_value()) {
    return {"the metadata scheduler is busy"};
  }
  std::vector<std::string> reasons;
  if (!status->registered) {
    reasons.emplace_back("no live lease in the metadata store");
  }
  if (status->leader.id.empty()) {
    reasons.emplace_back("no coordinator leads, as far as known");
  }
  return reasons;
}

void CoordinatorNode::FillMetrics(MetricSink* sink) {
  const std::optional<coordinator::LeaderStatus> status = TryLeaderStatus();
  if (status.has_value()) {
    FillLeaderMetrics(*status, sink);
  }
  FillSourceMetrics(*source_watch_, sink);
  FillAlertMetrics(*index_, sink);
  FillMemberMetrics(member_->SessionAlive(), sink);
}

void CoordinatorNode::OnNodes(const cluster::NodeWatch::Nodes& nodes) {
  std::vector<coordinator::WorkerPeer> peers;
  std::vector<coordinator::IngestPeer> ingests;
  for (const auto& [name, node] : nodes) {
    if (name.role == cluster::kIngestRole) {
      ingests.push_back({name.id, node.info.address});
    }
    if (name.role == cluster::kWorkerRole) {
      peers.push_back({name.id, node.info.address, node.info.incarnation});
    }
  }
  workers_->SetWorkers(peers);
  ingests_->SetNodes(ingests);
  const std::lock_guard lock(mutex_);
  peers_ = std::move(peers);
}

void CoordinatorNode::OnRules(const cluster::RuleSetTexts& texts) {
  rule_history_.Add(texts);
  compiler_.Post([this, texts] {
    std::vector<std::vector<rule::Finding>> findings;
    plan::RuleSetPtr compiled = worker::CompileRuleFiles(FilesOf(texts), CompileOptionsOf(texts),
                                                         texts.version, &findings);
    judge_->SetRules(compiled);
    const std::lock_guard lock(mutex_);
    rules_ = std::move(compiled);
  });
}

void CoordinatorNode::Stop() {
  if (stopped_) {
    return;
  }
  stopped_ = true;
  if (server_ != nullptr) {
    server_->SetServing(false);
    alert_service_->Drain();
    server_->Shutdown(drain_timeout_ms_);
  }
  listening_.Stop();
  if (member_ != nullptr) {
    member_->scheduler()->Run([this] {
      feed_.reset();
      table_.reset();
      nodes_.reset();
      if (leader_ != nullptr) {
        leader_->Stop();
      }
    });
  }
  compiler_.Stop();
  rule_service_.reset();
  explain_service_.reset();
  group_service_.reset();
  cluster_service_.reset();   // its threads ask the leader and the judge
  if (judge_ != nullptr) {
    judge_->Stop();
  }
  spread_cluster_.reset();
  judging_.Stop();
  if (member_ != nullptr) {
    member_->scheduler()->Run([this] { leader_.reset(); });
  }
  if (workers_ != nullptr) {
    workers_->Stop();
  }
  follower_.Stop();
  if (member_ != nullptr) {
    member_->Leave();
  }
}

}  // namespace

StatusOr<std::unique_ptr<RoleNode>> StartCoordinatorNode(const config::Config& config,
                                                         const Clock* clock) {
  auto node = std::make_unique<CoordinatorNode>();
  WEIR_RETURN_IF_ERROR(node->Open(config, clock));
  return std::unique_ptr<RoleNode>(std::move(node));
}

}  // namespace weir::cli
