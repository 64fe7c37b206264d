#include "common/base/bytes.h"

#include <bit>

namespace weir {

static_assert(std::endian::native == std::endian::little);

void ByteWriter::Varint(uint64_t value) {
  if (value < 0x80) [[likely]] {
    out_->push_back(static_cast<char>(value));
    return;
  }
  char buffer[10];
  int size = 0;
  while (value >= 0x80) {
    buffer[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  buffer[size++] = static_cast<char>(value);
  out_->append(buffer, static_cast<std::size_t>(size));
}

void ByteWriter::SignedVarint(int64_t value) {
  Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

void ByteWriter::Fixed16BigEndian(uint16_t value) {
  U8(static_cast<uint8_t>(value >> 8));
  U8(static_cast<uint8_t>(value));
}

void ByteWriter::Fixed32BigEndian(uint32_t value) {
  value = __builtin_bswap32(value);
  char buffer[4];
  std::memcpy(buffer, &value, 4);
  out_->append(buffer, 4);
}

void ByteWriter::Fixed64BigEndian(uint64_t value) {
  value = __builtin_bswap64(value);
  char buffer[8];
  std::memcpy(buffer, &value, 8);
  out_->append(buffer, 8);
}

void ByteWriter::Fixed64LittleEndian(uint64_t value) {
  char buffer[8];
  std::memcpy(buffer, &value, 8);
  out_->append(buffer, 8);
}

void ByteWriter::Double(double value) {
  Fixed64LittleEndian(std::bit_cast<uint64_t>(value));
}

void ByteWriter::String(std::string_view bytes) {
  Varint(bytes.size());
  Raw(bytes);
}

uint8_t ByteReader::U8() {
  if (position_ == end_) {
    Fail();
    return 0;
  }
  return static_cast<uint8_t>(*position_++);
}

uint64_t ByteReader::VarintSlow() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (position_ == end_) {
      Fail();
      return 0;
    }
    const auto byte = static_cast<uint8_t>(*position_++);
    if (shift == 63 && byte > 1) {
      Fail();
      return 0;
    }
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      return value;
    }
  }
  Fail();
  return 0;
}

std::string_view ByteReader::Raw(std::size_t size) {
  if (size > remaining()) {
    Fail();
    return {};
  }
  std::string_view bytes(position_, size);
  position_ += size;
  return bytes;
}

std::string_view ByteReader::String() {
  const uint64_t size = Varint();
  return Raw(size);
}

uint16_t ByteReader::Fixed16BigEndian() {
  const auto high = static_cast<uint16_t>(U8() << 8);
  return static_cast<uint16_t>(high | U8());
}

uint32_t ByteReader::Fixed32BigEndian() {
  const std::string_view bytes = Raw(4);
  uint32_t value = 0;
  if (bytes.size() == 4) {
    std::memcpy(&value, bytes.data(), 4);
  }
  return __builtin_bswap32(value);
}

uint64_t ByteReader::Fixed64BigEndian() {
  return __builtin_bswap64(Fixed64LittleEndian());
}

uint64_t ByteReader::Fixed64LittleEndian() {
  const std::string_view bytes = Raw(8);
  uint64_t value = 0;
  if (bytes.size() == 8) {
    std::memcpy(&value, bytes.data(), 8);
  }
  return value;
}

double ByteReader::Double() {
  return std::bit_cast<double>(Fixed64LittleEndian());
}

std::string ToHex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

}  // namespace weir
