#include "worker/log_writer.h"

#include <algorithm>
#include <utility>

#include "common/base/mutation.h"
#include "common/shard/keys.h"
#include "worker/log_writer_internal.h"

namespace weir::worker {

namespace {

// How long to rely on what the clock said.
constexpr int64_t kClockLookMs = 1000;
// For how long two frames at once are a sign of more.
constexpr int64_t kCrowdedMs = 1000;
// A write of so much has nothing to gain from more.
constexpr uint64_t kFullWriteBytes = 1ULL << 20;

Verdict VerdictOf(shard::Refusal refusal) {
  switch (refusal) {
    case shard::Refusal::kRepeat:
      return Verdict::kRepeat;
    case shard::Refusal::kLate:
      return Verdict::kLate;
    case shard::Refusal::kFuture:
      return Verdict::kFuture;
  }
  return Verdict::kLate;
}

}  // namespace

LogWriter::LogWriter(Options options, state::StateStore* store, const Clock* clock,
                     StreamWatermarks* watermarks, WorkerShared* shared,
                     task::Scheduler* scheduler)
    : options_(options),
      store_(store),
      clock_(clock),
      watermarks_(watermarks),
      shared_(shared),
      scheduler_(scheduler),
      slots_(options.shard_count) {}

LogWriter::~LogWriter() = default;

void LogWriter::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  scheduler_->Run([this] { Drain(); });
}

Status LogWriter::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void LogWriter::Fail(const Status& reason) {
  const std::lock_guard lock(mutex_);
  if (failure_.ok()) {
    failure_ = MakeError(StatusCode::kUnavailable, Message(reason));
  }
}

void LogWriter::Submit(StreamId stream, UnixMillis stamp_ms, exec::Frame frame,
                       std::function<void(FrameResult)> done) {
  Item item;
  item.pending = std::make_shared<Pending>();
  item.pending->done = std::move(done);
  item.stream = stream;
  item.stamp_ms = stamp_ms;
  for (const exec::FramePart& part : frame.parts) {
    item.bytes += part.bytes.size();
  }
  item.frame = std::move(frame);
  Enqueue(std::move(item));
}

void LogWriter::Activate(RuleSetVersion version, std::function<void(Status)> done) {
  Item item;
  item.kind = Item::Kind::kActivate;
  item.pending = std::make_shared<Pending>();
  item.pending->done = [done = std::move(done)](const FrameResult& result) { done(result.status); };
  item.version = version;
  item.everywhere = true;
  Enqueue(std::move(item));
}

void LogWriter::CatchUp(std::vector<ShardId> shards) {
  Item item;
  item.kind = Item::Kind::kActivate;
  item.pending = std::make_shared<Pending>();
  item.pending->done = [](const FrameResult&) {};
  item.version = version_;
  item.shards = std::move(shards);
  Process([&item] {
    std::vector<Item> items;
    items.push_back(std::move(item));
    return items;
  }());
}

void LogWriter::Close(std::vector<ShardId> shards, std::function<void(Status)> done) {
  Item item;
  item.kind = Item::Kind::kClose;
  item.pending = std::make_shared<Pending>();
  item.pending->done = [done = std::move(done)](const FrameResult& result) { done(result.status); };
  item.shards = std::move(shards);
  Enqueue(std::move(item));
}

void LogWriter::Commit(JudgedTick tick, std::function<void(Status)> done) {
  Item item;
  item.kind = Item::Kind::kTick;
  item.pending = std::make_shared<Pending>();
  item.pending->done = [done = std::move(done)](const FrameResult& result) {
    done(result.tick_repeated ? Error(StatusCode::kAlreadyExists, "the tick was judged before")
                              : result.status);
  };
  item.shards = {tick.home};
  item.bytes = tick.rows.size();
  item.tick = std::move(tick);
  Enqueue(std::move(item));
}

void LogWriter::Update(std::vector<AlertUpdate> updates,
                       std::function<void(std::vector<AlertUpdateResult>)> done) {
  struct Gathering {
    std::atomic<std::size_t> left;
    std::vector<AlertUpdateResult> results;
    std::function<void(std::vector<AlertUpdateResult>)> done;
  };
  if (updates.empty()) {
    done({});
    return;
  }
  auto gathering = std::make_shared<Gathering>();
  gathering->left = updates.size();
  gathering->results.resize(updates.size());
  gathering->done = std::move(done);
  for (std::size_t i = 0; i < updates.size(); ++i) {
    AlertUpdate& update = updates[i];
    Item item;
    item.kind = Item::Kind::kAction;
    item.pending = std::make_shared<Pending>();
    item.pending->done = [gathering, i, pending = item.pending.get()](const FrameResult& result) {
      AlertUpdateResult& to = gathering->results[i];
      to.status = result.status.ok() ? pending->action.status : result.status;
      to.unchanged = pending->action.unchanged;
      to.alert = std::move(pending->action.alert);
      if (--gathering->left == 0) {
        gathering->done(std::move(gathering->results));
      }
    };
    item.bytes = update.action.text.size();
    item.shards = {update.shard};
    item.epoch = update.epoch;
    item.action = {update.alert, 0, std::move(update.action)};
    Enqueue(std::move(item));
  }
}

void LogWriter::Forget(std::vector<ShardId> shards, UnixMillis before_ms) {
  Item item;
  item.kind = Item::Kind::kForget;
  item.pending = std::make_shared<Pending>();
  item.pending->done = [](const FrameResult&) {};
  item.shards = std::move(shards);
  item.forget_before_ms = before_ms;
  Enqueue(std::move(item));
}

void LogWriter::ActivateFrom(RuleSetVersion version, UnixMillis active_from_ms) {
  scheduler_->Post([this, version, active_from_ms] {
    const RuleSetVersion newest = upcoming_.empty() ? version_ : upcoming_.back().version;
    if (version <= newest) {
      return;
    }
    upcoming_.push_back({version, active_from_ms});
    ActivateWhenDue(version, active_from_ms);
  });
}

void LogWriter::ActivateWhenDue(RuleSetVersion version, UnixMillis active_from_ms) {
  const UnixMillis now_ms = clock_->Now();
  if (options_.clock == ClockMode::kReplay || now_ms > active_from_ms) {
    Activate(version, [](const Status&) {});
    return;
  }
  // The clock may be set right meanwhile, so it is asked again.
  scheduler_->PostAfter(std::min(active_from_ms + 1 - now_ms, kClockLookMs),
                        [this, version, active_from_ms] { ActivateWhenDue(version, active_from_ms); });
}

uint64_t LogWriter::queue_bytes() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_ + unapplied_bytes_;
}

void LogWriter::Enqueue(Item item) {
  Status refusal;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.ok()) {
      refusal = failure_;
    } else if (stopping_) {
      refusal = Unavailable("the worker is stopping");
    } else if (item.kind == Item::Kind::kFrame &&
               queued_bytes_ + unapplied_bytes_ > options_.queue_bytes_max) {
      refusal = Unavailable("{} bytes are waiting to be logged", queued_bytes_ + unapplied_bytes_);
      ++frames_refused_;
    } else {
      queued_bytes_ += item.bytes;
      queued_others_ += item.kind == Item::Kind::kFrame ? 0 : 1;
      wake = NeedsWake(item);
      queue_.push_back(std::move(item));
    }
  }
  if (refusal.ok()) {
    if (wake) {
      Wake();
    }
    return;
  }
  FrameResult result;
  result.status = refusal;
  result.frame = std::move(item.frame);
  item.pending->Answer(std::move(result));
}

void LogWriter::Wake() {
  {
    const std::lock_guard lock(mutex_);
    if (woken_) {
      return;
    }
    woken_ = true;
  }
  scheduler_->Post([this] {
    {
      const std::lock_guard lock(mutex_);
      woken_ = false;
    }
    Drain();
  });
}

void LogWriter::Drain() {
  while (true) {
    if (Pause()) {
      return;
    }
    std::vector<Item> items = TakeItems();
    if (items.empty()) {
      return;
    }
    write_started_ms_ = scheduler_->NowMonotonicMs();
    const bool several = items.size() > 1;
    Process(std::move(items));
    const std::lock_guard lock(mutex_);
    if (several || !queue_.empty()) {
      crowded_until_ms_ = scheduler_->NowMonotonicMs() + kCrowdedMs;
    }
  }
}

// Whether the frames that wait should go on waiting for company; a later Drain is on its way then.
bool LogWriter::Pause() {
  int64_t pause_ms = 0;
  {
    const std::lock_guard lock(mutex_);
    pause_ms = PauseMs();
    if (pause_ms == 0 || std::exchange(pausing_, true)) {
      return pause_ms != 0;
    }
  }
  scheduler_->PostAfter(pause_ms, [this] {
    {
      const std::lock_guard lock(mutex_);
      pausing_ = false;
    }
    Drain();
  });
  return true;
}

// What is not a frame waits for nothing, and takes the frames before it along. REQUIRES: mutex_.
int64_t LogWriter::PauseMs() const {
  if (options_.commit_interval_ms == 0 || queue_.empty() || queued_others_ != 0 || stopping_ ||
      queued_bytes_ >= kFullWriteBytes) {
    return 0;
  }
  const int64_t now_ms = scheduler_->NowMonotonicMs();
  return now_ms < crowded_until_ms_
             ? std::max<int64_t>(0, write_started_ms_ + options_.commit_interval_ms - now_ms)
             : 0;
}

// REQUIRES: mutex_, and the item is queued.
bool LogWriter::NeedsWake(const Item& item) const {
  return !pausing_ || item.kind != Item::Kind::kFrame || queued_bytes_ >= kFullWriteBytes;
}

// What the next write holds. An activation is a step of its own: what comes after it belongs to the new
// version. The first frame made under an upcoming version brings its activation with it.
std::vector<LogWriter::Item> LogWriter::TakeItems() {
  std::vector<Item> items;
  const std::lock_guard lock(mutex_);
  while (!queue_.empty()) {
    const Item& next = queue_.front();
    const bool ahead = next.kind == Item::Kind::kFrame && !upcoming_.empty() &&
                       next.frame.version >= upcoming_.front().version;
    // Records of another kind than rows are a write of their own; actions share one.
    const bool action = next.kind == Item::Kind::kAction;
    const bool alone = next.kind == Item::Kind::kActivate || next.kind == Item::Kind::kTick ||
                       next.kind == Item::Kind::kForget;
    if (!items.empty() &&
        (ahead || alone || action != (items.front().kind == Item::Kind::kAction))) {
      break;
    }
    if (ahead) {
      Item activation;
      activation.kind = Item::Kind::kActivate;
      activation.pending = std::make_shared<Pending>();
      activation.pending->done = [](const FrameResult&) {};
      activation.version = upcoming_.front().version;
      activation.everywhere = true;
      items.push_back(std::move(activation));
      break;
    }
    queued_bytes_ -= next.bytes;
    queued_others_ -= next.kind == Item::Kind::kFrame ? 0 : 1;
    unapplied_bytes_ += next.bytes;
    items.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (alone) {
      break;
    }
  }
  return items;
}

void LogWriter::Process(std::vector<Item> items) {
  shard::RecordHeader header;
  header.closed_ms = watermarks_->closed_ms();
  header.now_ms = options_.clock == ClockMode::kWall ? clock_->Now() : 0;
  if (items.front().kind == Item::Kind::kActivate) {
    Item& item = items.front();
    header.kind = shard::RecordKind::kActivate;
    version_ = std::max(version_, item.version);
    while (!upcoming_.empty() && upcoming_.front().version <= version_) {
      upcoming_.pop_front();
    }
    if (item.everywhere) {
      for (std::size_t id = 0; id < slots_.size(); ++id) {
        item.shards.emplace_back(static_cast<uint16_t>(id));
      }
    }
    std::erase_if(item.shards,
                  [this](ShardId shard) { return slots_[shard.value].version >= version_; });
  }
  header.version = version_;

  const Status failed = failure();
  WriteSet commit(slots_.size());
  uint64_t bytes = 0;
  std::vector<std::pair<std::shared_ptr<Pending>, FrameResult>> answers;   // nothing to log
  for (Item& item : items) {
    bytes += item.bytes;
    FrameResult& result = item.pending->result;
    if (item.kind == Item::Kind::kFrame) {
      result = Judge(item, header.closed_ms);
    } else if (item.kind == Item::Kind::kTick) {
      header.kind = shard::RecordKind::kTick;
      result = JudgeTick(item.tick);
    } else if (item.kind == Item::Kind::kAction) {
      header.kind = shard::RecordKind::kActions;
      item.action.time_ms = clock_->Now();
      result = JudgePlace(item.shards.front(), item.epoch);
    } else if (item.kind == Item::Kind::kForget) {
      header.kind = shard::RecordKind::kForget;
    }
    if (!failed.ok()) {
      result.status = failed;
    }
    if (!result.status.ok()) {
      result.frame = std::move(item.frame);
      item.shards.clear();   // below, what is left in items makes records
      answers.emplace_back(item.pending, std::move(result));
      continue;
    }
    if (item.kind != Item::Kind::kFrame) {
      std::erase_if(item.shards, [this](ShardId shard) {
        const Slot& slot = slots_[shard.value];
        return !slot.held || slot.state != ShardState::kServing;
      });
    }
    const std::size_t parts =
        item.kind == Item::Kind::kFrame ? item.frame.parts.size() : item.shards.size();
    if (parts == 0) {
      answers.emplace_back(item.pending, std::move(result));
      continue;
    }
    item.pending->parts = static_cast<int>(parts);
    for (const exec::FramePart& part : item.frame.parts) {
      WriteSet::ShardRecord& record = commit.Of(part.shard);
      record.parts.emplace_back(&item, &part);
      record.bytes += part.bytes.size();
    }
    for (const ShardId shard : item.shards) {
      WriteSet::ShardRecord& record = commit.Of(shard);
      if (item.kind == Item::Kind::kAction) {
        record.actions.push_back(&item);
      }
    }
  }
  std::size_t batch_bytes = 0;
  for (WriteSet::ShardRecord& record : commit.records()) {
    Slot& slot = slots_[record.shard.value];
    header.epoch = slot.epoch;
    shard::RecordWriter writer(header, record.bytes + 32 * record.parts.size());
    record.frames.reserve(record.parts.size());
    for (const auto& [item, part] : record.parts) {
      writer.Add({item->stamp_ms, item->frame.explicit_ingested, part->bytes});
      record.frames.push_back(item->pending);
    }
    if (header.kind == shard::RecordKind::kTick) {
      const JudgedTick& tick = items.front().tick;
      writer.AddTick({shard::RuleHash(tick.rule_id), tick.tick_ms, tick.previous_ms, tick.rows});
    }
    for (const Item* item : record.actions) {
      writer.AddAction(item->action);
    }
    if (header.kind == shard::RecordKind::kForget) {
      writer.AddForget(items.front().forget_before_ms);
    }
    record.record = writer.Finish();
    batch_bytes += record.record.size() + 64;
  }
  for (const Item& item : items) {
    for (const ShardId shard : item.shards) {
      commit.Of(shard).frames.push_back(item.pending);
    }
  }

  Status written = OkStatus();
  if (!commit.records().empty()) {
    const auto batch = store_->NewBatch(batch_bytes);
    for (const WriteSet::ShardRecord& record : commit.records()) {
      const LogNumber number(slots_[record.shard.value].last + 1);
      batch->Put(state::Family::kLog, shard::LogKey(record.shard, number), record.record);
    }
    written = store_->Write(batch.get(), !Mutated(Mutation::kNoSync));
    ++syncs_;
    if (!written.ok()) {
      shared_->fail(Annotate(written, "appending to the log"));
      written = failure();
    }
  }
  std::vector<std::pair<Executor*, std::vector<Written>>> applied;
  for (WriteSet::ShardRecord& record : commit.records()) {
    if (!written.ok()) {
      for (const auto& pending : record.frames) {
        pending->PartDone(written);
      }
      continue;
    }
    ++records_;
    Slot& slot = slots_[record.shard.value];
    slot.last = slot.last + 1;
    slot.version = version_;
    auto owner = std::find_if(applied.begin(), applied.end(),
                              [&slot](const auto& entry) { return entry.first == slot.executor; });
    if (owner == applied.end()) {
      owner = applied.insert(applied.end(), {slot.executor, {}});
    }
    owner->second.push_back({slot.shard, LogNumber(slot.last), std::move(record.record),
                             std::move(record.frames)});
  }
  for (auto& [executor, records] : applied) {
    Dispatch(executor, std::move(records));
  }
  for (auto& [pending, result] : answers) {
    pending->Answer(std::move(result));
  }
  unapplied_bytes_ -= bytes;
}

// Hands records to the owner of their shards, all of one write as one task.
void LogWriter::Dispatch(Executor* executor, std::vector<Written> records) {
  for (const Written& written : records) {
    unapplied_bytes_ += written.record.size();
  }
  executor->Post([this, executor, records = std::move(records)]() mutable {
    for (Written& written : records) {
      Apply(executor, std::move(written));
    }
  });
}

// On the executor.
void LogWriter::Apply(Executor* executor, Written written) {
  const std::size_t size = written.record.size();
  shard::ApplyOutcome outcome;
  Status status = failure();
  if (status.ok()) {
    status = written.shard->Apply(written.number, written.record, &outcome);
    if (!status.ok()) {
      shared_->fail(Annotate(status, fmt::format("applying record {} of shard {}", written.number,
                                                 written.shard->id())));
      status = failure();
    }
  }
  unapplied_bytes_ -= size;
  if (!outcome.exceptions.empty()) {
    std::vector<std::vector<FrameResult::Exception>> exceptions(written.frames.size());
    for (const shard::ApplyOutcome::Exception& exception : outcome.exceptions) {
      exceptions[exception.batch].push_back({exception.event_index, VerdictOf(exception.refusal)});
    }
    for (std::size_t i = 0; i < written.frames.size(); ++i) {
      written.frames[i]->Add(std::move(exceptions[i]));
    }
  }
  for (std::size_t i = 0; i < outcome.actions.size(); ++i) {
    written.frames[i]->action = std::move(outcome.actions[i]);
  }
  for (const auto& frame : written.frames) {
    if (outcome.tick_repeated) {
      frame->result.tick_repeated = true;   // the record has no other frame
    }
    frame->PartDone(status);
  }
  if (status.ok()) {
    executor->AfterApply(size);
  }
}

}  // namespace weir::worker
