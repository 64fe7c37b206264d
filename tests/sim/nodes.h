// The nodes of a simulated cluster: the classes that run in the real processes, wired as there, over the
// simulated network, disk and metadata. A node may be killed, stopped, paused and started again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/cluster/rule_feed.h"
#include "common/cluster/table_watch.h"
#include "common/meta/session.h"
#include "coordinator/leader.h"
#include "coordinator/spread_judge.h"
#include "ingest/pipeline.h"
#include "tests/sim/disk.h"
#include "tests/sim/network.h"
#include "tests/sim/world.h"
#include "worker/shard_keeper.h"
#include "worker/worker.h"
#include "worker/worker_shard_holder.h"

namespace weir::sim {

// Told of what nodes do that others see; it judges them.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnAlert(const std::string& worker, const alert::Alert& alert) = 0;
  // A frame arrived at a worker; the function returned is told of the answer.
  virtual std::function<void(const worker::FrameResult&)> OnFrame(const std::string& worker,
                                                                  const exec::Frame& frame) = 0;
  virtual void Fail(const std::string& what) = 0;
};

struct Site {
  World* world;
  Network* network;
  meta::MetaStore* meta;
  Observer* observer;
  uint16_t shard_count;
  uint64_t table_memory_bytes;
  bool replay;   // the clock of a replay: its producers tell the time
};

// Of a replay.
std::vector<std::string> Producers();

class Node {
 public:
  Node(const Site& site, std::string name)
      : site_(site), name_(std::move(name)), clock_(site.world->now()) {}
  virtual ~Node() = default;

  const std::string& name() const { return name_; }
  NodeClock& clock() { return clock_; }
  bool running() const { return process_ != nullptr && !process_->dead; }
  const ProcessPtr& process() const { return process_; }

  void Start();
  // The process dies at once. From within a task of it the rest is cleared away later.
  void Kill();
  // It ends by itself, in order.
  void Stop();
  void Pause(bool paused);

 protected:
  virtual void Make() = 0;
  virtual void End() = 0;        // in order
  virtual void Forget() = 0;     // the process is dead

  void Log(std::string_view what) { site_.world->Log(name_, what); }

  const Site site_;
  const std::string name_;
  NodeClock clock_;
  ProcessPtr process_;

 private:
  void Clear();
};

class WorkerNode final : public Node, private worker::AlertSink {
 public:
  WorkerNode(const Site& site, std::string name);
  ~WorkerNode() override;

  WorkerPort port();
  Disk& disk() { return disk_; }
  worker::Worker* worker() { return running() ? worker_.get() : nullptr; }
  // The machine dies: unsynced writes are lost.
  void Crash();
  void CrashAtWrite(int n);

 private:
  void Make() override;
  void End() override;
  void Forget() override;
  void OnAlert(const alert::Alert& alert) override;
  void TakeRules(const cluster::RuleSetTexts& rules);

  Disk disk_;
  bool machine_died_ = false;
  std::unique_ptr<task::Scheduler> main_;
  std::unique_ptr<task::Scheduler> net_;
  std::unique_ptr<worker::Worker> worker_;
  std::unique_ptr<worker::WorkerShardHolder> holder_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::unique_ptr<meta::Session> session_;
  std::unique_ptr<worker::ShardKeeper> keeper_;
  std::unique_ptr<cluster::RuleFeed> feed_;
};

using CompileRules = std::function<plan::RuleSetPtr(const cluster::RuleSetTexts&)>;

class IngestNode final : public Node {
 public:
  IngestNode(const Site& site, std::string name, FindWorker find, CompileRules compile)
      : Node(site, std::move(name)), find_(std::move(find)), compile_(std::move(compile)) {}
  ~IngestNode() override;

  // A batch that arrives over the network; done runs in the node.
  void Submit(const ingest::Batch& batch, ingest::Pipeline::Done done);
  // Likewise what a producer of a replay promises; INT64_MAX: it has ended.
  void Advance(const std::string& producer, UnixMillis watermark_ms);

 private:
  void Make() override;
  void End() override;
  void Forget() override;

  const FindWorker find_;
  const CompileRules compile_;
  std::unique_ptr<task::Scheduler> main_;
  std::unique_ptr<task::Scheduler> net_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::unique_ptr<ingest::CompiledRuleFeed> rules_;
  std::unique_ptr<ingest::Dispatcher> dispatcher_;
  std::unique_ptr<ingest::Pipeline> pipeline_;
  std::unique_ptr<cluster::TableWatch> table_;
  std::unique_ptr<cluster::RuleFeed> feed_;
};

class CoordinatorNode final : public Node {
 public:
  // rules: what it proposes when it starts.
  CoordinatorNode(const Site& site, std::string name, FindWorker find, CompileRules compile,
                  const cluster::RuleSetTexts* rules)
      : Node(site, std::move(name)),
        find_(std::move(find)),
        compile_(std::move(compile)),
        rules_(rules) {}
  ~CoordinatorNode() override;

  void Propose();

 private:
  void Make() override;
  void End() override;
  void Forget() override;

  void TellWhetherLeading();

  const FindWorker find_;
  const CompileRules compile_;
  const cluster::RuleSetTexts* const rules_;
  std::unique_ptr<task::Scheduler> main_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::unique_ptr<meta::Session> session_;
  std::unique_ptr<coordinator::Leader> leader_;
  std::unique_ptr<cluster::TableWatch> table_;
  std::unique_ptr<cluster::RuleFeed> feed_;
  std::unique_ptr<coordinator::SpreadCluster> workers_;
  std::unique_ptr<coordinator::SpreadJudge> judge_;
};

// The options of a rule set's texts.
plan::CompileOptions OptionsOf(const cluster::RuleSetTexts& rules);

}  // namespace weir::sim
