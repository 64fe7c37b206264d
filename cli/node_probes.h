// /livez, /readyz and /metrics of a process: from before its node starts until after it has stopped.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/node_metrics.h"
#include "common/base/status.h"
#include "common/config/config.h"
#include "common/rpc/access.h"
#include "common/task/scheduler.h"
#include "common/telemetry/probe_server.h"

namespace weir::cli {

// What probes ask of a node that serves. Called from several threads at a time; may block for a moment.
class ProbeTarget {
 public:
  virtual ~ProbeTarget() = default;

  // Those whose tasks have to run for the node to make progress. Always the same.
  virtual std::vector<task::Scheduler*> Schedulers() = 0;
  // Why the node should be given no work now, a sentence each; empty: it should.
  virtual std::vector<std::string> NotReady() = 0;
  virtual void FillMetrics(MetricSink* sink) = 0;
  // Null: nobody is asked who they are.
  virtual const rpc::AccessControl* access() const = 0;
};

// Notices a scheduler that runs nothing any more, without waiting for it.
class Heartbeat {
 public:
  explicit Heartbeat(std::vector<task::Scheduler*> schedulers);

  // Asks those that have answered to answer again; how many have been asked and silent for longer.
  int CountSilent(std::chrono::milliseconds longer);

 private:
  using Clock = std::chrono::steady_clock;
  struct Beat {
    bool asked = false;
    Clock::time_point asked_at;
  };
  struct State {
    std::mutex mutex;
    std::vector<Beat> beats;   // by scheduler
  };

  const std::vector<task::Scheduler*> schedulers_;
  const std::shared_ptr<State> state_;   // also of the tasks, which may run later
};

class Probes {
 public:
  // Listens as the configuration says. An address that was not asked for by name and is taken is only
  // logged.
  static StatusOr<std::unique_ptr<Probes>> Start(const config::Config& config);
  ~Probes();

  // The node serves from now on. It outlives the probes, or Drain is called before it goes.
  void Serve(ProbeTarget* node);
  // It stops: not ready any more, and not asked any more; waits for those who ask it now.
  void Drain();

  // "127.0.0.1:7432"; empty: nobody listens.
  std::string address() const { return server_ == nullptr ? "" : server_->address(); }

 private:
  enum class Phase { kStarting, kServing, kDraining };

  Probes();
  std::vector<std::string> NotLive();
  std::vector<std::string> NotReady();
  std::string Metrics();

  const double started_seconds_;
  std::mutex mutex_;
  std::condition_variable unused_;
  Phase phase_ = Phase::kStarting;
  ProbeTarget* node_ = nullptr;
  int users_ = 0;              // of node_
  std::unique_ptr<Heartbeat> heartbeat_;
  std::unique_ptr<probe::Server> server_;   // goes first

  // Calls f with the node, if it serves; tells whether.
  bool WithNode(const std::function<void(ProbeTarget*)>& f);
};

// Runs f in a task of the scheduler and waits for it at most a second. False: it did not run yet, and may
// run later; so f owns what it touches.
bool AskWithin(task::Scheduler* scheduler, std::function<void()> f);

// Reasons of a worker's status.
std::vector<std::string> WorkerNotReady(const worker::WorkerStatus& status);

}  // namespace weir::cli
