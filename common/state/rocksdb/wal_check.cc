#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>

#include <boost/crc.hpp>

#include "common/state/rocksdb/wal_check_internal.h"

namespace weir::state {
namespace {

constexpr std::size_t kBlockBytes = 32 << 10;
constexpr std::size_t kHeaderBytes = 7;            // checksum, length, type
constexpr std::size_t kRecyclableHeaderBytes = 11; // and the number of the log
constexpr std::size_t kBatchHeaderBytes = 12;      // sequence number, count of operations

// Types of fragments; those from kRecyclableFull on have the longer header.
constexpr uint8_t kFull = 1;
constexpr uint8_t kFirst = 2;
constexpr uint8_t kLast = 4;
constexpr uint8_t kRecyclableFull = 5;
constexpr uint8_t kRecyclableFirst = 6;
constexpr uint8_t kRecyclableLast = 8;

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

uint32_t U32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// RocksDB stores checksums changed, so that a checksum of bytes with checksums is no special case.
uint32_t Masked(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

struct Fragment {
  uint8_t type = 0;
  std::string_view payload;
  std::size_t bytes = 0;   // with the header
};

// The fragment at the beginning of what is left of a block; nothing when none can be read there.
std::optional<Fragment> ReadFragment(std::string_view left) {
  Fragment fragment;
  fragment.type = static_cast<uint8_t>(left[6]);
  const std::size_t length = static_cast<unsigned char>(left[4]) |
                             static_cast<std::size_t>(static_cast<unsigned char>(left[5])) << 8;
  const std::size_t header = fragment.type >= kRecyclableFull && fragment.type <= kRecyclableLast
                                 ? kRecyclableHeaderBytes
                                 : kHeaderBytes;
  if (fragment.type < kFull || fragment.type > kRecyclableLast || header + length > left.size()) {
    return std::nullopt;
  }
  Crc32c crc;
  crc.process_bytes(left.data() + 6, header - 6 + length);
  if (Masked(crc.checksum()) != U32(left.data())) {
    return std::nullopt;
  }
  fragment.payload = left.substr(header, length);
  fragment.bytes = header + length;
  return fragment;
}

// Whether it begins a record that says that something was written. RocksDB begins a log with an empty one.
bool BeginsWrite(const Fragment& fragment) {
  const bool begins = fragment.type == kFull || fragment.type == kFirst ||
                      fragment.type == kRecyclableFull || fragment.type == kRecyclableFirst;
  return begins && fragment.payload.size() >= kBatchHeaderBytes &&
         U32(fragment.payload.data() + 8) != 0;
}

class WalReader {
 public:
  Status ReadFile(const std::filesystem::path& path);

 private:
  Status ReadBlock(std::string_view block, const std::string& path, uint64_t begin);

  // What cannot be read, and where it begins.
  std::string bad_path_;
  uint64_t bad_offset_ = 0;
};

Status WalReader::ReadBlock(std::string_view block, const std::string& path, uint64_t begin) {
  std::size_t offset = 0;
  while (block.size() - offset >= kHeaderBytes) {
    const std::optional<Fragment> fragment = ReadFragment(block.substr(offset));
    if (!fragment.has_value()) {
      if (bad_path_.empty()) {
        bad_path_ = path;
        bad_offset_ = begin + offset;
      }
      ++offset;   // its length may be what is damaged: the next one is looked for
      continue;
    }
    if (!bad_path_.empty() && BeginsWrite(*fragment)) {
      return DataLoss("the write-ahead log is damaged: {} cannot be read at byte {}, and later writes "
                      "follow ({} at byte {})",
                      bad_path_, bad_offset_, path, begin + offset);
    }
    offset += fragment->bytes;
  }
  return OkStatus();
}

Status WalReader::ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string block(kBlockBytes, '\0');
  uint64_t begin = 0;
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(kBlockBytes));
    const auto size = static_cast<std::size_t>(in.gcount());
    if (size == 0) {
      break;
    }
    WEIR_RETURN_IF_ERROR(ReadBlock(std::string_view(block).substr(0, size), path.string(), begin));
    begin += size;
  }
  return in.bad() || !in.eof() ? Internal("reading {} failed at byte {}", path.string(), begin)
                               : OkStatus();
}

}  // namespace

Status CheckWal(const std::string& folder) {
  std::map<uint64_t, std::filesystem::path> files;   // by number
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), last; !error && entry != last;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    uint64_t number = 0;
    const auto [stop, parsed] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (parsed == std::errc() && std::string_view(stop) == ".log") {
      files.emplace(number, entry->path());
    }
  }
  if (error) {
    return Internal("reading state folder {}: {}", folder, error.message());
  }
  WalReader reader;
  for (const auto& [number, path] : files) {
    WEIR_RETURN_IF_ERROR(reader.ReadFile(path));
  }
  return OkStatus();
}

}  // namespace weir::state
