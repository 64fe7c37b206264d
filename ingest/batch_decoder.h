// Decodes a batch's records and runs the heads of the active rules over their events, straight from the
// payload. One per pipeline thread; it follows the active rule set.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/exec/router.h"
#include "common/plan/plan.h"
#include "common/source/decoder.h"
#include "ingest/batch.h"
#include "ingest/source_ledger.h"

namespace weir::ingest {

// A batch, decoded.
struct DecodedBatch {
  exec::Frame frame;
  uint64_t events = 0;                      // read; also those that no rule wants
  std::vector<source::SourceKind> kinds;    // of each of them
  std::vector<SourceShare> shares;          // what each source has of it
  std::vector<uint32_t> share_of;           // of each event
  uint64_t rejected = 0;                    // records, or events in them
  uint64_t rejected_records = 0;            // records with at least one of these
  std::vector<source::Reject> rejections;   // at most kRejectionsMax, the first ones
  std::vector<uint64_t> rejected_by_reason; // by RejectReason
  // Rows dropped because a field they are grouped by is missing, by rule id.
  std::map<std::string, uint64_t> without_group;
  UnixMillis least_event_ms = std::numeric_limits<UnixMillis>::max();
};

inline constexpr std::size_t kRejectionsMax = 100;

class BatchDecoder : private source::Sink {
 public:
  // replay: event.ingested stands in for the arrival time, and events without a time are rejected.
  BatchDecoder(source::Options source_options, exec::RouterOptions router_options);
  ~BatchDecoder() override;

  // REQUIRES: rules is not null; the record sizes add up to the payload's.
  DecodedBatch Decode(const Batch& batch, const plan::RuleSetPtr& rules, UnixMillis arrival_ms);

  // Of the rule set in use; they start again with every new one.
  uint64_t evaluation_warnings() const;
  uint64_t grok_limits() const;

 private:
  void Follow(const plan::RuleSetPtr& rules);
  // What the router has counted since the last call, by rule id.
  std::map<std::string, uint64_t> TakeWithoutGroup();
  void OnEvent(source::Event& event) override;
  void OnReject(const source::Reject& reject) override;
  Hash128 FallbackIdentity();
  uint32_t ShareOf(std::optional<source::SourceKind> kind, std::string_view account,
                   std::string_view region);

  const source::Options source_options_;
  const exec::RouterOptions router_options_;
  plan::RuleSetPtr rules_;
  std::unique_ptr<source::Decoder> decoder_;
  std::unique_ptr<exec::Router> router_;
  std::vector<uint64_t> without_group_;   // by window, taken so far
  std::string tail_;           // the last records with padding behind them
  std::string identity_text_;  // scratch
  // Of the batch in work.
  const Batch* batch_ = nullptr;
  DecodedBatch* decoded_ = nullptr;
  std::size_t record_index_ = 0;
  uint32_t index_in_record_ = 0;
  uint32_t event_index_ = 0;
  std::size_t last_rejected_ = SIZE_MAX;   // index of a record
  std::map<std::string, uint32_t> share_by_key_;
  std::string share_key_;                  // of last_share_
  std::string next_share_key_;             // scratch
  uint32_t last_share_ = 0;
};

}  // namespace weir::ingest
