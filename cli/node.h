// One process with every role, wired: store, worker, ingest, coordinator, gRPC server. The only place
// that names them all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/node_probes.h"
#include "cli/node_security.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/config/config.h"
#include "common/rpc/server.h"
#include "common/state/state_store.h"
#include "common/task/thread_scheduler.h"
#include "coordinator/alert_index.h"
#include "coordinator/alert_service.h"
#include "coordinator/cluster_service.h"
#include "coordinator/explain_service.h"
#include "coordinator/group_service.h"
#include "coordinator/rule_service.h"
#include "coordinator/source_watch.h"
#include "coordinator/spread_judge.h"
#include "ingest/dispatcher.h"
#include "ingest/pipeline.h"
#include "ingest/rule_source.h"
#include "ingest/services.h"
#include "worker/alert_outbox.h"
#include "worker/sink_service.h"
#include "worker/worker.h"

namespace weir::cli {

class Node final : public ProbeTarget {
 public:
  // Opens the store below data_dir, loads the rules, recovers and listens. Tests pass their own store
  // and clock; null makes the real ones.
  static StatusOr<std::unique_ptr<Node>> Start(const config::Config& config,
                                               std::unique_ptr<state::StateStore> store,
                                               const Clock* clock);
  ~Node() override;   // stops

  const std::string& address() const { return server_->address(); }
  std::size_t rules_loaded() const { return rules_loaded_; }
  std::size_t rules_refused() const { return rules_refused_; }
  const std::vector<weir::cluster::v1::RuleFileStatus>& rule_files() const { return rule_files_; }
  worker::Worker* worker() { return worker_.get(); }
  worker::AlertOutbox* outbox() { return outbox_.get(); }

  std::vector<task::Scheduler*> Schedulers() override;
  std::vector<std::string> NotReady() override;
  void FillMetrics(MetricSink* sink) override;
  const rpc::AccessControl* access() const override { return security_.access.get(); }

  // Takes no more calls, finishes what was accepted, checkpoints. Idempotent.
  void Stop();

 private:
  Node() = default;
  Status Open(const config::Config& config, std::unique_ptr<state::StateStore> store,
              const Clock* clock);
  Status LoadRules(const config::Config& config);
  void MakeRuleService();
  void WatchSources(const config::Config& config);
  void FillSources(weir::cluster::v1::ListSourcesResponse* sources) const;

  SystemClock system_clock_;
  const Clock* clock_ = nullptr;
  int64_t drain_timeout_ms_ = 0;
  NodeSecurity security_;
  std::vector<weir::cluster::v1::RuleFileStatus> rule_files_;
  std::size_t rules_loaded_ = 0;
  std::size_t rules_refused_ = 0;
  // In order of construction; each uses those before it.
  std::unique_ptr<state::StateStore> store_;
  std::unique_ptr<coordinator::AlertIndex> index_;
  std::unique_ptr<worker::AlertOutbox> outbox_;
  std::unique_ptr<worker::Worker> worker_;
  std::unique_ptr<task::ThreadScheduler> scheduler_;   // of ingest
  std::unique_ptr<ingest::CompiledRuleFeed> rule_feed_;
  std::unique_ptr<ingest::Dispatcher> dispatcher_;
  std::unique_ptr<ingest::Pipeline> pipeline_;
  std::unique_ptr<task::ThreadScheduler> coordinator_scheduler_;
  std::unique_ptr<coordinator::SpreadCluster> spread_cluster_;
  std::unique_ptr<coordinator::SpreadJudge> spread_judge_;
  std::unique_ptr<ingest::Services> ingest_services_;
  std::unique_ptr<task::ThreadScheduler> listening_;   // for sources that go silent
  std::unique_ptr<coordinator::SourceWatch> source_watch_;
  std::unique_ptr<coordinator::AlertService> alert_service_;
  std::unique_ptr<coordinator::ClusterService> cluster_service_;
  std::unique_ptr<worker::SinkService> sink_service_;
  std::unique_ptr<coordinator::RuleService> rule_service_;
  std::unique_ptr<coordinator::ExplainService> explain_service_;
  std::unique_ptr<coordinator::GroupService> group_service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace weir::cli
