#include "tests/bench/direct_feed.h"

#include <utility>

#include "common/rule/rule.h"

namespace weir::bench {
namespace {

constexpr int kUnderWayMax = 8;

source::Options SourceOptions() {
  source::Options options;
  options.ingested = source::Options::Ingested::kTimestamp;
  options.reject_without_timestamp = true;
  return options;
}

exec::RouterOptions RouterOptionsOf(uint16_t shard_count) {
  exec::RouterOptions options;
  options.shard_count = shard_count;
  options.replay = true;
  return options;
}

}  // namespace

DirectFeed::DirectFeed(worker::Worker* worker, uint16_t shard_count, UnixMillis begin_ms)
    : worker_(worker),
      stream_(worker->OpenStream(begin_ms)),
      decoder_(SourceOptions(), RouterOptionsOf(shard_count)) {}

DirectFeed::~DirectFeed() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return under_way_ == 0; });
  lock.unlock();
  worker_->CloseStream(stream_);
}

Status DirectFeed::Send(PooledBatch* batch, UnixMillis time_ms) {
  batch->Renew(next_number_, time_ms);
  ingest::Batch input;
  input.producer_id = "bench";
  input.sequence = next_number_++;
  input.payload = batch->request().payload();
  input.record_sizes.assign(batch->request().record_sizes().begin(),
                            batch->request().record_sizes().end());
  ingest::DecodedBatch decoded = decoder_.Decode(input, worker_->rules(), time_ms);
  if (decoded.rejected > 0) {
    return Internal("the worker's decoder rejects the bench's own records: {}",
                    decoded.rejections.front().message);
  }
  matched_ += decoded.frame.events_matched;
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return under_way_ < kUnderWayMax; });
    WEIR_RETURN_IF_ERROR(failure_);
    ++under_way_;
  }
  worker_->Submit(stream_, time_ms, std::move(decoded.frame), [this](worker::FrameResult result) {
    // Notified under the lock: the feed may be gone right after.
    const std::lock_guard lock(mutex_);
    if (!result.status.ok()) {
      failure_ = result.status;
    } else if (!result.exceptions.empty()) {
      const worker::Verdict verdict = result.exceptions.front().verdict;
      failure_ = Internal("{} events were not counted, the first as {}", result.exceptions.size(),
                          verdict == worker::Verdict::kRepeat ? "repeated"
                          : verdict == worker::Verdict::kLate ? "late"
                                                              : "future");
    }
    --under_way_;
    done_.notify_all();
  });
  return OkStatus();
}

Status DirectFeed::Flush() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return under_way_ == 0; });
  return failure_;
}

StatusOr<std::vector<worker::RuleFile>> ReadRules(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<rule::LoadResult> loaded, rule::LoadRules({path}));
  std::vector<worker::RuleFile> files;
  for (const rule::LoadResult& file : loaded) {
    if (file.rule.has_value()) {
      files.push_back({file.path, file.text});
    }
  }
  if (files.empty()) {
    return NotFound("no rules in '{}'", path);
  }
  return files;
}

}  // namespace weir::bench
