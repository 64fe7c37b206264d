#include "ingest/pipeline.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>
#include <utility>

namespace weir::ingest {
namespace {

constexpr UnixMillis kEndOfTime = std::numeric_limits<UnixMillis>::max();
// A batch that is refused as stale this often meets a worker that cannot make progress.
constexpr int kRestampsMax = 50;

source::Options MakeSourceOptions(const PipelineOptions& options) {
  source::Options source;
  source.tenant = options.tenant;
  source.record_bytes_max = options.record_bytes_max;
  source.ingested = options.replay ? source::Options::Ingested::kTimestamp
                                   : source::Options::Ingested::kArrival;
  source.reject_without_timestamp = options.replay;
  return source;
}

}  // namespace

struct Pipeline::Job {
  Batch batch;
  Done done;
  UnixMillis stamp_ms = 0;   // wall clock: held in stamps_
  UnixMillis floor_ms = 0;   // replay: the stamp must be above
  int restamps = 0;
  uint64_t matched = 0;
  DecodedBatch decoded;
};

Pipeline::Pipeline(PipelineOptions options, worker::Worker* worker, const Clock* clock)
    : options_(std::move(options)), worker_(worker), stamps_(clock), producers_(options_.producers) {}

Pipeline::~Pipeline() {
  Stop();
}

void Pipeline::Start() {
  stream_ = worker_->OpenStream(options_.replay ? 0 : stamps_.Promise());
  started_ = true;
  for (int i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { RunThread(); });
  }
  if (!options_.replay) {
    threads_.emplace_back([this] { RunPromises(); });
  }
}

void Pipeline::Stop() {
  {
    std::unique_lock lock(mutex_);
    draining_ = true;
    if (!started_) {
      return;
    }
    idle_.wait(lock, [this] { return inflight_jobs_ == 0; });
    stopping_ = true;
    started_ = false;
  }
  work_.notify_all();
  promise_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  worker_->CloseStream(stream_);
}

void Pipeline::Submit(Batch batch, Done done) {
  BatchResult refusal;
  refusal.status = Admit(batch, &refusal.retry_delay_ms);
  if (!refusal.status.ok()) {
    done(std::move(refusal));
    return;
  }
  auto job = std::make_shared<Job>();
  job->batch = std::move(batch);
  job->done = std::move(done);
  if (!options_.replay) {
    job->stamp_ms = stamps_.Acquire();
  }
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  work_.notify_one();
}

// Counts an admitted batch as in flight.
Status Pipeline::Admit(const Batch& batch, std::optional<int64_t>* retry_delay_ms) {
  const uint64_t size = batch.payload.size();
  const uint64_t described =
      std::accumulate(batch.record_sizes.begin(), batch.record_sizes.end(), uint64_t{0});
  const std::lock_guard lock(mutex_);
  Status status;
  if (size != described) {
    status = InvalidArgument(
        "batch {}: {} record sizes add up to {} bytes, but the payload has {} bytes", batch.sequence,
        batch.record_sizes.size(), described, size);
  } else if (size > options_.batch_bytes_max) {
    status = InvalidArgument("batch {}: {} bytes of payload are above the limit of {} bytes",
                             batch.sequence, size, options_.batch_bytes_max);
  } else if (batch.sequence == 0) {
    status = InvalidArgument("a batch with records needs a sequence above 0");
  } else if (draining_) {
    status = Unavailable("batch {}: the server is stopping", batch.sequence);
    *retry_delay_ms = options_.retry_delay_ms;
  } else if (inflight_bytes_ != 0 && inflight_bytes_ + size > options_.inflight_bytes_max) {
    status = Unavailable("batch {}: {} bytes are waiting already, the limit is {}", batch.sequence,
                         inflight_bytes_, options_.inflight_bytes_max);
    *retry_delay_ms = options_.retry_delay_ms;
  }
  if (status.ok()) {
    inflight_bytes_ += size;
    ++inflight_jobs_;
  } else {
    ++counters_.batches_refused;
  }
  return status;
}

void Pipeline::RunThread() {
  exec::RouterOptions router;
  router.tenant = options_.tenant;
  router.shard_count = options_.shard_count;
  router.replay = options_.replay;
  BatchDecoder decoder(MakeSourceOptions(options_), router);
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) {
      return;
    }
    const JobPtr job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    Process(job, &decoder);
    lock.lock();
  }
}

void Pipeline::Process(const JobPtr& job, BatchDecoder* decoder) {
  const plan::RuleSetPtr rules = worker_->rules();
  if (rules == nullptr) {
    BatchResult refusal;
    refusal.status = Unavailable("batch {}: no rule set is active yet", job->batch.sequence);
    refusal.retry_delay_ms = options_.retry_delay_ms;
    Finish(job, std::move(refusal));
    return;
  }
  const uint64_t warnings_before = decoder->evaluation_warnings();
  const uint64_t limits_before = decoder->grok_limits();
  job->decoded = decoder->Decode(job->batch, rules, job->stamp_ms);
  // A new rule set starts its counts at 0.
  const auto grown = [](uint64_t before, uint64_t now) { return now >= before ? now - before : now; };
  if (const uint64_t warnings = grown(warnings_before, decoder->evaluation_warnings()),
      limits = grown(limits_before, decoder->grok_limits());
      (warnings | limits) != 0) {
    const std::lock_guard lock(mutex_);
    counters_.evaluation_warnings += warnings;
    counters_.grok_limits += limits;
  }
  exec::Frame frame = std::move(job->decoded.frame);
  job->matched = frame.events_matched;
  if (frame.parts.empty()) {
    Finish(job, BatchResult());
    return;
  }
  const UnixMillis stamp_ms = options_.replay
                                  ? ReplayStamp(job->decoded.least_event_ms, job->floor_ms)
                                  : job->stamp_ms;
  worker_->Submit(stream_, stamp_ms, std::move(frame), [this, job](worker::FrameResult result) {
    OnFrameDone(job, std::move(result));
  });
}

UnixMillis Pipeline::ReplayStamp(UnixMillis least_event_ms, UnixMillis floor_ms) const {
  const UnixMillis floor = std::max(floor_ms, producers_.Watermark());
  return floor == kEndOfTime ? kEndOfTime : std::max(least_event_ms, floor + 1);
}

void Pipeline::OnFrameDone(const JobPtr& job, worker::FrameResult frame_result) {
  BatchResult result;
  result.status = frame_result.status;
  switch (frame_result.status.code()) {
    case StatusCode::kOk:
      for (const worker::FrameResult::Exception& exception : frame_result.exceptions) {
        switch (exception.verdict) {
          case worker::Verdict::kRepeat:
            ++result.repeated;
            break;
          case worker::Verdict::kLate:
            ++result.late;
            break;
          case worker::Verdict::kFuture:
            ++result.future;
            break;
        }
      }
      break;
    case StatusCode::kAborted:
      if (Restamp(job, frame_result.closed_ms, &result)) {
        return;
      }
      break;
    case StatusCode::kUnavailable:
    case StatusCode::kResourceExhausted:
      result.retry_delay_ms = options_.retry_delay_ms;
      break;
    default:
      break;
  }
  Finish(job, std::move(result));
}

// Puts a batch that missed its time through again, with a later stamp and the rules of now. False when
// that is pointless; the result says why.
bool Pipeline::Restamp(const JobPtr& job, UnixMillis closed_ms, BatchResult* result) {
  if (options_.replay && closed_ms == kEndOfTime) {
    result->status = FailedPrecondition(
        "batch {}: every producer of this replay has ended, and all of its time is judged",
        job->batch.sequence);
    return false;
  }
  if (++job->restamps > kRestampsMax) {
    result->status = Unavailable("batch {}: refused as stale {} times", job->batch.sequence,
                                 kRestampsMax);
    result->retry_delay_ms = options_.retry_delay_ms;
    return false;
  }
  if (options_.replay) {
    job->floor_ms = closed_ms;
  } else {
    job->stamp_ms = stamps_.Exchange(job->stamp_ms, closed_ms);
  }
  {
    const std::lock_guard lock(mutex_);
    ++counters_.batches_restamped;
    jobs_.push_front(job);
  }
  work_.notify_one();
  return true;
}

// Answers a batch. result has the status and what the worker found.
void Pipeline::Finish(const JobPtr& job, BatchResult result) {
  if (!options_.replay) {
    stamps_.Release(job->stamp_ms);
  }
  if (result.status.ok()) {
    result.accepted = job->decoded.events;
    result.matched = job->matched;
    result.rejected = job->decoded.rejected;
    result.rejections = std::move(job->decoded.rejections);
  }
  {
    const std::lock_guard lock(mutex_);
    inflight_bytes_ -= job->batch.payload.size();
    Count(*job, result);
  }
  job->done(std::move(result));
  const std::lock_guard lock(mutex_);
  if (--inflight_jobs_ == 0) {
    idle_.notify_all();
  }
}

// REQUIRES: mutex_ is held.
void Pipeline::Count(const Job& job, const BatchResult& result) {
  if (!result.status.ok()) {
    ++counters_.batches_refused;
    return;
  }
  ++counters_.batches;
  counters_.bytes += job.batch.payload.size();
  counters_.records += job.batch.record_sizes.size();
  counters_.events += result.accepted;
  counters_.matched += result.matched;
  counters_.repeated += result.repeated;
  counters_.late += result.late;
  counters_.future += result.future;
  for (std::size_t i = 0; i < job.decoded.rejected_by_reason.size(); ++i) {
    counters_.rejected[i] += job.decoded.rejected_by_reason[i];
  }
}

// Tells the worker how far the wall clock has come, also when nothing arrives.
void Pipeline::RunPromises() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    worker_->SetWatermark(stream_, stamps_.Promise());
    lock.lock();
    promise_.wait_for(lock, std::chrono::milliseconds(options_.promise_interval_ms),
                      [this] { return stopping_; });
  }
}

Status Pipeline::Join(const std::string& producer) {
  return options_.replay ? producers_.Join(producer) : OkStatus();
}

void Pipeline::Advance(const std::string& producer, std::optional<UnixMillis> watermark_ms,
                       bool end) {
  if (!options_.replay) {
    return;
  }
  producers_.Advance(producer, watermark_ms, end);
  worker_->SetWatermark(stream_, producers_.Watermark());
}

PipelineStatus Pipeline::GetStatus() const {
  const std::lock_guard lock(mutex_);
  PipelineStatus status = counters_;
  status.inflight_bytes = inflight_bytes_;
  status.inflight_limit_bytes = options_.inflight_bytes_max;
  return status;
}

}  // namespace weir::ingest
