#include "ingest/message_value.h"

#include <algorithm>

#include "common/base/time.h"
#include "ingest/json_text.h"
#include "ingest/wire_reader.h"

namespace weir::ingest {
namespace {

using Kind = MessageValue::Kind;
using Type = WireReader::Type;

constexpr uint32_t kItems = 1;   // of a list; the entries of a map

MessageValue Bytes(Kind kind, std::string_view bytes) {
  MessageValue value;
  value.kind = kind;
  value.bytes = bytes;
  return value;
}

MessageValue Integer(Kind kind, int64_t integer) {
  MessageValue value;
  value.kind = kind;
  value.integer = integer;
  return value;
}

MessageValue Double(double number) {
  MessageValue value;
  value.kind = Kind::kDouble;
  value.number = number;
  return value;
}

// A google.protobuf.Timestamp; null when it is out of range.
MessageValue Time(std::string_view message) {
  constexpr int64_t kSecondsMax = 253402300799;   // the last one of the year 9999
  int64_t seconds = 0;
  int64_t nanos = 0;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.Is(1, Type::kVarint)) {
      seconds = static_cast<int64_t>(reader.number());
    } else if (reader.Is(2, Type::kVarint)) {
      nanos = static_cast<int64_t>(reader.number());
    }
  }
  if (seconds < -kSecondsMax || seconds > kSecondsMax || nanos < 0 || nanos >= 1000000000) {
    return MessageValue();
  }
  return Integer(Kind::kTime, seconds * 1000 + nanos / 1000000);
}

}  // namespace

MessageValue ReadOtlpValue(std::string_view message) {
  MessageValue value;
  WireReader reader(message);
  while (reader.Next()) {
    const bool is_bytes = reader.type() == Type::kBytes;
    if (reader.Is(1, Type::kBytes)) {
      value = Bytes(Kind::kText, reader.bytes());
    } else if (reader.Is(2, Type::kVarint)) {
      value = Integer(Kind::kBool, reader.number() != 0 ? 1 : 0);
    } else if (reader.Is(3, Type::kVarint)) {
      value = Integer(Kind::kInteger, static_cast<int64_t>(reader.number()));
    } else if (reader.Is(4, Type::kFixed64)) {
      value = Double(reader.AsDouble());
    } else if (is_bytes && reader.field() == 5) {
      value = Bytes(Kind::kList, reader.bytes());
    } else if (is_bytes && reader.field() == 6) {
      value = Bytes(Kind::kMap, reader.bytes());
    } else if (is_bytes && reader.field() == 7) {
      value = Bytes(Kind::kBytes, reader.bytes());
    }
  }
  return reader.ok() ? value : MessageValue();
}

MessageValue ReadVectorValue(std::string_view message) {
  MessageValue value;
  WireReader reader(message);
  while (reader.Next()) {
    const bool is_bytes = reader.type() == Type::kBytes;
    if (reader.Is(1, Type::kBytes)) {
      value = Bytes(Kind::kText, reader.bytes());
    } else if (is_bytes && reader.field() == 2) {
      value = Time(reader.bytes());
    } else if (reader.Is(4, Type::kVarint)) {
      value = Integer(Kind::kInteger, static_cast<int64_t>(reader.number()));
    } else if (reader.Is(5, Type::kFixed64)) {
      value = Double(reader.AsDouble());
    } else if (reader.Is(6, Type::kVarint)) {
      value = Integer(Kind::kBool, reader.number() != 0 ? 1 : 0);
    } else if (is_bytes && reader.field() == 7) {
      value = Bytes(Kind::kMap, reader.bytes());
    } else if (is_bytes && reader.field() == 8) {
      value = Bytes(Kind::kList, reader.bytes());
    } else if (reader.Is(9, Type::kVarint)) {
      value = MessageValue();
    }
  }
  return reader.ok() ? value : MessageValue();
}

bool ReadEntries(std::string_view message, uint32_t field, std::vector<MessageEntry>* entries) {
  WireReader reader(message);
  while (reader.Next()) {
    if (!reader.Is(field, Type::kBytes)) {
      continue;
    }
    MessageEntry entry;
    bool interned = false;   // by a number into a table that logs do not have
    WireReader inner(reader.bytes());
    while (inner.Next()) {
      if (inner.Is(1, Type::kBytes)) {
        entry.key = inner.bytes();
      } else if (inner.Is(2, Type::kBytes)) {
        entry.value = inner.bytes();
      } else if (inner.Is(3, Type::kVarint)) {
        interned = inner.number() != 0;
      }
    }
    if (!inner.ok()) {
      return false;
    }
    if (!interned || !entry.key.empty()) {
      entries->push_back(entry);
    }
  }
  return reader.ok();
}

bool ReadItems(std::string_view message, const std::function<bool(std::string_view)>& on_item) {
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kItems, Type::kBytes) && !on_item(reader.bytes())) {
      return false;
    }
  }
  return reader.ok();
}

void ValueWriter::Begin() {
  depth_ = 0;
  fields_ = 0;
  entries_.clear();
}

bool ValueWriter::Enter() {
  if (++depth_ > limits_.depth_max) {
    reason_ = source::RejectReason::kTooDeep;
    return false;
  }
  return true;
}

bool ValueWriter::Append(const MessageValue& value, std::string* out) {
  if (++fields_ > limits_.fields_max) {
    reason_ = source::RejectReason::kTooManyFields;
    return false;
  }
  switch (value.kind) {
    case Kind::kNull:
      out->append("null");
      return true;
    case Kind::kText:
      AppendJsonText(value.bytes, out);
      return true;
    case Kind::kBytes:
      AppendJsonBase64(value.bytes, out);
      return true;
    case Kind::kBool:
      out->append(value.integer != 0 ? "true" : "false");
      return true;
    case Kind::kInteger:
      AppendJsonNumber(value.integer, out);
      return true;
    case Kind::kDouble:
      AppendJsonNumber(value.number, out);
      return true;
    case Kind::kTime:
      AppendJsonText(FormatTime(value.integer), out);
      return true;
    case Kind::kList:
      return AppendList(value.bytes, out);
    case Kind::kMap:
      return AppendMap(value.bytes, out);
  }
  return true;
}

bool ValueWriter::AppendList(std::string_view message, std::string* out) {
  if (!Enter()) {
    return false;
  }
  out->push_back('[');
  bool first = true;
  WireReader reader(message);
  while (reader.Next()) {
    if (!reader.Is(kItems, Type::kBytes)) {
      continue;
    }
    if (!first) {
      out->push_back(',');
    }
    first = false;
    if (!Append(read_(reader.bytes()), out)) {
      return false;
    }
  }
  if (!reader.ok()) {
    reason_ = source::RejectReason::kMalformedJson;
    return false;
  }
  out->push_back(']');
  --depth_;
  return true;
}

bool ValueWriter::AppendMap(std::string_view message, std::string* out) {
  const std::size_t first = entries_.size();
  if (!ReadEntries(message, kItems, &entries_)) {
    reason_ = source::RejectReason::kMalformedJson;
    return false;
  }
  return AppendMembers(first, out);
}

bool ValueWriter::AppendObject(const std::vector<MessageEntry>& entries, std::string* out) {
  const std::size_t first = entries_.size();
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  return AppendMembers(first, out);
}

// Writes entries_ from first on, which it takes off.
bool ValueWriter::AppendMembers(std::size_t first, std::string* out) {
  if (!Enter()) {
    return false;
  }
  by_key_.clear();
  for (std::size_t i = first; i < entries_.size(); ++i) {
    by_key_.emplace_back(entries_[i].key, i);
  }
  std::sort(by_key_.begin(), by_key_.end());
  for (std::size_t i = 1; i < by_key_.size(); ++i) {
    if (by_key_[i].first == by_key_[i - 1].first) {
      entries_[by_key_[i - 1].second].key = std::string_view();   // an older value
    }
  }
  out->push_back('{');
  bool any = false;
  for (std::size_t i = first; i < entries_.size(); ++i) {
    const MessageEntry entry = entries_[i];
    if (entry.key.data() == nullptr) {
      continue;
    }
    if (any) {
      out->push_back(',');
    }
    any = true;
    AppendJsonText(entry.key, out);
    out->push_back(':');
    if (!Append(read_(entry.value), out)) {
      return false;
    }
  }
  out->push_back('}');
  entries_.resize(first);
  --depth_;
  return true;
}

}  // namespace weir::ingest
