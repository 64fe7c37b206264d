#include "tests/bench/tick_bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "common/base/clock.h"
#include "common/state/rocksdb/rocksdb_store.h"
#include "tests/bench/direct_feed.h"
#include "tests/bench/made_rules.h"
#include "tests/bench/records.h"
#include "worker/worker.h"

namespace weir::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr UnixMillis kBeginMs = 1'773'136'800'000;   // 2026-03-10T10:00:00Z, a grid point of every schedule
constexpr int64_t kTickMs = 10 * kMillisPerMinute;
constexpr std::chrono::milliseconds kPace(10);

class CountingSink final : public worker::AlertSink {
 public:
  void OnAlert(const alert::Alert&) override { ++alerts_; }
  uint64_t alerts() const { return alerts_; }

 private:
  std::atomic<uint64_t> alerts_{0};
};

double MillisSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Frames of random known principals, one at a time and paced: how long each took.
class AckTimer {
 public:
  AckTimer(DirectFeed* feed, uint64_t principals)
      : feed_(feed), principals_(principals), batch_(PooledBatch::CloudTrail(1.0, 0, 0)) {}

  Status Measure(UnixMillis time_ms, std::vector<double>* times_ms) {
    for (std::size_t i = 0; i < kBatchRecords; ++i) {
      batch_.SetPrincipal(i, random_() % principals_);
    }
    const Clock::time_point begin = Clock::now();
    WEIR_RETURN_IF_ERROR(feed_->Send(&batch_, time_ms));
    WEIR_RETURN_IF_ERROR(feed_->Flush());
    times_ms->push_back(MillisSince(begin));
    std::this_thread::sleep_until(begin + kPace);
    return OkStatus();
  }

 private:
  DirectFeed* feed_;
  const uint64_t principals_;
  PooledBatch batch_;
  std::mt19937_64 random_{11};
};

Status Fill(DirectFeed* feed, uint64_t groups) {
  PooledBatch batch = PooledBatch::CloudTrail(1.0, 0, 0);
  for (uint64_t first = 0; first < groups; first += kBatchRecords) {
    for (std::size_t i = 0; i < kBatchRecords; ++i) {
      batch.SetPrincipal(i, std::min(first + i, groups - 1));
    }
    const auto offset_ms =
        static_cast<int64_t>(first) * kTickMs / 2 / static_cast<int64_t>(groups) + 1;
    WEIR_RETURN_IF_ERROR(feed->Send(&batch, kBeginMs + offset_ms));
  }
  return feed->Flush();
}

void ReportTimes(const std::string& name, const std::vector<double>& times_ms, Report* report) {
  report->Add(name + "_frames", static_cast<double>(times_ms.size()), "");
  for (const int percent : {50, 99}) {
    report->Add(fmt::format("{}_p{}", name, percent), Percentile(times_ms, percent / 100.0), "ms");
  }
}

Status MeasureTicks(const TickOptions& options, worker::Worker* worker, DirectFeed* feed,
                    Report* report) {
  AckTimer timer(feed, options.groups);
  std::vector<double> quiet_ms;
  std::vector<double> busy_ms;
  std::vector<double> tick_ms;
  const uint64_t quiet = options.acks / static_cast<uint64_t>(options.ticks) + 1;
  for (int tick = 1; tick <= options.ticks; ++tick) {
    const UnixMillis due_ms = kBeginMs + tick * kTickMs;
    for (uint64_t i = 0; i < quiet; ++i) {
      WEIR_RETURN_IF_ERROR(timer.Measure(due_ms - kMillisPerMinute, &quiet_ms));
    }
    std::atomic<bool> judged{false};
    std::thread judge([&] {
      const Clock::time_point begin = Clock::now();
      feed->Advance(due_ms);
      worker->Drain();
      tick_ms.push_back(MillisSince(begin));
      judged = true;
    });
    Status status;
    while (!judged && status.ok()) {
      status = timer.Measure(due_ms + kMillisPerMinute, &busy_ms);
    }
    judge.join();
    WEIR_RETURN_IF_ERROR(status);
  }
  report->Add("tick_median", Median(tick_ms), "ms");
  report->Add("tick_max", Percentile(tick_ms, 1.0), "ms");
  ReportTimes("ack_quiet", quiet_ms, report);
  ReportTimes("ack_during_tick", busy_ms, report);
  return OkStatus();
}

}  // namespace

Status RunTickBench(const TickOptions& options, Report* report) {
  const TempFolder folder("weir_bench_ticks");
  const std::string rules = folder.path() + "/rules";
  WEIR_RETURN_IF_ERROR(WriteRules(options.rules, options.rule_count, rules));
  state::RocksDbOptions store_options;
  store_options.path = folder.path() + "/store";
  WEIR_ASSIGN_OR_RETURN(const auto store, state::OpenRocksDbStore(store_options));
  worker::WorkerOptions worker_options;
  worker_options.shard_count = options.shards;
  worker_options.clock = worker::ClockMode::kReplay;
  const SystemClock clock;
  CountingSink sink;
  worker::Worker worker(worker_options, store.get(), &clock, &sink);
  WEIR_RETURN_IF_ERROR(worker.Start());
  WEIR_RETURN_IF_ERROR(worker.HoldAllShards(Epoch()));
  WEIR_ASSIGN_OR_RETURN(const auto files, ReadRules(rules));
  plan::CompileOptions compile;
  compile.mode = plan::JudgeMode::kSchedule;
  std::vector<std::vector<rule::Finding>> findings;
  WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr active,
                        worker.ActivateRules(files, compile, &findings));
  report->Add("rules", static_cast<double>(active->rules.size()), "");
  report->Add("rules_spread", static_cast<double>(std::count_if(
                                  active->rules.begin(), active->rules.end(),
                                  [](const auto& rule) { return rule.spread; })), "");
  {
    DirectFeed feed(&worker, options.shards, kBeginMs);
    const Stopwatch watch;
    WEIR_RETURN_IF_ERROR(Fill(&feed, options.groups));
    report->Add("fill_wall", watch.wall_s(), "s");
    const worker::WorkerStatus status = worker.GetStatus();
    uint64_t groups = 0;
    for (const worker::ShardStatus& shard : status.shards) {
      groups += shard.groups_in_memory + shard.groups_spilled;
    }
    report->Add("groups", static_cast<double>(groups), "");
    report->Add("table", static_cast<double>(status.table_bytes), "bytes");
    if (groups < options.groups) {
      return Internal("{} groups live, {} were made", groups, options.groups);
    }
    WEIR_RETURN_IF_ERROR(MeasureTicks(options, &worker, &feed, report));
  }
  report->Add("alerts", static_cast<double>(sink.alerts()), "");
  worker.Stop();
  return OkStatus();
}

}  // namespace weir::bench
