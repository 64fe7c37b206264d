#include "common/meta/session.h"

#include <algorithm>
#include <utility>

namespace weir::meta {
namespace {

constexpr int64_t kKeepAlivesPerTtl = 5;
// The share of a lease's time that is not counted on.
constexpr int64_t kDriftShare = 10;

}  // namespace

Session::Session(MetaStore* store, task::Scheduler* scheduler, const SessionOptions& options)
    : store_(store), scheduler_(scheduler), options_(options) {}

Session::~Session() {
  End();
}

template <typename F>
auto Session::Guard(F f) {
  return [current = generation_, generation = *generation_, f = std::move(f)](auto&&... arguments) {
    if (*current == generation) {
      f(std::forward<decltype(arguments)>(arguments)...);
    }
  };
}

void Session::AddListener(Listener* listener) {
  listeners_.push_back(listener);
}

void Session::RemoveListener(Listener* listener) {
  std::erase(listeners_, listener);
}

bool Session::alive() const {
  return state_ == State::kOpen && scheduler_->NowMonotonicMs() < alive_until_ms_;
}

void Session::Open() {
  if (state_ == State::kClosed) {
    state_ = State::kOpening;
    Grant();
  }
}

void Session::Grant() {
  const int64_t sent_ms = scheduler_->NowMonotonicMs();
  store_->GrantLease(options_.ttl_ms, Guard([this, sent_ms](const StatusOr<Lease>& lease) {
                       TakeGrant(sent_ms, lease);
                     }));
}

void Session::TakeGrant(int64_t sent_ms, const StatusOr<Lease>& lease) {
  const int64_t now_ms = scheduler_->NowMonotonicMs();
  if (!lease.ok()) {
    tick_ = scheduler_->PostAfter(options_.retry_ms, Guard([this] { Grant(); }));
    return;
  }
  lease_ = lease->id;
  ttl_ms_ = lease->ttl_ms;
  alive_until_ms_ = sent_ms + ttl_ms_ - ttl_ms_ / kDriftShare;
  if (now_ms >= alive_until_ms_) {
    return Grant();   // the answer took too long
  }
  state_ = State::kOpen;
  ScheduleTick();
  ScheduleEnd();
  const uint64_t generation = *generation_;
  for (Listener* listener : std::vector<Listener*>(listeners_)) {
    const bool listens = std::find(listeners_.begin(), listeners_.end(), listener) != listeners_.end();
    if (listens && generation == *generation_) {
      listener->OnSessionOpen(lease_);
    }
  }
}

void Session::ScheduleTick() {
  const int64_t interval_ms = options_.keep_alive_ms > 0
                                  ? options_.keep_alive_ms
                                  : std::max<int64_t>(ttl_ms_ / kKeepAlivesPerTtl, 1);
  tick_ = scheduler_->PostAfter(interval_ms, Guard([this] { Tick(); }));
}

void Session::Tick() {
  if (!alive()) {
    return Lose(Unavailable("the session's lease was not renewed in time"));
  }
  // The next one does not wait for this one's answer, which may never come.
  const int64_t sent_ms = scheduler_->NowMonotonicMs();
  store_->KeepAlive(lease_,
                    Guard([this, sent_ms](const Status& status) { TakeKeepAlive(sent_ms, status); }));
  ScheduleTick();
}

void Session::TakeKeepAlive(int64_t sent_ms, const Status& status) {
  if (status.code() == StatusCode::kNotFound) {
    return Lose(status);
  }
  if (!alive()) {
    // Someone may have seen that already: a session that was not alive stays so.
    return Lose(Unavailable("the session's lease was not renewed in time"));
  }
  if (status.ok()) {
    alive_until_ms_ = std::max(alive_until_ms_, sent_ms + ttl_ms_ - ttl_ms_ / kDriftShare);
    ScheduleEnd();
  }
}

void Session::ScheduleEnd() {
  scheduler_->Cancel(end_);
  end_ = scheduler_->PostAfter(alive_until_ms_ - scheduler_->NowMonotonicMs(), Guard([this] {
                                 Lose(Unavailable("the session's lease was not renewed in time"));
                               }));
}

void Session::Lose(const Status& status) {
  // If it lives still, nobody needs to wait for its end any more.
  if (status.code() != StatusCode::kNotFound) {
    store_->Revoke(lease_, [](const Status&) {});
  }
  End();
  for (Listener* listener : std::vector<Listener*>(listeners_)) {
    if (std::find(listeners_.begin(), listeners_.end(), listener) != listeners_.end()) {
      listener->OnSessionLost(status);
    }
  }
}

void Session::Close(MetaStore::Done done) {
  const LeaseId lease = state_ == State::kOpen ? lease_ : LeaseId();
  End();
  if (lease == LeaseId()) {
    if (done != nullptr) {
      scheduler_->Post([done = std::move(done)] { done(OkStatus()); });
    }
    return;
  }
  store_->Revoke(lease, [done = std::move(done)](const Status& status) {
    if (done != nullptr) {
      done(status);
    }
  });
}

void Session::End() {
  ++*generation_;
  scheduler_->Cancel(tick_);
  scheduler_->Cancel(end_);
  state_ = State::kClosed;
  lease_ = LeaseId();
  alive_until_ms_ = 0;
}

}  // namespace weir::meta
