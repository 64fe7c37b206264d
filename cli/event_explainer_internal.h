// What `weir explain event` says of the events of a file: for each rule the first condition that left the
// event out, with the values it saw, or where its rows go and what became of them: in a cluster, or were there
// nothing but the file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/explain_internal.h"
#include "common/alert/alert.h"
#include "common/backtest/trial.h"
#include "common/base/json_writer.h"
#include "common/exec/head_trace.h"
#include "common/exec/router.h"
#include "common/plan/plan.h"
#include "common/source/decoder.h"

namespace weir::cli {

struct EventExplainerOptions {
  std::string file;          // "-": standard input
  std::string address;       // of the cluster that is asked; empty: none is
  std::string tenant = "default";
  int shards = 256;
  int64_t limit = 20;        // events shown one by one, in text
  bool all = false;          // also rules that do not read the event's data stream
  bool json = false;
};

class EventExplainer final : private source::Sink {
 public:
  // asked: rules of the set.
  EventExplainer(EventExplainerOptions options, plan::RuleSetPtr rules,
                 std::vector<const plan::CompiledRule*> asked)
      : options_(std::move(options)),
        rules_(std::move(rules)),
        asked_(std::move(asked)),
        router_(rules_, {options_.tenant, static_cast<uint16_t>(options_.shards), true}) {}

  // Also asks the cluster what became of each event; it outlives the explainer.
  void AskCluster(const ClusterView* cluster) { cluster_ = cluster; }
  // Or the file itself.
  void AskTrial(std::unique_ptr<backtest::Trial> trial) { trial_ = std::move(trial); }
  // Exit code.
  int Run();

 private:
  // Where the rows of an event go: the shard, and what they are grouped by.
  struct Destination {
    uint32_t shard = 0;
    std::vector<exec::SeenValue> group;
    std::vector<alert::NamedCell> cells;   // the same
    std::string key;                       // the cells, encoded
  };

  void OnEvent(source::Event& event) override;
  void OnReject(const source::Reject& reject) override;

  // False after saying why.
  bool AskFor(std::string_view record);
  void AskTrialFor(source::Event* event);
  void AppendPlace(const source::Event& event, std::string* out);
  void FindDestinations(source::Event* event);
  std::set<std::string> SilencesOf(const plan::CompiledRule& rule);
  // In the file alone.
  RowAlerts AlertsOf(const plan::CompiledRule& rule, const Destination& destination) const;
  void AppendRows(const plan::CompiledRule& rule, std::string* out);
  void WriteRows(const plan::CompiledRule& rule, JsonWriter* json);
  void AppendText(const plan::CompiledRule& rule, const exec::HeadTrace& trace, std::string* out);
  void AppendJson(const source::Event& event, const plan::CompiledRule& rule,
                  const exec::HeadTrace& trace);
  const std::vector<Destination>& DestinationsOf(const plan::CompiledRule& rule) {
    return destinations_[rule.window_index];
  }

  const EventExplainerOptions options_;
  plan::RuleSetPtr rules_;
  std::vector<const plan::CompiledRule*> asked_;
  exec::Router router_;
  std::map<uint32_t, std::vector<Destination>> destinations_;   // of the event in work, by window
  std::map<Hash128, int64_t> first_copies_;                     // identity -> number in the file
  const ClusterView* cluster_ = nullptr;                        // null: none is asked
  std::vector<weir::explain::v1::ExplainedEvent> answers_;      // for the record in work
  const weir::explain::v1::ExplainedEvent* answer_ = nullptr;   // for the event in work; null: none
  std::size_t next_answer_ = 0;
  std::unique_ptr<backtest::Trial> trial_;                      // null: none
  std::vector<shard::EventFate> fates_;                         // what it says of the event in work
  uint64_t record_ = 0;                                         // in work, from 0
  uint64_t event_in_record_ = 0;
  UnixMillis timestamp_ms_ = 0;                                 // of the event in work
  int64_t events_ = 0;
  std::map<const plan::CompiledRule*, std::map<exec::HeadTrace::Outcome, uint64_t>> totals_;
  bool fine_ = true;
};

}  // namespace weir::cli
