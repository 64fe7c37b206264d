// A value in a collector's message, read where it lies, and its JSON text. OTLP's AnyValue and Vector's
// Value differ only in how a value is told; their lists (items in field 1) and maps (entries in field 1,
// each with key = 1 and value = 2) have one form.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/source/decoder.h"

namespace weir::ingest {

struct MessageValue {
  enum class Kind : uint8_t { kNull, kText, kBytes, kBool, kInteger, kDouble, kTime, kList, kMap };
  Kind kind = Kind::kNull;
  std::string_view bytes;   // kText, kBytes; kList, kMap: the message
  int64_t integer = 0;      // kInteger; kBool: 0 or 1; kTime: milliseconds since the Unix epoch
  double number = 0;        // kDouble
};

// What a message says; kNull when nothing is set or it is damaged.
using ReadValue = MessageValue (*)(std::string_view message);
MessageValue ReadOtlpValue(std::string_view message);
MessageValue ReadVectorValue(std::string_view message);

// An entry of a map. value is the message of a value.
struct MessageEntry {
  std::string_view key;
  std::string_view value;
};

// Appends the entries in a field of a message: 1 of a map, or where attributes are. False when it is
// damaged; what was read up to there is kept.
bool ReadEntries(std::string_view message, uint32_t field, std::vector<MessageEntry>* entries);

// Calls on_item with the message of each item of a list, until it returns false. False then, and when
// the list is damaged.
bool ReadItems(std::string_view message, const std::function<bool(std::string_view)>& on_item);

// What a record may be at most.
struct ValueLimits {
  int depth_max = 64;
  std::size_t fields_max = 1000000;
};

// Writes values as JSON. One per thread; reuses its buffers.
class ValueWriter {
 public:
  ValueWriter(ReadValue read, ValueLimits limits) : read_(read), limits_(limits) {}

  // Starts a record: limits count from here.
  void Begin();
  // Appends one value. False when a limit was met: the text is of no use, and reason() says why.
  bool Append(const MessageValue& value, std::string* out);
  // Appends the entries as the members of one object, of those with the same key the last one.
  bool AppendObject(const std::vector<MessageEntry>& entries, std::string* out);
  source::RejectReason reason() const { return reason_; }

 private:
  bool AppendList(std::string_view message, std::string* out);
  bool AppendMap(std::string_view message, std::string* out);
  bool AppendMembers(std::size_t first, std::string* out);
  bool Enter();

  const ReadValue read_;
  const ValueLimits limits_;
  source::RejectReason reason_ = source::RejectReason::kTooDeep;
  int depth_ = 0;
  std::size_t fields_ = 0;
  std::vector<MessageEntry> entries_;   // of the maps that are open
  std::vector<std::pair<std::string_view, std::size_t>> by_key_;   // scratch
};

}  // namespace weir::ingest
