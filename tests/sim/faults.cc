#include "tests/sim/faults.h"

#include <utility>

#include "tests/sim/meta_client.h"

namespace weir::sim {

std::vector<Node*> Cluster::all() const {
  std::vector<Node*> nodes(workers.begin(), workers.end());
  nodes.insert(nodes.end(), ingests.begin(), ingests.end());
  nodes.insert(nodes.end(), coordinators.begin(), coordinators.end());
  return nodes;
}

void Faults::Start(int64_t until_ms) {
  world_->set_stalls(true);
  network_->set_rough(true);
  for (Node* node : nodes_) {
    node->clock().Set(world_->random().Between(-3000, 3000));
  }
  if (world_->random().OneIn(4)) {
    // Its clock is never set right: it is far behind when rules are activated, and at the end.
    Node* const behind = world_->random().Pick(cluster_.ingests);
    behind->clock().Set(world_->random().Between(-240'000, -90'000));
    world_->Log(behind->name(), "its clock is minutes behind");
  }
  Next(until_ms);
}

void Faults::Next(int64_t until_ms) {
  Later(world_->random().Between(200, 5000), [this, until_ms] {
    if (world_->now_ms() < until_ms) {
      One();
      Next(until_ms);
    }
  });
}

void Faults::Later(int64_t delay_ms, std::function<void()> what) {
  world_->At(delay_ms, [this, what = std::move(what)] {
    if (!healed_) {
      what();
    }
  });
}

void Faults::One() {
  Random& random = world_->random();
  switch (random.Between(0, 9)) {
    case 0:
    case 1:
    case 2:
      return FailWorker(random.Pick(cluster_.workers));
    case 3:
      return KillNode(random.Pick(cluster_.ingests));
    case 4:
      return KillNode(random.Pick(cluster_.coordinators));
    case 5:
      return PauseNode(random.Pick(nodes_));
    case 6:
    case 7:
      return CutOff();
    case 8:
      return JumpClock(random.Pick(nodes_));
    default: {
      WorkerNode* const worker = random.Pick(cluster_.workers);
      if (worker->running()) {
        worker->disk().Compact().IgnoreError();
      }
      return;
    }
  }
}

void Faults::StartLater(Node* node, int64_t delay_ms) {
  Later(delay_ms, [node] { node->Start(); });
}

void Faults::FailWorker(WorkerNode* worker) {
  if (!worker->running()) {
    return;
  }
  Random& random = world_->random();
  const int64_t back_ms = random.OneIn(3) ? random.Between(1, 50) : random.Between(50, 8000);
  switch (random.Between(0, 6)) {
    case 0:
      worker->Kill();
      break;
    case 1:
      worker->Crash();
      break;
    case 2:
      worker->Stop();
      break;
    case 3:
      world_->Log(worker->name(), "has a full disk");
      worker->disk().set_full(true);
      if (random.OneIn(2)) {
        Later(random.Between(1, back_ms), [worker] { worker->disk().set_full(false); });
      }
      return Later(back_ms, [this, worker] {
        worker->Kill();
        StartLater(worker, world_->random().Between(1, 500));
      });
    default:
      // Within one of its next writes, of the log or of a checkpoint.
      worker->CrashAtWrite(static_cast<int>(random.Between(1, 12)));
      return Later(back_ms + 3000, [worker] { worker->Start(); });
  }
  StartLater(worker, back_ms);
}

void Faults::KillNode(Node* node) {
  if (!node->running()) {
    return;
  }
  if (world_->random().OneIn(3)) {
    node->Stop();
  } else {
    node->Kill();
  }
  StartLater(node, world_->random().Between(1, 5000));
}

void Faults::PauseNode(Node* node) {
  node->Pause(true);
  Later(world_->random().Between(100, 7000), [node] { node->Pause(false); });
}

void Faults::CutOff() {
  Random& random = world_->random();
  if (random.OneIn(6)) {
    world_->Log("network", "the metadata store is not reached by anybody");
    for (const Node* node : nodes_) {
      network_->Cut(node->name(), kMetaNode);
    }
    return Later(random.Between(500, 9000), [this] {
      world_->Log("network", "the metadata store is reached again");
      for (const Node* node : nodes_) {
        network_->Heal(node->name(), kMetaNode);
      }
    });
  }
  std::string one = random.Pick(nodes_)->name();
  std::string other = random.OneIn(2) ? kMetaNode : random.Pick(nodes_)->name();
  if (one == other || !network_->Reaches(one, other)) {
    return;
  }
  world_->Log("network", fmt::format("cuts {} from {}", one, other));
  network_->Cut(one, other);
  Later(random.Between(100, 8000), [this, one, other] {
    world_->Log("network", fmt::format("heals {} and {}", one, other));
    network_->Heal(one, other);
  });
}

void Faults::JumpClock(Node* node) {
  const int64_t delta_ms = world_->random().Between(-20'000, 20'000);
  world_->Log(node->name(), fmt::format("its clock jumps by {} ms", delta_ms));
  node->clock().Jump(delta_ms);
}

void Faults::Heal() {
  healed_ = true;
  world_->Log("world", "all is healed");
  world_->set_stalls(false);
  network_->HealAll();
  for (WorkerNode* worker : cluster_.workers) {
    worker->disk().CrashAtWrite(0, nullptr);
    worker->disk().set_full(false);
    if (worker->running() && !worker->worker()->GetStatus().failure.empty()) {
      worker->Kill();
    }
  }
  for (Node* node : nodes_) {
    node->Pause(false);
    node->Start();
  }
}

}  // namespace weir::sim
