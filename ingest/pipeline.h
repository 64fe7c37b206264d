// From a received batch to its answer: a bounded queue, threads that decode and route, the dispatcher, and
// stamps or watermarks that tell the workers how far time has come. Knows nothing of gRPC.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/source/decoder.h"
#include "common/task/scheduler.h"
#include "ingest/batch.h"
#include "ingest/batch_decoder.h"
#include "ingest/dispatcher.h"
#include "ingest/fair_queue.h"
#include "ingest/replay_producers.h"
#include "ingest/rule_source.h"
#include "ingest/source_ledger.h"
#include "ingest/stamp_keeper.h"
#include "ingest/tenant_quota.h"

namespace weir::ingest {

struct PipelineOptions {
  std::string tenant = "default";
  uint16_t shard_count = 256;
  bool replay = false;
  std::vector<std::string> producers;   // of a replay
  // A replay has one, which keeps batches in their order.
  int threads = 2;                      // 0: batches are worked on in tasks of the scheduler
  uint64_t batch_bytes_max = 32ULL << 20;
  uint64_t record_bytes_max = 16ULL << 20;
  int record_depth_max = 64;
  uint64_t record_fields_max = 1000000;   // values in a record
  uint64_t batch_records_max = 100000;
  TenantQuota quota;                      // of each tenant
  SourceLedger::Options sources;
  uint64_t inflight_bytes_max = 64ULL << 20;
  int64_t promise_interval_ms = 500;    // how often workers learn what is promised
  std::shared_ptr<const source::GeoDatabase> geo;   // null: no source.geo and source.as
  int64_t retry_delay_ms = 200;         // asked of producers whose batch is refused for now
};

// The answer to a batch.
struct BatchResult {
  Status status;                          // OK: everything below is durable
  std::optional<int64_t> retry_delay_ms;  // with an error: worth sending again
  uint64_t accepted = 0;                  // events taken, also those that follow
  uint64_t matched = 0;
  uint64_t repeated = 0;
  uint64_t late = 0;
  uint64_t future = 0;
  uint64_t rejected = 0;
  uint64_t rejected_records = 0;          // records that had a part in it
  std::vector<source::Reject> rejections;
  uint64_t repeated_by_source[source::kSourceKindCount] = {};   // by SourceKind
};

// Counters since the start.
struct PipelineStatus {
  uint64_t inflight_bytes = 0;
  uint64_t inflight_limit_bytes = 0;
  uint64_t batches = 0;
  uint64_t batches_refused = 0;
  uint64_t batches_restamped = 0;
  uint64_t bytes = 0;
  uint64_t records = 0;
  uint64_t events = 0;
  uint64_t matched = 0;
  uint64_t repeated = 0;
  uint64_t repeated_by_source[source::kSourceKindCount] = {};   // by SourceKind
  uint64_t late = 0;
  uint64_t future = 0;
  uint64_t rejected[source::kRejectReasonCount] = {};
  uint64_t evaluation_warnings = 0;
  uint64_t grok_limits = 0;
  uint64_t abandoned = 0;              // batches not begun, because their senders had given up
  std::vector<TenantUse> tenants;
  // Rows that exceptions kept from being counted, by rule id and exception.
  std::map<std::pair<std::string, std::string>, uint64_t> excepted;
  // Rows dropped because a field they are grouped by is missing, by rule id.
  std::map<std::string, uint64_t> without_group;
};

class Pipeline {
 public:
  using Done = std::function<void(BatchResult)>;

  // All outlive the pipeline. Promises and delays run on the scheduler.
  Pipeline(PipelineOptions options, Dispatcher* dispatcher, RuleSource* rules,
           task::Scheduler* scheduler, const Clock* clock);
  ~Pipeline();   // stops

  // Makes the first promise and starts the threads.
  void Start();
  // Refuses new batches and finishes those accepted: waits for their answers, which come at the latest
  // when the dispatcher is stopped. Without threads it does not wait; what is not answered by then never
  // is. Idempotent; not from a task of the scheduler, unless that is a manual one.
  void Stop();

  // Takes a batch; done is called once, from this call (refused at the door) or another thread. A batch
  // with a request hash has been let in by MayBegin, and measured by its service.
  void Submit(Batch batch, Done done);
  // Whether a batch of the tenant would be refused now because of its quota, or because the server is
  // stopping: for callers that have not unpacked it yet.
  Status MayBegin(const std::string& tenant, std::optional<int64_t>* retry_delay_ms);

  // Counts a request that was no batch.
  void CountRefused();
  // Refuses new batches; those accepted go on.
  void Drain();
  bool draining() const;
  // What give_up_ms of a batch is measured by.
  int64_t NowMonotonicMs() const { return scheduler_->NowMonotonicMs(); }

  // Replay only; a producer joins before it submits or advances. OK without effect on the wall clock.
  Status Join(const std::string& producer);
  // Replay only: all batches of the producer up to here are answered. Without effect on the wall clock.
  void Advance(const std::string& producer, std::optional<UnixMillis> watermark_ms, bool end);

  const PipelineOptions& options() const { return options_; }
  PipelineStatus GetStatus() const;
  SourcesStatus Sources() const { return sources_.GetStatus(clock_->Now()); }
  // What batches are stamped by.
  UnixMillis Now() const { return clock_->Now(); }
  std::vector<ReplayProducers::Producer> Producers() const { return producers_.Snapshot(); }

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;

  Status CheckForm(const Batch& batch) const;
  Status Admit(const Batch& batch, bool checked, std::optional<int64_t>* retry_delay_ms);
  Status CheckQuota(const std::string& tenant, std::optional<int64_t>* retry_delay_ms);
  const std::string& TenantOf(const Batch& batch) const {
    return batch.tenant.empty() ? options_.tenant : batch.tenant;
  }
  std::unique_ptr<BatchDecoder> MakeDecoder() const;
  void RunThread();
  void Enqueue(const JobPtr& job, bool first);
  void EnqueueLater(const JobPtr& job, int64_t delay_ms);
  void Process(const JobPtr& job, BatchDecoder* decoder);
  void Send(const JobPtr& job, exec::Frame frame);
  void OnFrameDone(const JobPtr& job, Dispatcher::Result sent);
  bool SendAgain(const JobPtr& job, Dispatcher::Result sent, BatchResult* result);
  void Finish(const JobPtr& job, BatchResult result);
  void Count(const Job& job, const BatchResult& result);
  void NoteSources(const Job& job);
  void SendPromise();
  void RunPromises();
  // A stamp for events that begin at least_event_ms (replay).
  UnixMillis ReplayStamp(UnixMillis least_event_ms, UnixMillis floor_ms) const;

  const PipelineOptions options_;
  Dispatcher* const dispatcher_;
  RuleSource* const rules_;
  task::Scheduler* const scheduler_;
  const Clock* const clock_;
  StampKeeper stamps_;
  ReplayProducers producers_;
  SourceLedger sources_;
  // Gone with the pipeline: what comes back after that finds nobody.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<BatchDecoder> decoder_;      // without threads; of the scheduler
  task::Scheduler::TimerId promise_timer_ = 0; // of the scheduler

  mutable std::mutex mutex_;
  std::condition_variable work_;       // jobs_ or stopping_
  std::condition_variable idle_;       // inflight_jobs_ became 0
  FairQueue<JobPtr> jobs_;
  QuotaLedger quotas_;
  uint64_t inflight_jobs_ = 0;
  uint64_t inflight_bytes_ = 0;
  bool started_ = false;
  bool draining_ = false;              // no new batches
  bool stopping_ = false;              // threads end
  PipelineStatus counters_;
  std::vector<std::thread> threads_;
};

}  // namespace weir::ingest
