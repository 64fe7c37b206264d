#include "tests/naive/cluster_run.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "common/exec/router.h"
#include "common/source/decoder.h"
#include "common/state/state_store.h"
#include "tests/naive/call_generator.h"
#include "worker/worker.h"

namespace weir::naive {
namespace {

constexpr UnixMillis kEndOfTime = std::numeric_limits<UnixMillis>::max();
constexpr int64_t kDelayMax = 60 * kMillisPerMinute;

class LatestAlerts final : public worker::AlertSink {
 public:
  void OnAlert(const alert::Alert& alert) override {
    const std::lock_guard lock(mutex_);
    alert::Alert& latest = alerts_[alert.id];
    if (alert.revision >= latest.revision) {
      latest = alert;
    }
  }

  std::vector<alert::Alert> All() {
    const std::lock_guard lock(mutex_);
    std::vector<alert::Alert> all;
    for (const auto& [id, alert] : alerts_) {
      all.push_back(alert);
    }
    return all;
  }

 private:
  std::mutex mutex_;
  std::map<Hash128, alert::Alert> alerts_;
};

// Frames that a worker has not answered yet.
class Unanswered {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void Done(const worker::FrameResult& result) {
    const std::lock_guard lock(mutex_);
    if (!result.status.ok() && failure_.ok()) {
      failure_ = result.status;
    }
    for (const worker::FrameResult::Exception& exception : result.exceptions) {
      if (exception.verdict != worker::Verdict::kRepeat && failure_.ok()) {
        failure_ = Internal("an event is late or in the future where none can be");
      }
    }
    --count_;
    changed_.notify_all();
  }
  Status Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ == 0; });
    return failure_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
  Status failure_;
};

struct Delivery {
  UnixMillis due_ms;
  std::size_t index;   // of the call
};

// An ingest node with one producer, as the replay pipeline does it.
class Node final : private source::Sink {
 public:
  Node(const std::vector<Call>* calls, std::vector<Delivery> deliveries, uint16_t shard_count,
       uint64_t seed)
      : calls_(calls),
        deliveries_(std::move(deliveries)),
        shard_count_(shard_count),
        random_(seed) {
    std::stable_sort(deliveries_.begin(), deliveries_.end(),
                     [](const Delivery& a, const Delivery& b) { return a.due_ms < b.due_ms; });
  }

  void Connect(worker::Worker* worker) {
    worker_ = worker;
    stream_ = worker_->OpenStream(0);
    const plan::RuleSetPtr rules = worker_->rules();
    source::Options options;
    options.ingested = source::Options::Ingested::kTimestamp;
    options.reject_without_timestamp = true;
    decoder_ = std::make_unique<source::Decoder>(rules->fields, options);
    exec::RouterOptions router;
    router.shard_count = shard_count_;
    router.replay = true;
    router_ = std::make_unique<exec::Router>(rules, router);
  }

  // After a restart a producer says again how far it is. REQUIRES: all nodes are connected.
  void PromiseAgain() { worker_->SetWatermark(stream_, watermark_ms_); }

  std::size_t left() const { return deliveries_.size() - next_; }
  Status Wait() { return unanswered_.Wait(); }

  // Submits a batch of at most size_max; sometimes waits for all and promises what it may.
  Status Step(std::size_t size_max) {
    const int64_t size =
        std::min(random_.Pick<int64_t>({1, 3, 3, 1000}), static_cast<int64_t>(size_max));
    UnixMillis least_ms = kEndOfTime;
    for (int64_t i = 0; i < size && left() != 0; ++i) {
      const std::size_t index = deliveries_[next_++].index;
      const Call& call = (*calls_)[index];
      least_ms = std::min(least_ms, call.time_ms);
      newest_ms_ = std::max(newest_ms_, call.time_ms);
      fallback_ = HashBytes128("call " + std::to_string(index));
      std::string record = ToRecord(call);
      const std::size_t length = record.size();
      record.append(source::Decoder::kPadding, '\0');
      event_index_ = static_cast<uint32_t>(i);
      decoder_->Decode(std::string_view(record).substr(0, length), index, 0, this);
    }
    exec::Frame frame = router_->Take();
    if (!frame.parts.empty()) {
      unanswered_.Add();
      worker_->Submit(stream_, std::max(least_ms, watermark_ms_ + 1), std::move(frame),
                      [this](const worker::FrameResult& result) { unanswered_.Done(result); });
    }
    if (left() == 0 || random_.OneIn(4)) {
      WEIR_RETURN_IF_ERROR(unanswered_.Wait());
      watermark_ms_ = left() == 0 ? kEndOfTime : newest_ms_ - kDelayMax;
      worker_->SetWatermark(stream_, watermark_ms_);
    }
    return rejected_;
  }

 private:
  void OnEvent(source::Event& event) override { router_->Add(event, event_index_, fallback_); }
  void OnReject(const source::Reject& reject) override {
    rejected_ = InvalidArgument("record {}: {}", reject.record_index, reject.message);
  }

  const std::vector<Call>* calls_;
  std::vector<Delivery> deliveries_;
  const uint16_t shard_count_;
  Random random_;
  worker::Worker* worker_ = nullptr;
  worker::StreamId stream_ = 0;
  std::unique_ptr<source::Decoder> decoder_;
  std::unique_ptr<exec::Router> router_;
  std::size_t next_ = 0;
  UnixMillis newest_ms_ = 0;
  UnixMillis watermark_ms_ = 0;
  Hash128 fallback_;
  uint32_t event_index_ = 0;
  Status rejected_;
  Unanswered unanswered_;
};

std::vector<worker::RuleFile> ReadRuleFiles() {
  std::vector<worker::RuleFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(WEIR_RULES_DIR)) {
    std::ifstream file(entry.path());
    files.push_back({entry.path().string(), std::string(std::istreambuf_iterator<char>(file), {})});
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

// Who is given what, when. An event without an id goes to one node only.
std::vector<std::unique_ptr<Node>> MakeNodes(const std::vector<Call>& calls,
                                             const ClusterOptions& options, Random* random) {
  std::vector<std::vector<Delivery>> deliveries(options.in_order ? 1 : 2);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto deliver = [&](std::size_t node) {
      const int64_t delay_ms = options.in_order     ? 0
                               : random->OneIn(4) ? 0
                               : random->OneIn(10) ? kDelayMax - 1
                                                   : random->Between(0, kDelayMax - 1);
      deliveries[node].push_back({calls[i].time_ms + delay_ms, i});
    };
    const auto node = static_cast<std::size_t>(
        random->Between(0, static_cast<int64_t>(deliveries.size()) - 1));
    deliver(node);
    if (!options.in_order && !calls[i].id.empty() && random->OneIn(8)) {
      deliver(1 - node);
    }
  }
  std::vector<std::unique_ptr<Node>> nodes;
  for (std::vector<Delivery>& part : deliveries) {
    nodes.push_back(std::make_unique<Node>(&calls, std::move(part), options.shard_count,
                                           options.seed + nodes.size()));
  }
  return nodes;
}

// Lets the nodes go on, in turns at random, until at most this many deliveries are left.
Status Deliver(std::vector<std::unique_ptr<Node>>* nodes, std::size_t left_max, Random* random) {
  while (true) {
    std::size_t left = 0;
    std::vector<Node*> busy;
    for (const auto& node : *nodes) {
      left += node->left();
      if (node->left() != 0) {
        busy.push_back(node.get());
      }
    }
    if (left <= left_max) {
      return OkStatus();
    }
    WEIR_RETURN_IF_ERROR(random->Pick(busy)->Step(left - left_max));
  }
}

}  // namespace

StatusOr<std::vector<alert::Alert>> RunCluster(const std::vector<Call>& calls,
                                               const ClusterOptions& options) {
  Random random(options.seed);
  const std::unique_ptr<state::StateStore> store = state::MakeMemoryStore();
  const ManualClock clock(0);
  LatestAlerts alerts;
  worker::WorkerOptions worker_options;
  worker_options.shard_count = options.shard_count;
  worker_options.clock = worker::ClockMode::kReplay;
  worker_options.executors = options.executors;
  worker_options.table_memory_bytes = options.table_memory_bytes;
  worker_options.checkpoint_interval_ms = 20;
  plan::CompileOptions compile;
  compile.mode = options.mode;
  compile.alerts = options.alerts;
  std::vector<std::unique_ptr<Node>> nodes = MakeNodes(calls, options, &random);
  std::size_t total = 0;
  for (const auto& node : nodes) {
    total += node->left();
  }
  RuleSetVersion version;
  for (const std::size_t left_max : {total / 2, std::size_t{0}}) {
    worker::Worker worker(worker_options, store.get(), &clock, &alerts);
    WEIR_RETURN_IF_ERROR(worker.Start());
    WEIR_RETURN_IF_ERROR(worker.HoldAllShards(Epoch()));
    std::vector<std::vector<rule::Finding>> findings;
    WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr rules,
                          worker.ActivateRules(ReadRuleFiles(), compile, &findings));
    if (version.value != 0 && rules->version != version) {
      return Internal("the same rules are version {} after version {}", rules->version, version);
    }
    version = rules->version;
    for (const auto& node : nodes) {
      node->Connect(&worker);
    }
    for (const auto& node : nodes) {
      node->PromiseAgain();
    }
    const Status delivered = Deliver(&nodes, left_max, &random);
    // The first stop cuts short whatever is going on.
    std::string failure;
    if (left_max == 0) {
      worker.Drain();
      failure = worker.GetStatus().failure;
    }
    worker.Stop();
    if (!failure.empty()) {
      return Internal("the worker failed: {}", failure);
    }
    for (const auto& node : nodes) {
      WEIR_RETURN_IF_ERROR(node->Wait());
    }
    WEIR_RETURN_IF_ERROR(delivered);
  }
  return alerts.All();
}

}  // namespace weir::naive
