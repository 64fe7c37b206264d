#include "worker/log_writer.h"

#include <algorithm>

#include "common/shard/keys.h"
#include "common/shard/record.h"

namespace weir::worker {

namespace {

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

// A frame, activation or closing on its way: answered when its last part is applied.
struct LogWriter::Pending {
  std::function<void(FrameResult)> done;
  std::atomic<int> parts{0};
  std::mutex mutex;
  FrameResult result;

  void Add(const std::vector<FrameResult::Exception>& exceptions) {
    if (exceptions.empty()) {
      return;
    }
    const std::lock_guard lock(mutex);
    result.exceptions.insert(result.exceptions.end(), exceptions.begin(), exceptions.end());
  }

  void PartDone(const Status& status) {
    if (!status.ok()) {
      const std::lock_guard lock(mutex);
      result.status = status;
    }
    if (--parts > 0) {
      return;
    }
    // An event can come back from several classes; a repeat outweighs the rest.
    auto& all = result.exceptions;
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return std::tie(a.event_index, a.verdict) < std::tie(b.event_index, b.verdict);
    });
    all.erase(std::unique(all.begin(), all.end(),
                          [](const auto& a, const auto& b) { return a.event_index == b.event_index; }),
              all.end());
    done(std::move(result));
  }
};

struct LogWriter::Item {
  std::shared_ptr<Pending> pending;
  UnixMillis stamp_ms = 0;
  exec::Frame frame;
  uint64_t bytes = 0;
  RuleSetVersion activate;            // not 0: an activation
  std::vector<ShardId> close;         // not empty: log the closed stamp there
};

LogWriter::LogWriter(Options options, state::StateStore* store, const Clock* clock,
                     StreamWatermarks* watermarks, std::vector<Target> targets,
                     WorkerShared* shared)
    : options_(options),
      store_(store),
      clock_(clock),
      watermarks_(watermarks),
      targets_(std::move(targets)),
      shared_(shared),
      last_(targets_.size()) {}

LogWriter::~LogWriter() {
  Stop();
}

void LogWriter::Start(std::vector<uint64_t> last, RuleSetVersion version) {
  for (std::size_t i = 0; i < last.size(); ++i) {
    last_[i] = last[i];
  }
  version_ = version;
  thread_ = std::thread([this] { Loop(); });
}

void LogWriter::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

uint64_t LogWriter::last_of(ShardId shard) const {
  return last_[shard.value];
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

void LogWriter::Submit(UnixMillis stamp_ms, exec::Frame frame,
                       std::function<void(FrameResult)> done) {
  Item item;
  item.pending = std::make_shared<Pending>();
  item.pending->done = std::move(done);
  item.stamp_ms = stamp_ms;
  for (const exec::FramePart& part : frame.parts) {
    item.bytes += part.bytes.size();
  }
  item.frame = std::move(frame);
  Status refusal;
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.ok()) {
      refusal = failure_;
    } else if (stopping_) {
      refusal = Unavailable("the worker is stopping");
    } else if (queued_bytes_ + unapplied_bytes_ > options_.queue_bytes_max) {
      refusal = Unavailable("{} bytes are waiting to be logged", queued_bytes_ + unapplied_bytes_);
    } else {
      queued_bytes_ += item.bytes;
      queue_.push_back(std::move(item));
    }
  }
  if (!refusal.ok()) {
    FrameResult result;
    result.status = refusal;
    item.pending->done(std::move(result));
    return;
  }
  wake_.notify_one();
}

void LogWriter::Activate(RuleSetVersion version, std::function<void(Status)> done) {
  Item item;
  item.pending = std::make_shared<Pending>();
  item.pending->done = [done = std::move(done)](const FrameResult& result) { done(result.status); };
  item.activate = version;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
}

void LogWriter::Close(std::vector<ShardId> shards, std::function<void(Status)> done) {
  Item item;
  item.pending = std::make_shared<Pending>();
  item.pending->done = [done = std::move(done)](const FrameResult& result) { done(result.status); };
  item.close = std::move(shards);
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
}

void LogWriter::Loop() {
  while (true) {
    std::vector<Item> items;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) {
        return;
      }
      // An activation is a step of its own: what comes after it belongs to the new version.
      while (!queue_.empty() && (items.empty() || (items.back().activate.value == 0 &&
                                                   queue_.front().activate.value == 0))) {
        queued_bytes_ -= queue_.front().bytes;
        unapplied_bytes_ += queue_.front().bytes;
        items.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    Process(std::move(items));
  }
}

void LogWriter::Process(std::vector<Item> items) {
  uint64_t bytes = 0;
  for (const Item& item : items) {
    bytes += item.bytes;
  }
  shard::RecordHeader header;
  header.version = version_;
  header.closed_ms = watermarks_->closed_ms();
  header.now_ms = options_.clock == ClockMode::kWall ? clock_->Now() : 0;
  if (items.front().activate.value != 0) {
    header.kind = shard::RecordKind::kActivate;
    header.version = items.front().activate;
    version_ = header.version;
  }

  struct ShardRecord {
    std::unique_ptr<shard::RecordWriter> writer;
    std::vector<std::shared_ptr<Pending>> frames;    // one per sub-batch
    std::vector<std::shared_ptr<Pending>> others;    // activations and closings
  };
  std::unordered_map<uint16_t, ShardRecord> records;
  const auto record_of = [&](uint16_t shard) -> ShardRecord& {
    ShardRecord& record = records[shard];
    if (record.writer == nullptr) {
      record.writer = std::make_unique<shard::RecordWriter>(header);
    }
    return record;
  };
  std::vector<std::shared_ptr<Pending>> empty;   // nothing to log: answered at once
  for (Item& item : items) {
    Pending& pending = *item.pending;
    pending.result.closed_ms = header.closed_ms;
    pending.result.version = version_;
    const Status failed = failure();
    const bool is_frame = item.activate.value == 0 && item.close.empty();
    if (!failed.ok()) {
      pending.result.status = failed;
    } else if (is_frame && item.frame.version != version_) {
      pending.result.status = Aborted("rows of rule set {} where {} is active",
                                      item.frame.version, version_);
    } else if (is_frame && !item.frame.explicit_ingested && item.stamp_ms <= header.closed_ms) {
      pending.result.status =
          Aborted("stamp {} is not after the closed stamp {}", item.stamp_ms, header.closed_ms);
    }
    if (!pending.result.status.ok()) {
      empty.push_back(item.pending);
      continue;
    }
    if (item.activate.value != 0) {
      pending.parts = static_cast<int>(targets_.size());
      for (std::size_t shard = 0; shard < targets_.size(); ++shard) {
        record_of(static_cast<uint16_t>(shard)).others.push_back(item.pending);
      }
    } else if (!item.close.empty()) {
      pending.parts = static_cast<int>(item.close.size());
      for (const ShardId shard : item.close) {
        record_of(shard.value).others.push_back(item.pending);
      }
    } else if (item.frame.parts.empty()) {
      empty.push_back(item.pending);
    } else {
      pending.parts = static_cast<int>(item.frame.parts.size());
      for (const exec::FramePart& part : item.frame.parts) {
        ShardRecord& record = record_of(part.shard.value);
        record.writer->Add({item.stamp_ms, item.frame.explicit_ingested, part.bytes});
        record.frames.push_back(item.pending);
      }
    }
  }

  Status written = OkStatus();
  std::vector<std::tuple<uint16_t, LogNumber, std::string>> logged;
  if (!records.empty()) {
    const auto batch = store_->NewBatch();
    for (auto& [shard, record] : records) {
      const LogNumber number(last_[shard] + 1);
      std::string bytes_of_record = record.writer->Finish();
      batch->Put(state::Family::kLog, shard::LogKey(ShardId(shard), number), bytes_of_record);
      logged.emplace_back(shard, number, std::move(bytes_of_record));
    }
    written = store_->Write(batch.get(), true);
    ++syncs_;
    if (!written.ok()) {
      shared_->fail(Annotate(written, "appending to the log"));
    }
  }
  for (auto& [shard, number, record_bytes] : logged) {
    ShardRecord& record = records[shard];
    std::vector<std::shared_ptr<Pending>> all = record.frames;
    all.insert(all.end(), record.others.begin(), record.others.end());
    if (!written.ok()) {
      for (const auto& pending : all) {
        pending->PartDone(failure());
      }
      continue;
    }
    last_[shard] = number.value;
    ++records_;
    Dispatch(targets_[shard], number, std::move(record_bytes), std::move(all));
  }
  for (const auto& pending : empty) {
    pending->parts = 1;
    pending->PartDone(pending->result.status);
  }
  unapplied_bytes_ -= bytes;
}

void LogWriter::Dispatch(Target target, LogNumber number, std::string record,
                         std::vector<std::shared_ptr<Pending>> frames) {
  const std::size_t size = record.size();
  unapplied_bytes_ += size;
  target.executor->Post([this, target, number, size, record = std::move(record),
                         frames = std::move(frames)] {
    shard::ApplyOutcome outcome;
    Status status = failure();
    if (status.ok()) {
      status = target.shard->Apply(number, record, &outcome);
      if (!status.ok()) {
        status = Annotate(status, fmt::format("applying record {} of shard {}", number,
                                              target.shard->id()));
        shared_->fail(status);
        status = failure();
      }
    }
    unapplied_bytes_ -= size;
    std::vector<std::vector<FrameResult::Exception>> exceptions(frames.size());
    for (const shard::ApplyOutcome::Exception& exception : outcome.exceptions) {
      exceptions[exception.batch].push_back({exception.event_index, VerdictOf(exception.refusal)});
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
      frames[i]->Add(exceptions[i]);
      frames[i]->PartDone(status);
    }
    if (status.ok()) {
      target.executor->AfterApply(size);
    }
  });
}

}  // namespace weir::worker
