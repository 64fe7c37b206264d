#include "tests/sim/nodes.h"

#include <utility>

#include "tests/sim/meta_client.h"
#include "tests/sim/spread_client.h"
#include "worker/rule_store.h"

namespace weir::sim {
namespace {

constexpr int64_t kLeaseMs = 3000;
constexpr int64_t kPlacementDelayMs = 1500;
constexpr int64_t kActivationDelayMs = 2000;
constexpr int64_t kRulesRetryMs = 1000;
constexpr int64_t kCommitMs = 20;
constexpr int64_t kCheckpointMs = 1500;
constexpr int64_t kStreamTimeoutMs = 2500;
constexpr int64_t kLeadingLookMs = 150;

}  // namespace

std::vector<std::string> Producers() {
  return {"collector-0", "collector-1", "collector-2"};
}

plan::CompileOptions OptionsOf(const cluster::RuleSetTexts& rules) {
  plan::CompileOptions options;
  options.lateness_ms = rules.lateness_ms;
  return options;
}

// ---- Node ------------------------------------------------------------------------------------------

void Node::Start() {
  if (running()) {
    return;
  }
  Clear();
  process_ = std::make_shared<Process>(Process{name_});
  Log("starts");
  Make();
}

void Node::Kill() {
  if (!running()) {
    return;
  }
  process_->dead = true;
  Log("is killed");
  site_.world->At(0, [this, process = process_] {
    if (process == process_) {
      Clear();
    }
  });
}

void Node::Stop() {
  if (!running()) {
    return;
  }
  process_->paused = false;
  Log("stops");
  End();
  if (running()) {
    process_->dead = true;
  }
  Clear();
}

void Node::Clear() {
  if (process_ == nullptr) {
    return;
  }
  site_.world->Bury(*process_);
  Forget();
  process_ = nullptr;
}

void Node::Pause(bool paused) {
  if (running() && process_->paused != paused) {
    process_->paused = paused;
    Log(paused ? "is paused" : "goes on");
  }
}

// ---- WorkerNode ------------------------------------------------------------------------------------

WorkerNode::WorkerNode(const Site& site, std::string name)
    : Node(site, std::move(name)), disk_(&site.world->random()) {}

WorkerNode::~WorkerNode() {
  if (process_ != nullptr) {
    process_->dead = true;
  }
  Forget();
}

void WorkerNode::Make() {
  if (machine_died_) {
    disk_.Crash();
    machine_died_ = false;
  }
  disk_.Attach();
  main_ = site_.world->NewScheduler(process_);
  net_ = site_.world->NewScheduler(process_);
  worker::WorkerOptions options;
  options.shard_count = site_.shard_count;
  options.executors = 2;
  options.stream_timeout_ms = kStreamTimeoutMs;
  if (site_.replay) {
    options.clock = worker::ClockMode::kReplay;
    options.producers = Producers();
  }
  options.table_memory_bytes = site_.table_memory_bytes;
  options.commit_interval_ms = kCommitMs;
  options.checkpoint_interval_ms = kCheckpointMs;
  worker::AlertSink* const sink = this;
  worker_ = std::make_unique<worker::Worker>(
      options, &disk_, &clock_, sink,
      [world = site_.world, process = process_] { return world->NewScheduler(process); });
  const Status started = worker_->Start();
  if (!started.ok()) {
    site_.observer->Fail(fmt::format("{} cannot start: {}", name_, Message(started)));
  }
  holder_ = std::make_unique<worker::WorkerShardHolder>(worker_.get());
  meta_ = MakeMetaClient(site_.network, site_.meta, process_, main_.get());
  meta::SessionOptions session;
  session.ttl_ms = kLeaseMs;
  session_ = std::make_unique<meta::Session>(meta_.get(), main_.get(), session);
  worker::ShardKeeperOptions keeper;
  keeper.worker_id = name_;
  keeper.info.incarnation = static_cast<uint64_t>(site_.world->random().Between(1, 1'000'000'000));
  keeper.shard_count = site_.shard_count;
  keeper_ = std::make_unique<worker::ShardKeeper>(keeper, meta_.get(), main_.get(), session_.get(),
                                                  holder_.get());
  feed_ = std::make_unique<cluster::RuleFeed>(
      meta_.get(), main_.get(), [this](const cluster::RuleSetTexts& rules) { TakeRules(rules); });
  feed_->Start();
  keeper_->Start();
}

void WorkerNode::TakeRules(const cluster::RuleSetTexts& rules) {
  std::vector<worker::RuleFile> files;
  for (const cluster::RuleSetTexts::File& file : rules.files) {
    files.push_back({file.path, file.text});
  }
  const Status status =
      worker_->ActivateVersion(rules.version, files, OptionsOf(rules), rules.active_from_ms);
  if (status.ok()) {
    keeper_->SetRules(rules.version);
  } else if (running()) {
    Log(fmt::format("cannot take rule set {}: {}", rules.version, Message(status)));
    main_->PostAfter(kRulesRetryMs, [this, rules] { TakeRules(rules); });
  }
}

WorkerPort WorkerNode::port() {
  if (!running()) {
    return {};
  }
  WorkerPort port;
  port.process = process_;
  port.scheduler = net_.get();
  port.worker = worker_.get();
  port.on_frame = [this](const exec::Frame& frame) { return site_.observer->OnFrame(name_, frame); };
  return port;
}

void WorkerNode::OnAlert(const alert::Alert& alert) {
  if (running()) {
    site_.observer->OnAlert(name_, alert);
  }
}

void WorkerNode::End() {
  feed_ = nullptr;
  keeper_->Stop();
  worker_->Stop();
  session_->Close(nullptr);
}

void WorkerNode::Forget() {
  feed_ = nullptr;
  keeper_ = nullptr;
  session_ = nullptr;
  meta_ = nullptr;
  if (worker_ != nullptr) {
    worker_->Kill();
  }
  holder_ = nullptr;
  worker_ = nullptr;
  net_ = nullptr;
  main_ = nullptr;
  if (!machine_died_) {
    disk_.Detach();
  }
}

void WorkerNode::Crash() {
  if (running()) {
    Log("loses its machine");
    machine_died_ = true;
    Kill();
  }
}

void WorkerNode::CrashAtWrite(int n) {
  if (running()) {
    disk_.CrashAtWrite(n, [this] { Crash(); });
  }
}

// ---- IngestNode ------------------------------------------------------------------------------------

IngestNode::~IngestNode() {
  if (process_ != nullptr) {
    process_->dead = true;
  }
  Forget();
}

void IngestNode::Make() {
  main_ = site_.world->NewScheduler(process_);
  net_ = site_.world->NewScheduler(process_);
  meta_ = MakeMetaClient(site_.network, site_.meta, process_, main_.get());
  rules_ = std::make_unique<ingest::CompiledRuleFeed>(site_.replay);
  dispatcher_ = std::make_unique<ingest::Dispatcher>(
      ingest::DispatcherOptions(), main_.get(), [this](const std::string& worker) {
        return MakeSimLink(site_.network, process_, net_.get(), worker, find_);
      });
  ingest::PipelineOptions options;
  options.shard_count = site_.shard_count;
  options.threads = 0;
  options.replay = site_.replay;
  if (site_.replay) {
    options.producers = Producers();
  }
  pipeline_ = std::make_unique<ingest::Pipeline>(options, dispatcher_.get(), rules_.get(), main_.get(),
                                                 &clock_);
  table_ = std::make_unique<cluster::TableWatch>(
      meta_.get(), main_.get(), site_.shard_count,
      [this](const cluster::ShardTable& table) { dispatcher_->SetTable(table); });
  feed_ = std::make_unique<cluster::RuleFeed>(
      meta_.get(), main_.get(), [this](const cluster::RuleSetTexts& rules) {
        rules_->Add(compile_(rules), rules.active_from_ms);
      });
  pipeline_->Start();
  table_->Start();
  feed_->Start();
}

void IngestNode::Submit(const ingest::Batch& batch, ingest::Pipeline::Done done) {
  if (running()) {
    net_->Post([this, batch, done = std::move(done)] { pipeline_->Submit(batch, done); });
  }
}

void IngestNode::Advance(const std::string& producer, UnixMillis watermark_ms) {
  if (running()) {
    net_->Post([this, producer, watermark_ms] {
      const Status joined = pipeline_->Join(producer);
      if (!joined.ok()) {
        return site_.observer->Fail(std::string(Message(joined)));
      }
      if (watermark_ms == INT64_MAX) {
        pipeline_->Advance(producer, std::nullopt, true);
      } else {
        pipeline_->Advance(producer, watermark_ms, false);
      }
    });
  }
}

void IngestNode::End() {
  pipeline_->Stop();
}

void IngestNode::Forget() {
  feed_ = nullptr;
  table_ = nullptr;
  pipeline_ = nullptr;
  dispatcher_ = nullptr;
  rules_ = nullptr;
  meta_ = nullptr;
  net_ = nullptr;
  main_ = nullptr;
}

// ---- CoordinatorNode -------------------------------------------------------------------------------

CoordinatorNode::~CoordinatorNode() {
  if (process_ != nullptr) {
    process_->dead = true;
  }
  Forget();
}

void CoordinatorNode::Make() {
  main_ = site_.world->NewScheduler(process_);
  meta_ = MakeMetaClient(site_.network, site_.meta, process_, main_.get());
  meta::SessionOptions session;
  session.ttl_ms = kLeaseMs;
  session_ = std::make_unique<meta::Session>(meta_.get(), main_.get(), session);
  coordinator::LeaderOptions options;
  options.id = name_;
  options.shard_count = site_.shard_count;
  options.placement_delay_ms = kPlacementDelayMs;
  options.activation_delay_ms = kActivationDelayMs;
  options.replay = site_.replay;
  options.classes_of = [this](const cluster::RuleSetTexts& rules) {
    return worker::ClassesAfter(*compile_(rules));
  };
  leader_ = std::make_unique<coordinator::Leader>(options, meta_.get(), main_.get(), session_.get(),
                                                  &clock_);
  leader_->Start();
  Propose();
  table_ = std::make_unique<cluster::TableWatch>(meta_.get(), main_.get(), site_.shard_count,
                                                 [](const cluster::ShardTable&) {});
  table_->Start();
  workers_ = MakeSpreadClient(site_.network, process_, main_.get(), table_.get(), find_);
  coordinator::SpreadJudge::Options judge;
  judge.shard_count = site_.shard_count;
  judge_ = std::make_unique<coordinator::SpreadJudge>(judge, workers_.get(), main_.get());
  feed_ = std::make_unique<cluster::RuleFeed>(
      meta_.get(), main_.get(),
      [this](const cluster::RuleSetTexts& rules) { judge_->SetRules(compile_(rules)); });
  feed_->Start();
  TellWhetherLeading();
}

void CoordinatorNode::TellWhetherLeading() {
  judge_->SetLeading(leader_->leading());
  main_->PostAfter(kLeadingLookMs, [this] { TellWhetherLeading(); });
}

void CoordinatorNode::Propose() {
  if (running()) {
    leader_->ProposeRules(*rules_, nullptr);
  }
}

void CoordinatorNode::End() {
  leader_->Stop();
  session_->Close(nullptr);
}

void CoordinatorNode::Forget() {
  feed_ = nullptr;
  judge_ = nullptr;
  workers_ = nullptr;
  table_ = nullptr;
  leader_ = nullptr;
  session_ = nullptr;
  meta_ = nullptr;
  main_ = nullptr;
}

}  // namespace weir::sim

#if defined(__SANITIZE_ADDRESS__)
// A process that is killed here leaves what it had under way behind, where a real one would end: frames
// whose answers will not come any more are no leak of the product.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:weir::ingest::Dispatcher::Impl::Submit\n";
}
#endif
