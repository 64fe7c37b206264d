#include "ingest/pipeline.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace weir::ingest {

std::string Batch::Name() const {
  return request_hash.has_value() ? "the request" : fmt::format("batch {}", sequence);
}

namespace {

constexpr UnixMillis kEndOfTime = std::numeric_limits<UnixMillis>::max();
// A batch that is refused as stale this often meets a worker that cannot make progress.
constexpr int kRestampsMax = 50;
// How long to wait for a rule set that a worker has and this node has not.
constexpr int64_t kRulesDelayMs = 50;

source::Options MakeSourceOptions(const PipelineOptions& options) {
  source::Options source;
  source.tenant = options.tenant;
  source.record_bytes_max = options.record_bytes_max;
  source.depth_max = options.record_depth_max;
  source.fields_max = options.record_fields_max;
  source.ingested = options.replay ? source::Options::Ingested::kTimestamp
                                   : source::Options::Ingested::kArrival;
  source.reject_without_timestamp = options.replay;
  source.geo = options.geo;
  return source;
}

}  // namespace

struct Pipeline::Job {
  Batch batch;
  Done done;
  UnixMillis arrival_ms = 0;
  UnixMillis stamp_ms = 0;   // wall clock: held in stamps_
  UnixMillis floor_ms = 0;   // replay: the stamp must be above
  int restamps = 0;
  uint64_t matched = 0;
  DecodedBatch decoded;
  // Of parts taken so far: a batch may need several rounds.
  std::vector<worker::FrameResult::Exception> exceptions;
  // Rows that were taken may be sent again: repeats say nothing about the producer any more.
  bool own_repeats = false;
};

Pipeline::Pipeline(PipelineOptions options, Dispatcher* dispatcher, RuleSource* rules,
                   task::Scheduler* scheduler, const Clock* clock)
    : options_(std::move(options)),
      dispatcher_(dispatcher),
      rules_(rules),
      scheduler_(scheduler),
      clock_(clock),
      stamps_(clock),
      producers_(options_.producers),
      sources_(options_.sources),
      quotas_(options_.quota) {}

Pipeline::~Pipeline() {
  Stop();
}

void Pipeline::Start() {
  SendPromise();
  started_ = true;
  if (options_.threads == 0) {
    decoder_ = MakeDecoder();
  }
  const int threads = options_.replay ? std::min(options_.threads, 1) : options_.threads;
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { RunThread(); });
  }
  scheduler_->Post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) {
      RunPromises();
    }
  });
}

void Pipeline::Stop() {
  {
    std::unique_lock lock(mutex_);
    draining_ = true;
    if (!started_) {
      return;
    }
    if (options_.threads != 0) {
      idle_.wait(lock, [this] { return inflight_jobs_ == 0; });
    }
    stopping_ = true;
    started_ = false;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  // In a task of the scheduler cancelling is exact, and no task of ours runs beside it.
  scheduler_->Run([this] {
    alive_.reset();
    scheduler_->Cancel(promise_timer_);
  });
}

void Pipeline::Submit(Batch batch, Done done) {
  BatchResult refusal;
  const bool checked = batch.request_hash.has_value();
  refusal.status = checked ? OkStatus() : CheckForm(batch);
  if (refusal.status.ok()) {
    refusal.status = Admit(batch, checked, &refusal.retry_delay_ms);
  } else {
    const std::lock_guard lock(mutex_);
    ++counters_.batches_refused;
  }
  if (!refusal.status.ok()) {
    done(std::move(refusal));
    return;
  }
  auto job = std::make_shared<Job>();
  job->batch = std::move(batch);
  job->done = std::move(done);
  job->arrival_ms = clock_->Now();
  if (!options_.replay) {
    job->stamp_ms = stamps_.Acquire();
  }
  Enqueue(job, false);
}

// first: before those that have not been worked on yet.
void Pipeline::Enqueue(const JobPtr& job, bool first) {
  {
    const std::lock_guard lock(mutex_);
    if (first) {
      jobs_.PushFront(job);
    } else {
      jobs_.Push(TenantOf(job->batch), job->batch.payload.size(), job);
    }
  }
  if (options_.threads != 0) {
    work_.notify_one();
    return;
  }
  scheduler_->Post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) {
      return;
    }
    JobPtr next;
    {
      const std::lock_guard lock(mutex_);
      next = jobs_.Pop();
    }
    Process(next, decoder_.get());
  });
}

void Pipeline::EnqueueLater(const JobPtr& job, int64_t delay_ms) {
  scheduler_->PostAfter(delay_ms, [this, alive = std::weak_ptr(alive_), job] {
    if (!alive.expired()) {
      Enqueue(job, true);
    }
  });
}

// Whether a batch of a producer is one.
Status Pipeline::CheckForm(const Batch& batch) const {
  const uint64_t size = batch.payload.size();
  const uint64_t described =
      std::accumulate(batch.record_sizes.begin(), batch.record_sizes.end(), uint64_t{0});
  if (size != described) {
    return InvalidArgument(
        "batch {}: {} record sizes add up to {} bytes, but the payload has {} bytes", batch.sequence,
        batch.record_sizes.size(), described, size);
  }
  if (size > options_.batch_bytes_max) {
    return InvalidArgument("batch {}: {} bytes of payload are above the limit of {} bytes",
                           batch.sequence, size, options_.batch_bytes_max);
  }
  if (batch.record_sizes.size() > options_.batch_records_max) {
    return InvalidArgument("batch {}: {} records are above the limit of {}", batch.sequence,
                           batch.record_sizes.size(), options_.batch_records_max);
  }
  if (batch.sequence == 0) {
    return InvalidArgument("a batch with records needs a sequence above 0");
  }
  return OkStatus();
}

// Counts an admitted batch as in flight. checked: the quota was asked already.
Status Pipeline::Admit(const Batch& batch, bool checked, std::optional<int64_t>* retry_delay_ms) {
  const uint64_t size = batch.payload.size();
  const std::string& tenant = TenantOf(batch);
  const std::lock_guard lock(mutex_);
  uint64_t* const own = quotas_.InflightBytes(tenant);
  // A tenant may fill what the others leave; when several are active each has its part for itself. One
  // batch may always be under way.
  const uint64_t active = quotas_.active() + (*own == 0 ? 1 : 0);
  const bool share_left = active > 1 && *own + size <= options_.inflight_bytes_max / active;
  Status status;
  if (draining_) {
    status = Unavailable("{}: the server is stopping", batch.Name());
    *retry_delay_ms = options_.retry_delay_ms;
  } else if (!checked) {
    status = CheckQuota(tenant, retry_delay_ms);
  }
  if (status.ok() && *own != 0 && !share_left &&
      inflight_bytes_ + size > options_.inflight_bytes_max) {
    status = Unavailable("{}: {} bytes are waiting already, the limit is {}", batch.Name(),
                         inflight_bytes_, options_.inflight_bytes_max);
    *retry_delay_ms = options_.retry_delay_ms;
  }
  if (status.ok()) {
    inflight_bytes_ += size;
    *own += size;
    quotas_.ChargeBatch(tenant, size);
    ++inflight_jobs_;
  } else {
    ++counters_.batches_refused;
  }
  return status;
}

// REQUIRES: mutex_ is held.
Status Pipeline::CheckQuota(const std::string& tenant, std::optional<int64_t>* retry_delay_ms) {
  const auto refusal = quotas_.Check(tenant, scheduler_->NowMonotonicMs());
  if (!refusal.has_value()) {
    return OkStatus();
  }
  *retry_delay_ms = refusal->retry_delay_ms;
  return ResourceExhausted("tenant '{}' has used up its quota of {} {} a second", tenant,
                           refusal->per_second, refusal->what);
}

Status Pipeline::MayBegin(const std::string& tenant, std::optional<int64_t>* retry_delay_ms) {
  const std::lock_guard lock(mutex_);
  Status status;
  if (draining_) {
    status = Unavailable("the server is stopping");
    *retry_delay_ms = options_.retry_delay_ms;
  } else {
    status = CheckQuota(tenant.empty() ? options_.tenant : tenant, retry_delay_ms);
  }
  if (!status.ok()) {
    ++counters_.batches_refused;
  }
  return status;
}

void Pipeline::CountRefused() {
  const std::lock_guard lock(mutex_);
  ++counters_.batches_refused;
}

void Pipeline::Drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
}

bool Pipeline::draining() const {
  const std::lock_guard lock(mutex_);
  return draining_;
}

std::unique_ptr<BatchDecoder> Pipeline::MakeDecoder() const {
  exec::RouterOptions router;
  router.tenant = options_.tenant;
  router.shard_count = options_.shard_count;
  router.replay = options_.replay;
  return std::make_unique<BatchDecoder>(MakeSourceOptions(options_), router);
}

void Pipeline::RunThread() {
  const std::unique_ptr<BatchDecoder> decoder = MakeDecoder();
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) {
      return;
    }
    const JobPtr job = jobs_.Pop();
    lock.unlock();
    Process(job, decoder.get());
    lock.lock();
  }
}

void Pipeline::Process(const JobPtr& job, BatchDecoder* decoder) {
  if (job->batch.give_up_ms != 0 && job->decoded.events == 0 && job->restamps == 0 &&
      scheduler_->NowMonotonicMs() >= job->batch.give_up_ms) {
    {
      const std::lock_guard lock(mutex_);
      ++counters_.abandoned;
    }
    BatchResult refusal;
    refusal.status = Unavailable("{}: waited too long", job->batch.Name());
    refusal.retry_delay_ms = options_.retry_delay_ms;
    Finish(job, std::move(refusal));
    return;
  }
  const plan::RuleSetPtr rules = rules_->RulesAt(job->stamp_ms);
  if (rules == nullptr) {
    BatchResult refusal;
    refusal.status = Unavailable("{}: no rule set is active yet", job->batch.Name());
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
  if (job->restamps == 0) {
    const std::lock_guard lock(mutex_);
    quotas_.ChargeEvents(TenantOf(job->batch), job->decoded.events + job->decoded.rejected);
    for (const auto& [rule_id, rows] : job->decoded.without_group) {
      counters_.without_group[rule_id] += rows;
    }
  }
  exec::Frame frame = std::move(job->decoded.frame);
  job->matched = frame.events_matched;
  if (!frame.excepted.empty()) {
    const std::lock_guard lock(mutex_);
    for (const exec::ExceptedRows& excepted : frame.excepted) {
      counters_.excepted[{excepted.rule_id, excepted.exception}] += excepted.rows;
    }
  }
  if (frame.parts.empty()) {
    Finish(job, BatchResult());
    return;
  }
  Send(job, std::move(frame));
}

void Pipeline::Send(const JobPtr& job, exec::Frame frame) {
  const UnixMillis stamp_ms = options_.replay
                                  ? ReplayStamp(job->decoded.least_event_ms, job->floor_ms)
                                  : job->stamp_ms;
  dispatcher_->Submit(stamp_ms, std::move(frame),
                      [this, alive = std::weak_ptr(alive_), job](Dispatcher::Result sent) {
                        if (!alive.expired()) {
                          OnFrameDone(job, std::move(sent));
                        }
                      });
}

UnixMillis Pipeline::ReplayStamp(UnixMillis least_event_ms, UnixMillis floor_ms) const {
  const UnixMillis floor = std::max(floor_ms, producers_.Watermark());
  return floor == kEndOfTime ? kEndOfTime : std::max(least_event_ms, floor + 1);
}

void Pipeline::OnFrameDone(const JobPtr& job, Dispatcher::Result sent) {
  if (job->own_repeats) {
    std::erase_if(sent.result.exceptions, [](const worker::FrameResult::Exception& exception) {
      return exception.verdict == worker::Verdict::kRepeat;
    });
  }
  MergeExceptions(std::move(sent.result.exceptions), &job->exceptions);
  BatchResult result;
  result.status = sent.result.status;
  switch (result.status.code()) {
    case StatusCode::kOk:
      for (const worker::FrameResult::Exception& exception : job->exceptions) {
        switch (exception.verdict) {
          case worker::Verdict::kRepeat:
            ++result.repeated;
            ++result.repeated_by_source[static_cast<std::size_t>(
                job->decoded.kinds.at(exception.event_index))];
            ++job->decoded.shares[job->decoded.share_of.at(exception.event_index)].repeats;
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
      if (SendAgain(job, std::move(sent), &result)) {
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

// Puts a batch that missed its time, or its rule set, through again with a later stamp: the parts that
// are left as they are, or all of it decoded under the rules of that stamp. False when that is pointless;
// the result says why.
bool Pipeline::SendAgain(const JobPtr& job, Dispatcher::Result sent, BatchResult* result) {
  const UnixMillis closed_ms = sent.result.closed_ms;
  if (options_.replay && closed_ms == kEndOfTime) {
    result->status = FailedPrecondition(
        "{}: every producer of this replay has ended, and all of its time is judged",
        job->batch.Name());
    return false;
  }
  if (++job->restamps > kRestampsMax) {
    result->status = Unavailable("{}: refused as stale {} times", job->batch.Name(), kRestampsMax);
    result->retry_delay_ms = options_.retry_delay_ms;
    return false;
  }
  if (options_.replay) {
    job->floor_ms = closed_ms;
  } else {
    if (sent.result.reason == worker::FrameResult::Reason::kVersion) {
      // The workers' time is past an activation that this node's clock, which lags, has not reached.
      stamps_.RaiseFloor(rules_->ActiveFrom(sent.result.version));
    }
    job->stamp_ms = stamps_.Exchange(job->stamp_ms, closed_ms);
  }
  {
    const std::lock_guard lock(mutex_);
    ++counters_.batches_restamped;
  }
  const plan::RuleSetPtr rules = rules_->RulesAt(job->stamp_ms);
  const bool same_rules = rules != nullptr && rules->version == job->decoded.frame.version;
  if (sent.result.reason == worker::FrameResult::Reason::kClosed && same_rules &&
      !sent.parts_left.parts.empty()) {
    job->own_repeats = job->own_repeats || sent.left_maybe_taken;
    Send(job, std::move(sent.parts_left));
    return true;
  }
  job->own_repeats = job->own_repeats || sent.partly_taken;
  if (same_rules && sent.result.reason == worker::FrameResult::Reason::kVersion) {
    EnqueueLater(job, kRulesDelayMs);   // the worker knows rules that have not reached us
  } else {
    Enqueue(job, true);
  }
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
    result.rejected_records = job->decoded.rejected_records;
    result.rejections = std::move(job->decoded.rejections);
  }
  {
    const std::lock_guard lock(mutex_);
    inflight_bytes_ -= job->batch.payload.size();
    *quotas_.InflightBytes(TenantOf(job->batch)) -= job->batch.payload.size();
    Count(*job, result);
  }
  if (result.status.ok() && !job->batch.collector.empty()) {
    NoteSources(*job);
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
  for (std::size_t kind = 0; kind < std::size(result.repeated_by_source); ++kind) {
    counters_.repeated_by_source[kind] += result.repeated_by_source[kind];
  }
  counters_.late += result.late;
  counters_.future += result.future;
  for (std::size_t i = 0; i < job.decoded.rejected_by_reason.size(); ++i) {
    counters_.rejected[i] += job.decoded.rejected_by_reason[i];
  }
}

void Pipeline::NoteSources(const Job& job) {
  for (const SourceShare& share : job.decoded.shares) {
    sources_.Add(share, job.arrival_ms);
  }
}

// Tells all workers how far time has come.
void Pipeline::SendPromise() {
  Promise promise;
  if (options_.replay) {
    promise.producers = producers_.Promises();
  } else {
    promise.stamp_ms = stamps_.Promise();
    rules_->OnPromise(promise.stamp_ms);
  }
  dispatcher_->SetPromise(promise);
}

// Runs in tasks of the scheduler, also when nothing arrives: silence would be taken for death.
void Pipeline::RunPromises() {
  SendPromise();
  promise_timer_ = scheduler_->PostAfter(options_.promise_interval_ms,
                                         [this, alive = std::weak_ptr(alive_)] {
                                           if (!alive.expired()) {
                                             RunPromises();
                                           }
                                         });
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
  SendPromise();
}

PipelineStatus Pipeline::GetStatus() const {
  const std::lock_guard lock(mutex_);
  PipelineStatus status = counters_;
  status.tenants = quotas_.Snapshot();
  status.inflight_bytes = inflight_bytes_;
  status.inflight_limit_bytes = options_.inflight_bytes_max;
  return status;
}

}  // namespace weir::ingest
