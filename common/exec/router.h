// The head stage on ingest: runs the rules' heads over decoded events, computes group keys and sorts
// the resulting rows into one part per shard, in the byte form the shard's log keeps
// (docs/formats.md, "log record"). A Router belongs to one thread and reuses its buffers; it holds no
// window state, so ingest stays stateless.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/arena.h"
#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/plan/plan.h"
#include "common/source/decoder.h"

namespace weir::exec {

// One shard's rows of a frame. bytes is the body of a log record's sub-batch without its stamp, so that
// a refused frame can be restamped and sent again unchanged.
struct FramePart {
  ShardId shard;
  Epoch epoch;            // of the shard's owner, as the sender knows it; the router leaves it 0
  std::string bytes;
  uint32_t entries = 0;   // events with rows in this part
};

// Rows that an exception of a rule kept from being counted.
struct ExceptedRows {
  std::string rule_id;
  std::string exception;
  uint64_t rows = 0;
};

// What one ingest batch sends to one worker.
struct Frame {
  RuleSetVersion version;
  bool explicit_ingested = false;   // entries carry event.ingested (replay); else the stamp is it
  std::vector<FramePart> parts;     // sorted by shard, one a shard
  uint64_t events = 0;              // events seen, with rows or without
  uint64_t events_matched = 0;      // with rows
  uint64_t rows = 0;
  std::vector<ExceptedRows> excepted;   // none with 0 rows
};

struct RouterOptions {
  std::string tenant = "default";
  uint16_t shard_count = 256;
  bool replay = false;
};

class Router {
 public:
  Router(plan::RuleSetPtr rules, RouterOptions options);
  ~Router();

  // Runs all heads on the event. event_index (position in the batch) comes back in verdicts.
  // fallback_identity is used when the event has none of its own.
  void Add(source::Event& event, uint32_t event_index, const Hash128& fallback_identity);

  // Hands out the rows added since the last call.
  Frame Take();

  // Evaluation warnings since construction (bad values in rows).
  const expr::Warnings& warnings() const;
  // GROK matches stopped by the step limit.
  uint64_t grok_limits() const;
  // By window of the rule set: rows of detections that were dropped because a field they are grouped
  // by is missing. Shorter than the windows, or empty, where there were none.
  const std::vector<uint64_t>& without_group() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::exec
