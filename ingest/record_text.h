// Finds the collected record in what a collector sends: a text of JSON; a map that wraps such a text, as
// {"log": ".."} or {"message": ".."}; or a map that is the record itself, whose JSON text is then made.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ingest/batch.h"
#include "ingest/message_value.h"

namespace weir::ingest {

class RecordText {
 public:
  RecordText(ReadValue read, ValueLimits limits) : read_(read), writer_(read, limits) {}

  // Whether the value is a text that may hold records: JSON objects or lists, also packed with gzip.
  static bool IsRecords(const MessageValue& value);

  // Adds the record that value is, or holds, to the batch: one entry, perhaps a refusal. False, and
  // nothing is added, when it is neither a text of records nor a map.
  // attributes: what else is known of the record. A map that is a normalised document gets those whose
  // first name part it lacks.
  bool Add(const MessageValue& value, const std::vector<MessageEntry>& attributes, Batch* batch);
  // Adds entries as one record, whatever they are.
  void AddObject(const std::vector<MessageEntry>& entries, Batch* batch);

 private:
  bool AddWrapped(const std::vector<MessageEntry>& entries, int level, Batch* batch);
  void AddAttributes(const std::vector<MessageEntry>& attributes);
  bool IsDocument(const std::vector<MessageEntry>& entries) const;

  const ReadValue read_;
  ValueWriter writer_;
  std::vector<MessageEntry> entries_;
};

}  // namespace weir::ingest
