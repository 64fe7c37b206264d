// The network between the nodes of a simulation: delays, cuts between two nodes, connections that break.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ingest/worker_link.h"
#include "tests/sim/world.h"
#include "worker/worker.h"

namespace weir::sim {

class Network {
 public:
  explicit Network(World* world) : world_(world) {}

  bool Reaches(const std::string& one, const std::string& other) const {
    return !cuts_.contains(Pair(one, other));
  }
  void Cut(const std::string& one, const std::string& other) { cuts_.insert(Pair(one, other)); }
  void Heal(const std::string& one, const std::string& other) { cuts_.erase(Pair(one, other)); }
  void HealAll() {
    cuts_.clear();
    rough_ = false;
  }
  // Whether messages are lost and delayed more than usual.
  void set_rough(bool rough) { rough_ = rough; }
  bool rough() const { return rough_; }

  // How long a message takes.
  int64_t Delay();
  // Whether a message gets lost, or breaks the connection that carries it.
  bool Loses() { return rough_ && world_->random().OneIn(300); }
  World* world() { return world_; }

 private:
  static std::pair<std::string, std::string> Pair(const std::string& one, const std::string& other) {
    return one < other ? std::pair(one, other) : std::pair(other, one);
  }

  World* const world_;
  std::set<std::pair<std::string, std::string>> cuts_;
  bool rough_ = true;
};

// A worker process as it is reached over the network.
struct WorkerPort {
  ProcessPtr process;
  task::Scheduler* scheduler = nullptr;   // of what comes from the network
  worker::Worker* worker = nullptr;
  // Told of every frame as it arrives; what it returns is told of the answer. The checker listens here.
  std::function<std::function<void(const worker::FrameResult&)>(const exec::Frame&)> on_frame;
};

// Finds the running process of a worker; null process: none.
using FindWorker = std::function<WorkerPort(const std::string& worker)>;

// An ingest process's link to a worker.
std::unique_ptr<ingest::WorkerLink> MakeSimLink(Network* network, ProcessPtr process,
                                                task::Scheduler* scheduler, std::string worker,
                                                FindWorker find);

}  // namespace weir::sim
