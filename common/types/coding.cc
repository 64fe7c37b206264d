#include "common/types/coding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace weir {

namespace {

constexpr uint8_t kMultiBit = 0x80;
constexpr uint8_t kSetTag = 0x7F;   // no type, with or without the bit

void EncodePayload(const Value& value, ByteWriter* writer) {
  switch (value.type()) {
    case DataType::kNull:
    case DataType::kUnsupported:
      break;
    case DataType::kBoolean:
      writer->U8(value.boolean() ? 1 : 0);
      break;
    case DataType::kInteger:
    case DataType::kLong:
    case DataType::kDatetime:
    case DataType::kDatePeriod:
    case DataType::kTimeDuration:
      writer->SignedVarint(value.integer());
      break;
    case DataType::kUnsignedLong:
      writer->Varint(value.unsigned_long());
      break;
    case DataType::kDouble: {
      double number = value.number();
      if (number == 0) {
        number = 0.0;
      } else if (std::isnan(number)) {
        number = std::numeric_limits<double>::quiet_NaN();
      }
      writer->Double(number);
      break;
    }
    case DataType::kKeyword:
    case DataType::kText:
    case DataType::kVersion:
      writer->String(value.text());
      break;
    case DataType::kIp:
      writer->Raw(value.text());
      break;
  }
}

DataType StoredType(const Value& value) {
  return value.type() == DataType::kText ? DataType::kKeyword : value.type();
}

Value DecodePayload(DataType type, ByteReader* reader) {
  switch (type) {
    case DataType::kNull:
      return Value::Null();
    case DataType::kBoolean:
      return Value::Boolean(reader->U8() != 0);
    case DataType::kInteger:
      return Value::Integer(static_cast<int32_t>(reader->SignedVarint()));
    case DataType::kLong:
      return Value::Long(reader->SignedVarint());
    case DataType::kDatetime:
      return Value::Datetime(reader->SignedVarint());
    case DataType::kTimeDuration:
      return Value::TimeDuration(reader->SignedVarint());
    case DataType::kDatePeriod: {
      const int64_t raw = reader->SignedVarint();
      return Value::DatePeriod(static_cast<int32_t>(raw >> 32),
                               static_cast<int32_t>(raw & 0xffffffff));
    }
    case DataType::kUnsignedLong:
      return Value::UnsignedLong(reader->Varint());
    case DataType::kDouble:
      return Value::Double(reader->Double());
    case DataType::kKeyword:
    case DataType::kText:
    case DataType::kVersion:
      return Value::String(type, reader->String());
    case DataType::kIp: {
      const std::string_view bytes = reader->Raw(16);
      return bytes.size() == 16 ? Value::Ip(bytes.data()) : Value::Null();
    }
    case DataType::kUnsupported:
      break;
  }
  reader->Fail();
  return Value::Null();
}

}  // namespace

void EncodeValue(const Value& value, std::string* out) {
  ByteWriter writer(out);
  const auto tag = static_cast<uint8_t>(StoredType(value));
  if (!value.is_multi()) {
    if (IsString(value.type()) && value.text().size() < 0x80) [[likely]] {
      // What follows would write, in fewer steps: most cells are short keywords.
      const char head[2] = {static_cast<char>(tag), static_cast<char>(value.text().size())};
      out->append(head, sizeof(head));
      out->append(value.text());
      return;
    }
    writer.U8(tag);
    EncodePayload(value, &writer);
    return;
  }
  writer.U8(tag | kMultiBit);
  writer.Varint(value.count());
  for (const Value& item : value.items()) {
    EncodePayload(item, &writer);
  }
}

void EncodeSet(const Value& value, std::string* out) {
  if (!value.is_multi()) {
    EncodeValue(value, out);
    return;
  }
  std::vector<std::string> items;
  for (const Value& item : value.items()) {
    EncodeValue(item, &items.emplace_back());
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  if (items.size() > 1) {
    ByteWriter writer(out);
    writer.U8(kSetTag);
    writer.Varint(items.size());
  }
  for (const std::string& item : items) {
    out->append(item);
  }
}

Value DecodeValue(ByteReader* reader, Arena* arena) {
  const uint8_t tag = reader->U8();
  const auto type = static_cast<DataType>(tag & ~kMultiBit);
  if ((tag & kMultiBit) == 0) {
    return DecodePayload(type, reader);
  }
  const uint64_t count = reader->Varint();
  // Each item takes at least one byte, so a count beyond the input is malformed, not a large allocation.
  if (!reader->ok() || count < 2 || count > reader->remaining() || type == DataType::kNull) {
    reader->Fail();
    return Value::Null();
  }
  auto* items = arena->AllocateArray<Value>(count);
  for (uint64_t i = 0; i < count; ++i) {
    items[i] = DecodePayload(type, reader);
  }
  return reader->ok() ? Value::Multi({items, count}) : Value::Null();
}

}  // namespace weir
