// Byte coding shared by everything that reaches disk or the wire: LEB128 varints, zigzag for signed
// numbers, big-endian fixed integers for keys (so that byte order is number order) and
// length-prefixed strings. Formats built from it are described in docs/formats.md.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir {

// Appends to a string it does not own.
class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}

  void U8(uint8_t value) { out_->push_back(static_cast<char>(value)); }
  void Varint(uint64_t value);
  void SignedVarint(int64_t value);
  void Fixed16BigEndian(uint16_t value);
  void Fixed32BigEndian(uint32_t value);
  void Fixed64BigEndian(uint64_t value);
  void Fixed64LittleEndian(uint64_t value);
  void Double(double value);
  void Raw(std::string_view bytes) { out_->append(bytes); }
  // Varint length, then the bytes.
  void String(std::string_view bytes);

 private:
  std::string* out_;
};

// Reads what ByteWriter wrote. The first short or malformed read makes ok() false, and every later
// read return zero or empty, so callers check once at the end. Views point into the input.
class ByteReader {
 public:
  explicit ByteReader(std::string_view input)
      : position_(input.data()), end_(input.data() + input.size()) {}

  bool ok() const { return ok_; }
  bool done() const { return position_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - position_); }
  const char* position() const { return position_; }

  uint8_t U8();
  uint64_t Varint() {
    if (position_ != end_ && (static_cast<uint8_t>(*position_) & 0x80) == 0) [[likely]] {
      return static_cast<uint8_t>(*position_++);
    }
    return VarintSlow();
  }
  int64_t SignedVarint() {
    const uint64_t raw = Varint();
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }
  uint16_t Fixed16BigEndian();
  uint32_t Fixed32BigEndian();
  uint64_t Fixed64BigEndian();
  uint64_t Fixed64LittleEndian();
  double Double();
  std::string_view Raw(std::size_t size);
  std::string_view String();
  // Makes ok() false; for callers that find a value they cannot accept.
  void Fail() {
    ok_ = false;
    position_ = end_;
  }

 private:
  uint64_t VarintSlow();

  const char* position_;
  const char* end_;
  bool ok_ = true;
};

// Lower-case hexadecimal of bytes.
std::string ToHex(std::string_view bytes);

}  // namespace weir
