#include "common/meta/embedded_store.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "common/meta/durable_map_internal.h"

namespace weir::meta {
namespace {

struct Transaction {
  Revision revision = 0;
  std::vector<Event> events;
};

// Shared by a watch's handle, the store and the tasks that are under way for it.
struct WatchState {
  bool active = true;
  std::string prefix;
  Revision next = 0;
  MetaStore::OnEvents on_events;
  MetaStore::OnLost on_lost;
};

class EmbeddedWatchHandle final : public WatchHandle {
 public:
  explicit EmbeddedWatchHandle(std::shared_ptr<WatchState> state) : state_(std::move(state)) {}
  ~EmbeddedWatchHandle() override { state_->active = false; }
  EmbeddedWatchHandle(const EmbeddedWatchHandle&) = delete;
  EmbeddedWatchHandle& operator=(const EmbeddedWatchHandle&) = delete;

 private:
  std::shared_ptr<WatchState> state_;
};

class EmbeddedStore final : public MetaStore {
 public:
  EmbeddedStore(task::Scheduler* scheduler, const EmbeddedOptions& options)
      : scheduler_(scheduler), options_(options), durable_(options.durable) {}
  ~EmbeddedStore() override;
  EmbeddedStore(const EmbeddedStore&) = delete;
  EmbeddedStore& operator=(const EmbeddedStore&) = delete;

  Status Open();

  void Get(std::string key, GetDone done) override;
  void List(std::string prefix, GetDone done) override;
  void Commit(Txn txn, CommitDone done) override;
  std::unique_ptr<WatchHandle> Watch(std::string prefix, Revision from, OnEvents on_events,
                                     OnLost on_lost) override;
  void GrantLease(int64_t ttl_ms, LeaseDone done) override;
  void KeepAlive(LeaseId lease, Done done) override;
  void Revoke(LeaseId lease, Done done) override;

 private:
  struct LeaseState {
    int64_t ttl_ms = 0;
    int64_t expires_ms = 0;
    task::Scheduler::TimerId timer = 0;
    std::set<std::string> keys;
  };

  // Calls back from a task, unless the store is gone by then.
  template <typename Callback, typename Result>
  void Answer(Callback callback, Result result);

  StatusOr<TxnResult> Apply(const Txn& txn);
  bool Holds(const Compare& compare) const;
  Status CheckLeases(const std::vector<Op>& ops) const;
  std::vector<Event> EventsOf(const std::vector<Op>& ops) const;
  void AddDeletes(const std::string& begin, bool prefix, Revision revision,
                  std::vector<Event>* events) const;
  // Stores and applies the events of one revision, and tells the watches.
  Status Change(std::vector<Event> events);
  void ApplyEvent(const Event& event);
  void Attach(const std::string& key, LeaseId from, LeaseId to);

  void Deliver(const std::shared_ptr<WatchState>& watch, const Transaction& transaction);
  void Expire(LeaseId lease);
  Status EndLease(LeaseId lease);

  task::Scheduler* scheduler_;
  const EmbeddedOptions options_;
  DurableMap durable_;
  std::map<std::string, KeyValue, std::less<>> kvs_;
  Revision revision_ = 0;
  Revision history_begin_ = 1;   // earlier revisions are not in history_
  std::deque<Transaction> history_;
  std::vector<std::shared_ptr<WatchState>> watches_;
  std::unordered_map<LeaseId, LeaseState> leases_;
  int64_t next_lease_ = 1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

EmbeddedStore::~EmbeddedStore() {
  *alive_ = false;
  for (const auto& watch : watches_) {
    watch->active = false;
  }
  for (const auto& [id, lease] : leases_) {
    scheduler_->Cancel(lease.timer);
  }
}

Status EmbeddedStore::Open() {
  WEIR_RETURN_IF_ERROR(durable_.Load(&kvs_, &revision_));
  if (revision_ > 0) {
    // Ending the leases of the last process is a change of its own, so that no two states share a
    // revision.
    ++revision_;
    WEIR_RETURN_IF_ERROR(durable_.Write({}, revision_));
  }
  history_begin_ = revision_ + 1;
  return OkStatus();
}

template <typename Callback, typename Result>
void EmbeddedStore::Answer(Callback callback, Result result) {
  scheduler_->Post([alive = alive_, callback = std::move(callback), result = std::move(result)] {
    if (*alive) {
      callback(result);
    }
  });
}

void EmbeddedStore::Get(std::string key, GetDone done) {
  if (const Status valid = ValidateKey(key); !valid.ok()) {
    return Answer(std::move(done), StatusOr<GetResult>(valid));
  }
  GetResult result;
  result.revision = revision_;
  const auto position = kvs_.find(key);
  if (position != kvs_.end()) {
    result.kvs.push_back(position->second);
  }
  Answer(std::move(done), StatusOr<GetResult>(std::move(result)));
}

void EmbeddedStore::List(std::string prefix, GetDone done) {
  GetResult result;
  result.revision = revision_;
  for (auto position = kvs_.lower_bound(prefix);
       position != kvs_.end() && position->first.starts_with(prefix); ++position) {
    result.kvs.push_back(position->second);
  }
  Answer(std::move(done), StatusOr<GetResult>(std::move(result)));
}

void EmbeddedStore::Commit(Txn txn, CommitDone done) {
  Answer(std::move(done), Apply(txn));
}

StatusOr<TxnResult> EmbeddedStore::Apply(const Txn& txn) {
  WEIR_RETURN_IF_ERROR(ValidateTxn(txn));
  TxnResult result;
  result.succeeded = std::all_of(txn.compares.begin(), txn.compares.end(),
                                 [&](const Compare& compare) { return Holds(compare); });
  if (result.succeeded) {
    WEIR_RETURN_IF_ERROR(CheckLeases(txn.ops));
    WEIR_RETURN_IF_ERROR(Change(EventsOf(txn.ops)));
  }
  result.revision = revision_;
  return result;
}

bool EmbeddedStore::Holds(const Compare& compare) const {
  const auto position = kvs_.find(compare.key);
  const KeyValue* kv = position == kvs_.end() ? nullptr : &position->second;
  switch (compare.kind) {
    case Compare::Kind::kExists:
      return kv != nullptr;
    case Compare::Kind::kAbsent:
      return kv == nullptr;
    case Compare::Kind::kCreatedAt:
      return kv != nullptr && kv->created == compare.revision;
    case Compare::Kind::kModifiedAt:
      return kv != nullptr && kv->modified == compare.revision;
    case Compare::Kind::kValueIs:
      return kv != nullptr && kv->value == compare.value;
  }
  return false;
}

Status EmbeddedStore::CheckLeases(const std::vector<Op>& ops) const {
  for (const Op& op : ops) {
    if (op.kind == Op::Kind::kPut && op.lease != LeaseId() && !leases_.contains(op.lease)) {
      return NotFound("lease {} of key '{}' is gone", op.lease, op.key);
    }
  }
  return OkStatus();
}

std::vector<Event> EmbeddedStore::EventsOf(const std::vector<Op>& ops) const {
  const Revision revision = revision_ + 1;
  std::vector<Event> events;
  for (const Op& op : ops) {
    if (op.kind != Op::Kind::kPut) {
      AddDeletes(op.key, op.kind == Op::Kind::kDeletePrefix, revision, &events);
      continue;
    }
    Event event{Event::Kind::kPut, {op.key, op.value, revision, revision, op.lease}};
    const auto position = kvs_.find(op.key);
    if (position != kvs_.end()) {
      event.kv.created = position->second.created;
    }
    events.push_back(std::move(event));
  }
  return events;
}

// A key that an earlier operation of the transaction deletes is not deleted again.
void EmbeddedStore::AddDeletes(const std::string& begin, bool prefix, Revision revision,
                               std::vector<Event>* events) const {
  for (auto position = kvs_.lower_bound(begin); position != kvs_.end(); ++position) {
    const std::string& key = position->first;
    if (prefix ? !key.starts_with(begin) : key != begin) {
      return;
    }
    const bool deleted = std::any_of(events->begin(), events->end(),
                                     [&](const Event& event) { return event.kv.key == key; });
    if (!deleted) {
      events->push_back({Event::Kind::kDelete, {key, "", 0, revision, LeaseId()}});
    }
  }
}

Status EmbeddedStore::Change(std::vector<Event> events) {
  if (events.empty()) {
    return OkStatus();
  }
  WEIR_RETURN_IF_ERROR(durable_.Write(events, revision_ + 1));
  ++revision_;
  for (const Event& event : events) {
    ApplyEvent(event);
  }
  history_.push_back({revision_, std::move(events)});
  while (history_.size() > std::max<std::size_t>(options_.history_max, 1)) {
    history_.pop_front();
    ++history_begin_;
  }
  std::erase_if(watches_, [](const auto& watch) { return !watch->active; });
  for (const auto& watch : watches_) {
    Deliver(watch, history_.back());
  }
  return OkStatus();
}

void EmbeddedStore::ApplyEvent(const Event& event) {
  const auto position = kvs_.find(event.kv.key);
  const LeaseId before = position == kvs_.end() ? LeaseId() : position->second.lease;
  Attach(event.kv.key, before, event.kv.lease);
  if (event.kind == Event::Kind::kPut) {
    kvs_.insert_or_assign(event.kv.key, event.kv);
  } else if (position != kvs_.end()) {
    kvs_.erase(position);
  }
}

void EmbeddedStore::Attach(const std::string& key, LeaseId from, LeaseId to) {
  if (const auto position = leases_.find(from); position != leases_.end()) {
    position->second.keys.erase(key);
  }
  if (const auto position = leases_.find(to); position != leases_.end()) {
    position->second.keys.insert(key);
  }
}

std::unique_ptr<WatchHandle> EmbeddedStore::Watch(std::string prefix, Revision from,
                                                  OnEvents on_events, OnLost on_lost) {
  auto watch = std::make_shared<WatchState>();
  watch->prefix = std::move(prefix);
  watch->next = from > 0 ? from : revision_ + 1;
  watch->on_events = std::move(on_events);
  watch->on_lost = std::move(on_lost);
  if (watch->next < history_begin_) {
    scheduler_->Post([watch, begin = history_begin_] {
      if (std::exchange(watch->active, false)) {
        watch->on_lost(Error(StatusCode::kOutOfRange, "revision {} is no longer kept; {} is the first",
                             watch->next, begin));
      }
    });
    // So that destroying the store drops the callback.
    watches_.push_back(watch);
    return std::make_unique<EmbeddedWatchHandle>(watch);
  }
  watches_.push_back(watch);
  for (const Transaction& transaction : history_) {
    Deliver(watch, transaction);
  }
  return std::make_unique<EmbeddedWatchHandle>(watch);
}

void EmbeddedStore::Deliver(const std::shared_ptr<WatchState>& watch,
                            const Transaction& transaction) {
  if (transaction.revision < watch->next) {
    return;
  }
  watch->next = transaction.revision + 1;
  std::vector<Event> events;
  for (const Event& event : transaction.events) {
    if (event.kv.key.starts_with(watch->prefix)) {
      events.push_back(event);
    }
  }
  if (events.empty()) {
    return;
  }
  scheduler_->Post([watch, events = std::move(events), revision = transaction.revision] {
    if (watch->active) {
      watch->on_events(events, revision);
    }
  });
}

void EmbeddedStore::GrantLease(int64_t ttl_ms, LeaseDone done) {
  if (ttl_ms <= 0) {
    return Answer(std::move(done),
                  StatusOr<Lease>(InvalidArgument("lease of {} ms; it must be positive", ttl_ms)));
  }
  const LeaseId id(next_lease_++);
  LeaseState& lease = leases_[id];
  lease.ttl_ms = ttl_ms;
  lease.expires_ms = scheduler_->NowMonotonicMs() + ttl_ms;
  lease.timer = scheduler_->PostAfter(ttl_ms, [this, id] { Expire(id); });
  Answer(std::move(done), StatusOr<Lease>(Lease{id, ttl_ms}));
}

void EmbeddedStore::KeepAlive(LeaseId lease, Done done) {
  const auto position = leases_.find(lease);
  if (position == leases_.end()) {
    return Answer(std::move(done), NotFound("lease {} is gone", lease));
  }
  LeaseState& state = position->second;
  state.expires_ms = scheduler_->NowMonotonicMs() + state.ttl_ms;
  scheduler_->Cancel(state.timer);
  state.timer = scheduler_->PostAfter(state.ttl_ms, [this, lease] { Expire(lease); });
  Answer(std::move(done), OkStatus());
}

void EmbeddedStore::Revoke(LeaseId lease, Done done) {
  Answer(std::move(done), EndLease(lease));
}

void EmbeddedStore::Expire(LeaseId lease) {
  // A failed write leaves the lease ended and its keys in place: the store takes no more changes.
  EndLease(lease).IgnoreError();
}

Status EmbeddedStore::EndLease(LeaseId lease) {
  const auto position = leases_.find(lease);
  if (position == leases_.end()) {
    return NotFound("lease {} is gone", lease);
  }
  scheduler_->Cancel(position->second.timer);
  const std::set<std::string> keys = std::move(position->second.keys);
  leases_.erase(position);
  std::vector<Event> events;
  for (const std::string& key : keys) {
    events.push_back({Event::Kind::kDelete, {key, "", 0, revision_ + 1, LeaseId()}});
  }
  return Change(std::move(events));
}

}  // namespace

StatusOr<std::unique_ptr<MetaStore>> OpenEmbeddedStore(task::Scheduler* scheduler,
                                                       const EmbeddedOptions& options) {
  auto store = std::make_unique<EmbeddedStore>(scheduler, options);
  WEIR_RETURN_IF_ERROR(Annotate(store->Open(), "opening the metadata"));
  return std::unique_ptr<MetaStore>(std::move(store));
}

}  // namespace weir::meta
