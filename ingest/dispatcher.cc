#include "ingest/dispatcher.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

namespace weir::ingest {
namespace {

using worker::FrameResult;
using Reason = worker::FrameResult::Reason;

constexpr uint16_t kNoRoute = UINT16_MAX;

// What the table says, ready to send by. Never changed once it is in use.
struct Routing {
  struct Entry {
    uint16_t route = kNoRoute;   // index into links
    Epoch epoch;
  };
  int64_t revision = -1;
  std::vector<Entry> entries;    // by shard
  std::vector<std::string> workers;
  std::vector<std::shared_ptr<WorkerLink>> links;

  Entry At(ShardId shard) const {
    return shard.value < entries.size() ? entries[shard.value] : Entry();
  }
};
using RoutingPtr = std::shared_ptr<const Routing>;

bool WorthResending(const FrameResult& result) {
  return result.status.code() == StatusCode::kUnavailable ||
         (result.status.code() == StatusCode::kAborted &&
          (result.reason == Reason::kTable || result.reason == Reason::kStream));
}

bool IsForTheMaker(const FrameResult& result) {
  return result.status.code() == StatusCode::kAborted &&
         (result.reason == Reason::kClosed || result.reason == Reason::kVersion);
}

// Which of two bad outcomes the batch is answered with: one that sending again does not mend, then one
// that the producer mends, then one that a new rule set or stamp mends.
int Severity(const FrameResult& result) {
  if (result.status.ok()) {
    return 0;
  }
  if (IsForTheMaker(result)) {
    return result.reason == Reason::kClosed ? 1 : 2;
  }
  return result.status.code() == StatusCode::kUnavailable ? 3 : 4;
}

exec::Frame WithoutParts(const exec::Frame& frame) {
  exec::Frame head;
  head.version = frame.version;
  head.explicit_ingested = frame.explicit_ingested;
  head.events = frame.events;
  head.events_matched = frame.events_matched;
  head.rows = frame.rows;
  return head;
}

void AddParts(exec::Frame frame, exec::Frame* to) {
  if (to->parts.empty()) {
    *to = std::move(frame);
    return;
  }
  std::move(frame.parts.begin(), frame.parts.end(), std::back_inserter(to->parts));
}

}  // namespace

void MergeExceptions(std::vector<FrameResult::Exception> from,
                     std::vector<FrameResult::Exception>* to) {
  if (to->empty()) {
    *to = std::move(from);
    return;
  }
  if (from.empty()) {
    return;
  }
  to->insert(to->end(), from.begin(), from.end());
  std::sort(to->begin(), to->end(), [](const auto& a, const auto& b) {
    return std::tie(a.event_index, a.verdict) < std::tie(b.event_index, b.verdict);
  });
  to->erase(std::unique(to->begin(), to->end(),
                        [](const auto& a, const auto& b) { return a.event_index == b.event_index; }),
            to->end());
}

class Dispatcher::Impl final : public std::enable_shared_from_this<Impl> {
 public:
  Impl(DispatcherOptions options, task::Scheduler* scheduler, MakeLink make_link)
      : options_(options), scheduler_(scheduler), make_link_(std::move(make_link)) {}

  void SetTable(cluster::ShardTable table);
  void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done);
  void SetPromise(const Promise& promise);
  void Stop();
  DispatcherStatus GetStatus() const {
    const std::lock_guard lock(mutex_);
    DispatcherStatus status = counters_;
    status.waiting = parked_.size();
    return status;
  }

 private:
  // One frame on its way; deletes itself with its last answer. The single allocation of a frame that goes
  // to one worker.
  struct Flight {
    std::shared_ptr<Impl> impl;
    UnixMillis stamp_ms = 0;
    Done done;
    std::mutex mutex;
    uint32_t open = 1;          // messages without their last answer
    int64_t give_up_ms = -1;    // monotonic, from the first refusal on
    bool taken = false;         // a part was, or may have been
    bool merged = false;        // more than one answer is in result
    Result result;
  };
  // A message that waits to be sent again.
  struct Parked {
    Flight* flight = nullptr;
    exec::Frame frame;
    bool maybe_taken = false;
    bool for_table = false;     // a newer table may help
    task::Scheduler::TimerId timer = 0;
  };

  RoutingPtr routing() const {
    const std::lock_guard lock(mutex_);
    return routing_;
  }
  void Send(Flight* flight, exec::Frame frame, bool maybe_taken);
  void SendSplit(Flight* flight, exec::Frame frame, bool maybe_taken, const Routing& routing);
  void SendTo(const Routing& routing, uint16_t route, Flight* flight, exec::Frame frame,
              bool maybe_taken);
  void OnAnswer(Flight* flight, bool maybe_taken, FrameResult answer);
  void Park(Flight* flight, bool maybe_taken, FrameResult answer);
  int64_t TimeLeft(Flight* flight) const;
  void Resend(uint64_t id);
  static void Merge(Flight* flight, bool maybe_taken, FrameResult answer);
  static void Close(Flight* flight);

  const DispatcherOptions options_;
  task::Scheduler* const scheduler_;
  const MakeLink make_link_;

  std::mutex table_mutex_;   // one table at a time; taken before mutex_
  mutable std::mutex mutex_;
  RoutingPtr routing_ = std::make_shared<Routing>();
  Promise promise_;
  bool promised_ = false;
  bool stopped_ = false;
  uint64_t next_parked_ = 1;
  std::map<uint64_t, Parked> parked_;
  DispatcherStatus counters_;
};

void Dispatcher::Impl::SetTable(cluster::ShardTable table) {
  const std::lock_guard table_lock(table_mutex_);
  const RoutingPtr before = routing();
  if (table.revision <= before->revision) {
    return;
  }
  auto next = std::make_shared<Routing>();
  next->revision = table.revision;
  next->entries.resize(table.entries.size());
  std::map<std::string, uint16_t> routes;
  for (std::size_t shard = 0; shard < table.entries.size(); ++shard) {
    const cluster::ShardEntry& entry = table.entries[shard];
    if (entry.worker.empty()) {
      continue;
    }
    const auto [route, added] =
        routes.emplace(entry.worker, static_cast<uint16_t>(next->links.size()));
    if (added) {
      const auto known = std::find(before->workers.begin(), before->workers.end(), entry.worker);
      next->workers.push_back(entry.worker);
      next->links.push_back(
          known != before->workers.end()
              ? before->links[static_cast<std::size_t>(known - before->workers.begin())]
              : std::shared_ptr<WorkerLink>(make_link_(entry.worker)));
    }
    next->entries[shard] = {route->second, entry.epoch};
  }
  std::vector<uint64_t> waiting;
  std::optional<Promise> promise;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return;   // the links made above go with `next`
    }
    routing_ = next;
    promise = promised_ ? std::optional(promise_) : std::nullopt;
    for (const auto& [id, parked] : parked_) {
      if (parked.for_table) {
        waiting.push_back(id);
      }
    }
  }
  if (promise.has_value()) {
    for (const auto& link : next->links) {
      link->SetPromise(*promise);
    }
  }
  for (const uint64_t id : waiting) {
    scheduler_->Post([self = shared_from_this(), id] { self->Resend(id); });
  }
}

void Dispatcher::Impl::SetPromise(const Promise& promise) {
  RoutingPtr routing;
  Promise now;
  {
    const std::lock_guard lock(mutex_);
    promise_.stamp_ms = std::max(promise_.stamp_ms, promise.stamp_ms);
    for (const auto& [producer, watermark_ms] : promise.producers) {
      const auto [at, added] = promise_.producers.emplace(producer, watermark_ms);
      at->second = std::max(at->second, watermark_ms);
    }
    promised_ = true;
    now = promise_;
    routing = routing_;
  }
  for (const auto& link : routing->links) {
    link->SetPromise(now);
  }
}

void Dispatcher::Impl::Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) {
  auto* flight = new Flight();   // deleted by Close
  flight->impl = shared_from_this();
  flight->stamp_ms = stamp_ms;
  flight->done = std::move(done);
  Send(flight, std::move(frame), false);
}

// Sends a message's parts by the table of now: as one message again, or as several.
void Dispatcher::Impl::Send(Flight* flight, exec::Frame frame, bool maybe_taken) {
  const RoutingPtr routing = this->routing();
  const uint16_t route = routing->At(frame.parts.front().shard).route;
  bool one = true;
  for (exec::FramePart& part : frame.parts) {
    const Routing::Entry entry = routing->At(part.shard);
    part.epoch = entry.epoch;
    one = one && entry.route == route;
  }
  if (one) {
    SendTo(*routing, route, flight, std::move(frame), maybe_taken);
  } else {
    SendSplit(flight, std::move(frame), maybe_taken, *routing);
  }
}

void Dispatcher::Impl::SendSplit(Flight* flight, exec::Frame frame, bool maybe_taken,
                                 const Routing& routing) {
  std::map<uint16_t, exec::Frame> messages;
  for (exec::FramePart& part : frame.parts) {
    const uint16_t route = routing.At(part.shard).route;
    const auto [message, added] = messages.try_emplace(route);
    if (added) {
      message->second = WithoutParts(frame);
    }
    message->second.parts.push_back(std::move(part));
  }
  {
    const std::lock_guard lock(mutex_);
    ++counters_.frames_split;
  }
  {
    const std::lock_guard lock(flight->mutex);
    flight->open += static_cast<uint32_t>(messages.size()) - 1;
    flight->merged = true;
  }
  for (auto& [route, message] : messages) {
    SendTo(routing, route, flight, std::move(message), maybe_taken);
  }
}

void Dispatcher::Impl::SendTo(const Routing& routing, uint16_t route, Flight* flight,
                              exec::Frame frame, bool maybe_taken) {
  if (route == kNoRoute) {
    FrameResult nobody;
    nobody.status = Aborted("shard {} is not assigned to a worker", frame.parts.front().shard);
    nobody.reason = Reason::kTable;
    nobody.table_revision = routing.revision + 1;   // only a newer table helps
    nobody.frame = std::move(frame);
    OnAnswer(flight, maybe_taken, std::move(nobody));
    return;
  }
  // Two words: std::function keeps them without another allocation.
  const uintptr_t tagged = reinterpret_cast<uintptr_t>(flight) | (maybe_taken ? 1U : 0U);
  routing.links[route]->Submit(flight->stamp_ms, std::move(frame), [tagged](FrameResult answer) {
    auto* to = reinterpret_cast<Flight*>(tagged & ~uintptr_t{1});
    to->impl->OnAnswer(to, (tagged & 1) != 0, std::move(answer));
  });
}

void Dispatcher::Impl::OnAnswer(Flight* flight, bool maybe_taken, FrameResult answer) {
  if (!answer.status.ok() && WorthResending(answer) && !answer.frame.parts.empty()) {
    Park(flight, maybe_taken || answer.maybe_taken, std::move(answer));
    return;
  }
  Merge(flight, maybe_taken, std::move(answer));
  Close(flight);
}

// For how long a frame may still be sent again.
int64_t Dispatcher::Impl::TimeLeft(Flight* flight) const {
  const int64_t now_ms = scheduler_->NowMonotonicMs();
  const std::lock_guard lock(flight->mutex);
  if (flight->give_up_ms < 0) {
    flight->give_up_ms = now_ms + options_.resend_ms_max;
  }
  return flight->give_up_ms - now_ms;
}

// Lays a refused message by, or gives it up.
void Dispatcher::Impl::Park(Flight* flight, bool maybe_taken, FrameResult answer) {
  const bool for_table = answer.reason == Reason::kTable;
  std::optional<Promise> renew;
  bool parked = false;
  {
    const std::lock_guard lock(mutex_);
    const int64_t left_ms = stopped_ ? 0 : TimeLeft(flight);
    if (left_ms > 0) {
      // A worker that knows a newer table than we is right about it: sending before we know it is
      // pointless. One that lags behind, or must open its stream or shard first, is asked again.
      const bool wait = for_table && answer.table_revision > routing_->revision;
      const int64_t delay_ms = wait ? left_ms : std::min(left_ms, options_.resend_delay_ms);
      const uint64_t id = next_parked_++;
      Parked& entry = parked_[id];
      entry = {flight, std::move(answer.frame), maybe_taken, for_table, 0};
      entry.timer = scheduler_->PostAfter(
          delay_ms, [self = shared_from_this(), id] { self->Resend(id); });
      parked = true;
      if (answer.reason == Reason::kStream && promised_) {
        renew = promise_;
      }
    } else {
      ++counters_.given_up;
    }
  }
  if (renew.has_value()) {
    SetPromise(*renew);   // a link finds out by it that its stream is gone
  }
  if (parked) {
    return;
  }
  if (answer.status.code() != StatusCode::kUnavailable) {
    answer.status = MakeError(StatusCode::kUnavailable, Message(answer.status));
    answer.reason = Reason::kNone;
  }
  answer.maybe_taken = maybe_taken;
  Merge(flight, maybe_taken, std::move(answer));
  Close(flight);
}

void Dispatcher::Impl::Resend(uint64_t id) {
  Parked parked;
  {
    const std::lock_guard lock(mutex_);
    const auto found = parked_.find(id);
    if (found == parked_.end()) {
      return;   // a newer table came before the timer, or the end
    }
    parked = std::move(found->second);
    parked_.erase(found);
    ++counters_.resends;
  }
  scheduler_->Cancel(parked.timer);
  Send(parked.flight, std::move(parked.frame), parked.maybe_taken);
}

// Takes a message's last answer into the frame's result.
void Dispatcher::Impl::Merge(Flight* flight, bool maybe_taken, FrameResult answer) {
  const std::lock_guard lock(flight->mutex);
  if (maybe_taken) {
    std::erase_if(answer.exceptions, [](const FrameResult::Exception& exception) {
      return exception.verdict == worker::Verdict::kRepeat;
    });
  }
  flight->taken = flight->taken || answer.status.ok() || maybe_taken || answer.maybe_taken;
  if (IsForTheMaker(answer)) {
    AddParts(std::move(answer.frame), &flight->result.parts_left);
    flight->result.left_maybe_taken = flight->result.left_maybe_taken || maybe_taken;
  }
  answer.frame = exec::Frame();
  FrameResult& result = flight->result.result;
  if (!flight->merged) {
    result = std::move(answer);
    return;
  }
  MergeExceptions(std::move(answer.exceptions), &result.exceptions);
  result.closed_ms = std::max(result.closed_ms, answer.closed_ms);
  result.version = std::max(result.version, answer.version);
  result.table_revision = std::max(result.table_revision, answer.table_revision);
  if (Severity(answer) > Severity(result)) {
    result.status = std::move(answer.status);
    result.reason = answer.reason;
  }
}

// Ends one message; the last one answers the frame.
void Dispatcher::Impl::Close(Flight* flight) {
  {
    const std::lock_guard lock(flight->mutex);
    if (--flight->open != 0) {
      return;
    }
  }
  const std::unique_ptr<Flight> last(flight);
  Result& result = last->result;
  if (last->merged) {
    std::sort(result.parts_left.parts.begin(), result.parts_left.parts.end(),
              [](const auto& a, const auto& b) { return a.shard < b.shard; });
  }
  result.result.maybe_taken = false;
  result.partly_taken = !result.result.status.ok() && last->taken;
  last->done(std::move(result));
}

void Dispatcher::Impl::Stop() {
  const std::lock_guard table_lock(table_mutex_);
  RoutingPtr routing = std::make_shared<Routing>();
  std::map<uint64_t, Parked> parked;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    routing_.swap(routing);
    parked.swap(parked_);
  }
  for (auto& [id, entry] : parked) {
    scheduler_->Cancel(entry.timer);
    FrameResult answer;
    answer.status = Unavailable("this node is stopping");
    Merge(entry.flight, entry.maybe_taken, std::move(answer));
    Close(entry.flight);
  }
}   // the links go last, with what was under way

Dispatcher::Dispatcher(DispatcherOptions options, task::Scheduler* scheduler, MakeLink make_link)
    : impl_(std::make_shared<Impl>(options, scheduler, std::move(make_link))) {}

Dispatcher::~Dispatcher() {
  Stop();
}

void Dispatcher::SetTable(cluster::ShardTable table) {
  impl_->SetTable(std::move(table));
}

cluster::ShardTable Dispatcher::SingleWorkerTable(uint16_t shard_count, const std::string& worker,
                                                  Epoch epoch) {
  cluster::ShardTable table;
  table.entries.resize(shard_count);
  for (cluster::ShardEntry& entry : table.entries) {
    entry.epoch = epoch;
    entry.worker = worker;
  }
  return table;
}

void Dispatcher::Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) {
  impl_->Submit(stamp_ms, std::move(frame), std::move(done));
}

void Dispatcher::SetPromise(const Promise& promise) {
  impl_->SetPromise(promise);
}

void Dispatcher::Stop() {
  impl_->Stop();
}

DispatcherStatus Dispatcher::GetStatus() const {
  return impl_->GetStatus();
}

}  // namespace weir::ingest
