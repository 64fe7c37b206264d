// The time and the one thread of a simulation. Every node's tasks run here, one at a time: which of those
// that could run comes next is drawn by chance, and when none can, time goes on to the next timer. So any
// order that threads and machines could produce may come up, and the same seed gives the same one again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/task/scheduler.h"
#include "tests/sim/history.h"
#include "tests/sim/random.h"

namespace weir::sim {

// The time of day at which simulations begin: 2026-03-01T00:00:00Z.
inline constexpr UnixMillis kBeginMs = 1'772'323'200'000;

// One start of a node: what dies together.
struct Process {
  std::string name;
  bool dead = false;     // nothing of it runs or is heard of any more
  bool paused = false;   // nothing of it runs for now
};
using ProcessPtr = std::shared_ptr<Process>;

// A node's time of day, wrong by its own offset.
class NodeClock final : public Clock {
 public:
  explicit NodeClock(const int64_t* now_ms) : now_ms_(now_ms) {}
  UnixMillis Now() const override { return kBeginMs + *now_ms_ + offset_ms_; }
  void Jump(int64_t delta_ms) { offset_ms_ += delta_ms; }
  void Set(int64_t offset_ms) { offset_ms_ = offset_ms; }

 private:
  const int64_t* const now_ms_;
  int64_t offset_ms_ = 0;
};

class World {
 public:
  explicit World(uint64_t seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Random& random() { return random_; }
  History& history() { return history_; }
  // A line of the history.
  void Log(std::string_view node, std::string_view what) { history_.Add(now_ms_, node, what); }
  int64_t now_ms() const { return now_ms_; }
  const int64_t* now() const { return &now_ms_; }

  std::unique_ptr<task::Scheduler> NewScheduler(ProcessPtr process);
  // A task of the simulation itself, of no node.
  void At(int64_t delay_ms, task::Task task) { own_->PostAfter(delay_ms, std::move(task)); }
  task::Scheduler* own() { return own_.get(); }
  // A dead process's tasks are dropped.
  void Bury(const Process& process);

  // Runs all that is due up to a time. False when tasks keep coming without time going on.
  bool RunUntil(int64_t until_ms);
  // Whether single tasks are held up now and then, as by a slow disk or a busy machine.
  void set_stalls(bool stalls) { stalls_ = stalls; }

 private:
  class Executor;
  struct Timer {
    Executor* executor;
    task::Task task;
  };

  bool RunOne();
  void RunTimers();

  int64_t now_ms_ = 0;
  Random random_;
  History history_;
  bool stalls_ = false;
  uint64_t next_timer_ = 1;
  std::vector<Executor*> executors_;
  std::map<std::pair<int64_t, uint64_t>, Timer> timers_;
  std::unique_ptr<task::Scheduler> own_;
};

}  // namespace weir::sim
