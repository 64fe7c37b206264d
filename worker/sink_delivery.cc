#include <algorithm>
#include <utility>

#include "common/alert/query.h"
#include "common/base/bytes.h"
#include "common/telemetry/log.h"
#include "worker/sink_delivery_internal.h"

namespace weir::worker {

namespace {

// stored: do not change (docs/formats.md).
constexpr char kFirstKey[] = "sink/first/";
constexpr char kPositionKey[] = "sink/at/";
constexpr char kDeadKey[] = "sink/dead/";
constexpr uint8_t kDeadVersion = 1;

// Names have no '/'.
std::string Prefix(const char* kind, const std::string& name) {
  return kind + name + "/";
}

std::string PositionKey(const std::string& name, uint16_t shard) {
  std::string key = Prefix(kPositionKey, name);
  ByteWriter(&key).Fixed16BigEndian(shard);
  return key;
}

std::string DeadKey(const std::string& name, const Hash128& id) {
  return Prefix(kDeadKey, name) + id.ToBytes();
}

std::string EncodeNumber(uint64_t number) {
  std::string out;
  ByteWriter(&out).Fixed64BigEndian(number);
  return out;
}

std::string EncodeDeadLetter(const SinkDeadLetter& letter) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kDeadVersion);
  writer.Varint(letter.revision);
  writer.SignedVarint(letter.time_ms);
  writer.SignedVarint(letter.http_status);
  writer.String(letter.reason);
  return out;
}

StatusOr<SinkDeadLetter> DecodeDeadLetter(const Hash128& id, std::string_view bytes) {
  ByteReader reader(bytes);
  SinkDeadLetter letter;
  letter.alert = id;
  if (reader.U8() != kDeadVersion) {
    return DataLoss("a stored dead letter has a version unknown to this binary");
  }
  letter.revision = reader.Varint();
  letter.time_ms = reader.SignedVarint();
  letter.http_status = static_cast<int>(reader.SignedVarint());
  letter.reason = reader.String();
  if (!reader.ok()) {
    return DataLoss("a stored dead letter is cut short");
  }
  return letter;
}

}  // namespace

AlertOutbox::Delivery::Delivery(SinkSettings settings, std::unique_ptr<sink::Sink> sink,
                                state::StateStore* store, const Clock* clock)
    : settings_(std::move(settings)), sink_(std::move(sink)), store_(store), clock_(clock) {
  counts_.name = settings_.name;
}

Status AlertOutbox::Delivery::Load() {
  std::string first;
  const std::string first_key = Prefix(kFirstKey, settings_.name);
  const Status found = store_->Get(state::Family::kMeta, first_key, &first);
  if (found.code() == StatusCode::kNotFound) {
    first = EncodeNumber(static_cast<uint64_t>(clock_->Now()));
    const auto batch = store_->NewBatch();
    batch->Put(state::Family::kMeta, first_key, first);
    WEIR_RETURN_IF_ERROR(store_->Write(batch.get(), true));
  } else {
    WEIR_RETURN_IF_ERROR(found);
  }
  first_ms_ = static_cast<UnixMillis>(ByteReader(first).Fixed64BigEndian());
  const std::string positions = Prefix(kPositionKey, settings_.name);
  WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kMeta, positions, state::PrefixEnd(positions),
                                    [&](std::string_view key, std::string_view value) {
                                      key.remove_prefix(positions.size());
                                      ShardQueue& shard =
                                          shards_[ByteReader(key).Fixed16BigEndian()];
                                      shard.stored = ByteReader(value).Fixed64BigEndian();
                                      shard.seen = shard.stored;
                                      return true;
                                    }));
  const std::string dead = Prefix(kDeadKey, settings_.name);
  return store_->Scan(state::Family::kMeta, dead, state::PrefixEnd(dead),
                      [&](std::string_view key, std::string_view) {
                        dead_.insert(Hash128::FromBytes(key.substr(dead.size())));
                        return true;
                      });
}

void AlertOutbox::Delivery::Start(Read read) {
  read_ = std::move(read);
  thread_ = std::thread([this] { Run(); });
}

void AlertOutbox::Delivery::BeginStop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sink_->Stop();
  wake_.notify_all();
}

void AlertOutbox::Delivery::Join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void AlertOutbox::Delivery::OnAlert(const alert::Alert& alert) {
  const std::lock_guard lock(mutex_);
  ShardQueue& shard = shards_[alert.shard];
  if (alert.change <= shard.stored) {
    return;  // told again by a recovery
  }
  shard.seen = std::max(shard.seen, alert.change);
  const auto [waiting, added] = waiting_.try_emplace(alert.id);
  waiting->second.latest = std::max(waiting->second.latest, alert.change);
  if (added) {
    waiting->second.shard = alert.shard;
    waiting->second.position = alert.change;
    waiting->second.since_ms = clock_->Now();
    shard.waiting.emplace(alert.change, alert.id);
    wake_.notify_all();
  }
}

void AlertOutbox::Delivery::OnForgotten(const Hash128& id) {
  const std::lock_guard lock(mutex_);
  counts_.gone += waiting_.contains(id) ? 1 : 0;
  Done(id, UINT64_MAX);
  if (dead_.erase(id) != 0) {
    retried_.erase(id);
    const auto write = store_->NewBatch();
    write->Delete(state::Family::kMeta, DeadKey(settings_.name, id));
    Write(write.get());
  }
}

// Until there is something to deliver and it may be; false when it is over.
bool AlertOutbox::Delivery::WaitForWork(std::unique_lock<std::mutex>* lock) {
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    if (waiting_.empty() && retried_.empty()) {
      wake_.wait(*lock);
    } else if (now < not_before_) {
      wake_.wait_until(*lock, not_before_);
    } else {
      return true;
    }
  }
  return false;
}

// The alerts that stand first in their shards' orders, shard by shard in turn.
std::vector<Hash128> AlertOutbox::Delivery::Choose() const {
  std::vector<Hash128> ids(retried_.begin(), retried_.end());
  ids.resize(std::min(ids.size(), settings_.batch_max));
  std::set<Hash128> chosen(ids.begin(), ids.end());
  std::vector<std::pair<std::map<uint64_t, Hash128>::const_iterator, const ShardQueue*>> fronts;
  for (const auto& [shard, queue] : shards_) {
    if (!queue.waiting.empty()) {
      fronts.emplace_back(queue.waiting.begin(), &queue);
    }
  }
  while (!fronts.empty() && ids.size() < settings_.batch_max) {
    for (auto& [at, queue] : fronts) {
      if (ids.size() < settings_.batch_max && chosen.insert(at->second).second) {
        ids.push_back(at->second);
      }
      ++at;
    }
    std::erase_if(fronts,
                  [](const auto& front) { return front.first == front.second->waiting.end(); });
  }
  return ids;
}

bool AlertOutbox::Delivery::IsAskedFor(const alert::Alert& alert) const {
  if (alert.severity < settings_.severity_min ||
      (!settings_.history && alert.changed_at_ms < first_ms_)) {
    return false;
  }
  return settings_.rules.empty() ||
         std::any_of(settings_.rules.begin(), settings_.rules.end(), [&](const std::string& rule) {
           return alert::MatchesGlob(rule, alert.rule_id);
         });
}

AlertOutbox::Delivery::Batch AlertOutbox::Delivery::ReadAlerts(const std::vector<Hash128>& ids) {
  Batch batch;
  for (const Hash128& id : ids) {
    StatusOr<alert::Alert> alert = read_(id);
    uint64_t* count = nullptr;
    if (alert.ok()) {
      batch.changes[id] = alert->change;
      count = !alert::IsDelivered(alert->flags) ? &counts_.withheld
              : !IsAskedFor(*alert)             ? &counts_.filtered
                                                : nullptr;
    } else {
      // Also when it is not found: its shard may be damaged or held elsewhere. The retention tells.
      batch.status = Annotate(alert.status(), "reading an alert");
      const std::lock_guard lock(mutex_);
      retried_.erase(id);
      continue;
    }
    if (count == nullptr) {
      batch.alerts.push_back(*std::move(alert));
    } else {
      const std::lock_guard lock(mutex_);
      ++*count;
      batch.settled.push_back(id);
    }
  }
  return batch;
}

void AlertOutbox::Delivery::Run() {
  std::unique_lock lock(mutex_);
  while (WaitForWork(&lock)) {
    if (backoff_ms_ == 0 && settings_.linger_ms > 0 && waiting_.size() < settings_.batch_max) {
      wake_.wait_for(lock, std::chrono::milliseconds(settings_.linger_ms),
                     [this] { return stopping_; });
      if (stopping_) {
        return;
      }
    }
    const std::vector<Hash128> ids = Choose();
    lock.unlock();
    const Batch batch = ReadAlerts(ids);
    sink::Outcome outcome;
    if (!batch.alerts.empty()) {
      outcome = sink_->Deliver(batch.alerts);
    }
    lock.lock();
    Settle(batch, outcome);
    const Status& status = outcome.status.ok() ? batch.status : outcome.status;
    if (stopping_) {
      return;
    }
    if (!status.ok()) {
      Fail(status, outcome);
    } else {
      backoff_ms_ = 0;
      counts_.last_error.clear();
    }
  }
}

// REQUIRES: mutex_. The wait grows only while nothing gets through: a server that takes a part each time is
// busy, not away.
void AlertOutbox::Delivery::Fail(const Status& status, const sink::Outcome& outcome) {
  const bool some_settled = !outcome.refused.empty() ||
                            std::find(outcome.taken.begin(), outcome.taken.end(), true) !=
                                outcome.taken.end();
  if (backoff_ms_ == 0) {
    log::Warn("alerts cannot be delivered; they wait",
              {{"sink", settings_.name}, {"reason", status}});
  }
  ++counts_.retries;
  counts_.last_error = std::string(Message(status));
  backoff_ms_ = std::min(settings_.retry_ms_max, backoff_ms_ == 0 || some_settled
                                                     ? settings_.retry_ms_min
                                                     : 2 * backoff_ms_);
  std::uniform_int_distribution<int64_t> varied(backoff_ms_ / 2, backoff_ms_);
  not_before_ = std::chrono::steady_clock::now() +
                std::chrono::milliseconds(std::max(varied(random_), outcome.retry_after_ms));
}

// REQUIRES: mutex_. What was taken or refused no longer waits, unless it changed since it was read.
void AlertOutbox::Delivery::Settle(const Batch& batch, const sink::Outcome& outcome) {
  const auto write = store_->NewBatch();
  for (const Hash128& id : batch.settled) {
    Done(id, batch.changes.at(id));
    if (retried_.erase(id) != 0 && dead_.erase(id) != 0) {
      write->Delete(state::Family::kMeta, DeadKey(settings_.name, id));
    }
  }
  for (std::size_t i = 0; i < outcome.taken.size(); ++i) {
    if (!outcome.taken[i]) {
      continue;
    }
    const Hash128& id = batch.alerts[i].id;
    ++counts_.delivered;
    counts_.last_delivered_ms = clock_->Now();
    Done(id, batch.changes.at(id));
    retried_.erase(id);
    if (dead_.erase(id) != 0) {
      write->Delete(state::Family::kMeta, DeadKey(settings_.name, id));
    }
  }
  for (const sink::Refusal& refusal : outcome.refused) {
    const alert::Alert& alert = batch.alerts[refusal.index];
    Done(alert.id, batch.changes.at(alert.id));
    retried_.erase(alert.id);
    if (dead_.insert(alert.id).second) {
      log::Warn(
          "a sink refused an alert for good",
          {{"sink", settings_.name}, {"alert", alert.id.ToHex()}, {"status", refusal.http_status}});
    }
    write->Put(state::Family::kMeta, DeadKey(settings_.name, alert.id),
               EncodeDeadLetter(
                   {alert.id, alert.revision, clock_->Now(), refusal.http_status, refusal.reason}));
  }
  SavePositions(write.get());
  Write(write.get());
}

// REQUIRES: mutex_.
void AlertOutbox::Delivery::Done(const Hash128& id, uint64_t change) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) {
    return;
  }
  Waiting& waiting = found->second;
  ShardQueue& shard = shards_[waiting.shard];
  shard.waiting.erase(waiting.position);
  if (waiting.latest <= change) {
    waiting_.erase(found);
    return;
  }
  waiting.position = waiting.latest;
  waiting.since_ms = clock_->Now();
  shard.waiting.emplace(waiting.position, id);
}

void AlertOutbox::Delivery::SavePositions(state::WriteBatch* write) {
  for (auto& [id, shard] : shards_) {
    const uint64_t position = shard.waiting.empty() ? shard.seen : shard.waiting.begin()->first - 1;
    if (position > shard.stored) {
      shard.stored = position;
      write->Put(state::Family::kMeta, PositionKey(settings_.name, id), EncodeNumber(position));
    }
  }
}

// Without a sync: what is lost is delivered again.
void AlertOutbox::Delivery::Write(state::WriteBatch* write) {
  if (write->ApproximateBytes() == 0) {
    return;
  }
  const Status status = store_->Write(write, false);
  if (!status.ok()) {
    log::Warn("the position of a sink was not saved; it will get alerts again",
              {{"sink", settings_.name}, {"reason", status}});
  }
}

SinkStatus AlertOutbox::Delivery::GetStatus() const {
  const std::lock_guard lock(mutex_);
  SinkStatus status = counts_;
  status.pending = waiting_.size();
  status.dead_letters = dead_.size();
  for (const auto& [shard, queue] : shards_) {
    if (!queue.waiting.empty()) {
      const UnixMillis since_ms = waiting_.at(queue.waiting.begin()->second).since_ms;
      status.oldest_ms = status.oldest_ms == 0 ? since_ms : std::min(status.oldest_ms, since_ms);
    }
  }
  return status;
}

StatusOr<std::vector<SinkDeadLetter>> AlertOutbox::Delivery::DeadLetters() const {
  std::vector<SinkDeadLetter> letters;
  Status failure = OkStatus();
  const std::string prefix = Prefix(kDeadKey, settings_.name);
  WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kMeta, prefix, state::PrefixEnd(prefix),
                                    [&](std::string_view key, std::string_view value) {
                                      StatusOr<SinkDeadLetter> letter = DecodeDeadLetter(
                                          Hash128::FromBytes(key.substr(prefix.size())), value);
                                      if (!letter.ok()) {
                                        failure = letter.status();
                                        return false;
                                      }
                                      letters.push_back(*std::move(letter));
                                      return true;
                                    }));
  WEIR_RETURN_IF_ERROR(failure);
  return letters;
}

uint64_t AlertOutbox::Delivery::RetryDeadLetters() {
  const std::lock_guard lock(mutex_);
  retried_ = dead_;
  wake_.notify_all();
  return retried_.size();
}

}  // namespace weir::worker
