// Finds where one JSON value of a longer text ends, in pieces as the text arrives, and where it stops
// being JSON. Looks at structure, literals, numbers and escapes; not at the encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weir::source {

class JsonScanner {
 public:
  enum class Result : uint8_t {
    kMore,     // the value goes on past the text
    kDone,     // position() is just past the value
    kRecords,  // position() is at the '[' of the outermost object's member "Records"
    kBad,      // the character at position() cannot stand there
  };

  // stop_at_records: whether kRecords is given out.
  explicit JsonScanner(bool stop_at_records) : stop_at_records_(stop_at_records) {}

  // Goes on over text, which always begins at the first character of the value and has grown since the
  // last call. After kRecords, the caller passes over the array and calls SkipRecords.
  Result Scan(std::string_view text);

  std::size_t position() const { return position_; }
  // Goes on behind the array, where the text now begins.
  void SkipRecords();

  static constexpr std::size_t kDepthMax = 1024;

 private:
  enum class Expect : uint8_t {
    kValue, kValueOrEnd, kKey, kKeyOrEnd, kColon, kCommaOrEnd, kInString, kInScalar
  };

  bool ScanString(std::string_view text);
  bool ScanScalar(std::string_view text, bool* complete);
  bool TakeStructure(char c);
  void EndValue();

  std::vector<char> open_;  // '{' or '['
  std::size_t position_ = 0;
  std::size_t token_ = 0;   // where the string or scalar began
  Expect expect_ = Expect::kValue;
  bool string_is_key_ = false;
  bool escaped_ = false;
  int hex_left_ = 0;
  bool records_key_ = false;  // the last key of the outermost object was "Records"
  bool done_ = false;
  bool stop_at_records_;
};

// The byte offset at which a text stops being JSON in valid UTF-8; its size when it ends too early.
std::size_t FindJsonError(std::string_view text);

}  // namespace weir::source
