#include "tests/bench/group_bench.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/state/rocksdb/rocksdb_store.h"
#include "common/types/coding.h"
#include "tests/bench/direct_feed.h"
#include "tests/bench/records.h"
#include "worker/worker.h"

namespace weir::bench {
namespace {

constexpr UnixMillis kBeginMs = 1'773'136'800'000;   // 2026-03-10T10:00:00Z
constexpr int kEventsBefore = 3;                     // the rule asks for more than three
constexpr int64_t kPassMs = 10 * kMillisPerMinute;
constexpr int64_t kSpreadMs = 55 * kMillisPerMinute;

// Collects which principals alerted. Called from executor threads.
class AlertedPrincipals final : public worker::AlertSink {
 public:
  void OnAlert(const alert::Alert& alert) override {
    const std::lock_guard lock(mutex_);
    for (const alert::NamedCell& cell : alert.group) {
      ByteReader reader(cell.encoded);
      Arena arena;
      const Value value = DecodeValue(&reader, &arena);
      if (value.type() == DataType::kKeyword && !value.is_null()) {
        if (const auto principal = PrincipalOfArn(std::string(value.text()))) {
          principals_.insert(*principal);
          return;
        }
      }
    }
    ++unknown_;
  }
  std::set<uint64_t> principals() const {
    const std::lock_guard lock(mutex_);
    return principals_;
  }
  uint64_t unknown() const {
    const std::lock_guard lock(mutex_);
    return unknown_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<uint64_t> principals_;
  uint64_t unknown_ = 0;
};

worker::WorkerOptions ReplayOptions(uint16_t shards, uint64_t table_memory_bytes) {
  worker::WorkerOptions options;
  options.shard_count = shards;
  options.clock = worker::ClockMode::kReplay;
  options.table_memory_bytes = table_memory_bytes;
  options.queue_bytes_max = 32ULL << 20;
  return options;
}

// A store and a worker on it, with the rules active.
struct Instance {
  SystemClock clock;
  std::unique_ptr<state::StateStore> store;
  std::unique_ptr<worker::Worker> worker;

  ~Instance() { worker.reset(); }

  Status Start(worker::WorkerOptions options, std::unique_ptr<state::StateStore> opened,
               const std::string& rules, worker::AlertSink* sink) {
    store = std::move(opened);
    worker = std::make_unique<worker::Worker>(std::move(options), store.get(), &clock, sink);
    WEIR_RETURN_IF_ERROR(worker->Start());
    WEIR_RETURN_IF_ERROR(worker->HoldAllShards(Epoch()));
    WEIR_ASSIGN_OR_RETURN(const auto files, ReadRules(rules));
    std::vector<std::vector<rule::Finding>> findings;
    WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr active,
                          worker->ActivateRules(files, plan::CompileOptions(), &findings));
    return active->rules.empty() ? InvalidArgument("no rule in '{}' compiles", rules) : OkStatus();
  }
};

uint64_t WholeBatches(uint64_t records) {
  return std::max<uint64_t>((records + kBatchRecords - 1) / kBatchRecords, 1) * kBatchRecords;
}

struct GroupCounts {
  uint64_t in_memory = 0;
  uint64_t spilled = 0;
  uint64_t table_bytes = 0;
};

GroupCounts CountGroups(worker::Worker* worker) {
  const worker::WorkerStatus status = worker->GetStatus();
  GroupCounts counts;
  counts.table_bytes = status.table_bytes;
  for (const worker::ShardStatus& shard : status.shards) {
    counts.in_memory += shard.groups_in_memory;
    counts.spilled += shard.groups_spilled;
  }
  return counts;
}

StatusOr<std::unique_ptr<state::StateStore>> OpenStore(const GroupOptions& options,
                                                       const std::string& path) {
  state::RocksDbOptions store;
  store.path = path;
  store.memory_bytes = options.store_memory_bytes;
  return state::OpenRocksDbStore(store);
}

// One event for each of the principals, in whole batches; a last batch is filled up with principals
// from `spare` on.
Status SendOneEach(DirectFeed* feed, PooledBatch* batch, uint64_t count,
                   const std::function<uint64_t(uint64_t)>& principal_of, uint64_t spare,
                   UnixMillis begin_ms) {
  for (uint64_t first = 0; first < count; first += kBatchRecords) {
    for (std::size_t i = 0; i < kBatchRecords; ++i) {
      batch->SetPrincipal(i, first + i < count ? principal_of(first + i) : spare + i);
    }
    // The events of a pass take five minutes.
    const auto offset_ms =
        static_cast<int64_t>(first) * 5 * kMillisPerMinute / static_cast<int64_t>(count);
    WEIR_RETURN_IF_ERROR(feed->Send(batch, begin_ms + offset_ms));
  }
  WEIR_RETURN_IF_ERROR(feed->Flush());
  // Only now: batches under way may not be promised away.
  feed->Advance(begin_ms + 5 * kMillisPerMinute);
  return OkStatus();
}

std::vector<uint64_t> Sample(uint64_t groups, uint64_t count) {
  std::mt19937_64 random(7);
  std::set<uint64_t> chosen;
  while (chosen.size() < std::min(count, groups)) {
    chosen.insert(random() % groups);
  }
  return {chosen.begin(), chosen.end()};
}

Status FillGroups(const GroupOptions& options, const std::string& path, uint64_t groups,
                  uint64_t* next_number, Report* report) {
  AlertedPrincipals alerted;
  Instance instance;
  WEIR_ASSIGN_OR_RETURN(auto store, OpenStore(options, path));
  WEIR_RETURN_IF_ERROR(instance.Start(ReplayOptions(options.shards, options.table_memory_bytes),
                                      std::move(store), options.rules, &alerted));
  PooledBatch batch = PooledBatch::Refusals();
  const Stopwatch watch;
  {
    DirectFeed feed(instance.worker.get(), options.shards, 0);
    for (int pass = 0; pass < kEventsBefore; ++pass) {
      const Stopwatch pass_watch;
      WEIR_RETURN_IF_ERROR(SendOneEach(&feed, &batch, groups, [](uint64_t i) { return i; }, 0,
                                       kBeginMs + pass * kPassMs));
      report->Add(fmt::format("pass_{}_events_per_second", pass + 1),
                  static_cast<double>(groups) / pass_watch.wall_s(), "");
    }
    if (feed.matched() != groups * kEventsBefore) {
      return Internal("{} of {} events matched", feed.matched(), groups * kEventsBefore);
    }
    *next_number = feed.next_number();
  }
  const GroupCounts counts = CountGroups(instance.worker.get());
  report->Add("fill_wall", watch.wall_s(), "s");
  report->Add("fill_cpu", watch.cpu_s(), "s");
  report->Add("groups_in_memory", static_cast<double>(counts.in_memory), "");
  report->Add("groups_spilled", static_cast<double>(counts.spilled), "");
  report->Add("table", static_cast<double>(counts.table_bytes), "bytes");
  report->Add("store_disk", static_cast<double>(instance.store->Stats().disk_bytes), "bytes");
  const Stopwatch stop_watch;
  instance.worker->Stop();
  report->Add("stop_wall", stop_watch.wall_s(), "s");
  if (!alerted.principals().empty()) {
    return Internal("{} groups alerted below the threshold", alerted.principals().size());
  }
  return OkStatus();
}

Status CrossThresholds(const GroupOptions& options, const std::string& path, uint64_t groups,
                       uint64_t next_number, Report* report) {
  AlertedPrincipals alerted;
  Instance instance;
  const Stopwatch start_watch;
  WEIR_ASSIGN_OR_RETURN(auto store, OpenStore(options, path));
  WEIR_RETURN_IF_ERROR(instance.Start(ReplayOptions(options.shards, options.table_memory_bytes),
                                      std::move(store), options.rules, &alerted));
  report->Add("restart_wall", start_watch.wall_s(), "s");
  const std::vector<uint64_t> sample = Sample(groups, options.sample);
  PooledBatch batch = PooledBatch::Refusals();
  const UnixMillis begin_ms = kBeginMs + kEventsBefore * kPassMs;
  {
    DirectFeed feed(instance.worker.get(), options.shards, begin_ms - kMillisPerMinute);
    feed.set_next_number(next_number);
    WEIR_RETURN_IF_ERROR(SendOneEach(&feed, &batch, sample.size(),
                                     [&](uint64_t i) { return sample[i]; }, groups, begin_ms));
  }
  instance.worker->Drain();
  instance.worker->Stop();
  const std::set<uint64_t> got = alerted.principals();
  report->Add("groups_alerted", static_cast<double>(got.size()), "");
  report->Add("groups_alerts_expected", static_cast<double>(sample.size()), "");
  if (got != std::set<uint64_t>(sample.begin(), sample.end()) || alerted.unknown() != 0) {
    return Internal("{} groups alerted where exactly {} crossed the threshold", got.size(),
                    sample.size());
  }
  return OkStatus();
}

}  // namespace

Status RunGroupBench(const GroupOptions& options, Report* report) {
  const TempFolder folder("weir_bench_groups");
  const uint64_t groups = WholeBatches(options.groups);
  report->Add("groups", static_cast<double>(groups), "");
  uint64_t next_number = 1;
  WEIR_RETURN_IF_ERROR(FillGroups(options, folder.path(), groups, &next_number, report));
  WEIR_RETURN_IF_ERROR(CrossThresholds(options, folder.path(), groups, next_number, report));
  const uint64_t peak = PeakMemoryBytes();
  report->Add("peak_memory", static_cast<double>(peak) / (1 << 20), "MiB");
  if (options.memory_bytes_max != 0 && peak > options.memory_bytes_max) {
    return ResourceExhausted("{} bytes of memory used, the limit is {}", peak,
                             options.memory_bytes_max);
  }
  return OkStatus();
}

Status MeasureGroupBytes(const std::string& rules, uint64_t groups, Report* report) {
  for (const uint64_t events : {1U, 10U, 500U}) {
    AlertedPrincipals alerted;
    Instance instance;
    // One shard: the bytes of the groups it keeps open, up to 128, are not in its count.
    worker::WorkerOptions options = ReplayOptions(1, 4ULL << 30);
    WEIR_RETURN_IF_ERROR(
        instance.Start(options, state::MakeMemoryStore(), rules, &alerted));
    // So many events make fewer groups do.
    const uint64_t count = WholeBatches(events >= 500 ? groups / 4 : groups);
    PooledBatch batch = PooledBatch::CloudTrail(1.0, 0, 0);
    DirectFeed feed(instance.worker.get(), options.shard_count, 0);
    for (uint64_t event = 0; event < events; ++event) {
      const UnixMillis time_ms =
          kBeginMs + static_cast<int64_t>(event) * kSpreadMs / static_cast<int64_t>(events);
      for (uint64_t first = 0; first < count; first += kBatchRecords) {
        for (std::size_t i = 0; i < kBatchRecords; ++i) {
          batch.SetPrincipal(i, first + i);
        }
        WEIR_RETURN_IF_ERROR(feed.Send(&batch, time_ms));
      }
    }
    WEIR_RETURN_IF_ERROR(feed.Flush());
    const GroupCounts counts = CountGroups(instance.worker.get());
    if (counts.in_memory < count) {
      return Internal("{} groups are live where {} were made", counts.in_memory, count);
    }
    report->Add(fmt::format("group_at_{}_events", events),
                static_cast<double>(counts.table_bytes) / static_cast<double>(counts.in_memory),
                "bytes");
  }
  return OkStatus();
}

}  // namespace weir::bench
