// What goes wrong in a simulation, and when: drawn by chance until a time, then all is healed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/nodes.h"

namespace weir::sim {

struct Cluster {
  std::vector<WorkerNode*> workers;
  std::vector<IngestNode*> ingests;
  std::vector<CoordinatorNode*> coordinators;

  std::vector<Node*> all() const;
};

class Faults {
 public:
  Faults(World* world, Network* network, Cluster cluster)
      : world_(world), network_(network), cluster_(std::move(cluster)), nodes_(cluster_.all()) {}

  void Start(int64_t until_ms);
  // Ends all that is going on, and starts what does not run.
  void Heal();

 private:
  void Next(int64_t until_ms);
  void One();
  void FailWorker(WorkerNode* worker);
  void KillNode(Node* node);
  void PauseNode(Node* node);
  void CutOff();
  void JumpClock(Node* node);
  void StartLater(Node* node, int64_t delay_ms);
  // Does it later, unless all has been healed.
  void Later(int64_t delay_ms, std::function<void()> what);

  World* const world_;
  Network* const network_;
  const Cluster cluster_;
  const std::vector<Node*> nodes_;
  bool healed_ = false;
};

}  // namespace weir::sim
