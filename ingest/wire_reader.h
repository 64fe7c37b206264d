// Reads a protobuf message field by field, where it lies: nothing is copied, unknown fields are passed
// over, and no read leaves the bytes. For messages of which little is wanted, such as collectors' requests.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::ingest {

class WireReader {
 public:
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  explicit WireReader(std::string_view message)
      : position_(message.data()), end_(message.data() + message.size()) {}

  // Goes to the next field. False at the end, and at the first byte that is not a message's.
  bool Next();
  // Whether nothing was wrong so far.
  bool ok() const { return ok_; }

  // Of the field that Next went to.
  uint32_t field() const { return field_; }
  Type type() const { return type_; }
  bool Is(uint32_t field, Type type) const { return field_ == field && type_ == type; }
  uint64_t number() const { return number_; }           // unless kBytes
  std::string_view bytes() const { return bytes_; }     // kBytes: a text, bytes or a message
  double AsDouble() const {
    double value = 0;
    std::memcpy(&value, &number_, sizeof(value));
    return value;
  }

 private:
  bool Fail();
  bool Varint(uint64_t* value);
  bool Fixed(std::size_t size);

  const char* position_;
  const char* end_;
  bool ok_ = true;
  uint32_t field_ = 0;
  Type type_ = Type::kVarint;
  uint64_t number_ = 0;
  std::string_view bytes_;
};

}  // namespace weir::ingest
