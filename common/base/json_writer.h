// Writes JSON on one line, piece by piece, into a string it does not own. It places commas; the caller
// keeps begin and end paired.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(out) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  // The name of the next value. REQUIRES: an object is open.
  void Key(std::string_view name);

  // Control characters are escaped; bytes that are no UTF-8 become U+FFFD.
  void String(std::string_view text);
  void Int(int64_t value);
  void Uint(uint64_t value);
  // The shortest digits that read back the same, always with a point or an exponent, so that a reader
  // sees a floating-point number. NaN and infinities, which JSON has not, are null.
  void Double(double value);
  void Bool(bool value) { Raw(value ? "true" : "false"); }
  void Null() { Raw("null"); }
  // A value that is JSON already.
  void Raw(std::string_view json);

 private:
  void Open(char bracket);
  void Close(char bracket);
  void Separate();

  std::string* out_;
  bool comma_ = false;   // a value stands before, in the same object or array
};

// Appends text as a quoted JSON string.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace weir
