#include "tests/sim/simulation.h"

#include <algorithm>
#include <map>
#include <memory>

#include "common/cluster/rule_change.h"
#include "common/meta/embedded_store.h"
#include "tests/sim/checker.h"
#include "tests/sim/collector.h"
#include "tests/sim/faults.h"
#include "tests/sim/nodes.h"
#include "worker/rule_store.h"

namespace weir::sim {
namespace {

// When everything works, a batch is acknowledged, at the latest, after so long: leases end, shards are
// claimed, connections are made anew, and the collector's timeout passes.
constexpr int64_t kStuckMs = 60'000;
// Events of the last windows, and episodes, are judged and over after so long.
constexpr int64_t kAfterMs = 3 * kMillisPerHour;

class Simulation {
 public:
  explicit Simulation(uint64_t seed);
  SeedResult Run();

 private:
  Site MakeSite();
  void MakeNodes();
  plan::RuleSetPtr Compile(const cluster::RuleSetTexts& texts);
  bool RunFor(int64_t delay_ms);
  bool Finish();

  World world_;
  Network network_{&world_};
  std::unique_ptr<meta::MetaStore> meta_;
  const bool replay_;
  Checker checker_;
  uint16_t shard_count_;
  uint64_t table_memory_bytes_;
  cluster::RuleSetTexts rules_ = RuleTexts(0);
  std::map<uint64_t, plan::RuleSetPtr> compiled_;
  std::vector<std::unique_ptr<WorkerNode>> workers_;
  std::vector<std::unique_ptr<IngestNode>> ingests_;
  std::vector<std::unique_ptr<CoordinatorNode>> coordinators_;
  Cluster cluster_;
};

Simulation::Simulation(uint64_t seed)
    : world_(seed),
      replay_(world_.random().OneIn(4)),
      checker_(&world_, replay_),
      shard_count_(static_cast<uint16_t>(world_.random().Between(3, 12))),
      table_memory_bytes_(world_.random().OneIn(3) ? 32 << 10 : 8 << 20) {
  auto opened = meta::OpenEmbeddedStore(world_.own(), meta::EmbeddedOptions());
  meta_ = std::move(*opened);
  checker_.Watch(meta_.get(), shard_count_);
  MakeNodes();
}

Site Simulation::MakeSite() {
  return {&world_, &network_, meta_.get(), &checker_, shard_count_,
          table_memory_bytes_, replay_};
}

void Simulation::MakeNodes() {
  const auto find = [this](const std::string& name) {
    for (const auto& worker : workers_) {
      if (worker->name() == name) {
        return worker->port();
      }
    }
    return WorkerPort();
  };
  const auto compile = [this](const cluster::RuleSetTexts& texts) { return Compile(texts); };
  const int64_t workers = world_.random().Between(1, 4);
  for (int64_t i = 1; i <= workers; ++i) {
    workers_.push_back(std::make_unique<WorkerNode>(MakeSite(), fmt::format("w{}", i)));
    cluster_.workers.push_back(workers_.back().get());
  }
  const int64_t ingests = world_.random().Between(1, 3);
  for (int64_t i = 1; i <= ingests; ++i) {
    ingests_.push_back(std::make_unique<IngestNode>(MakeSite(), fmt::format("i{}", i), find, compile));
    cluster_.ingests.push_back(ingests_.back().get());
  }
  for (int64_t i = 1; i <= 2; ++i) {
    coordinators_.push_back(
        std::make_unique<CoordinatorNode>(MakeSite(), fmt::format("c{}", i), find, compile, &rules_));
    cluster_.coordinators.push_back(coordinators_.back().get());
  }
}

// Ingest nodes share what is compiled; texts without files ask for a version that is known.
plan::RuleSetPtr Simulation::Compile(const cluster::RuleSetTexts& texts) {
  plan::RuleSetPtr& known = compiled_[texts.version.value];
  if (known == nullptr && !texts.files.empty()) {
    std::vector<worker::RuleFile> files;
    for (const cluster::RuleSetTexts::File& file : texts.files) {
      files.push_back({file.path, file.text});
    }
    std::vector<std::vector<rule::Finding>> findings;
    known = worker::CompileRuleFiles(files, OptionsOf(texts), texts.version, &findings);
    const auto rules = std::count_if(texts.files.begin(), texts.files.end(), cluster::IsRuleEntry);
    if (known->rules.size() != static_cast<std::size_t>(rules)) {
      checker_.Fail("a rule of the simulation does not compile");
    }
  }
  return known;
}

bool Simulation::RunFor(int64_t delay_ms) {
  const bool ran = world_.RunUntil(world_.now_ms() + delay_ms);
  if (!ran) {
    checker_.Fail("stuck: tasks keep coming, and time does not go on");
  }
  return ran;
}

SeedResult Simulation::Run() {
  Random& random = world_.random();
  const int64_t chaos_ms = random.Between(30'000, 90'000);
  Collectors collectors(&world_, &network_, &checker_, cluster_.ingests);
  collectors.Plan(static_cast<int>(random.Between(60, 300)), chaos_ms, replay_);
  Faults faults(&world_, &network_, cluster_);
  for (Node* node : cluster_.all()) {
    // Some come later.
    world_.At(random.OneIn(4) ? random.Between(0, 20'000) : random.Between(0, 300),
              [node] { node->Start(); });
  }
  if (random.OneIn(2)) {
    world_.At(random.Between(5000, chaos_ms), [this] {
      world_.Log("world", "another rule set is proposed");
      rules_ = RuleTexts(1);
      for (CoordinatorNode* coordinator : cluster_.coordinators) {
        coordinator->Propose();
      }
    });
  }
  collectors.Start();
  faults.Start(chaos_ms);
  bool going = RunFor(chaos_ms + 500);
  collectors.set_quiet();
  faults.Heal();
  for (int64_t waited_ms = 0; going && collectors.unacknowledged() != 0; waited_ms += 500) {
    if (waited_ms > kStuckMs) {
      checker_.Fail(fmt::format("stuck: {} batches are not acknowledged {} s after all was healed",
                                collectors.unacknowledged(), kStuckMs / 1000));
      going = false;
    }
    going = going && RunFor(500);
  }
  if (going && Finish()) {
    checker_.CheckEnd(collectors, cluster_.workers,
                      [this](const cluster::RuleSetTexts& texts) { return Compile(texts); });
  }
  SeedResult result;
  result.violations = checker_.violations();
  result.history = world_.history().lines();
  result.history_hash = world_.history().hash();
  result.events = collectors.events().size();
  result.alerts = checker_.alerts();
  return result;
}

// Lets what is still on its way arrive, then time pass for all windows.
bool Simulation::Finish() {
  if (!RunFor(12'000)) {
    return false;
  }
  for (Node* node : cluster_.all()) {
    node->clock().Jump(kAfterMs);
  }
  return RunFor(8000);
}

}  // namespace

SeedResult RunSeed(uint64_t seed) {
  return Simulation(seed).Run();
}

}  // namespace weir::sim
