// The coordinator's part in the cluster: registers its node, stands for election, and while it
// leads gives shards to workers (common/cluster/placement.h) and publishes rule sets. It is off the
// path of events: while nobody leads, everything that is placed goes on.
//
// What it decides is in the metadata store and nowhere else. Every write is fenced by the leader's
// key and by the keys of the workers that it gives or asks something, and compares what it
// replaces: what a leader that was paused still sends does nothing. All calls are tasks of the
// store's scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/cluster/node_registration.h"
#include "common/cluster/node_watch.h"
#include "common/cluster/placement.h"
#include "common/cluster/rule_feed.h"
#include "common/cluster/table_watch.h"
#include "common/meta/election.h"
#include "common/meta/session.h"

namespace weir::coordinator {

struct LeaderOptions {
  std::string id;           // of the coordinator
  cluster::NodeInfo info;
  uint16_t shard_count = 256;
  // Workers that start together share: no shard is given away before the first of them has been
  // there for so long, and none is asked to move before the last has.
  int64_t placement_delay_ms = 2000;
  // How far ahead a rule set becomes active, so that all nodes know it by then.
  int64_t activation_delay_ms = 2000;
  // Stamps are not of this clock: a new rule set is active at once.
  bool replay = false;
};

struct NodeStatus {
  cluster::NodeName name;
  cluster::NodeInfo info;   // of a node that is gone: as it was last seen here, or empty
  bool alive = false;       // gone nodes are listed while they have shards
  bool leader = false;
  uint32_t shards = 0;      // of a worker
  uint32_t leaving = 0;     // of these, those that it is asked to hand over
};

struct LeaderStatus {
  bool leading = false;               // this coordinator
  bool registered = false;            // this coordinator has a live lease; else the rest may be old
  cluster::LeaderInfo leader;         // id "": nobody, as far as known
  UnixMillis leader_since_ms = 0;     // since when it has been seen here
  std::vector<NodeStatus> nodes;      // by role and id
  int64_t table_revision = 0;
  uint32_t shards_served = 0;         // whose worker lives
  uint32_t shards_unassigned = 0;
  uint32_t shards_unserved = 0;       // whose worker is gone
  uint32_t shards_damaged = 0;        // whose entry cannot be read
  RuleSetVersion rules;               // newest; 0: none
};

class Leader {
 public:
  using Proposed = std::function<void(StatusOr<RuleSetVersion>)>;

  // All outlive the leader. It opens the session.
  Leader(const LeaderOptions& options, meta::MetaStore* store, task::Scheduler* scheduler,
         meta::Session* session, const Clock* clock);
  ~Leader();   // stops
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;

  void Start();
  // Resigns, as far as the store is reached. No callback after it.
  void Stop();

  // Makes these files the cluster's rules; version and active_from_ms are decided here. Nothing is
  // published if they changed nothing since they were published last (cluster::WithFiles). Waits until this coordinator
  // leads or another has published the same. done, which may be null, is told the version;
  // kAborted: another proposal came. The first set of a cluster is active from the beginning of
  // time.
  void ProposeRules(cluster::RuleSetTexts rules, Proposed done);

  // Makes these the next version, if `before` is still the newest; version and active_from_ms are decided
  // here. kFailedPrecondition: another coordinator leads, or nobody; kAborted: `before` is not the newest.
  // done is called later, on the scheduler, or dropped with the leader.
  void PublishRules(cluster::RuleSetTexts rules, RuleSetVersion before, Proposed done);

  bool leading() const { return election_.leading(); }
  LeaderStatus GetStatus() const;
  const cluster::ShardTable& table() const { return table_.table(); }

 private:
  struct Proposal {
    cluster::RuleSetTexts rules;
    Proposed done;
    uint64_t id = 0;
  };

  void OnNodes(const cluster::NodeWatch::Nodes& nodes);
  void OnTable();
  void OnLeaderKey();
  void OnRules(const cluster::RuleSetTexts& rules);

  // Looks at what is known and does what is due for the shards.
  void StepShards();
  std::map<std::string, cluster::Node> LiveWorkers() const;
  void WakeAt(int64_t due_ms);
  cluster::PlacementInput MakeInput(const std::map<std::string, cluster::Node>& workers) const;
  void NoteAsked();
  void Commit(const std::vector<cluster::PlacementChange>& changes,
              const std::map<std::string, cluster::Node>& workers);
  void TakeCommit(const std::vector<cluster::PlacementChange>& changes,
                  const StatusOr<meta::TxnResult>& result);

  // The same for the rules.
  void StepRules();
  void TakePublished(uint64_t proposal, const StatusOr<RuleSetVersion>& version);
  void StepRulesLater();
  // Of a set that is published now, after this one (null: the first).
  UnixMillis ActiveFrom(const cluster::RuleSetTexts* newest) const;
  void AnswerProposal(const StatusOr<RuleSetVersion>& version);

  void CountShards(LeaderStatus* status, std::map<cluster::NodeName, NodeStatus>* nodes) const;
  // Calls f unless the leader was stopped.
  template <typename F>
  auto Guard(F f);

  const LeaderOptions options_;
  meta::MetaStore* const store_;
  task::Scheduler* const scheduler_;
  const Clock* const clock_;
  bool started_ = false;
  cluster::NodeRegistration registration_;
  meta::Election election_;
  cluster::NodeWatch nodes_;
  cluster::TableWatch table_;
  cluster::PrefixWatch leader_key_;
  cluster::RuleFeed feed_;

  std::map<cluster::NodeName, cluster::NodeInfo> last_infos_;   // of workers, also of those gone
  // Shards that were asked to go, and in which life of their worker (its key's creation): who
  // refused once is not asked again.
  std::map<ShardId, meta::Revision> asked_;
  bool committing_ = false;          // a transaction is under way
  bool paused_ = false;              // after one that failed, until a change or for a while
  meta::Revision committed_ = 0;     // the table has to show it before the next
  task::Scheduler::TimerId wake_ = 0;

  std::optional<Proposal> proposal_;
  uint64_t last_proposal_id_ = 0;
  bool publishing_ = false;
  bool rules_paused_ = false;        // until a while is over

  cluster::LeaderInfo leader_;
  meta::Revision leader_created_ = 0;
  UnixMillis leader_since_ms_ = 0;
  std::shared_ptr<uint64_t> generation_ = std::make_shared<uint64_t>(0);
};

}  // namespace weir::coordinator
