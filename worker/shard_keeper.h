// Keeps a worker in the cluster: registers its node, tells it which shards it holds at which epochs, and
// hands over shards that the leader wants elsewhere while they are empty.
//
// A shard's data is where its worker is, so only its worker changes who has it:
//   - An entry of the table that was written before the node's key was put is of an earlier life of this
//     worker (another process, or another lease). It is claimed, with the next epoch, before it is served,
//     so that messages sent to the earlier life are refused. (The leader writes no entry of a worker that
//     has not claimed it, and gives only to the life that it knows.)
//   - An entry that names a successor: the shard is first no longer held, then looked at, and handed over
//     only if nothing ever got into it. Else the successor is struck out.
// All writes are fenced by the node's key and compare the entry, so what a worker that was paused or cut
// off still sends does nothing. When the lease may have ended nothing is held. All calls are tasks of the
// store's scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/cluster/node_registration.h"
#include "common/cluster/table_watch.h"
#include "common/meta/session.h"
#include "worker/worker.h"

namespace weir::worker {

// What the keeper needs of a worker (worker_shard_holder.h).
class ShardHolder {
 public:
  virtual ~ShardHolder() = default;

  // As Worker::SetShards.
  virtual void SetShards(std::vector<HeldShard> shards, int64_t table_revision) = 0;
  // Whether the shard was never given an event; answers after all earlier SetShards calls have taken
  // effect, also for a shard that is held no more: then true means that nothing can have got into it, not
  // even what was being logged. False when that is not known yet. done is called once, from any thread.
  virtual void IsShardEmpty(ShardId shard, std::function<void(bool)> done) = 0;
};

struct ShardKeeperOptions {
  std::string worker_id;    // stays with the worker's data
  cluster::NodeInfo info;
  uint16_t shard_count = 256;
};

class ShardKeeper {
 public:
  // All outlive the keeper; the holder's answers may come later. The keeper opens the session.
  ShardKeeper(const ShardKeeperOptions& options, meta::MetaStore* store, task::Scheduler* scheduler,
              meta::Session* session, ShardHolder* holder);
  ~ShardKeeper();   // stops
  ShardKeeper(const ShardKeeper&) = delete;
  ShardKeeper& operator=(const ShardKeeper&) = delete;

  void Start();
  // Holds nothing any more. The node's key stays until the session is closed.
  void Stop();

  // Says in the node's key which rule set the worker knows.
  void SetRules(RuleSetVersion rules) { registration_.SetRules(rules); }
  bool registered() const { return registration_.registered(); }
  const cluster::ShardTable& table() const { return table_.table(); }

 private:
  // A shard that names a successor.
  struct Release {
    enum class State {
      kAsked,     // held; is it empty?
      kDropped,   // not held; is it empty still?
      kEmpty,     // not held; may be handed over
      kRefused,   // held; the successor is to be struck out
    };
    State state = State::kAsked;
    Epoch epoch;
    uint64_t id = 0;   // tells answers about earlier ones apart
  };
  struct Change {
    ShardId shard;
    cluster::ShardEntry entry;   // modified: the revision of the one it replaces
  };
  enum class ChangeKind { kClaim, kRefuse, kHandover };

  // Looks at what is known and does what is due.
  void Step();
  void OnTable();
  void ForgetReleases();
  bool IsMine(std::size_t shard) const;
  bool IsClaimed(const cluster::ShardEntry& entry) const;
  std::vector<HeldShard> Served() const;
  void Tell(std::vector<HeldShard> shards);
  void AskForReleases();
  void Ask(ShardId shard, uint64_t release_id);
  void TakeAnswer(ShardId shard, uint64_t release_id, bool empty);
  void CommitNext();
  std::vector<Change> Changes(ChangeKind kind) const;
  bool Makes(ChangeKind kind, std::size_t shard, cluster::ShardEntry* entry) const;
  void Commit(ChangeKind kind, const std::vector<Change>& changes);
  void TakeCommit(ChangeKind kind, const std::vector<Change>& changes,
                  const StatusOr<meta::TxnResult>& result);
  // Calls f unless the keeper was stopped.
  template <typename F>
  auto Guard(F f);

  const ShardKeeperOptions options_;
  meta::MetaStore* const store_;
  task::Scheduler* const scheduler_;
  ShardHolder* const holder_;
  bool started_ = false;
  cluster::NodeRegistration registration_;
  cluster::TableWatch table_;
  std::vector<HeldShard> told_;      // to the holder
  int64_t told_revision_ = 0;
  std::map<ShardId, Release> releases_;
  uint64_t last_release_id_ = 0;
  bool committing_ = false;          // a transaction is under way
  bool paused_ = false;              // after one that failed, until the table changes or a while is over
  meta::Revision committed_ = 0;     // the table has to show it before the next
  std::shared_ptr<uint64_t> generation_ = std::make_shared<uint64_t>(0);
};

}  // namespace weir::worker
