#include "worker/shard_keeper.h"

#include <algorithm>
#include <utility>

#include "common/telemetry/log.h"

namespace weir::worker {
namespace {

using cluster::ShardEntry;
using meta::Compare;
using meta::Op;

// Each is an operation and up to two compares of a transaction, with the fence beside them.
constexpr std::size_t kChangesMax = 100;

}  // namespace

ShardKeeper::ShardKeeper(const ShardKeeperOptions& options, meta::MetaStore* store,
                         task::Scheduler* scheduler, meta::Session* session, ShardHolder* holder)
    : options_(options),
      store_(store),
      scheduler_(scheduler),
      holder_(holder),
      registration_(
          store, scheduler, session, {std::string(cluster::kWorkerRole), options.worker_id},
          options.info, [this](meta::Revision) { Step(); }, [this](const Status&) { Step(); }),
      table_(store, scheduler, options.shard_count,
             [this](const cluster::ShardTable&) { OnTable(); }) {}

ShardKeeper::~ShardKeeper() {
  Stop();
}

template <typename F>
auto ShardKeeper::Guard(F f) {
  return [current = generation_, generation = *generation_, f = std::move(f)](auto&&... arguments) {
    if (*current == generation) {
      f(std::forward<decltype(arguments)>(arguments)...);
    }
  };
}

void ShardKeeper::Start() {
  if (!started_) {
    started_ = true;
    table_.Start();
    registration_.Start();
  }
}

void ShardKeeper::Stop() {
  if (!started_) {
    return;
  }
  started_ = false;
  ++*generation_;
  registration_.Stop();
  table_.Stop();
  releases_.clear();
  committing_ = false;
  paused_ = false;
  Tell({});
}

void ShardKeeper::OnTable() {
  paused_ = false;
  Step();
}

void ShardKeeper::Step() {
  if (!started_) {
    return;
  }
  if (!registration_.registered() || !table_.synced()) {
    releases_.clear();
    Tell({});
    return;
  }
  ForgetReleases();
  AskForReleases();
  Tell(Served());
  CommitNext();
}

// An entry that changed otherwise than by its modification: what was asked for is over.
void ShardKeeper::ForgetReleases() {
  for (auto release = releases_.begin(); release != releases_.end();) {
    const std::size_t shard = release->first.value;
    const ShardEntry& entry = table().entries[shard];
    const bool stands = IsMine(shard) && !entry.successor.empty() && IsClaimed(entry) &&
                        entry.epoch == release->second.epoch;
    release = stands ? std::next(release) : releases_.erase(release);
  }
}

bool ShardKeeper::IsMine(std::size_t shard) const {
  return table().entries[shard].worker == options_.worker_id &&
         !table().damaged.contains(ShardId(static_cast<uint16_t>(shard)));
}

// Claimed in, or given to, this life of the worker.
bool ShardKeeper::IsClaimed(const ShardEntry& entry) const {
  return entry.modified > registration_.fence();
}

std::vector<HeldShard> ShardKeeper::Served() const {
  std::vector<HeldShard> shards;
  for (std::size_t i = 0; i < table().entries.size(); ++i) {
    const ShardEntry& entry = table().entries[i];
    if (!IsMine(i) || !IsClaimed(entry)) {
      continue;
    }
    const ShardId shard(static_cast<uint16_t>(i));
    const auto release = releases_.find(shard);
    const bool dropped = release != releases_.end() &&
                         (release->second.state == Release::State::kDropped ||
                          release->second.state == Release::State::kEmpty);
    if (!dropped) {
      shards.push_back({shard, entry.epoch});
    }
  }
  return shards;
}

void ShardKeeper::Tell(std::vector<HeldShard> shards) {
  const int64_t revision = std::max(told_revision_, table().revision);
  if (shards == told_ && revision == told_revision_) {
    return;
  }
  told_ = shards;
  told_revision_ = revision;
  holder_->SetShards(std::move(shards), revision);
}

void ShardKeeper::AskForReleases() {
  for (std::size_t i = 0; i < table().entries.size(); ++i) {
    const ShardEntry& entry = table().entries[i];
    const ShardId shard(static_cast<uint16_t>(i));
    if (!IsMine(i) || entry.successor.empty() || !IsClaimed(entry) || releases_.contains(shard)) {
      continue;
    }
    Release& release = releases_[shard];
    release.epoch = entry.epoch;
    release.id = ++last_release_id_;
    if (entry.successor == options_.worker_id) {
      release.state = Release::State::kRefused;
    } else {
      Ask(shard, release.id);
    }
  }
}

void ShardKeeper::Ask(ShardId shard, uint64_t release_id) {
  auto answer = [this, shard, release_id](bool empty) { TakeAnswer(shard, release_id, empty); };
  holder_->IsShardEmpty(shard, [scheduler = scheduler_, guarded = Guard(std::move(answer))](bool empty) {
    scheduler->Post([guarded, empty] { guarded(empty); });
  });
}

void ShardKeeper::TakeAnswer(ShardId shard, uint64_t release_id, bool empty) {
  const auto release = releases_.find(shard);
  if (release == releases_.end() || release->second.id != release_id) {
    return;
  }
  Release::State& state = release->second.state;
  if (!empty) {
    state = Release::State::kRefused;
  } else if (state == Release::State::kAsked) {
    // Events may have come since it answered. Once it is dropped, they cannot.
    state = Release::State::kDropped;
    Tell(Served());
    Ask(shard, release_id);
  } else {
    state = Release::State::kEmpty;
  }
  Step();
}

void ShardKeeper::CommitNext() {
  if (committing_ || paused_ || table().revision < committed_) {
    return;
  }
  for (const ChangeKind kind : {ChangeKind::kClaim, ChangeKind::kRefuse, ChangeKind::kHandover}) {
    const std::vector<Change> changes = Changes(kind);
    if (!changes.empty()) {
      return Commit(kind, changes);
    }
  }
}

// As many as fit into a transaction; handovers to one successor only.
std::vector<ShardKeeper::Change> ShardKeeper::Changes(ChangeKind kind) const {
  std::vector<Change> changes;
  for (std::size_t i = 0; i < table().entries.size() && changes.size() < kChangesMax; ++i) {
    ShardEntry entry = table().entries[i];
    if (IsMine(i) && Makes(kind, i, &entry) &&
        (kind != ChangeKind::kHandover || changes.empty() ||
         changes.front().entry.worker == entry.worker)) {
      changes.push_back({ShardId(static_cast<uint16_t>(i)), std::move(entry)});
    }
  }
  return changes;
}

// Whether the shard's entry is due for such a change, and what it becomes.
bool ShardKeeper::Makes(ChangeKind kind, std::size_t shard, ShardEntry* entry) const {
  const Epoch next(entry->epoch.value + 1);
  if (kind == ChangeKind::kClaim) {
    entry->epoch = next;
    return !IsClaimed(*entry);
  }
  const auto release = releases_.find(ShardId(static_cast<uint16_t>(shard)));
  if (release == releases_.end()) {
    return false;
  }
  if (kind == ChangeKind::kRefuse) {
    entry->successor.clear();
    return release->second.state == Release::State::kRefused;
  }
  entry->epoch = next;
  entry->worker = std::exchange(entry->successor, {});
  return release->second.state == Release::State::kEmpty;
}

void ShardKeeper::Commit(ChangeKind kind, const std::vector<Change>& changes) {
  meta::Txn txn;
  txn.compares.push_back(registration_.Fence());
  if (kind == ChangeKind::kHandover) {
    const std::string& successor = changes.front().entry.worker;
    txn.compares.push_back(Compare::Exists(cluster::NodeKey(cluster::kWorkerRole, successor)));
  }
  for (const Change& change : changes) {
    const std::string key = cluster::ShardKey(change.shard);
    txn.compares.push_back(Compare::ModifiedAt(key, change.entry.modified));
    txn.ops.push_back(Op::Put(key, cluster::EncodeShardEntry(change.entry)));
  }
  committing_ = true;
  store_->Commit(std::move(txn),
                 Guard([this, kind, changes](const StatusOr<meta::TxnResult>& result) {
                   TakeCommit(kind, changes, result);
                 }));
}

void ShardKeeper::TakeCommit(ChangeKind kind, const std::vector<Change>& changes,
                             const StatusOr<meta::TxnResult>& result) {
  committing_ = false;
  if (result.ok() && result->succeeded) {
    committed_ = result->revision;
    return Step();
  }
  // The table or the registration will tell of whatever was faster. A handover that surely did not happen
  // may have met a successor that is gone: the shard is served again.
  if (result.ok() && kind == ChangeKind::kHandover) {
    for (const Change& change : changes) {
      const auto release = releases_.find(change.shard);
      if (release != releases_.end() && release->second.state == Release::State::kEmpty) {
        release->second.state = Release::State::kRefused;
      }
    }
  }
  log::Debug("a change of the shard table failed",
             {{"worker", options_.worker_id},
              {"reason", result.ok() ? std::string("something changed") : std::string(Message(result.status()))}});
  paused_ = true;
  scheduler_->PostAfter(cluster::kRetryMs, Guard([this] { OnTable(); }));
  Step();
}

}  // namespace weir::worker
