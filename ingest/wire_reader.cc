#include "ingest/wire_reader.h"

namespace weir::ingest {
namespace {

constexpr int kVarintBytesMax = 10;
constexpr uint64_t kFieldMax = (1U << 29) - 1;

}  // namespace

bool WireReader::Fail() {
  ok_ = false;
  position_ = end_;
  return false;
}

bool WireReader::Varint(uint64_t* value) {
  uint64_t result = 0;
  for (int i = 0; i < kVarintBytesMax && position_ != end_; ++i) {
    const auto byte = static_cast<uint8_t>(*position_++);
    result |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) {
      *value = result;
      return true;
    }
  }
  return Fail();
}

// Little endian, as the wire and every machine this is built for.
bool WireReader::Fixed(std::size_t size) {
  if (static_cast<std::size_t>(end_ - position_) < size) {
    return Fail();
  }
  number_ = 0;
  std::memcpy(&number_, position_, size);
  position_ += size;
  return true;
}

bool WireReader::Next() {
  if (position_ == end_) {
    return false;
  }
  uint64_t tag = 0;
  if (!Varint(&tag)) {
    return false;
  }
  const uint64_t field = tag >> 3;
  if (field == 0 || field > kFieldMax) {
    return Fail();
  }
  field_ = static_cast<uint32_t>(field);
  type_ = static_cast<Type>(tag & 7);
  switch (type_) {
    case Type::kVarint:
      return Varint(&number_);
    case Type::kFixed64:
      return Fixed(8);
    case Type::kFixed32:
      return Fixed(4);
    case Type::kBytes: {
      uint64_t size = 0;
      if (!Varint(&size)) {
        return false;
      }
      if (size > static_cast<uint64_t>(end_ - position_)) {
        return Fail();
      }
      bytes_ = std::string_view(position_, static_cast<std::size_t>(size));
      position_ += size;
      return true;
    }
  }
  return Fail();   // groups, which no message of ours has
}

}  // namespace weir::ingest
