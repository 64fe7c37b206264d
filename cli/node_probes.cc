#include "cli/node_probes.h"

#include <future>
#include <utility>

#include <fmt/format.h>

#include "cli/cli.h"
#include "common/telemetry/log.h"

namespace weir::cli {
namespace {

constexpr auto kAskTimeout = std::chrono::seconds(1);
// Whoever restarts what is not live should be sure of it.
constexpr auto kSilenceMax = std::chrono::seconds(30);

double NowSeconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Heartbeat::Heartbeat(std::vector<task::Scheduler*> schedulers)
    : schedulers_(std::move(schedulers)), state_(std::make_shared<State>()) {
  state_->beats.resize(schedulers_.size());
}

int Heartbeat::CountSilent(std::chrono::milliseconds longer) {
  const Clock::time_point now = Clock::now();
  int silent = 0;
  std::vector<std::size_t> free;
  {
    const std::lock_guard lock(state_->mutex);
    for (std::size_t i = 0; i < schedulers_.size(); ++i) {
      Beat& beat = state_->beats[i];
      if (!beat.asked) {
        beat = {true, now};
        free.push_back(i);
      } else if (now - beat.asked_at > longer) {
        ++silent;
      }
    }
  }
  for (const std::size_t i : free) {
    schedulers_[i]->Post([state = state_, i] {
      const std::lock_guard lock(state->mutex);
      state->beats[i].asked = false;
    });
  }
  return silent;
}

bool AskWithin(task::Scheduler* scheduler, std::function<void()> f) {
  auto ran = std::make_shared<std::promise<void>>();
  std::future<void> done = ran->get_future();
  scheduler->Post([f = std::move(f), ran] {
    f();
    ran->set_value();
  });
  // Broken when the scheduler has stopped and drops the task.
  return done.wait_for(kAskTimeout) == std::future_status::ready;
}

std::vector<std::string> WorkerNotReady(const worker::WorkerStatus& status) {
  std::vector<std::string> reasons;
  if (!status.failure.empty()) {
    reasons.push_back(fmt::format("the worker accepts nothing: {}", status.failure));
  }
  std::size_t recovering = 0;
  for (const worker::ShardStatus& shard : status.shards) {
    recovering += shard.state == worker::ShardState::kRecovering ? 1 : 0;
  }
  if (recovering != 0) {
    reasons.push_back(fmt::format("{} of {} shards are recovering", recovering, status.shards.size()));
  }
  return reasons;
}

Probes::Probes() : started_seconds_(NowSeconds()) {}

Probes::~Probes() {
  Drain();
}

StatusOr<std::unique_ptr<Probes>> Probes::Start(const config::Config& config) {
  std::unique_ptr<Probes> probes(new Probes());
  if (config.health_listen == "0") {
    return probes;
  }
  probe::Server::Handlers handlers;
  handlers.not_live = [self = probes.get()] { return self->NotLive(); };
  handlers.not_ready = [self = probes.get()] { return self->NotReady(); };
  handlers.metrics = [self = probes.get()] { return self->Metrics(); };
  auto server = probe::Server::Start(config.health_listen, std::move(handlers));
  if (server.ok()) {
    probes->server_ = *std::move(server);
    log::Info("health checks and metrics are served", {{"address", probes->address()}});
    return probes;
  }
  const auto origin = config.origins.find("health.listen");
  if (origin == config.origins.end() || origin->second != "default") {
    return Annotate(server.status(), "health.listen");
  }
  log::Warn("no health checks and metrics; health.listen names another address, or 0 for none",
            {{"reason", std::string(Message(server.status()))}});
  return probes;
}

void Probes::Serve(ProbeTarget* node) {
  const std::lock_guard lock(mutex_);
  heartbeat_ = std::make_unique<Heartbeat>(node->Schedulers());
  node_ = node;
  phase_ = Phase::kServing;
}

void Probes::Drain() {
  std::unique_lock lock(mutex_);
  phase_ = Phase::kDraining;
  unused_.wait(lock, [this] { return users_ == 0; });
  node_ = nullptr;
}

bool Probes::WithNode(const std::function<void(ProbeTarget*)>& f) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kServing) {
      return false;
    }
    ++users_;
  }
  f(node_);
  const std::lock_guard lock(mutex_);
  --users_;
  unused_.notify_all();
  return true;
}

std::vector<std::string> Probes::NotLive() {
  std::vector<std::string> reasons;
  WithNode([&](ProbeTarget*) {
    const int silent = heartbeat_->CountSilent(kSilenceMax);
    if (silent != 0) {
      reasons.push_back(fmt::format("{} schedulers have run nothing for {} s", silent,
                                    kSilenceMax.count()));
    }
  });
  return reasons;
}

std::vector<std::string> Probes::NotReady() {
  std::vector<std::string> reasons;
  if (!WithNode([&](ProbeTarget* node) { reasons = node->NotReady(); })) {
    const std::lock_guard lock(mutex_);
    reasons.emplace_back(phase_ == Phase::kStarting ? "starting" : "draining");
  }
  return reasons;
}

std::string Probes::Metrics() {
  metrics::Registry registry;
  MetricSink sink(&registry);
  bool ready = false;
  WithNode([&](ProbeTarget* node) {
    ready = node->NotReady().empty();
    node->FillMetrics(&sink);
    if (node->access() != nullptr) {
      FillRpcMetrics(node->access()->counts(), &sink);
    }
  });
  sink.Put("weir_process_start_time_seconds", started_seconds_, {{"version", Version()}});
  sink.Put("weir_process_ready", ready ? 1 : 0);
  return registry.ExposeText();
}

}  // namespace weir::cli
