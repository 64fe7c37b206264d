#include "common/meta/election.h"

#include <utility>

namespace weir::meta {

Election::Election(MetaStore* store, task::Scheduler* scheduler, Session* session,
                   ElectionOptions options, OnElected on_elected, OnDeposed on_deposed)
    : store_(store),
      scheduler_(scheduler),
      session_(session),
      options_(std::move(options)),
      on_elected_(std::move(on_elected)),
      on_deposed_(std::move(on_deposed)) {}

Election::~Election() {
  Stop();
}

template <typename F>
auto Election::Guard(F f) {
  return [current = generation_, generation = *generation_, f = std::move(f)](auto&&... arguments) {
    if (*current == generation) {
      f(std::forward<decltype(arguments)>(arguments)...);
    }
  };
}

void Election::Start() {
  if (started_) {
    return;
  }
  started_ = true;
  session_->AddListener(this);
  if (session_->alive()) {
    OnSessionOpen(session_->lease());
  }
}

void Election::Stop() {
  if (!started_) {
    return;
  }
  started_ = false;
  session_->RemoveListener(this);
  if (fence_ != 0) {
    store_->Commit({{LeaderIs(options_.key, fence_)}, {Op::Delete(options_.key)}},
                   [](const StatusOr<TxnResult>&) {});
  }
  Drop();
}

void Election::OnSessionOpen(LeaseId lease) {
  lease_ = lease;
  Campaign();
}

void Election::OnSessionLost(const Status& status) {
  const bool elected = fence_ != 0;
  Drop();
  if (elected) {
    on_deposed_(status);
  }
}

void Election::Drop() {
  ++*generation_;
  watch_.reset();
  lease_ = LeaseId();
  fence_ = 0;
}

void Election::Campaign() {
  Txn txn{{Compare::Absent(options_.key)}, {Op::Put(options_.key, options_.value, lease_)}};
  auto taken = [this, lease = lease_](const StatusOr<TxnResult>& result) {
    if (result.ok() && result->succeeded) {
      const Revision revision = result->revision;
      const KeyValue kv{options_.key, options_.value, revision, revision, lease};
      Follow(revision + 1);
      TakeKey(&kv);
    } else if (result.ok()) {
      Read();
    } else {
      // It may have happened all the same.
      RetryLater(&Election::Read);
    }
  };
  // An election that has ended meanwhile leaves no key behind that nobody stands for.
  store_->Commit(std::move(txn), [guarded = Guard(std::move(taken)), current = generation_,
                                  generation = *generation_, store = store_,
                                  key = options_.key](const StatusOr<TxnResult>& result) {
    if (*current == generation) {
      guarded(result);
    } else if (result.ok() && result->succeeded) {
      store->Commit({{LeaderIs(key, result->revision)}, {Op::Delete(key)}},
                    [](const StatusOr<TxnResult>&) {});
    }
  });
}

void Election::Read() {
  store_->Get(options_.key, Guard([this](const StatusOr<GetResult>& result) {
                if (result.ok()) {
                  TakeRead(*result);
                } else {
                  RetryLater(&Election::Read);
                }
              }));
}

void Election::TakeRead(const GetResult& result) {
  if (result.kvs.empty() && fence_ == 0) {
    return Campaign();
  }
  Follow(result.revision + 1);
  TakeKey(result.kvs.empty() ? nullptr : &result.kvs.front());
}

void Election::Follow(Revision from) {
  watch_ = store_->Watch(
      options_.key, from,
      Guard([this](const std::vector<Event>& events, Revision) { TakeEvents(events); }),
      Guard([this](const Status&) { RetryLater(&Election::Read); }));
}

void Election::TakeEvents(const std::vector<Event>& events) {
  // TakeKey may end the candidacy, and this object.
  const std::shared_ptr<uint64_t> current = generation_;
  const uint64_t generation = *current;
  const std::string key = options_.key;
  for (const Event& event : events) {
    if (*current != generation) {
      return;
    }
    if (event.kv.key == key) {   // the watch tells of longer keys too
      TakeKey(event.kind == Event::Kind::kPut ? &event.kv : nullptr);
    }
  }
}

void Election::TakeKey(const KeyValue* kv) {
  if (kv != nullptr && kv->created == fence_) {
    return;
  }
  if (fence_ != 0) {
    return Depose(Aborted("the leader's key '{}' is {}", options_.key,
                          kv == nullptr ? "deleted" : "another's"));
  }
  if (kv == nullptr) {
    Campaign();
  } else if (kv->lease == lease_) {
    Elect(kv->created);
  }
}

void Election::Elect(Revision fence) {
  fence_ = fence;
  on_elected_(fence);
}

// The candidacy begins anew: what the watch still has to tell is read again.
void Election::Depose(const Status& status) {
  const LeaseId lease = lease_;
  Drop();
  lease_ = lease;
  RetryLater(&Election::Read);
  on_deposed_(status);
}

void Election::RetryLater(void (Election::*step)()) {
  scheduler_->PostAfter(options_.retry_ms, Guard([this, step] { (this->*step)(); }));
}

}  // namespace weir::meta
