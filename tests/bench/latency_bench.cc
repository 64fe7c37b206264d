#include "tests/bench/latency_bench.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "common/rpc/channel.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::bench {
namespace {

namespace pb = weir::alert::v1;

constexpr uint64_t kFirstProbe = 900'000'000;
constexpr uint64_t kFirstFiller = 990'000'000;
constexpr std::chrono::seconds kAlertWait(30);

// Notes when each probe's alert comes first.
class AlertWatcher {
 public:
  explicit AlertWatcher(const std::string& address)
      : stub_(pb::AlertService::NewStub(rpc::MakeChannel(address))),
        stream_(stub_->WatchAlerts(&context_, {})) {
    stream_->WaitForInitialMetadata();
    thread_ = std::thread([this] { Read(); });
  }
  ~AlertWatcher() {
    context_.TryCancel();
    thread_.join();
    stream_->Finish();   // cancelled, as asked
  }

  // The times by probe; returns when there are `count` or after a wait.
  std::map<uint64_t, PushLoad::Clock::time_point> Wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kAlertWait, [&] { return seen_.size() >= count; });
    return seen_;
  }

 private:
  void Read() {
    pb::WatchAlertsResponse response;
    while (stream_->Read(&response)) {
      const auto now = PushLoad::Clock::now();
      for (const pb::Cell& cell : response.alert().group()) {
        const auto principal = PrincipalOfArn(cell.value().keyword_value());
        if (principal.has_value() && *principal >= kFirstProbe && *principal < kFirstFiller) {
          const std::lock_guard lock(mutex_);
          seen_.emplace(*principal - kFirstProbe, now);
          changed_.notify_all();
        }
      }
    }
  }

  grpc::ClientContext context_;
  std::unique_ptr<pb::AlertService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<pb::WatchAlertsResponse>> stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, PushLoad::Clock::time_point> seen_;
  std::thread thread_;
};

// Every probe's group, one event short.
Status Prepare(const LatencyOptions& options, PushLoad* load) {
  PooledBatch batch = PooledBatch::CloudTrail(1.0, 0, 0);
  for (uint64_t probe = 0; probe < options.probes; ++probe) {
    for (std::size_t i = 0; i < kBatchRecords; ++i) {
      const bool filler = i + 1 >= options.threshold;
      batch.SetPrincipal(i, filler ? kFirstFiller + probe * kBatchRecords + i : kFirstProbe + probe);
    }
    WEIR_ASSIGN_OR_RETURN(const Answers answers, load->Send(options.address, &batch));
    if (answers.matched != kBatchRecords) {
      return Internal("{} of {} probing events matched", answers.matched, kBatchRecords);
    }
  }
  return OkStatus();
}

}  // namespace

Status MeasureAlertLatency(const LatencyOptions& options, PushLoad* load, bool end,
                           Report* report) {
  WEIR_RETURN_IF_ERROR(Prepare(options, load));
  AlertWatcher watcher(options.address);
  const double batches_per_s = std::max(options.events_per_s / kBatchRecords, 1.0);
  const uint64_t batches = std::max(static_cast<uint64_t>(batches_per_s * options.seconds),
                                    2 * (options.probes + 1));
  std::mutex mutex;
  std::map<uint64_t, PushLoad::Clock::time_point> due;
  // Batch (p + 1) * step carries probe p.
  const uint64_t step = batches / (options.probes + 1);
  const auto dress = [&](uint64_t index, PushLoad::Clock::time_point due_at, PooledBatch* batch) {
    if (index % step != 0 || index == 0 || index / step > options.probes) {
      return;
    }
    const uint64_t probe = index / step - 1;
    *batch = PooledBatch::CloudTrail(options.match, 0, kFirstFiller + index * kBatchRecords);
    batch->SetPrincipal(batch->first_matching(), kFirstProbe + probe);
    const std::lock_guard lock(mutex);
    due.emplace(probe, due_at);
  };
  WEIR_ASSIGN_OR_RETURN(const LoadResult result,
                        load->Run(options.address, batches, batches_per_s, dress, end));
  const auto seen = watcher.Wait(options.probes);
  std::vector<double> latencies_ms;
  for (const auto& [probe, at] : due) {
    const auto found = seen.find(probe);
    if (found == seen.end()) {
      return Internal("the alert of probe {} of {} did not come within {} s", probe, options.probes,
                      kAlertWait.count());
    }
    latencies_ms.push_back(
        std::chrono::duration<double, std::milli>(found->second - at).count());
  }
  report->Add("latency_load_events_per_second", static_cast<double>(result.sent) / result.wall_s, "");
  for (const int percent : {50, 90, 99, 100}) {
    report->Add(percent == 100 ? "alert_latency_max" : fmt::format("alert_latency_p{}", percent),
                Percentile(latencies_ms, percent / 100.0), "ms");
  }
  return OkStatus();
}

}  // namespace weir::bench
