#include "tests/sim/world.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace weir::sim {
namespace {

constexpr int kTasksPerMsMax = 200'000;
constexpr int64_t kDelayMsMax = int64_t{1000} * 60 * 60 * 24 * 365;

}  // namespace

class World::Executor final : public task::Scheduler {
 public:
  Executor(World* world, ProcessPtr process) : world_(world), process_(std::move(process)) {
    world_->executors_.push_back(this);
  }
  ~Executor() override {
    Drop();
    std::erase(world_->executors_, this);
  }

  void Post(task::Task task) override {
    if (!stopped_ && !process_->dead) {
      posted_.push_back(std::move(task));
    }
  }
  void Run(const task::Task& task) override {
    Drain();
    if (!process_->dead) {
      task();
    }
  }
  void Stop() override {
    Drain();
    stopped_ = true;
    Drop();
  }
  TimerId PostAfter(int64_t delay_ms, task::Task task) override {
    if (stopped_ || process_->dead) {
      return 0;
    }
    const TimerId id = world_->next_timer_++;
    const int64_t due_ms = world_->now_ms_ + std::clamp(delay_ms, int64_t{0}, kDelayMsMax);
    world_->timers_.emplace(std::pair(due_ms, id), Timer{this, std::move(task)});
    due_.emplace(id, due_ms);
    return id;
  }
  // A timer that is due already waits among the posted tasks, and looks here before it runs.
  void Cancel(TimerId timer) override {
    const auto found = due_.find(timer);
    if (found != due_.end()) {
      world_->timers_.erase({found->second, timer});
      due_.erase(found);
    }
  }
  int64_t NowMonotonicMs() const override { return world_->now_ms_; }

  void TakeTimer(TimerId timer, task::Task task) {
    posted_.push_back([this, timer, task = std::move(task)] {
      if (due_.erase(timer) != 0) {
        task();
      }
    });
  }

  bool ready() const {
    return !posted_.empty() && !process_->dead && !process_->paused &&
           stalled_until_ms_ <= world_->now_ms_;
  }
  // When a stall ends; else never.
  int64_t wakes_ms() const {
    return posted_.empty() || process_->dead || process_->paused ||
                   stalled_until_ms_ <= world_->now_ms_
               ? std::numeric_limits<int64_t>::max()
               : stalled_until_ms_;
  }
  void Stall(int64_t delay_ms) { stalled_until_ms_ = world_->now_ms_ + delay_ms; }
  void RunFront() {
    const task::Task task = std::move(posted_.front());
    posted_.pop_front();
    task();
  }
  const Process* process() const { return process_.get(); }

  // What tasks hold may call back while it is destroyed.
  void Drop() {
    const auto posted = std::exchange(posted_, {});
    std::vector<Timer> timers;
    for (const auto& [timer, due_ms] : due_) {
      const auto found = world_->timers_.find({due_ms, timer});
      if (found != world_->timers_.end()) {
        timers.push_back(std::move(found->second));
        world_->timers_.erase(found);
      }
    }
    due_.clear();
  }

 private:
  void Drain() {
    while (!posted_.empty() && !process_->dead) {
      RunFront();
    }
  }

  World* const world_;
  const ProcessPtr process_;
  bool stopped_ = false;
  int64_t stalled_until_ms_ = 0;
  std::deque<task::Task> posted_;
  std::map<TimerId, int64_t> due_;   // also of timers that wait among the posted
};

World::World(uint64_t seed) : random_(seed) {
  own_ = NewScheduler(std::make_shared<Process>(Process{"world"}));
}

World::~World() = default;

std::unique_ptr<task::Scheduler> World::NewScheduler(ProcessPtr process) {
  return std::make_unique<Executor>(this, std::move(process));
}

void World::Bury(const Process& process) {
  for (Executor* executor : std::vector<Executor*>(executors_)) {
    if (executor->process() == &process) {
      executor->Drop();
    }
  }
}

bool World::RunOne() {
  std::size_t ready = 0;
  for (const Executor* executor : executors_) {
    ready += executor->ready() ? 1 : 0;
  }
  if (ready == 0) {
    return false;
  }
  std::size_t chosen = ready == 1 ? 0 : random_.Below(ready);
  for (Executor* executor : executors_) {
    if (executor->ready() && chosen-- == 0) {
      if (stalls_ && executor != own_.get() && random_.OneIn(400)) {
        executor->Stall(random_.Between(1, 400));
      } else {
        executor->RunFront();
      }
      return true;
    }
  }
  return true;
}

void World::RunTimers() {
  while (!timers_.empty() && timers_.begin()->first.first <= now_ms_) {
    const uint64_t id = timers_.begin()->first.second;
    Timer timer = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    timer.executor->TakeTimer(id, std::move(timer.task));
  }
}

bool World::RunUntil(int64_t until_ms) {
  int tasks = 0;
  while (true) {
    RunTimers();
    if (RunOne()) {
      if (++tasks > kTasksPerMsMax) {
        return false;
      }
      continue;
    }
    int64_t next_ms = timers_.empty() ? until_ms : timers_.begin()->first.first;
    for (const Executor* executor : executors_) {
      next_ms = std::min(next_ms, executor->wakes_ms());
    }
    if (next_ms > now_ms_) {
      tasks = 0;
    }
    if (next_ms >= until_ms && now_ms_ >= until_ms) {
      return true;
    }
    now_ms_ = std::max(now_ms_, std::min(next_ms, until_ms));
  }
}

}  // namespace weir::sim
