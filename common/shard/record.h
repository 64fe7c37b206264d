// Log records: all that ever changes a shard. Format (docs/formats.md, "log record"): four bytes of
// checksum over the rest, version, kind, then the kind's fields. stored: do not renumber.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/alert/lifecycle.h"
#include "common/base/hash.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/base/time.h"

namespace weir::shard {

enum class RecordKind : uint8_t {
  kBatch = 1,      // a closed stamp, then the rows of any number of frames
  kActivate = 2,   // a rule-set version takes effect
  kTick = 3,       // the coordinator judged a tick of a spread rule whose home is this shard
  kActions = 4,    // what people did to alerts
  kForget = 5,     // alerts that ended long ago are no longer kept
};

struct SubBatch {
  UnixMillis stamp_ms = 0;          // arrival, and event.ingested unless explicit
  bool explicit_ingested = false;
  std::string_view bytes;           // entries (exec/row_format.h)
};

// Body of kTick.
struct TickVerdict {
  Hash128 rule;                     // RuleHash
  UnixMillis tick_ms = 0;
  UnixMillis previous_ms = 0;       // the tick judged before it, as the coordinator knows it
  std::string_view rows;            // EncodeTickRows
};

// One of the body of kActions.
struct AlertAction {
  Hash128 alert;
  UnixMillis time_ms = 0;           // the primary's clock at the append, in replay too
  alert::Action action;
};

struct RecordHeader {
  RecordKind kind = RecordKind::kBatch;
  Epoch epoch;
  RuleSetVersion version;           // of the rows; the new one for kActivate
  UnixMillis closed_ms = 0;         // applied before the rows
  UnixMillis now_ms = 0;            // the primary's clock at the append; 0 in replay
};

// Builds one record.
class RecordWriter {
 public:
  // bytes_expected: of all sub-batches, with some for each; saves copies.
  explicit RecordWriter(const RecordHeader& header, std::size_t bytes_expected = 0);
  void Add(const SubBatch& batch);
  void AddTick(const TickVerdict& tick);
  void AddAction(const AlertAction& action);
  // Alerts that ended and changed last at or before the time are forgotten.
  void AddForget(UnixMillis before_ms);
  // The finished bytes; the writer is spent.
  std::string Finish();

 private:
  std::string bytes_;
};

struct Record {
  RecordHeader header;
  std::vector<SubBatch> batches;    // views into the input
  TickVerdict tick;                 // of kTick
  std::vector<AlertAction> actions; // of kActions
  UnixMillis forget_before_ms = 0;  // of kForget
};

// DataLoss when checksum, version or form are wrong.
StatusOr<Record> ReadRecord(std::string_view bytes);

}  // namespace weir::shard
