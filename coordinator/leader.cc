#include "coordinator/leader.h"

#include <algorithm>
#include <utility>

#include "common/cluster/rule_change.h"
#include "common/telemetry/log.h"

namespace weir::coordinator {
namespace {

using cluster::Node;
using cluster::NodeName;
using cluster::PlacementChange;
using cluster::ShardEntry;
using meta::Compare;
using meta::Op;
using Workers = std::map<std::string, Node>;

// Each is an operation and up to two compares of a transaction, with the fences beside them.
constexpr std::size_t kChangesMax = 60;

// The worker that a change gives something to; "" when it only takes back a question.
const std::string& Target(const ShardEntry& before, const ShardEntry& after) {
  return before.worker == after.worker ? after.successor : after.worker;
}

// Holds while the worker lives the life that the leader knows of.
Compare WorkerLives(const Workers& workers, const std::string& id) {
  return Compare::CreatedAt(cluster::NodeKey(cluster::kWorkerRole, id), workers.at(id).created);
}

}  // namespace

Leader::Leader(const LeaderOptions& options, meta::MetaStore* store, task::Scheduler* scheduler,
               meta::Session* session, const Clock* clock)
    : options_(options),
      store_(store),
      scheduler_(scheduler),
      clock_(clock),
      registration_(store, scheduler, session, {std::string(cluster::kCoordinatorRole), options.id},
                    options.info, nullptr, nullptr),
      election_(
          store, scheduler, session,
          {.key = std::string(cluster::kLeaderKey),
           .value = cluster::EncodeLeaderInfo({options.id, options.info.address})},
          [this](meta::Revision fence) {
            log::Info("leads the cluster", {{"coordinator", options_.id}, {"revision", fence}});
            StepShards();
            StepRules();
          },
          [this](const Status& status) {
            log::Warn("does not lead the cluster any more",
                      {{"coordinator", options_.id}, {"reason", status}});
          }),
      nodes_(store, scheduler, [this](const cluster::NodeWatch::Nodes& nodes) { OnNodes(nodes); }),
      table_(store, scheduler, options.shard_count,
             [this](const cluster::ShardTable&) { OnTable(); }),
      leader_key_(store, scheduler, std::string(cluster::kLeaderKey),
                  [this](const std::vector<meta::Event>&) { OnLeaderKey(); }),
      feed_(store, scheduler, [this](const cluster::RuleSetTexts& rules) { OnRules(rules); }) {}

Leader::~Leader() {
  Stop();
}

template <typename F>
auto Leader::Guard(F f) {
  return [current = generation_, generation = *generation_, f = std::move(f)](auto&&... arguments) {
    if (*current == generation) {
      f(std::forward<decltype(arguments)>(arguments)...);
    }
  };
}

void Leader::Start() {
  if (started_) {
    return;
  }
  started_ = true;
  nodes_.Start();
  table_.Start();
  leader_key_.Start();
  feed_.Start();
  election_.Start();
  registration_.Start();
}

void Leader::Stop() {
  if (!started_) {
    return;
  }
  started_ = false;
  ++*generation_;
  scheduler_->Cancel(wake_);
  registration_.Stop();
  election_.Stop();
  nodes_.Stop();
  table_.Stop();
  leader_key_.Stop();
  committing_ = false;
  paused_ = false;
  publishing_ = false;
  rules_paused_ = false;
}

void Leader::OnNodes(const cluster::NodeWatch::Nodes& nodes) {
  for (const auto& [name, node] : nodes) {
    if (name.role == cluster::kWorkerRole) {
      last_infos_[name] = node.info;
    }
  }
  paused_ = false;
  StepShards();
}

void Leader::OnTable() {
  NoteAsked();
  paused_ = false;
  StepShards();
}

void Leader::OnLeaderKey() {
  const auto kv = leader_key_.kvs().find(std::string(cluster::kLeaderKey));
  const meta::Revision created = kv == leader_key_.kvs().end() ? 0 : kv->second.created;
  if (created == leader_created_) {
    return;
  }
  leader_created_ = created;
  leader_ = cluster::LeaderInfo();
  leader_since_ms_ = 0;
  if (created == 0) {
    return;
  }
  leader_since_ms_ = clock_->Now();
  StatusOr<cluster::LeaderInfo> info = cluster::DecodeLeaderInfo(kv->second.value);
  if (info.ok()) {
    leader_ = *std::move(info);
  } else {
    log::Warn("cannot read who leads the cluster", {{"error", info.status()}});
  }
}

void Leader::OnRules(const cluster::RuleSetTexts& rules) {
  registration_.SetRules(rules.version);
  scheduler_->Post(Guard([this] { StepRules(); }));   // newer ones may follow at once
}

Workers Leader::LiveWorkers() const {
  Workers workers;
  for (const auto& [name, node] : nodes_.nodes()) {
    if (name.role == cluster::kWorkerRole) {
      workers.emplace(name.id, node);
    }
  }
  return workers;
}

// Who named a successor once has been asked, whoever asked; if it is without one again, it refused.
void Leader::NoteAsked() {
  const cluster::ShardTable& table = table_.table();
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const ShardEntry& entry = table.entries[i];
    const Node* owner = entry.successor.empty() ? nullptr
                                                : nodes_.Find(cluster::kWorkerRole, entry.worker);
    if (owner != nullptr) {
      asked_[ShardId(static_cast<uint16_t>(i))] = owner->created;
    }
  }
}

void Leader::StepShards() {
  if (!started_ || !election_.leading() || !table_.synced() || !nodes_.synced() || committing_ ||
      paused_ || table_.table().revision < committed_) {
    return;
  }
  const Workers workers = LiveWorkers();
  const std::vector<PlacementChange> changes = cluster::Place(MakeInput(workers));
  if (!changes.empty()) {
    return Commit(changes, workers);
  }
  // Perhaps it is only too early.
  const int64_t now_ms = scheduler_->NowMonotonicMs();
  int64_t due_ms = -1;
  for (const auto& [id, node] : workers) {
    const int64_t then_ms = node.seen_ms + options_.placement_delay_ms;
    if (then_ms > now_ms && (due_ms < 0 || then_ms < due_ms)) {
      due_ms = then_ms;
    }
  }
  if (due_ms >= 0) {
    WakeAt(due_ms);
  }
}

void Leader::WakeAt(int64_t due_ms) {
  scheduler_->Cancel(wake_);
  wake_ = scheduler_->PostAfter(due_ms - scheduler_->NowMonotonicMs(),
                                Guard([this] { StepShards(); }));
}

cluster::PlacementInput Leader::MakeInput(const Workers& workers) const {
  cluster::PlacementInput input;
  input.table = &table_.table();
  input.assign = false;
  input.move = true;
  const int64_t settled_ms = scheduler_->NowMonotonicMs() - options_.placement_delay_ms;
  for (const auto& [id, node] : workers) {
    input.workers.insert(id);
    input.assign = input.assign || node.seen_ms <= settled_ms;
    input.move = input.move && node.seen_ms <= settled_ms;
  }
  // A worker takes what was written in its life for claimed (worker/shard_keeper.h).
  for (std::size_t i = 0; i < input.table->entries.size(); ++i) {
    const ShardEntry& entry = input.table->entries[i];
    const auto owner = workers.find(entry.worker);
    if (owner != workers.end() && entry.modified < owner->second.created) {
      input.unclaimed.insert(ShardId(static_cast<uint16_t>(i)));
    }
  }
  for (const auto& [shard, life] : asked_) {
    const auto owner = workers.find(input.table->entries[shard.value].worker);
    if (owner != workers.end() && owner->second.created == life) {
      input.fixed.insert(shard);
    }
  }
  return input;
}

// Those of one target, as many as fit; the next follow when the table shows these.
void Leader::Commit(const std::vector<PlacementChange>& changes, const Workers& workers) {
  const auto target_of = [this](const PlacementChange& change) -> const std::string& {
    return Target(table_.table().entries[change.shard.value], change.entry);
  };
  const std::string target = target_of(changes.front());
  meta::Txn txn;
  txn.compares.push_back(election_.Fence());
  std::set<std::string> alive;   // whoever is given or asked something
  if (!target.empty()) {
    alive.insert(target);
  }
  std::vector<PlacementChange> chosen;
  for (const PlacementChange& change : changes) {
    if (target_of(change) != target || chosen.size() == kChangesMax) {
      continue;
    }
    const std::string key = cluster::ShardKey(change.shard);
    txn.compares.push_back(change.entry.modified == 0
                               ? Compare::Absent(key)
                               : Compare::ModifiedAt(key, change.entry.modified));
    txn.ops.push_back(Op::Put(key, cluster::EncodeShardEntry(change.entry)));
    alive.insert(change.entry.worker);
    chosen.push_back(change);
  }
  for (const std::string& worker : alive) {
    txn.compares.push_back(WorkerLives(workers, worker));
  }
  committing_ = true;
  store_->Commit(std::move(txn), Guard([this, chosen](const StatusOr<meta::TxnResult>& result) {
                   TakeCommit(chosen, result);
                 }));
}

void Leader::TakeCommit(const std::vector<PlacementChange>& changes,
                        const StatusOr<meta::TxnResult>& result) {
  committing_ = false;
  if (!result.ok() || !result->succeeded) {
    log::Debug("a placement failed; trying again",
               {{"reason", result.ok() ? std::string("something changed")
                                       : std::string(Message(result.status()))}});
    paused_ = true;
    scheduler_->PostAfter(cluster::kRetryMs, Guard([this] { OnTable(); }));
    return;
  }
  committed_ = result->revision;
  for (const PlacementChange& change : changes) {
    if (change.entry.successor.empty()) {
      asked_.erase(change.shard);   // the question was taken back, or the shard is new
    }
  }
  log::Info("placed shards", {{"shards", changes.size()},
                              {"first", changes.front().shard.value},
                              {"worker", changes.front().entry.worker},
                              {"successor", changes.front().entry.successor}});
  StepShards();
}

void Leader::ProposeRules(cluster::RuleSetTexts rules, Proposed done) {
  if (proposal_.has_value()) {
    AnswerProposal(Aborted("other rules were proposed meanwhile"));
  }
  proposal_ = Proposal{std::move(rules), std::move(done), ++last_proposal_id_};
  scheduler_->Post(Guard([this] { StepRules(); }));
}

void Leader::StepRules() {
  if (!started_ || !proposal_.has_value() || publishing_ || rules_paused_) {
    return;
  }
  if (!feed_.synced()) {
    return StepRulesLater();
  }
  const cluster::RuleSetTexts* newest = feed_.newest();
  std::optional<cluster::RuleSetTexts> wanted =
      cluster::WithFiles(newest, proposal_->rules, clock_->Now());
  if (!wanted.has_value()) {
    return AnswerProposal(newest->version);
  }
  if (!election_.leading()) {
    return;
  }
  cluster::RuleSetTexts rules = *std::move(wanted);
  rules.active_from_ms = ActiveFrom(newest);
  publishing_ = true;
  auto published = [this, proposal = proposal_->id](const StatusOr<RuleSetVersion>& version) {
    TakePublished(proposal, version);
  };
  feed_.Publish(std::move(rules), {election_.Fence()}, Guard(std::move(published)));
}

UnixMillis Leader::ActiveFrom(const cluster::RuleSetTexts* newest) const {
  return newest == nullptr || options_.replay ? 0 : clock_->Now() + options_.activation_delay_ms;
}

void Leader::PublishRules(cluster::RuleSetTexts rules, RuleSetVersion before, Proposed done) {
  const cluster::RuleSetTexts* newest = feed_.newest();
  Status refusal;
  if (!started_ || !election_.leading()) {
    refusal = leader_.address.empty()
                  ? FailedPrecondition("coordinator '{}' does not lead, and nobody else does now: try "
                                       "again in a moment",
                                       options_.id)
                  : FailedPrecondition("coordinator '{}' does not lead: ask '{}' (--address {})",
                                       options_.id, leader_.id, leader_.address);
  } else if (!feed_.synced()) {
    refusal = Unavailable("the cluster's rule sets have not been read yet");
  } else if (publishing_ || before != (newest == nullptr ? RuleSetVersion() : newest->version)) {
    refusal = Aborted("another rule set is published meanwhile: look at it and try again");
  }
  if (!refusal.ok()) {
    scheduler_->Post(Guard([done = std::move(done), refusal] { done(refusal); }));
    return;
  }
  rules.active_from_ms = ActiveFrom(newest);
  publishing_ = true;
  feed_.Publish(std::move(rules), {election_.Fence()},
                Guard([this, done = std::move(done)](const StatusOr<RuleSetVersion>& version) {
                  publishing_ = false;
                  done(version);
                  StepRules();
                }));
}

void Leader::TakePublished(uint64_t proposal, const StatusOr<RuleSetVersion>& version) {
  publishing_ = false;
  if (version.ok()) {
    log::Info("published a rule set", {{"version", version->value}});
  }
  const bool again = version.status().code() == StatusCode::kAborted ||
                     version.status().code() == StatusCode::kUnavailable;
  if (again) {
    return StepRulesLater();
  }
  if (proposal_.has_value() && proposal_->id == proposal) {
    AnswerProposal(version);
  }
  StepRules();
}

void Leader::StepRulesLater() {
  rules_paused_ = true;
  scheduler_->PostAfter(cluster::kRetryMs, Guard([this] {
                          rules_paused_ = false;
                          StepRules();
                        }));
}

void Leader::AnswerProposal(const StatusOr<RuleSetVersion>& version) {
  const Proposed done = std::move(proposal_->done);
  proposal_.reset();
  if (done != nullptr) {
    scheduler_->Post(Guard([done, version] { done(version); }));
  }
}

LeaderStatus Leader::GetStatus() const {
  LeaderStatus status;
  status.leading = election_.leading();
  status.registered = registration_.registered();
  status.leader = leader_;
  status.leader_since_ms = leader_since_ms_;
  status.table_revision = table_.table().revision;
  status.rules = feed_.newest() == nullptr ? RuleSetVersion() : feed_.newest()->version;
  std::map<NodeName, NodeStatus> nodes;
  for (const auto& [name, node] : nodes_.nodes()) {
    NodeStatus& entry = nodes[name];
    entry.info = node.info;
    entry.alive = true;
    entry.leader = name.role == cluster::kCoordinatorRole && name.id == leader_.id;
  }
  CountShards(&status, &nodes);
  for (auto& [name, node] : nodes) {
    node.name = name;
    status.nodes.push_back(std::move(node));
  }
  return status;
}

void Leader::CountShards(LeaderStatus* status, std::map<NodeName, NodeStatus>* nodes) const {
  const cluster::ShardTable& table = table_.table();
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const ShardEntry& entry = table.entries[i];
    if (table.damaged.contains(ShardId(static_cast<uint16_t>(i)))) {
      ++status->shards_damaged;
    } else if (entry.worker.empty()) {
      ++status->shards_unassigned;
    } else {
      const NodeName name{std::string(cluster::kWorkerRole), entry.worker};
      const auto [node, gone] = nodes->try_emplace(name);
      const auto last = last_infos_.find(name);
      if (gone && last != last_infos_.end()) {
        node->second.info = last->second;
      }
      ++node->second.shards;
      node->second.leaving += entry.successor.empty() ? 0 : 1;
      ++(node->second.alive ? status->shards_served : status->shards_unserved);
    }
  }
}

}  // namespace weir::coordinator
