// Says of events what became of them: routes them as ingest does, and asks the shards that their rows go to.
// Takes nothing in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/exec/head_trace.h"
#include "coordinator/alert_backend.h"
#include "coordinator/group_backend.h"

namespace weir::coordinator {

struct ExplainedEvent {
  struct Row {
    ShardId shard;
    bool known = false;
    std::vector<exec::SeenValue> group;   // the keys, as they may be shown
    // Its hits are all there are, also of rules whose alerts had to be looked for (RowFate::hits_known).
    shard::RowFate fate;
  };

  std::size_t record = 0;
  std::string event_id;
  UnixMillis timestamp_ms = 0;
  bool has_identity = false;
  std::vector<Row> rows;
};

struct ExplainedEvents {
  RuleSetVersion version;
  std::vector<ExplainedEvent> events;
  std::vector<std::string> rejected;   // "records[0]: why": what is no event
};

class EventExplainer {
 public:
  struct Options {
    std::string tenant = "default";
    uint16_t shard_count = 256;
  };

  // Both outlive it.
  EventExplainer(Options options, GroupBackend* groups, AlertBackend* alerts)
      : options_(std::move(options)), groups_(groups), alerts_(alerts) {}

  // rule_id: only rows of this rule; "": of all. Unavailable. Blocks; thread safe.
  StatusOr<ExplainedEvents> Explain(const std::vector<std::string>& records,
                                    const std::string& rule_id) const;

 private:
  StatusOr<worker::EventsFound> Ask(worker::EventQuery query) const;
  // The alerts of the row's rule and group whose windows the time is in, or that suppress what is.
  Status LookForHits(const plan::CompiledRule& rule, const plan::Window& window, UnixMillis time_ms,
                     shard::RowFate* row) const;

  const Options options_;
  GroupBackend* const groups_;
  AlertBackend* const alerts_;
};

}  // namespace weir::coordinator
