// One shard that is the whole cluster, fed with events as ingest feeds it: rule files and overlays are
// compiled as every node compiles them, documents go through decoder, heads and log records, and the
// shard can be restarted from its store and its log at any record.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/alert/alert.h"
#include "common/exec/router.h"
#include "common/plan/plan.h"
#include "common/shard/shard.h"
#include "common/source/decoder.h"
#include "common/state/state_store.h"
#include "worker/rule_store.h"

namespace weir::integration {

// A document: its time, and the members of its object beside time, id and data stream.
struct Document {
  UnixMillis time_ms = 0;
  std::string members;
};

struct WorldOptions {
  plan::CompileOptions compile;
  std::size_t events_per_record = 100;
  // After every so many records the shard is given up and comes back; 0: never. Every second time
  // without a checkpoint, from the log alone.
  std::size_t records_per_restart = 0;
};

class OverlayWorld : public shard::Environment, private source::Sink {
 public:
  explicit OverlayWorld(WorldOptions options);
  ~OverlayWorld() override;

  // The next version of the rules; files that end in .yaml are overlays.
  void Activate(const std::vector<worker::RuleFile>& files);
  // Documents in the order of their times, each with an id of its own.
  void Feed(const std::vector<Document>& documents);
  void Close(UnixMillis closed_ms);
  void End() { Close(shard::kTimeMax); }
  void Restart(bool with_checkpoint);
  // Writes what changed, and frees all groups in memory.
  void Spill();

  const plan::RuleSet& rules() const { return *versions_.rbegin()->second; }
  // Of the newest Activate, one list per file.
  const std::vector<std::vector<rule::Finding>>& findings() const { return findings_; }
  // As they are now, by when they fired, then by group.
  std::vector<alert::Alert> Alerts() const;
  // "column=value,..." of the alerts' groups.
  static std::string GroupText(const alert::Alert& alert);
  static std::string ColumnText(const alert::Alert& alert, const std::string& name);
  // Rows that exceptions kept from being counted, by name.
  const std::map<std::string, uint64_t>& excepted() const { return excepted_; }

 private:
  StatusOr<plan::RuleSetPtr> RulesOf(RuleSetVersion version) override;
  void OnAlert(const alert::Alert& alert) override { alerts_[alert.id] = alert; }
  void OnEvent(source::Event& event) override;
  void OnReject(const source::Reject& reject) override;
  void Append(std::string record);
  void FeedRecord(const std::vector<Document>& documents);

  WorldOptions options_;
  std::unique_ptr<state::StateStore> store_;
  std::map<uint64_t, std::string> log_;
  std::unique_ptr<shard::Shard> shard_;
  std::map<RuleSetVersion, plan::RuleSetPtr> versions_;
  std::vector<std::vector<rule::Finding>> findings_;
  std::unique_ptr<source::Decoder> decoder_;
  std::unique_ptr<exec::Router> router_;
  std::map<Hash128, alert::Alert> alerts_;
  std::map<std::string, uint64_t> excepted_;
  std::size_t records_ = 0;
  uint32_t events_ = 0;
};

}  // namespace weir::integration
