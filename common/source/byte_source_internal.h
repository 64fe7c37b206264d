// The bytes of a file or of standard input, unpacked when they are gzip (told by the first two bytes;
// members may follow one another). Also unpacks gzip in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace weir::source {

inline bool HasGzipMagic(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

class ByteSource {
 public:
  // "-" is standard input.
  static StatusOr<std::unique_ptr<ByteSource>> Open(const std::string& path);
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  ~ByteSource();

  // Reads up to size bytes; 0 at the end. After an error the bytes before it have all been given out.
  StatusOr<std::size_t> Read(char* buffer, std::size_t size);

  const std::string& name() const { return name_; }
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_total() const { return bytes_total_; }

 private:
  class Inflater;

  ByteSource(int descriptor, std::string name, uint64_t bytes_total);
  Status FillRaw();
  StatusOr<std::size_t> ReadInflated(char* buffer, std::size_t size);

  int descriptor_;
  std::string name_;
  std::unique_ptr<char[]> raw_;
  std::size_t raw_begin_ = 0;
  std::size_t raw_end_ = 0;
  bool raw_ended_ = false;
  bool started_ = false;
  std::unique_ptr<Inflater> inflater_;  // null for plain bytes
  uint64_t bytes_read_ = 0;
  uint64_t bytes_total_;
};

// Unpacks whole gzip members into out. False when they are damaged or hold more than size_max bytes;
// too_large tells which.
bool Gunzip(std::string_view bytes, std::size_t size_max, std::string* out, bool* too_large);

}  // namespace weir::source
