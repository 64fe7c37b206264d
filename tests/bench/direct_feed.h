// Feeds pooled batches to a replaying worker without gRPC: decoded and routed as ingest does it. For
// measurements of the worker's state, where the way there does not matter.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "ingest/batch_decoder.h"
#include "tests/bench/records.h"
#include "worker/worker.h"

namespace weir::bench {

class DirectFeed {
 public:
  // REQUIRES: the worker has started, on a replay clock, and has rules.
  DirectFeed(worker::Worker* worker, uint16_t shard_count, UnixMillis begin_ms);
  ~DirectFeed();   // waits for what was sent

  // Numbers the batch, gives it this time and sends it. Some batches may be under way at once; the
  // error of an earlier one may come back here.
  Status Send(PooledBatch* batch, UnixMillis time_ms);
  // Waits until all is applied.
  Status Flush();
  // Nothing at or before this time will be sent.
  void Advance(UnixMillis watermark_ms) { worker_->SetWatermark(stream_, watermark_ms); }

  uint64_t matched() const { return matched_; }
  // The worker's store knows earlier numbers: a new feed to it starts behind them.
  uint64_t next_number() const { return next_number_; }
  void set_next_number(uint64_t number) { next_number_ = number; }

 private:
  worker::Worker* const worker_;
  worker::StreamId stream_;
  ingest::BatchDecoder decoder_;
  uint64_t next_number_ = 1;
  uint64_t matched_ = 0;

  std::mutex mutex_;
  std::condition_variable done_;
  int under_way_ = 0;
  Status failure_;
};

// The rule files of a path, as a worker takes them.
StatusOr<std::vector<worker::RuleFile>> ReadRules(const std::string& path);

}  // namespace weir::bench
